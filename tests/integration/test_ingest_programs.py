"""The programs as they are started: the replay server and the ingest process."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from ingest_servers import replay
from sqlalchemy import Engine, text
from store_samples import empty, rows

from ckanext.suedwest.store.sources import Selection, register_source, set_selections

INGEST = "ckanext.suedwest.ingest"
BOPPARD = "2ff6379d-d168-4022-8da0-16846d45ef9b"


def start(module: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def replay_url() -> Iterator[str]:
    with replay() as url:
        yield url


def test_the_replay_server_says_that_it_is_simulated_and_answers_conditionally(
    replay_url: str,
) -> None:
    for root in ("", "/webservices/rest-api/v2"):
        url = f"{replay_url}{root}/stations.json?ids={BOPPARD}"
        with urlopen(Request(url, headers={"Accept-Encoding": "gzip"})) as reply:
            assert reply.headers["X-Suedwest-Simulated"] == "1"
            assert json.loads(gzip.decompress(reply.read()))[0]["shortname"] == "BOPPARD"
            etag = reply.headers["ETag"]
        with pytest.raises(HTTPError) as caught:
            urlopen(Request(url, headers={"If-None-Match": etag}))
        assert caught.value.code == 304
        caught.value.close()


def test_the_replay_server_ends_in_order() -> None:
    with start(f"{INGEST}.replay", "--port", "0") as process:
        assert process.stdout is not None
        assert "(simulated)" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_ingest_process_polls_and_ends_in_order(
    store_engine: Engine, store_url: str, replay_url: str
) -> None:
    empty(store_engine)
    with store_engine.begin() as conn:
        conn.execute(text("DELETE FROM suedwest.source"))
        register_source(
            conn,
            id="pegelonline",
            type="pegelonline",
            municipality=None,
            url=replay_url,
            options={"simulated": True},
            interval=timedelta(minutes=15),
            managed_by="file",
        )
        set_selections(conn, "pegelonline", "linz-am-rhein", [Selection("id", BOPPARD)])
    with start(INGEST, SUEDWEST_STORE_URL=store_url) as process:
        for _ in range(300):
            if rows(store_engine, "SELECT true FROM suedwest.source WHERE state <> '{}'"):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert "pegelonline: 1 stations, 1 records: 1 new" in said
    assert "ingest has ended" in said
    assert rows(store_engine, "SELECT total > 2900 FROM suedwest.datastream_state") == [(True,)]


def test_the_ingest_process_needs_to_know_its_store() -> None:
    with start(INGEST, SUEDWEST_STORE_URL="") as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "SUEDWEST_STORE_URL does not name the store's database" in said

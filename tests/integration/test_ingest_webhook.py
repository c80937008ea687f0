"""Messages that network servers post: who may, what is kept, and what the caller is told."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from mqtt_samples import CONNECTOR, LICENCE, OPERATOR, find_connector_of_tests, uplink
from sqlalchemy import Engine, create_engine
from store_samples import empty, rows

from ckanext.suedwest.ingest import intake, secrets, webhook
from ckanext.suedwest.ingest.allowance import Allowance
from ckanext.suedwest.ingest.webhook import Webhook
from ckanext.suedwest.store.sources import register_source, set_enabled

TOKEN, HASH = secrets.make_token()


@pytest.fixture
def engine(store_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(intake, "find_connector", find_connector_of_tests)
    empty(store_engine)
    register(store_engine)
    return store_engine


def register(engine: Engine, source_id: str = "hook", **options: Any) -> None:
    described = {
        "connector": CONNECTOR,
        "operator": OPERATOR,
        "licence": LICENCE,
        "devices": {"a": {"name": "Gauge a"}},
        secrets.TOKEN_OPTION: HASH,
    }
    with engine.begin() as conn:
        register_source(
            conn,
            id=source_id,
            type="webhook",
            municipality="landkreis-kusel",
            url="",
            options=described | options,
            interval=timedelta(minutes=15),
            managed_by="file",
        )


def post(engine: Engine, payload: bytes, *, source: str = "hook", token: str = TOKEN) -> Any:
    return Webhook(engine).receive(source, token, "/webhook/hook", payload)


def message(number: int, device: str = "a", **options: Any) -> bytes:
    return uplink(device, number, **options)[1]


def test_a_message_is_stored_once_however_often_it_is_sent(engine: Engine) -> None:
    first, second = post(engine, message(1)), post(engine, message(1))
    assert (first.status, first.receipt.stored) == (200, 1)
    assert (second.status, second.receipt.stored, second.receipt.unchanged) == (200, 0, 1)
    assert rows(engine, "SELECT count(*) FROM suedwest.observation") == [(1,)]
    assert rows(
        engine, "SELECT last_success_at IS NOT NULL FROM suedwest.source WHERE id='hook'"
    ) == [(True,)]


@pytest.mark.parametrize(
    ("source", "token"),
    [("hook", "wrong"), ("hook", ""), ("nobody", TOKEN), ("test", TOKEN), ("no\0body", TOKEN)],
)
def test_strangers_learn_nothing_and_leave_nothing(engine: Engine, source: str, token: str) -> None:
    answer = post(engine, message(1), source=source, token=token)
    assert answer.status == 401
    assert answer.sentence == "The token is missing, or is not the one of this source."
    assert rows(engine, "SELECT count(*) FROM suedwest.receipt") == [(0,)]


def test_a_source_without_a_token_lets_nobody_in(engine: Engine) -> None:
    register(engine, "open", **{secrets.TOKEN_OPTION: None})
    assert post(engine, message(1), source="open", token="").status == 401


def test_a_source_that_is_switched_off_takes_nothing(engine: Engine) -> None:
    with engine.begin() as conn:
        set_enabled(conn, "hook", False)
    assert post(engine, message(1)).status == 403


@pytest.mark.parametrize(
    ("payload", "status", "reason"),
    [
        (b"<html>", 422, "the reply is an HTML or XML page, not JSON"),
        (b"", 422, "the reply is empty"),
        (b"x" * 300_000, 422, "the message has 300,000 bytes, more than the 262,144 allowed"),
        (
            json.dumps({"device": "a", "level": "fault"}).encode(),
            422,
            "the connector failed: ZeroDivisionError: a fault of the connector",
        ),
        (message(1, "stranger"), 200, "the device is not registered with this source"),
    ],
)
def test_what_cannot_be_used_is_kept_with_its_reason(
    engine: Engine, payload: bytes, status: int, reason: str
) -> None:
    answer = post(engine, payload)
    assert answer.status == status
    assert rows(engine, "SELECT reason FROM suedwest.quarantine") == [(reason,)]
    assert status == 200 or reason in answer.sentence


def test_who_sends_too_much_is_asked_to_wait(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # however long the test takes, nothing is added to the allowance
    monkeypatch.setattr(webhook, "Allowance", partial(Allowance, per_second=0.0))
    register(engine, most_at_once=3)
    receiver = Webhook(engine)
    answers = [receiver.receive("hook", TOKEN, "", message(number)) for number in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].retry_after == 30


def test_a_store_that_is_away_asks_for_the_message_again() -> None:
    nowhere = create_engine("postgresql://nobody@127.0.0.1:1/nowhere")
    answer = post(nowhere, message(1))
    assert (answer.status, answer.retry_after) == (503, 30)


def test_a_source_that_is_not_set_up_asks_for_the_message_again(engine: Engine) -> None:
    register(engine, connector="nonsense")
    answer = post(engine, message(1))
    assert (answer.status, answer.receipt) == (503, None)

"""How fast the catalogue search answers, beside a real Solr with the same datasets.

Makes German datasets of municipalities (`_german_datasets.py`), indexes them into both engines in
batches and asks both the same twelve searches in turn, in the same process and with exactly the
parameters CKAN sends. A filter that changes every time keeps result caches from answering.
PostgreSQL is an embedded one in a temporary folder that waits for the disk as in production. Solr
is the one that `--solr` names, which gets and loses documents of a site of their own, or one that
is started for the bench as by `./suedwest solr up`. `--alone` measures without it. Times are
milliseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import psutil
import pysolr
import requests
from _german_datasets import ORGANIZATIONS, documents
from sqlalchemy import Engine, text

from ckanext.suedwest.launcher import databases, ports, solr_server
from ckanext.suedwest.launcher.errors import StepFailed
from ckanext.suedwest.launcher.temporary import TemporaryServices, temporary_services

SITE = "suedwest-bench"
BATCH = 500
_SOLR_TIMEOUT = 60
_CORE = "bench"
FACETS = ["organization", "groups", "tags", "res_format", "license_id"]
LARGEST = next(iter(ORGANIZATIONS))
CONFIGURATION = """
[app:main]
use = egg:ckan
ckan.plugins = suedwest_search
ckan.site_id = {site}
ckan.site_url = http://127.0.0.1
SECRET_KEY = bench
solr_url = postgresql
sqlalchemy.url = {catalogue}
ckan.redis.url = {redis}
"""
_FROM = "metadata_modified:[2026-09-15T00:00:00Z TO NOW]"
_BOX = "{!field f=spatial_geom}Intersects(ENVELOPE(6.9,7.1,50.1,49.9))"
_START_OF_TITLE = "hochwas"
# What people ask for, as `q`, further filters, and what else differs from the dataset page.
QUERIES: dict[str, dict[str, Any]] = {
    "everything": {"q": "*:*"},
    "two words": {"q": "Grundwasser Lindenborn"},
    "word in most documents": {"q": "Lizenz"},
    "phrase": {"q": '"Brücken und Wege"'},
    "compound": {"q": "Hochwassermessung"},
    "organisation": {"q": "*:*", "filters": [f'organization:"{LARGEST}"']},
    "tag and format": {"q": "*:*", "filters": ['tags:"wasser" res_format:"CSV"']},
    "box on the map": {"q": "*:*", "filters": [_BOX]},
    "range of dates": {"q": "*:*", "filters": [_FROM]},
    "sorted by title": {"q": "*:*", "sort": "title_string asc"},
    "umlaut in an organisation": {"q": "Brücken", "filters": [f'organization:"{LARGEST}"']},
    "autocompletion": {
        "q": " OR ".join(
            f'{field}:"{_START_OF_TITLE}"'
            for field in ("name_ngram", "title_ngram", "name", "title")
        ),
        "fl": "name,title",
        "rows": 11,
        "sort": None,
        "facet.field": [],
    },
}


def parameters(name: str, *, turn: int) -> dict[str, Any]:
    """What CKAN sends to its engine for a query of `QUERIES`; `turn` changes a filter."""
    query = dict(QUERIES[name])
    filters = query.pop("filters", [])
    sent: dict[str, Any] = {
        "fl": "id validated_data_dict",
        "rows": 21,
        "start": 0,
        "sort": "score desc, metadata_modified desc",
        "facet": "true",
        "facet.field": FACETS,
        "facet.limit": 50,
        "facet.mincount": 1,
        "wt": "json",
        "df": "text",
        "q.op": "AND",
        "fq": [
            f"+capacity:public +dataset_type:dataset -name:nothing-{turn} +state:(active)",
            *filters,
            f'+site_id:"{SITE}"',
            '+permission_labels:("public")',
        ],
    }
    sent.update(query)
    if ":" not in sent["q"]:
        sent |= {
            "defType": "dismax",
            "tie": "0.1",
            "mm": "2<-1 5<80%",
            "qf": "name^4 title^4 tags^2 groups^2 text",
        }
    return {key: value for key, value in sent.items() if value is not None}


class Solr:
    """A Solr that runs elsewhere, reached as CKAN reaches it: over a new connection each time."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.connection = pysolr.Solr(self.url, timeout=_SOLR_TIMEOUT)
        answer = requests.get(f"{self.url}/schema/fields/spatial_geom", timeout=_SOLR_TIMEOUT)
        self.knows_outlines = answer.ok
        self.clear()

    def add(self, docs: list[dict[str, Any]]) -> None:
        self.connection.add(docs, commit=False)

    def commit(self) -> None:
        self.connection.commit()

    def begin(self) -> None:
        """Nothing: what CKAN has opened so far does not help here."""

    def search(self, sent: dict[str, Any]) -> int:
        return pysolr.Solr(self.url, timeout=_SOLR_TIMEOUT).search(**sent).hits

    def end(self) -> None:
        """Nothing is left open."""

    def clear(self) -> None:
        self.connection.delete(q=f'site_id:"{SITE}"', commit=True)

    def bytes_on_disk(self) -> int:
        """Size of the core's index, other sites' documents included."""
        parts = urlsplit(self.url)
        core = parts.path.rpartition("/")[2]
        answer = requests.get(
            f"{self.url.rpartition('/')[0]}/admin/cores",
            params={"action": "STATUS", "core": core, "wt": "json"},
            timeout=_SOLR_TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json()["status"][core]["index"]["sizeInBytes"]

    def bytes_of_memory(self) -> int | None:
        """Resident memory of the process behind the port, None when it is not on this machine."""
        port = urlsplit(self.url).port
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN
            if listening and connection.pid and connection.laddr[1] == port:
                return psutil.Process(connection.pid).memory_info().rss
        return None


class Postgresql:
    """Our engine, reached as CKAN reaches it. CKAN must have been loaded."""

    knows_outlines = True

    def __init__(self) -> None:
        from ckan import model

        self.model = model

    @property
    def engine(self) -> Engine:
        return self.model.meta.engine  # pyright: ignore[reportReturnType]

    def add(self, docs: list[dict[str, Any]]) -> None:
        from ckan.lib.search.common import make_connection

        make_connection().add(docs)

    def commit(self) -> None:
        """What autovacuum does within the first minutes."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

    def begin(self) -> None:
        """A request has opened its session with the database long before it searches."""
        self.model.Session.connection()

    def search(self, sent: dict[str, Any]) -> int:
        from ckan.lib.search.common import make_connection

        return make_connection(decode_dates=False).search(**sent).hits

    def end(self) -> None:
        """As at the end of a request."""
        self.model.Session.remove()

    def bytes_on_disk(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(
                text("""
                    SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
                    WHERE relnamespace = 'suedwest_search'::regnamespace AND relkind = 'r'
                """)
            ).scalar_one()

    def bytes_of_memory(self) -> int:
        """Resident memory of this process: CKAN with its plugins, and what the engine keeps."""
        return psutil.Process().memory_info().rss


def measure(engines: dict[str, Postgresql | Solr], count: int, times: int) -> dict[str, Any]:
    """Figures by the names the JSON has; times in milliseconds, sizes in bytes."""
    before = engines["postgresql"].bytes_of_memory()
    rates = {name: _fill(engine, count) for name, engine in engines.items()}
    queries = {query: _ask(engines, query, times) for query in QUERIES}
    figures: dict[str, Any] = {"documents": count, "times": times, "queries": queries}
    for name, engine in engines.items():
        compared = [each for each in queries.values() if all(each[other] for other in engines)]
        figures[name] = {
            "median_ms": round(median(each[name]["p50_ms"] for each in compared), 2),
            "slowest_p95_ms": max(each[name]["p95_ms"] for each in compared),
            "documents_per_second": rates[name],
            "bytes_on_disk": engine.bytes_on_disk(),
            "bytes_of_memory": engine.bytes_of_memory(),
        }
    figures["postgresql"]["bytes_of_memory_before"] = before
    return figures


def _fill(engine: Postgresql | Solr, count: int) -> int:
    """Documents indexed in a second; making them does not count."""
    seconds = 0.0
    source = documents(count, site=SITE)
    while batch := list(islice(source, BATCH)):
        start = time.perf_counter()
        engine.add(batch)
        seconds += time.perf_counter() - start
    start = time.perf_counter()
    engine.commit()
    return round(count / (seconds + time.perf_counter() - start))


def _ask(engines: dict[str, Postgresql | Solr], query: str, times: int) -> dict[str, Any]:
    """What each engine needs for a query; None for one that cannot answer it."""
    able = {
        name: engine
        for name, engine in engines.items()
        if engine.knows_outlines or "spatial_geom" not in str(QUERIES[query])
    }
    seconds: dict[str, list[float]] = {name: [] for name in able}
    hits: dict[str, int] = {}
    for turn in range(times + 2):
        for name, engine in able.items():
            sent = parameters(query, turn=turn)
            engine.begin()
            start = time.perf_counter()
            hits[name] = engine.search(sent)
            if turn > 1:  # the first ones warm up
                seconds[name].append((time.perf_counter() - start) * 1000)
            engine.end()
    return {
        name: {
            "hits": hits[name],
            "p50_ms": round(median(seconds[name]), 2),
            "p95_ms": round(quantiles(seconds[name], n=20, method="inclusive")[-1], 2),
        }
        if name in able
        else None
        for name in engines
    }


@contextlib.contextmanager
def _started_solr() -> Iterator[str]:
    """Address of a core of a Solr that runs for this block."""
    with tempfile.TemporaryDirectory(prefix="suedwest-bench-") as folder:
        path, port = Path(folder) / "solr", ports.choose(set())
        # what it tells of its progress is no figure
        with contextlib.redirect_stdout(sys.stderr):
            solr_server.up(path, port, [_CORE])
        try:
            yield f"http://{ports.HOST}:{port}/solr/{_CORE}"
        finally:
            with contextlib.redirect_stdout(sys.stderr):
                solr_server.down(path)


@contextlib.contextmanager
def _ckan() -> Iterator[None]:
    """CKAN on an empty database of its own."""
    with temporary_services(durable=True) as running, tempfile.TemporaryDirectory() as folder:
        _load_ckan(running, Path(folder))
        from ckan import model

        yield
        model.Session.remove()
        if model.meta.engine is not None:
            model.meta.engine.dispose()


def _load_ckan(running: TemporaryServices, folder: Path) -> None:
    from ckan.cli import load_config
    from ckan.config.environment import load_environment

    services = running.services.addresses
    databases.create(services.admin_url, services.databases)
    configuration = folder / "ckan.ini"
    configuration.write_text(
        CONFIGURATION.format(
            site=SITE, catalogue=services.databases.catalogue, redis=services.redis_url
        ),
        encoding="utf-8",
    )
    logging.disable()  # there are no tables yet
    load_environment(load_config(str(configuration)))
    logging.disable(logging.NOTSET)
    from ckan import model

    # the index asks them whether a document belongs to a dataset
    with contextlib.redirect_stdout(sys.stderr):
        model.repo.init_db()


def _print(figures: dict[str, Any]) -> None:
    engines = [name for name in ("postgresql", "solr") if name in figures]
    print(f"{figures['documents']:,} datasets, {figures['times']} searches of each kind\n")
    columns = "".join(f"{f'{name}: hits':>18}{'p50 ms':>9}{'p95 ms':>9}" for name in engines)
    print(f"{'':28}{columns}")
    for query, answers in figures["queries"].items():
        row = f"{query:28}"
        for name in engines:
            each = answers[name]
            row += (
                f"{each['hits']:>18,}{each['p50_ms']:>9.1f}{each['p95_ms']:>9.1f}"
                if each
                else f"{'no field for it':>36}"
            )
        print(row)
    print()
    for name in engines:
        of = figures[name]
        memory = of["bytes_of_memory"]
        print(
            f"{name:12} median {of['median_ms']:.1f} ms, slowest p95 {of['slowest_p95_ms']:.1f} ms,"
            f" {of['documents_per_second']:,} documents/s, {of['bytes_on_disk'] / 1e6:,.0f} MB on"
            f" disk, memory {'unknown' if memory is None else f'{memory / 1e6:,.0f} MB'}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--documents", type=int, default=10_000, help="how many datasets")
    parser.add_argument("--times", type=int, default=25, help="searches of each kind")
    parser.add_argument("--solr", metavar="URL", help="core of a Solr with CKAN's schema")
    parser.add_argument("--alone", action="store_true", help="measure without a Solr")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        engines: dict[str, Postgresql | Solr] = {}
        if not arguments.alone:
            try:
                url = arguments.solr or stack.enter_context(_started_solr())
            except StepFailed as failure:
                sys.exit(f"{failure} {failure.advice} Or name a Solr with --solr, or say --alone.")
            engines["solr"] = solr = Solr(url)
            stack.callback(solr.clear)
        stack.enter_context(_ckan())
        figures = measure(
            {"postgresql": Postgresql(), **engines}, arguments.documents, arguments.times
        )
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        _print(figures)


if __name__ == "__main__":
    main()

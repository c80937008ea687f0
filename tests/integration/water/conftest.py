"""The platform with its six municipalities, a source of gauges, and a visitor's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from gauge_samples import SOURCE, Gauges
from sqlalchemy import Engine, event, make_url, text

from ckanext.suedwest.observations import store_access
from ckanext.suedwest.portal import municipality
from ckanext.suedwest.store.migrate import upgrade

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def store(with_plugins: None) -> Iterator[Engine]:
    """The store's owner engine, over empty tables."""
    reader = make_url(tk.config["ckan.datastore.read_url"]).username
    upgrade(tk.config["ckan.datastore.write_url"], read_role=str(reader))
    engine = store_access.write_engine()
    _empty(engine)
    yield engine
    _empty(engine)


@pytest.fixture
def gauges(
    clean_db: None, clean_index: None, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> Gauges:
    """An empty source whose gauges on Rhein and Mosel Mayen-Koblenz shows."""
    monkeypatch.setenv(municipality.REPLAY_URL_VARIABLE, "http://127.0.0.1:9/replay")
    municipality.load([CONFIG / "municipalities"])
    return Gauges(store, SOURCE)


@pytest.fixture
def visit(gauges: Gauges, make_app: Any) -> Callable[..., Any]:
    """Asks for an address as an anonymous visitor does; refuses server errors."""
    app = make_app()

    def get(url: str, status: int = 200) -> Any:
        answer = app.get(url, follow_redirects=False)
        assert answer.status_code == status, url
        return answer

    return get


@pytest.fixture
def statements(gauges: Gauges) -> Iterator[list[str]]:
    """What the pages ask the observation store, in order."""
    asked: list[str] = []
    engine = store_access.read_engine()

    def remember(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    yield asked
    event.remove(engine, "before_cursor_execute", remember)


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        views = connection.execute(
            text(
                "SELECT viewname FROM pg_views"
                " WHERE schemaname = 'public' AND NOT starts_with(viewname, '_')"
            )
        ).scalars()
        for view in list(views):
            connection.execute(text(f'DROP VIEW public."{view}"'))
        connection.execute(
            text(
                "TRUNCATE suedwest.source, suedwest.station, suedwest.observation,"
                " suedwest.observation_hour, suedwest.observation_day, suedwest.outbox CASCADE"
            )
        )

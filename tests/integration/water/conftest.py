"""The platform with its six municipalities, a source of gauges, and a visitor's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gauge_samples import SOURCE, Gauges
from sqlalchemy import Engine, event

from ckanext.suedwest.observations import store_access
from ckanext.suedwest.portal import municipality

CONFIG = Path(__file__).parents[3] / "config"


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

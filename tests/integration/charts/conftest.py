"""The platform with a gauge that has a week of values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from charts_samples import FILES, SLUG, now_on_the_grid, poll, week
from ckan.plugins import toolkit as tk
from sqlalchemy import Engine, make_url, text

from ckanext.suedwest.observations import store_access
from ckanext.suedwest.portal import municipality, reconcile
from ckanext.suedwest.store.migrate import upgrade
from ckanext.suedwest.store.query import DatastreamNow, StationRow, station_by_slug


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
def gauge(clean_db: None, clean_index: None, store: Engine, monkeypatch: Any) -> StationRow:
    """Andernach in store and catalogue, shown by the Landkreis Mayen-Koblenz."""
    monkeypatch.setenv(municipality.REPLAY_URL_VARIABLE, "http://127.0.0.1:9/replay")
    municipality.load(FILES)
    poll(store, week(now_on_the_grid()))
    assert reconcile.full_pass().failed == {}
    station = station_by_slug(store, SLUG, include_internal=True)
    assert station is not None
    return station


@pytest.fixture
def level(gauge: StationRow) -> DatastreamNow:
    """The public datastream of the gauge."""
    return next(each for each in gauge.datastreams if each.name == "W")


@pytest.fixture
def discharge(gauge: StationRow) -> DatastreamNow:
    """The internal one."""
    return next(each for each in gauge.datastreams if each.name == "Q")


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

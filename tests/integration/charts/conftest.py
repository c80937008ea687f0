"""The platform with a gauge that has a week of values."""

from __future__ import annotations

from typing import Any

import pytest
from charts_samples import FILES, SLUG, now_on_the_grid, poll, week
from ckan.tests.helpers import call_action
from sqlalchemy import Engine

from ckanext.suedwest.portal import municipality, reconcile
from ckanext.suedwest.store.query import DatastreamNow, StationRow, station_by_slug

TOWN = "landkreis-mayen-koblenz"


@pytest.fixture
def gauge(clean_db: None, clean_index: None, store: Engine, monkeypatch: Any) -> StationRow:
    """Andernach in store and catalogue, shown by the Landkreis Mayen-Koblenz, which has no page of
    tiles yet: that of its file is taken away."""
    monkeypatch.setenv(municipality.REPLAY_URL_VARIABLE, "http://127.0.0.1:9/replay")
    municipality.load(FILES)
    poll(store, week(now_on_the_grid()))
    assert reconcile.full_pass().failed == {}
    for each in call_action("suedwest_dashboard_list", municipality=TOWN):
        call_action("suedwest_dashboard_delete", municipality=TOWN, name=each["name"])
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

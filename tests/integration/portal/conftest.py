"""The platform with its six municipalities, and gauges in the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from portal_samples import CONFIG, PlainWaterPlugin, poll
from sqlalchemy import Engine, make_url, text

from ckanext.suedwest.observations import store_access
from ckanext.suedwest.portal import municipality, reconcile
from ckanext.suedwest.store.migrate import upgrade


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
def platform(clean_db: None, clean_index: None, store: Engine, monkeypatch: Any) -> Engine:
    """The six municipalities, loaded; the store's owner engine."""
    monkeypatch.setenv(municipality.REPLAY_URL_VARIABLE, "http://127.0.0.1:9/replay")
    municipality.load([CONFIG / "municipalities"])
    return store


@pytest.fixture
def stations(platform: Engine) -> Engine:
    """Two gauges in store and catalogue, and one that nobody shows."""
    poll(platform)
    assert reconcile.full_pass().failed == {}
    return platform


@pytest.fixture
def water(ckan_config: Any, provide_plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic that draws gauges in place of the real one."""
    provide_plugin("portal_test_water", PlainWaterPlugin)
    loaded = [name for name in tk.aslist(ckan_config["ckan.plugins"]) if name != "suedwest_water"]
    monkeypatch.setitem(ckan_config, "ckan.plugins", [*loaded, "portal_test_water"])


@pytest.fixture
def site(water: Any, stations: Engine, make_app: Any) -> Any:
    """The web application with municipalities, gauges and one dataset."""
    organization = call_action("organization_show", id="landkreis-mayen-koblenz")
    factories.Dataset(name="schulen", title="Schulen", owner_org=organization["id"])
    return make_app()


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

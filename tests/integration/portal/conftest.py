"""The platform with its six municipalities, and gauges in the store."""

from __future__ import annotations

from typing import Any

import pytest
from ckan.config.middleware.flask_app import csrf
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from portal_samples import CONFIG, PlainWaterPlugin, poll
from sqlalchemy import Engine

from ckanext.suedwest.portal import municipality, reconcile


@pytest.fixture(autouse=True)
def exempt_on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """CKAN's list of views without a form's token, without what visitors of other tests added."""
    monkeypatch.setattr(csrf, "_exempt_views", set(csrf._exempt_views))


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

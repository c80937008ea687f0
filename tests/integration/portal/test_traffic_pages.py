"""The pages of traffic, from simulated feeds that went through the real ingest."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
from ingest_servers import replay
from sqlalchemy import Engine

from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.ingest.simulator.__main__ import register_traffic
from ckanext.suedwest.portal import reconcile
from ckanext.suedwest.store.query import stations

TOWN = "kaiserslautern"
COUNTING = "linz-am-rhein"


@pytest.fixture
def sandbox(platform: Engine) -> Engine:
    """The store after each simulated feed was asked once."""
    with replay() as url:
        register_traffic(platform, urlsplit(url))
        runner = Runner(platform, stop=threading.Event())
        while runner.work_once():
            pass
    return platform


def test_pages_tell_all_modes_filter_them_and_draw_counts_as_bars(
    sandbox: Engine, app: Any
) -> None:
    overview = app.get("/verkehr").body
    assert f'href="/verkehr/{TOWN}"' in overview
    assert "Hier wird Verkehr gezählt." in overview

    everything = app.get(f"/verkehr/{TOWN}").body
    assert everything.count('class="reading"') == 8
    assert "Was ist heute gesperrt?" in everything
    assert 'name="art" value="parking" checked' in everything
    assert "Set-Cookie" not in app.get(f"/verkehr/{TOWN}").headers
    roads = app.get(f"/verkehr/{TOWN}?art=roads").body
    assert 'name="art" value="parking">' in roads
    assert 'class="reading"' not in roads
    assert "Musterstraße" in roads
    # A mode that is not there is no reason for an empty page.
    assert app.get(f"/verkehr/{TOWN}?art=nirgends").body.count('class="reading"') == 8
    assert app.get("/verkehr/nirgends").status_code == 404

    assert reconcile.full_pass().failed == {}
    counter = next(iter(stations(sandbox, kind="counter", municipality=COUNTING)))
    for range_, bar in (("24h", "Stunde ab"), ("7d", "Tag")):
        page = app.get(f"/station/{counter.slug}?range={range_}").body
        assert '<rect class="amount"' in page
        assert f'<th scope="col">{bar}</th>' in page
        assert "Stundenmittel" not in page
    park = next(
        each
        for each in stations(sandbox, kind="parking", municipality=TOWN)
        if "Mitte" in each.name
    )
    page = app.get(f"/station/{park.slug}").body
    assert "Plätzen frei" in page
    assert "Sandbox: Diese Werte sind erfunden" in page
    assert "Belegte Plätze" in page

"""What editors do with a station by form, and what its public page says afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import Engine
from station_rows import TIME, make_station

from ckanext.suedwest.portal import reconcile

TOWN = "landkreis-kusel"
SECTIONS = ('id="levels"', 'id="marks"', 'id="corrections"', 'id="mounting"', 'id="limits"')


class Desk:
    """The staff pages of one station, asked as one person."""

    def __init__(self, web: Any, world: dict[str, Any], headers: dict[str, str]) -> None:
        self._web, self._headers, self.world = web, headers, world
        self.url = f"/verwaltung/{TOWN}/stationen/{world['station']}"

    def get(self, page: str = "", status: int = 200) -> str:
        url = page if page.startswith("/station") else f"{self.url}{page}"
        return self._web.get(url, headers=self._headers, status=status).body

    def send(self, page: str, status: int = 302, **data: Any) -> Any:
        answer = self._web.post(
            f"{self.url}{page}", headers=self._headers, data=data, follow_redirects=False
        )
        assert answer.status_code == status, answer.body
        return answer


def staff(role: str = "editor") -> dict[str, str]:
    user = factories.UserWithToken()
    call_action("organization_member_create", id=TOWN, username=user["name"], role=role)
    return {"Authorization": user["token"]}


@pytest.fixture
def world(platform: Engine) -> dict[str, Any]:
    return make_station(platform, TOWN)


@pytest.fixture
def web(world: dict[str, Any], make_app: Any) -> Any:
    return make_app()


@pytest.fixture
def desk(web: Any, world: dict[str, Any]) -> Desk:
    return Desk(web, world, staff())


def test_an_action_level_is_made_changed_and_deleted(desk, web, world) -> None:
    form = "/handlungsstufe"
    level = {"stream": world["level"], "direction": "above", "label": "Unterführung gesperrt"}
    wrong = desk.send(form, 200, **level, level="hoch").body
    assert 'href="#field-level"' in wrong
    assert 'aria-invalid="true"' in wrong
    assert 'value="Unterführung gesperrt"' in wrong
    answer = desk.send(form, **level, level="580,5")
    assert answer.headers["Location"].endswith(f"{world['station']}#levels")
    assert "580,5\u00a0cm (5,8" in desk.get()
    change = desk.get(f"{form}?stream={world['level']}&code=unterfuhrung-gesperrt")
    assert 'value="580,5"' in change
    desk.send(form, **{**level, "level": "570", "code": "unterfuhrung-gesperrt"})
    assert "570\u00a0cm (5,70\u00a0m)" in desk.get()
    public = web.get(f"/station/{world['station']}").body
    assert "Unterführung gesperrt" in public
    desk.send(f"{form}/loeschen", stream=world["level"], code="unterfuhrung-gesperrt")
    assert "Unterführung gesperrt" not in desk.get()
    desk.get(f"{form}?code=unterfuhrung-gesperrt", status=404)


def test_maintenance_takes_the_gauge_out_of_service_for_everybody(desk, web, world) -> None:
    place = f"/station/{world['station']}"
    assert "außer Betrieb" not in web.get(place).body
    span = {"says": "maintenance", "start": "2026-01-01T08:00", "note": "Sensor getauscht"}
    assert "#field-stream" in desk.send("/zeitraum", 200, **span).body
    desk.send("/zeitraum", stream=[world["level"], world["sensor"]], note_public="true", **span)
    listed = desk.get()
    assert listed.count("Donnerstag, 1.\u00a0Januar 2026, 8:00\u00a0Uhr\u00a0MEZ") == 2
    for url in (place, "/pegel"):
        body = web.get(url).body
        assert "außer Betrieb" in body, url
    assert "Sensor getauscht" in web.get(place).body
    assert reconcile.full_pass().failed == {}
    series = web.get(f"/api/suedwest/series/{world['level']}?range=1y").json
    assert (series["freshness"], series["live_until"]) == ("out_of_service", None)
    assert series["out_of_service_note"] == "Sensor getauscht"


def test_the_doubled_hour_is_asked_about(desk, world) -> None:
    span = {"says": "doubted", "start": "2026-10-25T02:30", "note": "n", "stream": world["level"]}
    assert 'name="start_zone"' not in desk.get("/zeitraum")
    asked = desk.send("/zeitraum", 200, **span).body
    assert 'name="start_zone"' in asked
    assert 'value="2026-10-25T02:30"' in asked
    desk.send("/zeitraum", start_zone="MEZ", **span)
    assert "2:30\u00a0Uhr\u00a0MEZ" in desk.get()


def test_a_value_is_chosen_and_corrected(desk, world) -> None:
    listed = desk.get(f"/korrektur?stream={world['level']}")
    assert "124\u00a0cm (1,24\u00a0m)" in listed
    form = desk.get(
        f"/korrektur?stream={world['level']}&time={TIME.isoformat().replace('+', '%2B')}"
    )
    assert f'name="time" value="{TIME.isoformat()}"' in form
    value = {"stream": world["level"], "time": TIME.isoformat()}
    assert "#field-note" in desk.send("/korrektur", 200, result="1,5", **value).body
    desk.send("/korrektur", result="1,5", note="abgelesen", **value)
    page = desk.get()
    assert "1,5\u00a0cm" in page
    assert "124\u00a0cm" in page


def test_a_sensor_is_mounted(desk, world) -> None:
    mounting = {"stream": world["sensor"], "valid_from": "2026-10-01T00:00", "height_cm": "350,5"}
    assert 'name="visibility"' in desk.get(f"/einbau?stream={world['sensor']}")
    desk.send("/einbau", offset_cm="0", visibility="public", **mounting)
    page = desk.get()
    assert "350,5\u00a0cm" in page
    known = "2026-09-30T22:00:00%2B00:00"
    form = desk.get(f"/einbau?stream={world['sensor']}&id={known}")
    assert 'value="2026-10-01T00:00"' in form
    assert 'name="visibility"' not in form
    assert "Wasserstand (W)" in page


def test_limits_are_set_and_switched_off(desk, world) -> None:
    series = {"stream": world["level"]}
    assert "#field-spike" in desk.send("/grenzen", 200, spike="-1", **series).body
    desk.send("/grenzen", highest="100", off_spike="true", **series)
    form = desk.get(f"/grenzen?stream={world['level']}")
    assert 'name="highest" value="100"' in form
    assert 'name="off_spike" value="true" checked' in form
    desk.get(f"/grenzen?stream={world['sensor']}", status=404)


def test_only_staff_are_led_from_the_public_page_to_the_forms(desk, web, world) -> None:
    public = f"/station/{world['station']}"
    assert desk.url not in web.get(public).body
    assert desk.url in desk.get(public)
    member = Desk(web, world, staff("member"))
    assert desk.url not in member.get(public)


def test_who_only_shows_a_station_finds_its_action_levels_only(desk, web, world, platform):
    assert all(section in desk.get() for section in SECTIONS)
    with platform.begin() as conn:
        conn.exec_driver_sql("UPDATE suedwest.source SET municipality = 'linz-am-rhein'")
    page = desk.get()
    assert [section in page for section in SECTIONS] == [True, False, False, False, False]
    desk.get("/zeitraum", status=403)
    desk.get("/grenzen", status=403)

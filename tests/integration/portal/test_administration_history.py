"""An editor brings older values from a file: look first, then store exactly that."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import Engine, text
from station_rows import make_station

OWN = "landkreis-kusel"
ADDRESS = f"/verwaltung/{OWN}/einspielen"
# Windows-1252 with a preamble, day and time apart, a broken line and one that differs.
TABLE = (
    "Pegel Ulmet;Höhe in m\r\nTag;Uhrzeit;Höhe [m]\r\n"
    "24.10.2025;10:00;1,25\r\n24.10.2025;10:15;1,26\r\n24.10.2025;10:30;-\r\n"
    "24.10.2025;10:45;kaputt\r\n01.11.2026;01:00;9,99\r\n"
).encode("cp1252")
TOLD = {"unit": "m", "time_zone": "+01:00"}


@pytest.fixture
def level(platform: Engine) -> str:
    return make_station(platform, OWN)["level"]


@pytest.fixture
def web(level: str, make_app: Any) -> Any:
    return make_app()


def editor(organization: str = OWN) -> dict[str, str]:
    user = factories.UserWithToken()
    call_action("organization_member_create", id=organization, username=user["name"], role="editor")
    return {"Authorization": user["token"]}


def uploaded(web: Any, level: str, headers: dict[str, str], content: bytes = TABLE) -> Any:
    """The answer to choosing a file."""
    return web.post(
        ADDRESS,
        headers=headers,
        data={"resource_id": level, "upload": (io.BytesIO(content), "ulmet.csv")},
        follow_redirects=False,
    )


def values(engine: Engine) -> list[tuple[str, float]]:
    with engine.connect() as conn:
        rows = conn.execute(
            text("""
                SELECT to_char(phenomenon_time, 'YYYY-MM-DD HH24:MI'), result
                FROM suedwest.observation JOIN suedwest.datastream ON id = datastream_id
                WHERE name = 'level' ORDER BY phenomenon_time
            """)
        )
        return [(time, result) for time, result in rows]


def test_choose_look_and_bring_in(web, level, platform):
    staff = editor()
    assert "Ulmet" in web.get(ADDRESS, headers=staff).body
    answer = uploaded(web, level, staff)
    page = answer.headers["Location"]
    first = web.get(page, headers=staff)
    # What can be told was found; unit and clock are asked.
    assert "Höhe [m]" in first.body
    chosen = re.findall(
        r'name="(\w+)"[^>]*>(?:(?!</select>).)*?value="([^"]*)" selected', first.body, re.S
    )
    assert dict(chosen) | {"unit": "", "time_zone": ""} == dict(chosen) | TOLD.fromkeys(TOLD, "")
    assert dict(chosen)["time_column"] == "1,2"
    assert dict(chosen)["encoding"] == "cp1252"
    assert values(platform) == [("2026-11-01 00:00", 124.0)]

    trial = web.get(page, headers=staff, query_string={**TOLD, "header": "true"})
    assert "24.10.2025;10:45;kaputt" in trial.body
    assert 'name="replaces"' in trial.body
    assert values(platform) == [("2026-11-01 00:00", 124.0)]

    done = web.post(page, headers=staff, data={**TOLD, "header": "true"}, follow_redirects=False)
    assert done.status_code == 302
    assert values(platform) == [
        ("2025-10-24 09:00", 125.0),
        ("2025-10-24 09:15", 126.0),
        ("2026-11-01 00:00", 124.0),
    ]
    # The file is not kept any longer.
    gone = web.get(page, headers=staff, follow_redirects=False)
    assert gone.headers["Location"].endswith(ADDRESS)


def test_known_values_are_corrected_on_demand(web, level, platform):
    staff = editor()
    page = uploaded(web, level, staff).headers["Location"]
    web.post(page, headers=staff, data={**TOLD, "header": "true", "replaces": "true"})
    assert values(platform)[-1] == ("2026-11-01 00:00", 999.0)


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"unit": "", "time_zone": "UTC"}, "unit"),
        ({"unit": "m³/s", "time_zone": "UTC"}, "unit"),
        ({"unit": "cm", "time_zone": ""}, "time_zone"),
        ({"unit": "cm", "time_zone": "Mars"}, "time_zone"),
        ({"unit": "cm", "time_zone": "UTC", "value_column": "x"}, "value_column"),
        ({"unit": "cm", "time_zone": "UTC", "time_format": "later"}, "time_format"),
        ({"unit": "cm", "time_zone": "UTC", "where_column": "Tag"}, "where_text"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(web, level, platform, told, wrong):
    staff = editor()
    page = uploaded(web, level, staff).headers["Location"]
    for ask, where in ((web.get, "query_string"), (web.post, "data")):
        answer = ask(page, headers=staff, **{where: {**told, "header": "true"}})
        assert f'href="#field-{wrong}"' in answer.body
        assert f'id="error-{wrong}"' in answer.body
    assert len(values(platform)) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04zip", b"\x00\x01", b"x" * 10_000_001])
def test_what_is_no_table_is_refused_at_once(web, level, content):
    answer = uploaded(web, level, editor(), content)
    assert answer.status_code == 200
    assert 'id="error-upload"' in answer.body


def test_a_file_is_only_for_whoever_uploaded_it(web, level):
    page = uploaded(web, level, editor()).headers["Location"]
    answer = web.get(page, headers=editor(), follow_redirects=False)
    assert answer.headers["Location"].endswith(ADDRESS)


def test_programmes_try_and_bring_in(web, level, platform):
    staff = editor()
    days = "".join(f"2020-01-{day:02}T00:00Z,{day}\n" for day in range(1, 18))
    table = f"t,w\n{days}2020-01-01T00:00Z,6\nx,7\n"
    asked = {"resource_id": level, "text": table}
    address = "/api/3/action/suedwest_history_"
    refused = web.post(f"{address}trial", headers=staff, json=asked, status=409)
    assert list(refused.json["error"]) == ["unit", "__type"]
    asked["unit"] = "cm"
    trial = web.post(f"{address}trial", headers=staff, json=asked).json["result"]
    assert (trial["rows"], trial["new"], trial["refused"]) == (19, 16, 3)
    assert [line["line"] for line in trial["refusals"]] == [2, 19, 20]
    assert len(values(platform)) == 1
    for stored, unchanged in ((16, 0), (0, 16)):
        done = web.post(f"{address}import", headers=staff, json=asked).json["result"]
        assert (done["stored"], done["unchanged"], done["quarantined"]) == (stored, unchanged, 3)
    listed = web.get(f"{address}list", headers=staff, query_string={"municipality": OWN}).json[
        "result"
    ]
    assert [(each["datastream"], each["units"][0]) for each in listed] == [
        ("distance", "mm"),
        ("level", "cm"),
    ]
    assert listed[1]["first"] == "2020-01-02T00:00:00+00:00"


def test_an_unknown_datastream_is_refused_like_a_foreign_one(web, level):
    asked = {"resource_id": "00000000-0000-0000-0000-000000000000", "text": "x", "unit": "cm"}
    for headers in (editor(), editor("kaiserslautern")):
        for resource_id in (asked["resource_id"], "no id", None):
            web.post(
                "/api/3/action/suedwest_history_trial",
                headers=headers,
                json={**asked, "resource_id": resource_id},
                status=403,
            )


def test_pages_are_german_and_english(web, level):
    staff = editor()
    page = uploaded(web, level, staff).headers["Location"]
    english = web.get(f"/en{page[page.index('/verwaltung') :]}", headers=staff, query_string=TOLD)
    assert "What would happen" in english.body

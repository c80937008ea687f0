"""The staff's first page, and what was refused: in plain words, escaped, read again by a button."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from accounting_rows import refuse_record
from ckan.tests import factories
from ckan.tests.helpers import call_action
from sqlalchemy import Engine, text
from station_rows import make_station

from ckanext.suedwest.domain.device import DeviceReport
from ckanext.suedwest.domain.message import Message
from ckanext.suedwest.ingest.intake import refused
from ckanext.suedwest.portal.administration import source_words
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.quarantine import quarantined
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch

OWN, OTHER = "landkreis-kusel", "kaiserslautern"
PATH = f"/verwaltung/{OWN}"
LIST = f"{PATH}/quarantaene"


@pytest.fixture
def web(platform: Engine, make_app: Any) -> Any:
    make_station(platform, OWN)
    return make_app()


@pytest.fixture
def editor(web: Any) -> dict[str, str]:
    user = factories.UserWithToken()
    call_action("organization_member_create", id=OWN, username=user["name"], role="editor")
    return {"Authorization": user["token"]}


def words(answer: Any) -> str:
    """What a page says, without its marks."""
    content = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", answer.body, flags=re.S)
    return re.sub(r"\s+", " ", content.replace("\xa0", " "))


def test_a_silent_station_and_a_failing_source_come_first(web, editor, platform):
    with platform.begin() as connection:
        connection.execute(
            text("""UPDATE suedwest.source SET last_attempt_at = now(), failures = 3,
                        last_error = 'the host x.example cannot be resolved: <b>no</b>'
                    WHERE id = 'own'""")
        )
    report = DeviceReport("own:1", datetime.now(UTC), frame_counter=7, battery_percent=12.0)
    batch = Batch("own", datetime.now(UTC), device_reports=[report])
    write_batch(platform, batch, lease=None, now=datetime.now(UTC))
    answer = web.get(f"/en{PATH}", headers=editor, status=200)
    said = words(answer)
    assert "1 of 1 stations brings no reliable value. 2 sources need attention." in said
    assert said.index("There is no computer of this name") < said.index("Ulmet")
    assert said.index("silent since") < said.index("received")
    assert "<b>no</b>" not in answer.body
    assert re.search(r"12 % nearly empty .* 0 0 of 1", said)


def test_a_municipality_without_a_source_of_its_own_sees_the_platforms(web, platform):
    user = factories.UserWithToken()
    call_action("organization_member_create", id=OTHER, username=user["name"], role="editor")
    headers = {"Authorization": user["token"]}
    said = words(web.get(f"/en/verwaltung/{OTHER}", headers=headers, status=200))
    assert "of the platform" in said
    assert "own" not in re.findall(r"\w+", said.partition("Sources")[2].partition("Imprint")[0])
    assert "No station has delivered yet." in said


def test_what_was_refused_is_shown_escaped_and_explained(web, editor, platform):
    record = refuse_record(platform, "own")["record"]
    answer = web.get(f"/en{LIST}", headers=editor, status=200)
    assert "This device is not registered with the source." in words(answer)
    answer = web.get(f"/en{LIST}/{record}", headers=editor, status=200)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.body
    assert "<script>alert(1)" not in answer.body
    web.get(f"{LIST}/{record + 1000}", headers=editor, status=403)
    sysadmin = {"Authorization": factories.SysadminWithToken()["token"]}
    web.get(f"{LIST}/{record + 1000}", headers=sysadmin, status=404)
    web.get(f"{LIST}/{'9' * 30}", headers=sysadmin, status=404)


FILTERS = {
    "": True,
    "?source_id=own": True,
    "?source_id=pegelonline": False,
    "?from=2026-11-01&to=2026-11-01": True,
    "?from=2026-11-02": False,
    "?to=2026-10-31": False,
    "?reason=the+device+is+not+registered": True,
    "?reason=another": False,
}
NO_FILTERS = ("?from=tomorrow", "?to=9999-12-31", "?before=x")


def test_the_list_is_filtered_by_source_day_and_reason(web, editor, platform):
    refuse_record(platform, "own")
    pages = {
        query: words(web.get(f"/en{LIST}{query}", headers=editor, status=200)) for query in FILTERS
    }
    assert {query: "1 record waits" in said for query, said in pages.items()} == FILTERS
    nothing = "Nothing that was refused fits this choice."
    assert {query: nothing not in said for query, said in pages.items()} == FILTERS


def test_a_filter_that_cannot_be_meant_is_explained(web, editor):
    for query in NO_FILTERS:
        said = words(web.get(f"/en{LIST}{query}", headers=editor, status=200))
        assert "Please correct this" in said, query


def test_long_lists_have_pages(web, editor, platform):
    now = datetime.now(UTC)
    for number in range(51):
        message = Message("t", f"{number}".encode(), now - timedelta(minutes=number))
        batch = Batch("own", message.received_at, refusals=[refused(message, "odd")])
        write_batch(platform, batch, lease=None, now=now)
    first = web.get(f"/en{LIST}?source_id=own", headers=editor)
    assert len(re.findall(r'name="ids"', first.body)) == 50
    older = re.search(r'href="([^"]+)">Older ones', first.body)
    second = web.get(older[1].replace("&amp;", "&"), headers=editor)
    assert len(re.findall(r'name="ids"', second.body)) == 1
    assert "Older ones" not in second.body


def test_the_button_has_records_read_again_and_says_what_became_of_them(web, editor, platform):
    now = datetime.now(UTC)
    options = {
        "connector": "json-paths",
        "time": {"path": "$.at"},
        "device": {"path": "$.device"},
        "values": [
            {"path": "$.level", "datastream": "W", "observed_property": "water_level", "unit": "cm"}
        ],
        "operator": {"name": "Kreis"},
        "licence": {"id": "cc-zero", "title": "CC0", "attribution": "Kreis"},
        "devices": {"a": {"name": "Odenbach", "water": "Glan"}},
    }
    with platform.begin() as connection:
        register_source(
            connection,
            id="gauges",
            type="mqtt",
            municipality=OWN,
            url="mqtt://127.0.0.1:1",
            options=options,
            interval=timedelta(minutes=15),
            managed_by="portal",
        )
    good = b'{"device": "a", "level": 80, "at": "%s"}' % now.isoformat().encode()
    for payload in (good, b"no JSON"):
        refusal = refused(Message("gauges/a", payload, now), "was refused once")
        batch = Batch("gauges", now, refusals=[refusal])
        write_batch(platform, batch, lease=None, now=now)
    ids = [row.id for row in quarantined(platform, source_id="gauges")]
    answer = web.post(f"/en{LIST}/erneut", headers=editor, data={"ids": ids, "source_id": "gauges"})
    said = words(answer)
    assert "1 record was read again: 1 new values, 0 known. 1 record still cannot be used." in said
    assert "1 record waits" in said
    assert "The message does not have the form it should have." in said
    nothing = words(web.post(f"/en{LIST}/erneut", headers=editor, data={"ids": ids[0]}))
    assert "Nothing of this waits any more." in nothing or "still cannot be used" in nothing


ERRORS = (
    "the broker cannot be reached: [Errno 111] Connection refused",
    "the connection to the broker broke off: The connection was lost.",
    "the broker refuses us: Not authorized",
    "the option password was sealed with another key; enter it again",
    "the host gauge.example cannot be resolved: Name or service not known",
    "the host gauge.example resolves to 10.0.0.1, which is not a public address",
    "no answer within 10 s to connect and 30 s to read",
    "the source answered HTTP 401",
    "the source answered HTTP 404",
    "the source answered HTTP 429",
    "the source answered HTTP 503",
    "the source redirects (HTTP 301) to 'https://x'; redirects are not followed",
    "the source answered with an HTML page, not with data",
    "the reply lists none of the stations wanted",
    "all 12 records were refused; the first because the unit is missing",
    "the reply is larger than 8,388,608 bytes and was cut off",
    "there is no connector 'x'; installed are: csv-columns",
    "the disk of the database is full, nothing was stored: could not extend file",
    "the database failed: server closed the connection unexpectedly",
    "the reply is not valid JSON: Expecting value at line 1 column 1",
)
REASONS = (
    "the device is not registered with this source",
    "its topic carries more messages than one device may send",
    "name is missing in what is registered of the device",
    "neither the device nor its source names a licence",
    "the time is before 1990 or more than a year ahead",
    "the value is larger than anything that can be measured",
    "end_device_ids is missing: no message of The Things Stack",
    "the frame has 3 bytes; Dragino LDDS75 sends 8",
    "the connector failed: ZeroDivisionError: x",
    "the message has 300,000 bytes, more than the 262,144 allowed",
    "the reply is not valid JSON: Expecting value at line 1 column 1",
    "the store refused every value of it",
    "value 99999 is outside -1000 to 4000 cm",
    "the time '2026-13-01' is not ISO 8601",
)


def test_every_known_error_and_reason_has_a_sentence_of_its_own(app):
    with app.flask_app.test_request_context("/en/"):
        unknown = source_words.error_sentence("anything")
        assert [each for each in ERRORS if source_words.error_sentence(each) == unknown] == []
        unknown = source_words.reason_sentence("anything")
        assert [each for each in REASONS if source_words.reason_sentence(each) == unknown] == []

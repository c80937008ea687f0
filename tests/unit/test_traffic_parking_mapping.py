"""Parking by mapping: three formats, free or occupied, times, states, faulty options."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ckanext.suedwest.connectors.base import Context, Decoded
from ckanext.suedwest.connectors.options import OptionsRefused
from ckanext.suedwest.connectors.traffic.parking_mapping import connector
from ckanext.suedwest.domain.errors import PayloadRefused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
JSON = {
    "format": "json",
    "records": "$.lots[*]",
    "id": "$.id",
    "name": "$.name",
    "capacity": "$.total",
    "free": "$.free",
    "time": {"place": "$.t", "zone": "Europe/Berlin"},
}
LOT = '{"lots": [{"id": 7, "name": "Markt", "total": 100, "free": 15, "t": "2026-11-20T12:55"}]}'
XML = {
    "format": "xml",
    "records": "Haus",
    "id": "@nr",
    "capacity": "Zahl/Gesamt",
    "occupied": "Zahl/Aktuell",
    "opening": "Zustand",
    "open": ["Offen"],
    "closed": ["Zu"],
    "time": {
        "place": "Stand",
        "within": "reply",
        "format": "%d.%m.%Y %H:%M",
        "zone": "Europe/Berlin",
    },
}
HAUS = (
    "<Liste><Stand>20.11.2026 12:55</Stand><Haus nr='7'><Zahl><Gesamt>100</Gesamt>"
    "<Aktuell>85</Aktuell></Zahl><Zustand>{}</Zustand></Haus></Liste>"
)
CSV = {
    "format": "csv",
    "id": "Name",
    "name": "Name",
    "capacity": "Capacity",
    "occupied": "OccupiedSites",
    "opening": "OpeningState",
    "open": ["Geöffnet"],
    "closed": ["Geschlossen"],
    "time": {"place": "Timestamp", "format": "epoch_ms"},
    "encoding": "latin-1",
}
TABLE = (
    '"Name";"OpeningState";"Capacity";"OccupiedSites";"Timestamp"\r\n'
    '"Mühlwiese";"Geöffnet";100;85;1795175700000\r\n'
)


def read(payload: str | bytes, options: dict[str, Any], **more: object) -> Decoded:
    content = payload if isinstance(payload, bytes) else payload.encode()
    return connector(content, Context(NOW, options={**options, **more}))


def values(decoded: Decoded) -> dict[str, float]:
    return {one.datastream: one.result for one in decoded.observations}


@pytest.mark.parametrize(
    ("payload", "options", "key", "opening"),
    [
        (LOT, JSON, "7", {}),
        (HAUS.format("Offen"), XML, "7", {"opening": 1}),
        (HAUS.format("?"), XML, "7", {}),
        (TABLE.encode("latin-1"), CSV, "Mühlwiese", {"opening": 1}),
    ],
)
def test_the_same_car_park_in_three_formats(
    payload: str | bytes, options: dict[str, Any], key: str, opening: dict[str, int]
) -> None:
    decoded = read(payload, options)
    assert decoded.refusals == []
    assert values(decoded) == {"free": 15, "occupied": 85, "capacity": 100, **opening}
    assert {one.station_key for one in decoded.observations} == {f"parking-mapping:{key}"}
    assert {one.phenomenon_time for one in decoded.observations} == {
        datetime(2026, 11, 20, 11, 55, tzinfo=UTC)
    }


def test_closed_has_nothing_free_in_any_format() -> None:
    assert values(read(HAUS.format("Zu"), XML)) == {"occupied": 85, "capacity": 100, "opening": 0}


def test_a_place_that_holds_the_name_of_its_object_and_places_in_degrees() -> None:
    payload = '{"34": {"x": {"frei": 5, "von": 90}, "lat": "49,4", "lon": "7,7"}}'
    options = {**JSON, "records": "$.*", "id": "#key", "capacity": "$.x.von", "free": "$.x.frei"}
    decoded = read(
        payload,
        {**options, "name": "$.x.name", "longitude": "$.lon", "latitude": "$.lat"},
        time="received",
    )
    assert "name is" in decoded.refusals[0].reason
    (decoded,) = [read(payload, {**options, "name": None}, time="received")]
    assert values(decoded) == {"free": 5, "occupied": 85, "capacity": 90}
    assert {one.phenomenon_time for one in decoded.observations} == {NOW}


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        (("49,4", "7,7"), (7.7, 49.4)),
        (("5317088", "413824"), (None, None)),
        (("", ""), (None, None)),
    ],
)
def test_a_place_that_is_no_degrees_does_not_keep_the_car_park_away(
    place: tuple[str, str], kept: tuple[float | None, float | None]
) -> None:
    table = "n;lat;lon;c;f\nMarkt;{};{};50;9\n".format(*place)
    decoded = read(
        table,
        {"format": "csv", "id": "n", "name": "n", "capacity": "c", "free": "f"},
        latitude="lat",
        longitude="lon",
        time="received",
    )
    assert values(decoded) == {"free": 9, "occupied": 41, "capacity": 50}
    assert [(one.longitude, one.latitude) for one in decoded.stations] == [kept]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ('"free": "---"', None),
        ('"free": null', None),
        ('"free": "viele"', "not a whole number"),
        ('"total": 4', "at least 5 bays"),
        ('"t": "2026-10-25T02:30"', "happens twice"),
        ('"t": null', "no time stands"),
        ('"t": "2031-01-01T00:00Z"', "future"),
        ('"id": null', "id is null"),
    ],
)
def test_what_cannot_be_used_is_refused_and_what_is_missing_is_no_zero(
    changed: str, reason: str | None
) -> None:
    name = changed.partition(":")[0]
    fields = {"id": '"7"', "name": '"M"', "total": "50", "free": "15", "t": '"2026-11-20T12:55"'}
    fields[name.strip('"')] = changed.partition(": ")[2]
    decoded = read(
        '{"lots": [{' + ", ".join(f'"{key}": {text}' for key, text in fields.items()) + "}]}", JSON
    )
    if reason is None:
        assert values(decoded) == {"capacity": 50}
        assert decoded.refusals == []
    else:
        assert reason in decoded.refusals[0].reason
        assert decoded.observations == []


@pytest.mark.parametrize(
    ("payload", "options", "reason"),
    [
        (LOT, {**JSON, "records": "$.parks[*]"}, r"nothing stands at '\$.parks"),
        (HAUS, {**XML, "records": "Platz"}, "nothing stands at 'Platz'"),
        (TABLE, {**CSV, "capacity": "Gesamt", "encoding": "utf-8"}, "not one column 'Gesamt'"),
        ("Name;Name;OpeningState;Capacity;OccupiedSites;Timestamp\n", CSV, "column 'Name'"),
        (TABLE.splitlines()[0], CSV, "no row"),
        (TABLE.encode("latin-1"), {**CSV, "encoding": "utf-8"}, "is not utf-8"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", XML, "document type"),
    ],
)
def test_a_reply_that_is_not_as_described_is_refused(
    payload: str | bytes, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(payload, options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({**JSON, "format": "yaml"}, "the option format"),
        ({**JSON, "id": None}, "required field `id`"),
        ({**JSON, "free": None, "capacity": None}, "at least one of capacity, free and occupied"),
        ({**JSON, "free": "free("}, "free: 'free\\(' is no JSON path"),
        ({**JSON, "records": ""}, "records is needed"),
        ({**JSON, "longitude": "$.lon"}, "longitude and latitude are needed together"),
        ({**JSON, "opening": "$.o"}, "opening needs the words"),
        ({**XML, "closed": ["Offen"]}, "in open and in closed"),
        ({**XML, "id": "#key"}, "#key is for json"),
        ({**CSV, "separator": ";;"}, "separator is not one character"),
        ({**CSV, "time": {"place": "T", "within": "reply"}}, "no time of the whole"),
        ({**JSON, "time": {"place": "$.t", "zone": "Mars"}}, "zone 'Mars'"),
        ({**JSON, "time": {"palce": "$.t"}}, "place"),
        ({**CSV, "encoding": "ebcdic"}, "the option encoding"),
    ],
)
def test_faulty_options_are_told_before_anything_is_read(
    options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(OptionsRefused, match=reason):
        read(b"", {name: value for name, value in options.items() if value is not None})

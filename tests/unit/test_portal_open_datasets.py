"""Which datasets carry the live data, whose they are, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from water_samples import station, stream

from ckanext.suedwest.domain.freshness import LIMITS
from ckanext.suedwest.portal import open_datasets
from ckanext.suedwest.portal.open_datasets import Offer, offers
from ckanext.suedwest.portal.profile import Profile
from ckanext.suedwest.store.query import StationRow


def profile(name: str, title: str, kind: str = "Landkreis") -> Profile:
    told: dict[str, Any] = dict.fromkeys(Profile.__slots__)
    told |= {"name": name, "title": title, "short_title": title.removeprefix(f"{kind} ")}
    told |= {"kind": kind, "embed_hosts": (), "contact_email": "daten@example.org"}
    return Profile(**told)


KUSEL = profile("landkreis-kusel", "Landkreis Kusel")
EIFELKREIS = profile("eifelkreis-bitburg-pruem", "Eifelkreis Bitburg-Prüm")
LINZ = profile("linz-am-rhein", "Linz am Rhein", "Stadt")


def gauge(
    number: int, operator: str, *shown_by: str, simulated: bool = False, **changes: Any
) -> StationRow:
    changes = {"datastreams": (stream(),)} | changes
    return station(
        id=number,
        operator={"name": operator},
        municipalities=tuple((name, "inside") for name in shown_by),
        properties={"simulated": "true"} if simulated else {},
        **changes,
    )


def offer(*rows: StationRow, own: bool = True, of: Profile = KUSEL) -> Offer:
    return Offer(of, "water", open_datasets.operator_key(rows[0]), rows, own)


@pytest.mark.parametrize(
    ("operator", "owner", "own"),
    [
        ("Landkreis Kusel", ("landkreis-kusel", "mqtt"), True),
        ("Feuerwehr Ulmet", ("landkreis-kusel", "mqtt"), True),
        ("Feuerwehr Ulmet", ("landkreis-kusel", "webhook"), True),
        ("Landkreis Kusel", ("landkreis-kusel", "sensorthings"), True),
        ("Kusel", ("landkreis-kusel", "http-json"), True),
        ("WSA Rhein", ("landkreis-kusel", "sensorthings"), False),
        ("Landkreis Kusel", ("linz-am-rhein", "mqtt"), False),
        ("Landkreis Kusel", (None, "mqtt"), False),
        ("Landkreis Kusel", None, False),
    ],
)
def test_whose_the_values_are(
    operator: str, owner: tuple[str | None, str] | None, own: bool
) -> None:
    owners = {} if owner is None else {1: owner}
    (found,) = offers([gauge(1, operator, "landkreis-kusel")], owners, [KUSEL, LINZ])
    assert (found.own, found.exported) == (own, own)


def test_one_for_each_municipality_kind_and_operator() -> None:
    rows = [
        gauge(1, "WSA Rhein", "landkreis-kusel", "linz-am-rhein"),
        gauge(2, "WSA Rhein", "linz-am-rhein"),
        gauge(3, "Wasserwirtschaft", "landkreis-kusel"),
        gauge(4, "Nobody shows it"),
        gauge(5, "Nothing public", "landkreis-kusel", datastreams=()),
    ]
    found = offers(rows, {}, [LINZ, KUSEL])
    assert {each.key: [row.id for row in each.stations] for each in found} == {
        "landkreis-kusel:water:wasserwirtschaft": [3],
        "landkreis-kusel:water:wsa-rhein": [1],
        "linz-am-rhein:water:wsa-rhein": [1, 2],
    }
    assert len({open_datasets.package_id(each.key) for each in found}) == 3
    assert [open_datasets.municipality_of(each.key) for each in found] == [
        each.municipality.name for each in found
    ]


def test_one_operator_has_one_dataset_also_when_only_a_part_is_sent() -> None:
    rows = [gauge(1, "Feuerwehr", "landkreis-kusel"), gauge(2, "Feuerwehr", "landkreis-kusel")]
    (found,) = offers(rows, {1: (None, "sensorthings"), 2: ("landkreis-kusel", "mqtt")}, [KUSEL])
    assert ({row.id for row in found.stations}, found.own) == ({1, 2}, True)


def test_one_simulated_gauge_keeps_the_dataset_at_home() -> None:
    mixed = offer(gauge(1, "A", simulated=True), gauge(2, "A"))
    assert (mixed.simulated, mixed.exported) == (True, False)
    assert open_datasets.written_values(mixed)["not_exported"] == "true"
    said = open_datasets.edited_values(mixed)
    assert said["title"].endswith("(simuliert)")
    assert said["notes"].startswith("Simuliert: ")


@pytest.mark.parametrize("length", [3, 60, 61, 90, 300])
def test_an_address_is_ascii_short_and_only_its_own(length: int) -> None:
    names = [open_datasets.name(offer(gauge(1, "Ü" * length + end))) for end in ("Ä & Söhne", "ß")]
    for name in names:
        assert len(name) <= 100
        assert name.isascii()
        assert name.replace("-", "").isalnum()
        assert name == name.lower()
    assert len(set(names)) == 2


def test_what_is_said_of_own_gauges_and_of_those_of_others() -> None:
    own = open_datasets.edited_values(offer(gauge(1, "Landkreis Kusel")))
    assert own["title"] == "Pegelstände im Landkreis Kusel, eigene Messstellen"
    assert "von 1 Messstelle, betrieben von: Landkreis Kusel." in own["notes"]
    assert own["contact_email"] == "daten@example.org"
    others = open_datasets.edited_values(
        offer(gauge(1, "WSA Rhein"), gauge(2, "WSA Rhein"), own=False, of=LINZ)
    )
    assert others["title"] == "Pegelstände für Linz am Rhein: WSA Rhein"
    assert "von 2 Messstellen" in others["notes"]
    assert "Die Daten veröffentlicht WSA Rhein" in others["notes"]
    assert others["contact_email"] == ""


def test_every_kind_of_station_has_words() -> None:
    assert set(open_datasets.KINDS) == set(LIMITS)
    for kind, words in open_datasets.KINDS.items():
        said = Offer(KUSEL, kind, "a", (gauge(1, "A", kind=kind),), own=True)
        assert open_datasets.edited_values(said)["title"].startswith(words.subject)
        # As CKAN lists tags; in another order each pass would write them again.
        assert words.tags.split(", ") == sorted(words.tags.split(", "))


@pytest.mark.parametrize(
    ("municipality", "own", "place"),
    [
        (KUSEL, True, "im Landkreis Kusel"),
        (KUSEL, False, "für den Landkreis Kusel"),
        (EIFELKREIS, True, "im Eifelkreis Bitburg-Prüm"),
        (LINZ, True, "in Linz am Rhein"),
        (LINZ, False, "für Linz am Rhein"),
    ],
)
def test_where_they_are_in_german(municipality: Profile, own: bool, place: str) -> None:
    said = open_datasets.edited_values(offer(gauge(1, "A"), own=own, of=municipality))
    assert said["title"] == f"Pegelstände {place}{', eigene Messstellen' if own else ': A'}"


@pytest.mark.parametrize(("count", "named", "more"), [(1, 1, ""), (12, 12, ""), (14, 12, "2")])
def test_stations_are_named_but_not_hundreds(count: int, named: int, more: str) -> None:
    rows = [gauge(number, "A", name=f"Ort {number}") for number in range(count)]
    notes = open_datasets.edited_values(offer(*rows))["notes"]
    assert notes.count("Glan bei Ort") == named
    assert (f" und {more} weitere." in notes) == bool(more)


def test_every_attribution_is_told_once() -> None:
    rows = [
        gauge(number, "A", licence={"id": "dl-de-by-2.0", "attribution": said})
        for number, said in enumerate(("© A", "© B", "© A", None))
    ]
    assert open_datasets.written_values(offer(*rows))["attribution"] == "© A; © B"


def test_the_period_begins_on_the_day_in_germany_and_ends_with_the_last_gauge() -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    row = gauge(1, "A", datastreams=(stream(first_time=None), stream(first_time=late)))
    said = open_datasets.written_values(offer(row))
    assert said["temporal_start"] == "2026-07-01"
    assert said["frequency"].endswith("/UPDATE_CONT")
    assert said["service_note"] == ""
    gone = open_datasets.written_values(offer(gauge(1, "A", gone_at=late)))
    assert gone["frequency"].endswith("/NEVER")
    assert gone["service_note"]
    empty = gauge(1, "A", datastreams=(stream(first_time=None, total=0),))
    assert open_datasets.written_values(offer(empty))["temporal_start"] == ""


def test_files_keep_their_ids_and_ask_for_no_more_than_the_dataset() -> None:
    row = gauge(1, "Büro Öhl & Söhne", licence={"id": "dl-de-by-2.0", "attribution": "Öhl"})
    first = open_datasets.resources(offer(row), site_url="https://a.example")
    moved = open_datasets.resources(offer(row), site_url="https://b.example/daten")
    assert [each["id"] for each in first] == [each["id"] for each in moved]
    assert len({each["id"] for each in first}) == len(first)
    for each in first:
        assert each["license"] == "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
        assert each["rights"] == "Öhl"
        if each["format"] != "OpenAPI":
            assert parse_qs(urlsplit(each["url"]).query) == {
                "municipality": ["landkreis-kusel"],
                "kind": ["water"],
                "operator": [open_datasets.operator_key(row)],
            }
    base = "https://b.example/daten/api/live/v1/"
    assert [each["url"] for each in moved if not each["url"].startswith(base)] == []


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ({"id": "cc-by-4.0"}, "http://dcat-ap.de/def/licenses/cc-by/4.0"),
        ({"id": "own", "url": "https://x.example/l"}, "https://x.example/l"),
        ({}, ""),
    ],
)
def test_a_licence_in_the_words_of_germany_or_its_own(licence: dict[str, str], told: str) -> None:
    found = offer(gauge(1, "A", licence=licence))
    assert {each["license"] for each in open_datasets.resources(found, site_url="")} == {told}
    assert open_datasets.written_values(found)["license_id"] == licence.get("id", "notspecified")


def test_gauges_of_several_licences_have_no_common_one() -> None:
    rows = [gauge(1, "A", licence={"id": "cc-zero"}), gauge(2, "A", licence={"id": "cc-by-4.0"})]
    assert open_datasets.written_values(offer(*rows))["license_id"] == "notspecified"
    assert {each["license"] for each in open_datasets.resources(offer(*rows), site_url="")} == {""}
    assert "Die Lizenz steht bei jedem Wert." in open_datasets.edited_values(offer(*rows))["notes"]

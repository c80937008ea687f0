"""Datasets of roadworks and closures: whose they are and what they say; the rule of privacy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ckanext.suedwest.domain.freshness import LIMITS
from ckanext.suedwest.domain.privacy import DEFAULT_RULE, PrivacyRule
from ckanext.suedwest.portal import open_datasets, open_events
from ckanext.suedwest.portal.profile import Profile
from ckanext.suedwest.store.events import Publisher

CITY = "Stadt Kaiserslautern"


def profile(name: str, title: str) -> Profile:
    told: dict[str, Any] = dict.fromkeys(Profile.__slots__)
    told |= {"name": name, "title": title, "short_title": title.rpartition(" ")[2]}
    return Profile(**told | {"embed_hosts": (), "contact_email": "daten@example.org"})


LAUTERN = profile("kaiserslautern", CITY)
KUSEL = profile("landkreis-kusel", "Landkreis Kusel")


def publisher(operator: str = CITY, **changes: Any) -> Publisher:
    found = Publisher(
        municipality="kaiserslautern",
        operator={"name": operator, "url": "https://example.org"},
        licence={"id": "dl-de-by-2.0", "attribution": operator},
        simulated=False,
        owner="kaiserslautern",
        source_type="http",
    )
    return replace(found, **changes)


@pytest.mark.parametrize(
    ("changes", "own", "exported"),
    [
        ({}, True, True),
        ({"simulated": True}, True, False),
        ({"operator": "Autobahn GmbH"}, False, False),
        ({"owner": None}, False, False),
    ],
)
def test_only_what_a_municipality_publishes_itself_is_exported(
    changes: dict[str, Any], own: bool, exported: bool
) -> None:
    (offer,) = open_events.offers([publisher(**changes)], [LAUTERN, KUSEL])
    assert (offer.own, offer.exported) == (own, exported)
    values = open_events.edited_values(offer)
    assert values["title"].endswith("(simuliert)") is offer.simulated
    assert ("veröffentlicht" in values["notes"]) is not own
    assert open_events.written_values(offer)["not_exported"] == str(not exported).lower()


def test_one_for_each_municipality_and_operator_with_its_addresses() -> None:
    told = [
        publisher(),
        publisher(licence={"id": "cc-zero", "attribution": ""}),
        publisher("Autobahn GmbH", owner=None),
        publisher("Autobahn GmbH", owner=None, municipality="landkreis-kusel"),
        publisher(municipality="nowhere"),
    ]
    found = open_events.offers(told, [LAUTERN, KUSEL])
    assert [open_events.name(each) for each in found] == [
        "live-kaiserslautern-events-autobahn-gmbh",
        "live-kaiserslautern-events-stadt-kaiserslautern",
        "live-landkreis-kusel-events-autobahn-gmbh",
    ]
    assert open_events.written_values(found[0])["license_id"] == "dl-de-by-2.0"
    assert open_events.written_values(found[1])["license_id"] == "notspecified"
    urls = [each["url"] for each in open_events.resources(found[2], site_url="https://x.example")]
    query = "municipality=landkreis-kusel&operator=autobahn-gmbh"
    assert urls == [
        f"https://x.example/api/live/v1/events.{end}?{query}" for end in ("geojson", "cifs.json")
    ]
    assert open_events.edited_values(found[2])["title"] == (
        "Baustellen und Sperrungen für den Landkreis Kusel: Autobahn GmbH"
    )


def test_every_kind_of_station_has_words_for_its_dataset() -> None:
    assert set(open_datasets.KINDS) >= set(LIMITS)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (DEFAULT_RULE, "Schritten von 15 Minuten"),
        (replace(DEFAULT_RULE, step=timedelta(hours=1)), "Summen in Schritten von 60 Minuten"),
        (replace(DEFAULT_RULE, smallest_group=8), "Gruppen ab 8"),
        (replace(DEFAULT_RULE, reason="Ratsbeschluss"), "Abweichung von der Regel: Ratsbeschluss."),
    ],
)
def test_the_rule_in_force_is_told_in_words(rule: PrivacyRule, words: str) -> None:
    assert words in open_datasets.privacy_in_words(rule)

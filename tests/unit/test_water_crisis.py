"""What the page of a flood night says beyond its list, and how its lines are worded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from water_samples import (
    YESTERDAY,
    going,
    level,
    mark,
    official,
    situation,
    station,
    threshold,
)

from ckanext.suedwest.portal.profile import Profile
from ckanext.suedwest.water.crisis import ahead_words, headline, named, quiet_towns, reached_words
from ckanext.suedwest.water.situation import Situation

NB = "\u00a0"
MARK_I = official(210, "M_I", "Marke_I")
MARK_II = official(400, "M_II", "Marke_II")
SILENT: dict[str, Any] = {"latest_time": YESTERDAY, "good_time": YESTERDAY}


def at(name: str, found: Situation) -> Situation:
    return replace(found, station=replace(found.station, name=name))


def silent(value: float) -> Situation:
    return situation([MARK_I], **level(value) | SILENT)


CALM = situation([MARK_I])
OVER = situation([MARK_I], **level(230))
UNMARKED = situation([mark(71, "MNW")])

HEADLINES = [
    ("no gauge", [], ""),
    ("the list says it", [OVER], ""),
    ("checked and none", [CALM], "Zurzeit erreicht: keine Schwelle. Geprüft: 1 Pegel."),
    (
        "what nobody knows is not called none",
        [CALM, CALM, UNMARKED],
        "Zurzeit erreicht: keine Schwelle. Geprüft: 2 Pegel. Ohne bekannte Schwelle: 1 Pegel.",
    ),
    ("nothing known at all", [UNMARKED], "Ohne bekannte Schwelle: 1 Pegel."),
    ("nothing reliable", [silent(124)], "Zurzeit gibt es hier keinen verlässlichen Wert."),
    (
        "silent above a threshold comes first, also when others are above theirs",
        [OVER, at("Rehborn", silent(230))],
        "Ohne verlässlichen Wert und zuletzt über einer Schwelle: Glan bei Rehborn.",
    ),
    (
        "three names are two and a number",
        [OVER, *(at(name, silent(230)) for name in ("Rehborn", "Eschenau", "Offenbach"))],
        "Ohne verlässlichen Wert und zuletzt über einer Schwelle: "
        "Glan bei Rehborn, Glan bei Eschenau und 1 weiterer.",
    ),
]


@pytest.mark.parametrize(
    ("shown", "said"), [row[1:] for row in HEADLINES], ids=[row[0] for row in HEADLINES]
)
def test_the_headline_says_what_the_list_does_not(shown: list[Situation], said: str) -> None:
    assert headline(shown, "de") == said


def test_the_headline_in_english() -> None:
    assert headline([CALM, at("Rehborn", silent(230))], "en") == (
        "Without a reliable value and last beyond a threshold: Glan bei Rehborn. "
        "Reached at present: no threshold. Checked: 1 gauge."
    )


@pytest.mark.parametrize(
    ("thresholds", "value", "said"),
    [
        ([MARK_I], 124, ""),
        ([MARK_I], 210, "Marke I"),
        ([MARK_I, MARK_II], 450, "Marke II"),
        # a municipality's own levels are what its people act upon
        ([MARK_I, threshold(200)], 215, "Marke I, Meldestufe 1: Radweg gesperrt"),
        (
            [MARK_I, threshold(200), threshold(190, "MS0", label="Wache")],
            215,
            "Marke I, Meldestufe 1: Radweg gesperrt, Wache",
        ),
        ([mark(71, "MNW")], 60, ""),
    ],
)
def test_reached_are_the_highest_and_the_municipality_s_own(
    thresholds: list[Any], value: float, said: str
) -> None:
    assert reached_words(situation(thresholds, **level(value)), "de") == said


@pytest.mark.parametrize(
    ("thresholds", "rate", "said"),
    [
        ([], 0, ""),
        ([MARK_I], 0, f"noch 86{NB}cm bis zur Marke I"),
        ([MARK_I], 20, f"noch 86{NB}cm bis zur Marke I, etwa 4 Stunden"),
        ([MARK_I], -20, f"noch 86{NB}cm bis zur Marke I"),
        ([MARK_II, MARK_I], 0, f"noch 86{NB}cm bis zur Marke I"),
    ],
)
def test_ahead_is_the_next_threshold_and_when_a_rising_level_comes_there(
    thresholds: list[Any], rate: float, said: str
) -> None:
    assert ahead_words(situation(thresholds, points=going(rate)), "de") == said


def test_nothing_lies_ahead_of_a_gauge_without_a_reliable_value() -> None:
    assert ahead_words(silent(124), "de") == ""


def test_a_gauge_two_municipalities_show_is_counted_in_both() -> None:
    kusel, kaiserslautern, linz = (
        Profile(name, name, name, "kreis", *(None,) * 5, (), *(None,) * 6)
        for name in ("landkreis-kusel", "kaiserslautern", "linz")
    )
    both = replace(
        CALM,
        station=replace(
            CALM.station, municipalities=(("landkreis-kusel", "inside"), ("kaiserslautern", "near"))
        ),
    )
    counted = quiet_towns([CALM, both], [kusel, kaiserslautern, linz])
    assert [(each.town.name, each.count) for each in counted] == [
        ("landkreis-kusel", 2),
        ("kaiserslautern", 1),
    ]


@pytest.mark.parametrize(
    ("count", "german", "english"),
    [
        (1, "Glan bei Ort 0", "Glan bei Ort 0"),
        (2, "Glan bei Ort 0, Glan bei Ort 1", "Glan bei Ort 0, Glan bei Ort 1"),
        (
            3,
            "Glan bei Ort 0, Glan bei Ort 1 und 1 weiterer",
            "Glan bei Ort 0, Glan bei Ort 1 and 1 more",
        ),
        (
            4,
            "Glan bei Ort 0, Glan bei Ort 1 und 2 weitere",
            "Glan bei Ort 0, Glan bei Ort 1 and 2 more",
        ),
    ],
)
def test_many_gauges_are_two_names_and_a_number(count: int, german: str, english: str) -> None:
    shown = [station(name=f"Ort {number}") for number in range(count)]
    assert (named(shown, "de"), named(shown, "en")) == (german, english)

"""What many gauges say together, in both languages."""

from __future__ import annotations

import pytest
from water_samples import NOW, YESTERDAY, going, mark, situation, station, threshold

from ckanext.suedwest.water.situation import Situation, situation_of
from ckanext.suedwest.water.summaries import none_connected, summary

PLACE = "Glan bei Odenbach"
RISING = situation([threshold(210)], points=going(10))
STEADY = situation([threshold(210)], points=going(0))
REACHED = situation([threshold(100)], points=going(10))
NO_THRESHOLD = situation(points=going(0))
NO_TREND = situation([threshold(210)])
LOW = situation([mark(200, "MNW")], points=going(0))
UNDERSHOT = situation([threshold(150, direction="below")], points=going(0))
SILENT = situation(latest_time=YESTERDAY, good_time=YESTERDAY)
NO_DATASTREAM = situation_of(station(), (), (), now=NOW)

CASES: list[tuple[list[Situation], str, str]] = [
    ([], "", ""),
    (
        [RISING, RISING, STEADY],
        "An 2 von 3 Pegeln steigt das Wasser. Keiner hat eine Schwelle erreicht.",
        "The water is rising at 2 of 3 gauges. None has reached a threshold.",
    ),
    # a single gauge speaks for itself
    (
        [STEADY],
        f"{PLACE}: 1,24 m, gleichbleibend. Gemessen vor 9 Minuten. "
        "Noch 86 cm bis zur ersten Meldestufe.",
        f"{PLACE}: 1.24 m, steady. Measured 9 minutes ago. 86 cm below the first Meldestufe.",
    ),
    # what is known of one gauge is said of one
    (
        [STEADY, SILENT],
        f"Am Pegel {PLACE} steigt das Wasser nicht. Keine Schwelle ist erreicht. "
        "1 ist ohne verlässlichen Wert.",
        f"At {PLACE} the water is not rising. No threshold is reached. 1 without a reliable value.",
    ),
    (
        [RISING, SILENT, SILENT],
        f"Am Pegel {PLACE} steigt das Wasser. Keine Schwelle ist erreicht. "
        "2 sind ohne verlässlichen Wert.",
        f"At {PLACE} the water is rising. No threshold is reached. 2 without a reliable value.",
    ),
    # nothing is said about thresholds nobody named
    (
        [NO_THRESHOLD, NO_THRESHOLD],
        "An keinem von 2 Pegeln steigt das Wasser. Schwellen sind hier nicht bekannt.",
        "The water is rising at none of 2 gauges. No thresholds are known here.",
    ),
    (
        [STEADY, NO_THRESHOLD],
        "An keinem von 2 Pegeln steigt das Wasser. "
        "Schwellen sind für 1 bekannt, erreicht ist keine.",
        "The water is rising at none of 2 gauges. Thresholds are known for 1, none is reached.",
    ),
    # a gauge whose direction is not known is not counted as quiet
    (
        [RISING, STEADY, NO_TREND],
        "An 1 von 2 Pegeln mit bekannter Richtung steigt das Wasser. "
        "Keiner hat eine Schwelle erreicht.",
        "The water is rising at 1 of 2 gauges with a known direction. "
        "None has reached a threshold.",
    ),
    (
        [NO_TREND, NO_TREND],
        "In welche Richtung das Wasser geht, ist nicht bekannt. Keiner hat eine Schwelle erreicht.",
        "Which way the water goes is not known. None has reached a threshold.",
    ),
    (
        [REACHED, STEADY],
        "An 1 von 2 Pegeln steigt das Wasser. Über einer Schwelle: Glan bei Odenbach.",
        "The water is rising at 1 of 2 gauges. Above a threshold: Glan bei Odenbach.",
    ),
    (
        [REACHED] * 4,
        "An 4 von 4 Pegeln steigt das Wasser. "
        "Über einer Schwelle: Glan bei Odenbach, Glan bei Odenbach und 2 weitere.",
        "The water is rising at 4 of 4 gauges. "
        "Above a threshold: Glan bei Odenbach, Glan bei Odenbach and 2 more.",
    ),
    (
        [UNDERSHOT, STEADY],
        "An keinem von 2 Pegeln steigt das Wasser. Jenseits einer Schwelle: Glan bei Odenbach.",
        "The water is rising at none of 2 gauges. Beyond a threshold: Glan bei Odenbach.",
    ),
    (
        [LOW, LOW, SILENT],
        "An keinem von 2 Pegeln steigt das Wasser. Schwellen sind hier nicht bekannt. "
        "Niedrigwasser an 2 Pegeln. 1 ist ohne verlässlichen Wert.",
        "The water is rising at none of 2 gauges. No thresholds are known here. "
        "Low water at 2 gauges. 1 without a reliable value.",
    ),
    (
        [SILENT, NO_DATASTREAM],
        "Von 2 Pegeln hat zurzeit keiner einen verlässlichen Wert.",
        "None of 2 gauges has a reliable value at present.",
    ),
]


@pytest.mark.parametrize(("situations", "german", "english"), CASES)
def test_many_gauges_in_few_sentences(
    situations: list[Situation], german: str, english: str
) -> None:
    assert summary(situations, NOW, "de").replace("\u00a0", " ") == german
    assert summary(situations, NOW, "en").replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    ("town", "german"),
    [
        ("Stadt Kaiserslautern", "Für die Stadt Kaiserslautern"),
        ("Landkreis Kusel", "Für den Landkreis Kusel"),
        ("Eifelkreis Bitburg-Prüm", "Für den Eifelkreis Bitburg-Prüm"),
        ("Verbandsgemeinde Linz", "Für die Verbandsgemeinde Linz"),
        ("Linz am Rhein", "Für Linz am Rhein"),
    ],
)
def test_an_empty_state_names_the_municipality(town: str, german: str) -> None:
    assert none_connected(town, "de") == f"{german} ist noch kein Pegel angeschlossen."
    assert none_connected(town, "en") == f"No gauge has been connected for {town} yet."


def test_an_empty_platform_says_so() -> None:
    assert none_connected(None, "de") == "Noch ist kein Pegel angeschlossen."
    assert none_connected(None, "en") == "No gauge has been connected yet."

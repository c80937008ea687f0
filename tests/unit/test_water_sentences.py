"""What is said of a gauge in which situation, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from water_samples import (
    NOW,
    YESTERDAY,
    going,
    level,
    mark,
    official,
    situation,
    station,
    stream,
    threshold,
)

from ckanext.suedwest.store.query import ThresholdRow
from ckanext.suedwest.water import sentences
from ckanext.suedwest.water.lead import lead
from ckanext.suedwest.water.situation import Situation, situation_of

NB = "\u00a0"
STEP_1, STEP_2 = (
    threshold(210),
    threshold(300, "MS2", label="Meldestufe 2: Feuerwehr prüft den Ort"),
)
HW2 = official(150, "HW2", "Hochwasser, wie es alle 2 Jahre vorkommt", severity=1)
MNW, MW, MHW = mark(71, "MNW"), mark(258, "MW"), mark(648, "MHW")
HSW = official(600, "HSW", "höchster Schifffahrtswasserstand")
MARK_1, MARK_2 = official(460, "M_I", "Marke_I"), official(600, "M_II", "Marke_II")


TABLE: list[tuple[str, Situation, str, str]] = [
    (
        "falls, next threshold above",
        situation([STEP_1, STEP_2], points=going(-1.2)),
        f"Glan bei Odenbach: 1,24{NB}m, fällt langsam, 1{NB}cm in der Stunde. "
        f"Gemessen vor 9 Minuten. Noch 86{NB}cm bis zur ersten Meldestufe.",
        f"Glan bei Odenbach: 1.24{NB}m, falling slowly, 1{NB}cm an hour. "
        f"Measured 9 minutes ago. 86{NB}cm below the first Meldestufe.",
    ),
    (
        "low water, below zero",
        situation([MNW, MW, STEP_1], points=going(0, level=-1), **level(-1.0)),
        f"Glan bei Odenbach: −0,01{NB}m, gleichbleibend. Gemessen vor 9 Minuten. "
        f"Niedrigwasser: 72{NB}cm unter dem mittleren Jahrestief (MNW).",
        f"Glan bei Odenbach: −0.01{NB}m, steady. Measured 9 minutes ago. "
        f"Low water: 72{NB}cm below the mean yearly low (MNW).",
    ),
    (
        "above a threshold with a class, words of its source",
        situation([HW2], points=going(6, level=153), **level(153.0)),
        f"Glan bei Odenbach: 1,53{NB}m, steigt schnell, 6{NB}cm in der Stunde. "
        "Gemessen vor 9 Minuten. "
        "„Hochwasser, wie es alle 2 Jahre vorkommt“ ist überschritten.",
        f"Glan bei Odenbach: 1.53{NB}m, rising fast, 6{NB}cm an hour. "
        "Measured 9 minutes ago. “Hochwasser, wie es alle 2 Jahre vorkommt” is exceeded.",
    ),
    (
        "exactly at a threshold, the next one above",
        situation([STEP_1, STEP_2], **level(210.0)),
        f"Glan bei Odenbach: 2,10{NB}m. Gemessen vor 9 Minuten. "
        f"„Meldestufe 1: Radweg gesperrt“ ist erreicht. Noch 90{NB}cm bis zur zweiten Meldestufe.",
        f"Glan bei Odenbach: 2.10{NB}m. Measured 9 minutes ago. "
        f"“Meldestufe 1: Radweg gesperrt” is reached. 90{NB}cm below the second Meldestufe.",
    ),
    (
        "shipping's end below the mean yearly high: no order is assumed",
        situation([HSW, MHW], **level(620.0)),
        f"Glan bei Odenbach: 6,20{NB}m. Gemessen vor 9 Minuten. "
        "Der höchste Schifffahrtswasserstand (HSW) ist überschritten.",
        f"Glan bei Odenbach: 6.20{NB}m. Measured 9 minutes ago. "
        "The highest level for shipping (HSW) is exceeded.",
    ),
    (
        "two marks exceeded, one in the words of a municipality",
        situation([MARK_1, threshold(455, label="Keller am Ufer")], **level(470.0)),
        f"Glan bei Odenbach: 4,70{NB}m. Gemessen vor 9 Minuten. "
        "Die Marke I und „Keller am Ufer“ sind überschritten.",
        f"Glan bei Odenbach: 4.70{NB}m. Measured 9 minutes ago. "
        "The mark I and “Keller am Ufer” are exceeded.",
    ),
    (
        "a mark ahead",
        situation([MARK_1, MARK_2], **level(400.0)),
        f"Glan bei Odenbach: 4,00{NB}m. Gemessen vor 9 Minuten. Noch 60{NB}cm bis zur Marke I.",
        f"Glan bei Odenbach: 4.00{NB}m. Measured 9 minutes ago. 60{NB}cm below mark I.",
    ),
    (
        "a municipality's low level is reached from above",
        situation([threshold(130, label="Fischsterben möglich", direction="below")]),
        f"Glan bei Odenbach: 1,24{NB}m. Gemessen vor 9 Minuten. "
        "„Fischsterben möglich“ ist unterschritten.",
        f"Glan bei Odenbach: 1.24{NB}m. Measured 9 minutes ago. "
        "“Fischsterben möglich” is undershot.",
    ),
    (
        "only means are known: orientation, no class",
        situation([MNW, MW, MHW], **level(700.0)),
        f"Glan bei Odenbach: 7,00{NB}m. Gemessen vor 9 Minuten. "
        f"52{NB}cm über dem mittleren Jahreshoch (MHW).",
        f"Glan bei Odenbach: 7.00{NB}m. Measured 9 minutes ago. "
        f"52{NB}cm above the mean yearly high (MHW).",
    ),
    (
        "below the mean, nothing else known",
        situation([MW]),
        f"Glan bei Odenbach: 1,24{NB}m. Gemessen vor 9 Minuten. "
        f"1,34{NB}m unter dem Mittelwasser (MW).",
        f"Glan bei Odenbach: 1.24{NB}m. Measured 9 minutes ago. "
        f"1.34{NB}m below the mean level (MW).",
    ),
    (
        "nothing known",
        situation(),
        f"Glan bei Odenbach: 1,24{NB}m. Gemessen vor 9 Minuten.",
        f"Glan bei Odenbach: 1.24{NB}m. Measured 9 minutes ago.",
    ),
    (
        "late",
        situation([STEP_1], latest_time=NOW - timedelta(minutes=62)),
        f"Glan bei Odenbach: 1,24{NB}m. Verspätet, gemessen vor 1 Stunde. "
        f"Noch 86{NB}cm bis zur ersten Meldestufe.",
        f"Glan bei Odenbach: 1.24{NB}m. Late, measured 1 hour ago. "
        f"86{NB}cm below the first Meldestufe.",
    ),
    (
        "silent since yesterday, above a threshold when it fell silent: no class is said",
        situation([STEP_1], latest_time=YESTERDAY, good_time=YESTERDAY, **level(238.0)),
        f"Glan bei Odenbach meldet seit gestern, 18:15{NB}Uhr, nichts mehr. Zuletzt 2,38{NB}m.",
        f"Glan bei Odenbach has been silent since yesterday, 18:15. Last 2.38{NB}m.",
    ),
    (
        "silent for hours",
        situation(latest_time=NOW - timedelta(hours=4), good_time=NOW - timedelta(hours=4)),
        f"Glan bei Odenbach meldet seit 11:39{NB}Uhr nichts mehr. Zuletzt 1,24{NB}m.",
        f"Glan bei Odenbach has been silent since 11:39. Last 1.24{NB}m.",
    ),
    (
        "doubted: neither trend nor threshold",
        situation(
            [STEP_1],
            points=going(9),
            latest_result=777.0,
            latest_quality=4,
            good_time=NOW - timedelta(hours=2),
            good_result=119.0,
        ),
        f"Glan bei Odenbach: Der neueste Wert (7,77{NB}m, vor 9 Minuten) ist angezweifelt und "
        f"zählt nicht. Zuletzt 1,19{NB}m, um 13:39{NB}Uhr.",
        f"Glan bei Odenbach: the newest value (7.77{NB}m, 9 minutes ago) is doubted and does not "
        f"count. Last 1.19{NB}m, at 13:39.",
    ),
    (
        "doubted and never good",
        situation(latest_quality=3, good_time=None, good_result=None),
        f"Glan bei Odenbach: Der neueste Wert (1,24{NB}m, vor 9 Minuten) ist angezweifelt und "
        "zählt nicht.",
        f"Glan bei Odenbach: the newest value (1.24{NB}m, 9 minutes ago) is doubted and does not "
        "count.",
    ),
    (
        "out of service",
        situation(gone_at=datetime(2026, 9, 12, 8, tzinfo=UTC)),
        f"Glan bei Odenbach ist außer Betrieb: Die Quelle führt den Pegel seit 12.{NB}September "
        f"nicht mehr. Zuletzt 1,24{NB}m.",
        "Glan bei Odenbach is out of service: its source has not listed it since "
        f"12{NB}September. Last 1.24{NB}m.",
    ),
    (
        "never a value",
        situation(
            latest_time=None,
            latest_result=None,
            latest_quality=None,
            good_time=None,
            good_result=None,
        ),
        "Glan bei Odenbach hat noch keinen Wert geliefert.",
        "Glan bei Odenbach has not delivered a value yet.",
    ),
    (
        "discharge only",
        situation(name="Q", observed_property="discharge", unit="m³/s", **level(68.24)),
        f"Glan bei Odenbach: Abfluss 68,2{NB}m³/s. Gemessen vor 9 Minuten.",
        f"Glan bei Odenbach: Discharge 68.2{NB}m³/s. Measured 9 minutes ago.",
    ),
    (
        "elevation: stored in metres, differences in centimetres",
        situation(
            [threshold(167.0)],
            points=[(time, cm / 100) for time, cm in going(6, level=16653)],
            observed_property="water_elevation",
            unit="m",
            **level(166.53),
        ),
        f"Glan bei Odenbach: 166,53{NB}m ü. NHN, steigt schnell, 6{NB}cm in der Stunde. "
        f"Gemessen vor 9 Minuten. Noch 47{NB}cm bis zur ersten Meldestufe.",
        f"Glan bei Odenbach: 166.53{NB}m above NHN, rising fast, 6{NB}cm an hour. "
        f"Measured 9 minutes ago. 47{NB}cm below the first Meldestufe.",
    ),
]


@pytest.mark.parametrize(
    ("shown", "german", "english"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_the_one_sentence(shown: Situation, german: str, english: str) -> None:
    assert sentences.sentence(shown, NOW, "de") == german
    assert sentences.sentence(shown, NOW, "en") == english


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_nothing_is_dramatised(row: tuple[str, Situation, str, str]) -> None:
    said = f"{sentences.sentence(row[1], NOW, 'de')} {lead(row[1], NOW, 'de')}".lower()
    assert not [
        word for word in ("!", "achtung", "leider", "sicher", "keine gefahr") if word in said
    ]


@pytest.mark.parametrize(
    ("thresholds", "changes", "german"),
    [
        ([STEP_1], {}, f"Noch 86{NB}cm bis zur ersten Meldestufe"),
        ([], {}, "keine Schwelle bekannt"),
        ([], {"observed_property": "discharge", "unit": "m³/s"}, "nur Abfluss"),
        ([STEP_1], {"latest_time": YESTERDAY}, f"zuletzt 1,24{NB}m"),
        (
            [STEP_1],
            {"latest_time": None, "latest_quality": None, "good_result": None},
            "noch kein Wert",
        ),
    ],
)
def test_in_the_cell_of_a_table(
    thresholds: list[ThresholdRow], changes: dict[str, Any], german: str
) -> None:
    assert sentences.standing(situation(thresholds, **changes), "de") == german


@pytest.mark.parametrize(
    ("ahead", "cm_per_hour", "german", "english"),
    [
        (30, 6, "etwa 5 Stunden", "about 5 hours"),
        (6, 6, "etwa 1 Stunde", "about 1 hour"),
        (3, 6, "weniger als 1 Stunde", "less than 1 hour"),
        (200, 6, "", ""),
        (30, -6, "", ""),
        (30, 0, "", ""),
    ],
)
def test_a_projection_goes_no_further_than_a_day(
    ahead: float, cm_per_hour: float, german: str, english: str
) -> None:
    shown = situation([threshold(124 + ahead)], points=going(cm_per_hour))
    assert sentences.hours_left(shown, "de") == german
    assert sentences.hours_left(shown, "en") == english


def test_a_gauge_without_any_series() -> None:
    shown = situation_of(station(), [], [], now=NOW)
    assert sentences.sentence(shown, NOW, "de") == (
        "Glan bei Odenbach hat noch keinen Wert geliefert."
    )


def test_the_level_speaks_before_the_discharge() -> None:
    discharge = stream(
        datastream_id=2, name="Q", observed_property="discharge", unit="m³/s", **level(3.0)
    )
    shown = situation_of(station(discharge, stream()), [], [], now=NOW)
    assert shown.datastream is not None
    assert (shown.datastream.name, [each.name for each in shown.others]) == ("W", ["Q"])


CLASSES = [
    official(number, f"LHP_{number}", label, severity=number)
    for number, label in ((1, "Kleines Hochwasser"), (2, "Mittleres Hochwasser"))
]
FLOOD_CLASS = {"name": "class", "observed_property": "flood_class", "unit": "class"}


@pytest.mark.parametrize(
    ("number", "german", "english"),
    [
        (0.0, "Hochwasser Klasse 0. Gemessen vor 9 Minuten. Kein Hochwasser.", "No flood."),
        (2.0, "Hochwasser Klasse 2. Gemessen vor 9 Minuten. Mittleres Hochwasser.", "class 2"),
    ],
)
def test_a_class_is_told_as_one_and_never_as_a_level(
    number: float, german: str, english: str
) -> None:
    shown = situation(CLASSES, **FLOOD_CLASS, **level(number))
    told = sentences.sentence(shown, NOW, "de").replace("\N{NO-BREAK SPACE}", " ")
    assert told == f"Glan bei Odenbach: {german}"
    assert english in sentences.sentence(shown, NOW, "en").replace("\N{NO-BREAK SPACE}", " ")
    assert lead(shown, NOW, "de").endswith("; der Wasserstand wird hier nicht gemeldet.")
    assert sentences.standing(shown, "de") == german.rpartition(". ")[2].removesuffix(".")

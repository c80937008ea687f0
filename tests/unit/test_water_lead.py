"""The one sentence of a station's page: where, which way, how old, and what comes next."""

from __future__ import annotations

from datetime import timedelta

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

from ckanext.suedwest.water.lead import lead
from ckanext.suedwest.water.situation import Situation, situation_of

UNDERPASS = threshold(580, "underpass", label="Unterführung gesperrt")
DIKE = threshold(620, "dike", label="Deich wird bewacht")
DRY = threshold(50, "dry", label="Entnahme verboten", direction="below")
STEP = threshold(210)
MARK_1 = official(460, "M_I", "Marke_I")
SHIPPING = official(600, "HSW", "höchster Schifffahrtswasserstand")
MNW, MW = mark(71, "MNW"), mark(258, "MW")

CASES: list[tuple[str, Situation, str]] = [
    (
        "rises towards an action level",
        situation([UNDERPASS, DIKE], points=going(6, level=548), **level(548.0)),
        "Der Wasserstand steht bei 5,48 m und steigt schnell, etwa 6 cm in der Stunde, "
        "gemessen vor 9 Minuten; noch 32 cm bis zur Handlungsstufe „Unterführung gesperrt“ "
        "(5,80 m), bei diesem Anstieg in etwa 5 Stunden.",
    ),
    (
        "rises, the next one further than a day",
        situation([UNDERPASS], points=going(2, level=300), **level(300.0)),
        "Der Wasserstand steht bei 3,00 m und steigt langsam, etwa 2 cm in der Stunde, "
        "gemessen vor 9 Minuten; noch 2,80 m bis zur Handlungsstufe „Unterführung gesperrt“ "
        "(5,80 m).",
    ),
    (
        "rises, an official one comes before the own",
        situation([UNDERPASS, MARK_1], points=going(6, level=448), **level(448.0)),
        "Der Wasserstand steht bei 4,48 m und steigt schnell, etwa 6 cm in der Stunde, "
        "gemessen vor 9 Minuten; noch 12 cm bis zur Marke I (4,60 m), bei diesem Anstieg in "
        "etwa 2 Stunden.",
    ),
    (
        "above an action level and rising to the next",
        situation([UNDERPASS, DIKE, SHIPPING], points=going(6, level=592), **level(592.0)),
        "Der Wasserstand steht bei 5,92 m und steigt schnell, etwa 6 cm in der Stunde, "
        "gemessen vor 9 Minuten; „Unterführung gesperrt“ (5,80 m) ist um 12 cm überschritten; "
        "noch 8 cm bis zum höchsten Schifffahrtswasserstand (HSW, 6,00 m), bei diesem Anstieg "
        "in etwa 1 Stunde.",
    ),
    (
        "above two, the way back",
        situation([MARK_1, UNDERPASS, DIKE], points=going(-4, level=592), **level(592.0)),
        "Der Wasserstand steht bei 5,92 m und fällt langsam, etwa 4 cm in der Stunde, "
        "gemessen vor 9 Minuten; „Unterführung gesperrt“ (5,80 m) ist um 12 cm überschritten, "
        "ebenso die Marke I, bei diesem Rückgang in etwa 3 Stunden wieder darunter.",
    ),
    (
        "exactly at an action level",
        situation([UNDERPASS], points=going(0, level=580), **level(580.0)),
        "Der Wasserstand steht gleichbleibend bei 5,80 m, gemessen vor 9 Minuten; "
        "„Unterführung gesperrt“ (5,80 m) ist erreicht.",
    ),
    (
        "falls, nothing below",
        situation([STEP], points=going(-1.2)),
        "Der Wasserstand steht bei 1,24 m und fällt langsam, etwa 1 cm in der Stunde, "
        "gemessen vor 9 Minuten; noch 86 cm bis zur ersten Meldestufe (2,10 m).",
    ),
    (
        "falls towards a low action level",
        situation([STEP, DRY, MNW], points=going(-4, level=62), **level(62.0)),
        "Der Wasserstand steht bei 0,62 m und fällt langsam, etwa 4 cm in der Stunde, "
        "gemessen vor 9 Minuten; noch 12 cm bis zur Handlungsstufe „Entnahme verboten“ "
        "(0,50 m), bei diesem Rückgang in etwa 3 Stunden.",
    ),
    (
        "below a low action level",
        situation([DRY], points=going(0, level=44), **level(44.0)),
        "Der Wasserstand steht gleichbleibend bei 0,44 m, gemessen vor 9 Minuten; "
        "„Entnahme verboten“ (0,50 m) ist um 6 cm unterschritten.",
    ),
    (
        "late: no time is reckoned",
        situation(
            [UNDERPASS],
            points=[(time - timedelta(minutes=53), cm) for time, cm in going(6, level=548)],
            latest_time=NOW - timedelta(minutes=62),
            **level(548.0),
        ),
        "Der Wasserstand steht bei 5,48 m und steigt schnell, etwa 6 cm in der Stunde, "
        "verspätet gemessen vor 1 Stunde; noch 32 cm bis zur Handlungsstufe "
        "„Unterführung gesperrt“ (5,80 m).",
    ),
    (
        "too few values for a direction",
        situation([STEP]),
        "Der Wasserstand steht bei 1,24 m, gemessen vor 9 Minuten; für eine Richtung liegen "
        "noch zu wenige Werte vor; noch 86 cm bis zur ersten Meldestufe (2,10 m).",
    ),
    (
        "no thresholds",
        situation(points=going(0)),
        "Der Wasserstand steht gleichbleibend bei 1,24 m, gemessen vor 9 Minuten; eine Schwelle "
        "ist hier nicht bekannt.",
    ),
    (
        "a canal that stands still, with a mean only",
        situation([MW], points=going(0, level=215), water="Saarkanal", **level(215.0)),
        "Der Wasserstand steht gleichbleibend bei 2,15 m, gemessen vor 9 Minuten; 43 cm unter "
        "dem Mittelwasser (MW).",
    ),
    (
        "a negative level",
        situation([MNW, MW, STEP], points=going(0, level=-1), **level(-1.0)),
        "Der Wasserstand steht gleichbleibend bei −0,01 m, gemessen vor 9 Minuten; "
        "Niedrigwasser, 72 cm unter dem mittleren Jahrestief (MNW).",
    ),
    (
        "silent",
        situation([STEP], latest_time=YESTERDAY, good_time=YESTERDAY, **level(238.0)),
        "Glan bei Odenbach meldet seit gestern, 18:15 Uhr, nichts mehr; zuletzt 2,38 m.",
    ),
    (
        "doubted",
        situation([STEP], points=going(9), latest_result=777.0, latest_quality=4),
        "Glan bei Odenbach: Der neueste Wert (7,77 m, vor 9 Minuten) ist angezweifelt und zählt "
        "nicht; zuletzt 1,24 m, um 15:30 Uhr.",
    ),
    (
        "under maintenance with a public note",
        situation(
            [STEP],
            points=going(9),
            maintenance_since=NOW - timedelta(hours=2),
            maintenance_note="Sensor wird getauscht.",
        ),
        "Glan bei Odenbach ist seit 13:39 Uhr außer Betrieb: Sensor wird getauscht; zuletzt "
        "1,24 m.",
    ),
    (
        "under maintenance, the note is for staff",
        situation([STEP], maintenance_since=YESTERDAY),
        "Glan bei Odenbach ist seit gestern, 18:15 Uhr, außer Betrieb; zuletzt 1,24 m.",
    ),
    (
        "dropped by its source",
        situation(gone_at=YESTERDAY),
        "Glan bei Odenbach ist außer Betrieb: Die Quelle führt den Pegel seit gestern, "
        "18:15 Uhr, nicht mehr; zuletzt 1,24 m.",
    ),
    (
        "never a value",
        situation(latest_time=None, latest_result=None, latest_quality=None, good_result=None),
        "Glan bei Odenbach hat noch keinen Wert geliefert.",
    ),
    (
        "discharge only",
        situation(name="Q", observed_property="discharge", unit="m³/s", **level(68.24)),
        "Der Abfluss beträgt 68,2 m³/s, gemessen vor 9 Minuten; der Wasserstand wird hier nicht "
        "gemessen.",
    ),
    (
        "an elevation",
        situation(
            [threshold(167.0)],
            points=[(time, cm / 100) for time, cm in going(6, level=16653)],
            observed_property="water_elevation",
            unit="m",
            **level(166.53),
        ),
        "Der Wasserspiegel liegt bei 166,53 m ü. NHN und steigt schnell, etwa 6 cm in der "
        "Stunde, gemessen vor 9 Minuten; noch 47 cm bis zur ersten Meldestufe "
        "(167,00 m ü. NHN), bei diesem Anstieg in etwa 8 Stunden.",
    ),
]


@pytest.mark.parametrize(
    ("shown", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_one_sentence_says_it_all(shown: Situation, expected: str) -> None:
    said = lead(shown, NOW, "de").replace("\N{NO-BREAK SPACE}", " ")
    assert said == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (
            CASES[0][1],
            "The water level is at 5.48 m and rising fast, about 6 cm an hour, measured 9 minutes "
            "ago; 32 cm below the action level “Unterführung gesperrt” (5.80 m), at this rise in "
            "about 5 hours.",
        ),
        (
            CASES[4][1],
            "The water level is at 5.92 m and falling slowly, about 4 cm an hour, measured "
            "9 minutes ago; “Unterführung gesperrt” (5.80 m) is exceeded by 12 cm, as is the "
            "mark I, at this fall again below it in about 3 hours.",
        ),
        (
            CASES[7][1],
            "The water level is at 0.62 m and falling slowly, about 4 cm an hour, measured "
            "9 minutes ago; 12 cm above the action level “Entnahme verboten” (0.50 m), at this "
            "fall in about 3 hours.",
        ),
        (
            CASES[16][1],
            "Glan bei Odenbach has been out of service since 13:39: Sensor wird getauscht; last "
            "1.24 m.",
        ),
    ],
)
def test_the_sentence_in_english(shown: Situation, expected: str) -> None:
    assert lead(shown, NOW, "en").replace("\N{NO-BREAK SPACE}", " ") == expected


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_it_is_one_sentence(case: tuple[str, Situation, str]) -> None:
    said = lead(case[1], NOW, "de").replace("ü. NHN", "NHN").replace("12. ", "12 ")
    assert said.endswith(".")
    assert ". " not in said


def test_a_town_is_named_where_several_show_the_gauge() -> None:
    shown = situation_of(station(stream(**level(548.0))), [UNDERPASS], [], now=NOW)
    said = lead(shown, NOW, "de", {"landkreis-kusel": "Kusel"}).replace("\u00a0", " ")
    assert said.endswith("„Unterführung gesperrt“ (Kusel, 5,80 m).")

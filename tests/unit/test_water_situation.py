"""What a gauge's values are taken for, and which gauge is more urgent than another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from water_samples import (
    NINE_MINUTES_AGO,
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

from ckanext.suedwest.domain.freshness import Freshness
from ckanext.suedwest.store.query import ThresholdRow
from ckanext.suedwest.water.situation import (
    Situation,
    Urgency,
    by_urgency,
    chosen_datastream,
    situation_of,
    was_reached,
)

MARK_I = official(550, "M_I", "Marke_I")
MARK_II = official(760, "M_II", "Marke_II")
HSW = official(600, "HSW", "höchster Schifffahrtswasserstand")
SILENT = {"latest_time": YESTERDAY, "good_time": YESTERDAY}
DOUBTED = {"latest_quality": 3, "latest_result": 777.0, "good_time": YESTERDAY}
NEVER = dict.fromkeys(
    ("latest_time", "latest_result", "latest_quality", "good_time", "good_result", "first_time")
)


def codes(thresholds: Sequence[ThresholdRow]) -> list[str]:
    return [each.code for each in thresholds]


@pytest.mark.parametrize(
    ("changes", "state", "value", "last"),
    [
        ({}, Freshness.LIVE, 124.0, 124.0),
        (
            {"latest_time": NOW - timedelta(minutes=61)},
            Freshness.LATE,
            124.0,
            124.0,
        ),
        (SILENT, Freshness.SILENT, None, 124.0),
        (DOUBTED, Freshness.IMPLAUSIBLE, None, 124.0),
        (NEVER, Freshness.SILENT, None, None),
    ],
)
def test_only_a_reliable_value_speaks_of_now(
    changes: dict[str, Any], state: Freshness, value: float | None, last: float | None
) -> None:
    found = situation(**changes)
    assert (found.state, found.value, found.last_value) == (state, value, last)
    assert found.reliable == (value is not None)


def test_a_station_that_its_source_dropped_is_out_of_service_however_fresh() -> None:
    found = situation(gone_at=NOW - timedelta(days=2))
    assert found.state is Freshness.OUT_OF_SERVICE
    assert found.value is None


def test_a_station_without_datastream_has_a_situation() -> None:
    found = situation_of(station(), (), (), now=NOW)
    assert found.datastream is None
    assert found.state is Freshness.SILENT
    assert found.urgency is Urgency.UNRELIABLE


@pytest.mark.parametrize("order", [("Q", "W"), ("W", "Q")])
def test_the_level_is_chosen_before_the_discharge(order: tuple[str, ...]) -> None:
    known = {
        "W": stream(),
        "Q": stream(datastream_id=2, name="Q", observed_property="discharge", unit="m³/s"),
    }
    row = station(*(known[name] for name in order))
    assert chosen_datastream(row) == known["W"]
    assert situation_of(row, (), (), now=NOW).others == (known["Q"],)


def test_a_discharge_alone_is_chosen_and_has_no_trend() -> None:
    found = situation(name="Q", observed_property="discharge", unit="m³/s", points=going(20))
    assert found.value == 124
    assert found.trend is None
    assert found.urgency is Urgency.QUIET


def test_a_class_alone_is_chosen_and_a_flood_is_reached() -> None:
    classes = [threshold(2.0, "LHP_2", severity=2), threshold(3.0, "LHP_3", severity=3)]
    described = {"name": "class", "observed_property": "flood_class", "unit": "class"}
    found = situation(classes, points=going(20), **described, **level(2.0))
    assert found.trend is None
    assert found.urgency is Urgency.REACHED
    assert [each.code for each in found.reached] == ["LHP_2"]


def test_an_elevation_is_compared_in_centimetres() -> None:
    found = situation(
        [threshold(167.0)],
        observed_property="water_elevation",
        unit="m",
        points=[(time, metres / 100) for time, metres in going(12, level=16653)],
        **level(166.53),
    )
    assert found.next_above
    assert found.centimetres_to(found.next_above) == pytest.approx(47)
    assert found.trend
    assert found.trend.cm_per_hour == pytest.approx(12)


@pytest.mark.parametrize(
    ("value", "reached", "following"),
    [
        (549, [], "M_I"),
        (550, ["M_I"], "HSW"),
        (610, ["HSW", "M_I"], "M_II"),
        (900, ["M_II", "HSW", "M_I"], None),
    ],
)
def test_thresholds_are_reached_at_their_level(
    value: float, reached: list[str], following: str | None
) -> None:
    found = situation([MARK_II, MARK_I, HSW, mark(648, "MHW")], **level(value))
    assert codes(found.reached) == reached
    assert (found.next_above.code if found.next_above else None) == following


def test_a_class_of_a_source_comes_before_nearness() -> None:
    found = situation([threshold(100, "MS", severity=2), threshold(120, "near")], **level(124))
    assert codes(found.reached) == ["MS", "near"]


def test_a_threshold_from_below_is_reached_by_falling_and_never_the_next_above() -> None:
    low = threshold(150, "low", direction="below")
    assert codes(situation([low], **level(150)).reached) == ["low"]
    above = situation([low], **level(151))
    assert above.reached == ()
    assert situation([low], **level(140)).next_above is None
    assert above.urgency is Urgency.QUIET


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [(70, True, False), (71, False, False), (672, False, False), (673, False, True)],
)
def test_statistical_marks_are_orientation_and_never_reached(
    value: float, low: bool, high: bool
) -> None:
    found = situation([mark(71, "MNW"), mark(672, "MHW")], **level(value))
    assert found.reached == ()
    assert found.next_above is None
    assert not found.knows_thresholds
    assert (found.low_mark is not None, found.high_mark is not None) == (low, high)


@pytest.mark.parametrize("changes", [SILENT, DOUBTED, NEVER])
def test_without_a_reliable_value_nothing_is_compared(changes: dict[str, Any]) -> None:
    found = situation([MARK_I, mark(900, "MNW")], points=going(10), **changes)
    assert (found.reached, found.next_above, found.low_mark, found.trend) == ((), None, None, None)


def test_a_silent_gauge_remembers_that_it_was_above_a_threshold() -> None:
    high = situation([MARK_I], latest_time=YESTERDAY, good_time=YESTERDAY, **level(560))
    assert was_reached(high)
    assert not was_reached(situation([MARK_I], **SILENT))
    assert not was_reached(situation([MARK_I], **level(560)))


def named(name: str, found: Situation) -> Situation:
    return replace(found, station=replace(found.station, name=name))


def test_urgency_puts_the_worst_first() -> None:
    stage_3 = threshold(120, "3", severity=3)
    stage_1 = threshold(110, "1", severity=1)
    wanted = [
        named("class 3", situation([stage_3, stage_1])),
        named("class 1, rising fast", situation([stage_1], points=going(14))),
        named("class 1", situation([stage_1])),
        named("reached without class", situation([threshold(100)])),
        named("silent above", situation([threshold(100)], **SILENT)),
        named("doubted", situation(**DOUBTED)),
        named("never", situation(**NEVER)),
        named("gone", situation(gone_at=YESTERDAY)),
        named("rising, 42 cm left", situation([threshold(166)], points=going(3))),
        named("rising, 55 cm left", situation([threshold(179)], points=going(14))),
        named("rising, nothing known", situation(points=going(14))),
        named("low water", situation([mark(300, "MNW")])),
        named("steady", situation(points=going(0))),
        named("tells only discharge", situation(unit="m³/s", observed_property="discharge")),
    ]
    found = by_urgency(sorted(wanted, key=lambda each: each.station.name, reverse=True))
    assert [each.station.name for each in found] == [each.station.name for each in wanted]
    assert [each.urgency for each in found] == sorted(each.urgency for each in found)


def test_gauges_of_the_same_urgency_stand_by_water_and_name() -> None:
    places = [named(name, situation()) for name in ("Ulmet", "Altenglan", "Nanzdietschweiler")]
    found = [each.station.name for each in by_urgency(places)]
    assert found == ["Altenglan", "Nanzdietschweiler", "Ulmet"]


def test_a_late_value_still_counts() -> None:
    hour_ago = NINE_MINUTES_AGO - timedelta(hours=1)
    found = situation([MARK_I], latest_time=hour_ago, good_time=hour_ago, **level(551))
    assert found.state is Freshness.LATE
    assert found.urgency is Urgency.REACHED

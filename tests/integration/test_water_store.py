"""What pages read for many gauges at once: thresholds, and the means of hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from store_samples import GAUGE, LEVEL, NOW, QUARTER, empty, gauge, level, rows, value, write

from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.store.query import hour_means, thresholds, thresholds_of

HOUR = timedelta(hours=1)


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def threshold(code: str, metres: float) -> Threshold:
    return Threshold(metres, Direction.ABOVE, code, code, ThresholdKind.OFFICIAL, "WSV")


def ids(engine: Engine) -> dict[str, int]:
    found = rows(
        engine,
        "SELECT s.key, d.id FROM suedwest.datastream d"
        " JOIN suedwest.station s ON s.id = d.station_id",
    )
    return dict(found)


def test_thresholds_of_many_datastreams_stay_apart(engine: Engine) -> None:
    write(
        engine,
        stations=[GAUGE, gauge("test:2"), gauge("test:3")],
        streams=[
            replace(LEVEL, thresholds=(threshold("M_II", 760), threshold("M_I", 550))),
            level("test:2", thresholds=(threshold("HSW", 600),)),
            level("test:3"),
        ],
    )
    known = ids(engine)
    found = thresholds_of(engine, list(known.values()))
    assert [each.code for each in found[known["test:1"]]] == ["M_I", "M_II"]
    assert [each.level for each in found[known["test:2"]]] == [600]
    assert found[known["test:3"]] == []
    assert thresholds(engine, known["test:1"]) == found[known["test:1"]]


def test_thresholds_of_no_datastream_are_none(engine: Engine) -> None:
    assert thresholds_of(engine, []) == {}
    assert thresholds_of(engine, [4711]) == {4711: []}


def test_means_of_hours_leave_doubted_values_and_earlier_hours_out(engine: Engine) -> None:
    write(
        engine,
        [
            value(99.0, NOW - 2 * HOUR),
            value(10.0, NOW - HOUR),
            value(20.0, NOW - HOUR + QUARTER),
            value(777.0, NOW - HOUR + 2 * QUARTER, Quality.SUSPECT),
            value(888.0, NOW, Quality.FAIL),
            value(5.0, NOW, station="test:2"),
        ],
        stations=[GAUGE, gauge("test:2")],
        streams=[LEVEL, level("test:2")],
    )
    known = ids(engine)
    assert hour_means(engine, list(known.values()), start=NOW - HOUR) == {
        known["test:1"]: [(NOW - HOUR, 15.0)],
        known["test:2"]: [(NOW, 5.0)],
    }
    assert hour_means(engine, [], start=NOW) == {}

"""Stations and datastreams as their sources change them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text
from store_samples import (
    GAUGE,
    LEVEL,
    NOW,
    QUARTER,
    counts,
    empty,
    gauge,
    level,
    register,
    rows,
    value,
    write,
)

from ckanext.suedwest.domain.station import Datum, Visibility
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.domain.time import DayRule
from ckanext.suedwest.store import outbox
from ckanext.suedwest.store.quarantine import quarantined
from ckanext.suedwest.store.query import datums, station_by_slug, stations, thresholds
from ckanext.suedwest.store.sources import Selection, set_enabled, set_selections

MEAN = Threshold(
    246.0, Direction.ABOVE, "MW", "Mittelwasser", ThresholdKind.STATISTICAL, "WSV", None
)


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def told(engine: Engine) -> list[str]:
    """Reasons in the outbox, which is empty afterwards."""
    with engine.begin() as conn:
        taken = outbox.take(conn, 100)
        outbox.done(conn, [row.id for row in taken])
    return [row.reason for row in taken]


def test_a_new_station_is_told_once_and_a_change_again(engine: Engine) -> None:
    write(engine)
    assert told(engine) == ["new"]
    write(engine, [value(1.0)], now=NOW + QUARTER)
    assert told(engine) == []
    write(engine, stations=[replace(GAUGE, remark="Eis", name="Andernach Hafen")])
    assert told(engine) == ["changed"]
    write(engine, stations=(), streams=[replace(LEVEL, interval=timedelta(minutes=1))])
    assert told(engine) == ["changed"]
    (station,) = stations(engine)
    assert (station.slug, station.name, station.remark) == (
        "pegel-rhein-andernach", "Andernach Hafen", "Eis",
    )  # fmt: skip
    assert station.datastreams[0].interval == timedelta(minutes=1)


def test_a_poll_that_says_nothing_new_changes_no_row(engine: Engine) -> None:
    stream = replace(LEVEL, thresholds=(MEAN,))
    write(engine, streams=[stream])
    versions = """SELECT xmin::text FROM suedwest.station
                  UNION ALL SELECT xmin::text FROM suedwest.threshold
                  UNION ALL SELECT xmin::text FROM suedwest.datum"""
    before = rows(engine, versions)
    write(engine, streams=[stream], now=NOW + timedelta(minutes=9), complete=True)
    assert rows(engine, versions) == before
    later = NOW + timedelta(minutes=10)
    write(engine, streams=[stream], now=later, complete=True)
    assert rows(engine, "SELECT last_seen_at FROM suedwest.station") == [(later,)]


def test_the_outbox_is_worked_on_by_one_at_a_time(engine: Engine) -> None:
    write(engine)
    with engine.begin() as first, engine.begin() as second:
        assert len(outbox.take(first, 10)) == 1
        assert outbox.take(second, 10) == []
    assert told(engine) == ["new"]


def test_two_gauges_of_one_name_get_their_own_addresses(engine: Engine) -> None:
    twins = [replace(GAUGE, key=f"test:{letter}") for letter in "abc"]
    write(engine, stations=twins, streams=[])
    assert sorted(row[0] for row in rows(engine, "SELECT slug FROM suedwest.station")) == [
        "pegel-rhein-andernach",
        "pegel-rhein-andernach-27100400",
        "pegel-rhein-andernach-27100400-2",
    ]


def test_a_station_that_vanishes_keeps_its_values_and_comes_back(engine: Engine) -> None:
    both = [gauge("test:1"), gauge("test:2")]
    write(engine, [value(1.0)], stations=both, complete=True)
    told(engine)
    later = NOW + QUARTER
    write(engine, stations=both[1:], streams=(), complete=True, now=later)
    assert told(engine) == ["gone"]
    gone = station_by_slug(engine, "pegel-rhein-test-1")
    assert gone is not None
    assert gone.gone_at == later
    assert (gone.datastreams[0].gone, gone.datastreams[0].total) == (True, 1)
    write(engine, stations=both[1:], streams=(), complete=True, now=later + QUARTER)
    assert told(engine) == []
    write(engine, stations=both, complete=True, now=later + 2 * QUARTER)
    assert told(engine) == ["back"]
    back = station_by_slug(engine, "pegel-rhein-test-1")
    assert back is not None
    assert back.gone_at is None


@pytest.mark.parametrize("complete", [False, True])
def test_an_incomplete_or_empty_list_lets_no_station_vanish(engine: Engine, complete) -> None:
    write(engine, complete=True)
    write(engine, stations=() if complete else [gauge("test:2")], streams=(), complete=complete)
    assert "gone" not in told(engine)


def test_another_unit_is_refused_and_never_mixed(engine: Engine) -> None:
    write(engine, [value(124.0)], streams=[replace(LEVEL, thresholds=(MEAN,))])
    metres = replace(
        LEVEL, unit="m", observed_property="water_elevation", thresholds=(replace(MEAN, level=2.4),)
    )
    discharge = replace(LEVEL, name="Q", observed_property="discharge", unit="m³/s", datum=None)
    receipt = write(
        engine,
        [value(1.25, NOW + QUARTER), value(900.0, NOW + QUARTER, datastream="Q")],
        streams=[metres, discharge],
    )
    assert counts(receipt) == (1, 0, 0, 1)
    station = station_by_slug(engine, "pegel-rhein-andernach")
    assert station is not None
    streams = {stream.name: stream for stream in station.datastreams}
    assert (streams["W"].unit, streams["W"].latest_result) == ("cm", 124.0)
    assert (streams["Q"].unit, streams["Q"].latest_result) == ("m³/s", 900.0)
    assert [row.level for row in thresholds(engine, streams["W"].datastream_id)] == [246.0]
    reasons = {row.record: row.reason for row in quarantined(engine)}
    expected = "the source now gives water_elevation in m, the datastream holds water_level in cm"
    assert reasons["test:1 W 2026-11-20T12:15:00+00:00"] == expected
    assert reasons["test:1 W"] == expected


def test_another_day_rule_is_refused(engine: Engine) -> None:
    write(engine)
    receipt = write(engine, [value(1.0)], streams=[replace(LEVEL, day_rule=DayRule.CIVIL)])
    assert counts(receipt) == (0, 0, 0, 1)


def test_another_datum_is_added_and_history_keeps_its_own(engine: Engine) -> None:
    write(engine, [value(124.0)])
    told(engine)
    before = rows(engine, "SELECT *, xmin::text FROM suedwest.observation")
    moved = Datum("NHN", 51.60, date(2026, 11, 1))
    write(engine, streams=[replace(LEVEL, datum=moved)], now=NOW + QUARTER)
    assert told(engine) == ["changed"]
    write(engine, streams=[replace(LEVEL, datum=moved)], now=NOW + 2 * QUARTER)
    write(engine, streams=[replace(LEVEL, datum=None)], now=NOW + 2 * QUARTER)
    (stream_id,) = rows(engine, "SELECT id FROM suedwest.datastream")[0]
    assert [
        (row.metres, row.valid_from, row.first_seen_at) for row in datums(engine, stream_id)
    ] == [
        (51.60, date(2026, 11, 1), NOW + QUARTER),
        (51.47, None, NOW),
    ]
    assert rows(engine, "SELECT *, xmin::text FROM suedwest.observation") == before
    write(engine, streams=[LEVEL], now=NOW + 3 * QUARTER)
    assert [row.metres for row in datums(engine, stream_id)] == [51.47, 51.60, 51.47]


def test_thresholds_are_replaced_but_not_those_of_a_municipality(engine: Engine) -> None:
    write(engine, streams=[replace(LEVEL, thresholds=(MEAN,))])
    (stream_id,) = rows(engine, "SELECT id FROM suedwest.datastream")[0]
    with engine.begin() as conn:
        conn.execute(
            text("""
                INSERT INTO suedwest.threshold (datastream_id, kind, code, municipality, level,
                                                direction, label, source)
                VALUES (:id, 'municipal', 'keller', 'linz', 700, 'above', 'Keller', 'Stadt Linz')
            """),
            {"id": stream_id},
        )
    high = replace(MEAN, code="MHW", level=830.0, severity=2)
    write(engine, streams=[replace(LEVEL, thresholds=(high, replace(MEAN, level=250.0)))])
    assert [(row.code, row.level, row.municipality) for row in thresholds(engine, stream_id)] == [
        ("MW", 250.0, None),
        ("keller", 700.0, "linz"),
        ("MHW", 830.0, None),
    ]
    write(engine, streams=[LEVEL])
    assert [row.code for row in thresholds(engine, stream_id)] == ["keller"]


def test_municipalities_show_what_they_picked(engine: Engine) -> None:
    register(engine, "own", municipality="kusel")
    glan = replace(gauge("own:1"), water="Glan")
    write(engine, stations=[glan], streams=[level("own:1")], source="own")
    write(engine)
    assert [station.municipalities for station in stations(engine)] == [(("kusel", "inside"),), ()]
    told(engine)
    with engine.begin() as conn:
        set_selections(conn, "test", "linz", [Selection("water", "RHEIN")])
        set_selections(conn, "test", "mayen", [Selection("id", "1", "inside")])
    assert told(engine) == ["changed", "changed"]
    (shown,) = stations(engine, municipality="linz")
    assert shown.municipalities == (("linz", "near"), ("mayen", "inside"))
    with engine.begin() as conn:
        set_selections(conn, "test", "linz", [])
    assert stations(engine, municipality="linz") == []
    write(engine, now=NOW + QUARTER)
    assert [station.key for station in stations(engine, municipality="mayen")] == ["test:1"]


def test_a_station_belongs_to_one_source_while_that_is_on(engine: Engine) -> None:
    write(engine, [value(1.0)])
    register(engine, "rival")
    rival = replace(GAUGE, name="Rival")
    receipt = write(engine, [value(2.0)], stations=[rival], source="rival", complete=True)
    assert counts(receipt) == (0, 0, 0, 1)
    assert counts(write(engine, [value(2.0)], stations=(), streams=(), source="rival"))[3] == 1
    (station,) = stations(engine)
    assert (station.name, station.datastreams[0].latest_result) == ("Andernach", 1.0)
    with engine.begin() as conn:
        set_enabled(conn, "test", False)
    assert counts(write(engine, [value(2.0)], stations=[rival], source="rival")) == (0, 0, 1, 0)
    assert stations(engine)[0].name == "Rival"


def test_a_datastream_becomes_internal_at_once(engine: Engine) -> None:
    write(engine, [value(1.0)])
    told(engine)
    write(engine, streams=[replace(LEVEL, visibility=Visibility.INTERNAL)])
    assert told(engine) == ["changed"]
    assert stations(engine) == []

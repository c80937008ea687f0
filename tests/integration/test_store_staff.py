"""What staff say: marks, corrections, action levels; and what they look after: devices, records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from store_samples import (
    GAUGE,
    LEVEL,
    NOW,
    QUARTER,
    counts,
    empty,
    register,
    rows,
    value,
    write,
)

from ckanext.suedwest.domain.device import DeviceReport
from ckanext.suedwest.domain.errors import Refusal
from ckanext.suedwest.domain.mounting import Derivation, Mounting
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.launcher.databases import Databases
from ckanext.suedwest.store import quarantine
from ckanext.suedwest.store.changes import UnknownDatastream
from ckanext.suedwest.store.engine import create_store_engine
from ckanext.suedwest.store.health import device_health, device_reports
from ckanext.suedwest.store.marks import (
    MarkRefused,
    Says,
    correct_value,
    corrections,
    mark_span,
    marks,
    withdraw_mark,
)
from ckanext.suedwest.store.public_marks import (
    PublicCorrection,
    PublicMark,
    public_corrections,
    public_marks,
)
from ckanext.suedwest.store.query import observations, stations, thresholds
from ckanext.suedwest.store.thresholds import ThresholdRefused, delete_threshold, put_threshold

HOUR = timedelta(hours=1)


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


def stream_of(engine: Engine) -> int:
    return stations(engine)[0].datastreams[0].datastream_id


def found(engine: Engine) -> list[tuple[float, int, tuple[str, ...]]]:
    stored = observations(engine, stream_of(engine), start=NOW - HOUR, end=NOW + 10 * HOUR)
    return [(row.result, row.quality, row.reasons) for row in stored]


def mark(engine: Engine, says: Says, *, start=NOW, until=None) -> int:
    return mark_span(
        engine,
        stream_of(engine),
        start=start,
        until=until,
        says=says,
        note="Gras im Messfeld",
        author="anna",
        now=NOW,
    )


def test_a_mark_holds_for_its_span_and_for_what_comes_later(engine: Engine) -> None:
    write(engine, [value(100.0 + step, NOW + step * QUARTER) for step in range(3)])
    first = mark(engine, Says.MAINTENANCE, start=NOW + QUARTER, until=NOW + 2 * QUARTER)
    assert [row[1:] for row in found(engine)] == [
        (Quality.NOT_EVALUATED, ()),
        (Quality.FAIL, ("maintenance",)),
        (Quality.NOT_EVALUATED, ()),
    ]
    second = mark(engine, Says.DOUBTED, start=NOW + QUARTER)
    write(engine, [value(103.0, NOW + 3 * QUARTER)])
    assert [row[1] for row in found(engine)] == [2, 3, 3, 3]
    assert rows(engine, "SELECT good_count, doubted_count FROM suedwest.observation_day") == [
        (1, 3)
    ]
    assert [row.id for row in marks(engine, stream_of(engine))] == [first, second]
    assert [row.id for row in marks(engine, stream_of(engine), start=NOW + 2 * QUARTER)] == [second]
    withdraw_mark(engine, stream_of(engine), second, author="anna", now=NOW)
    assert [row[1] for row in found(engine)] == [2, 4, 2, 2]
    with pytest.raises(MarkRefused, match="no mark"):
        withdraw_mark(engine, stream_of(engine), second, author="anna", now=NOW)


def test_staff_confirm_what_the_tests_doubt(engine: Engine) -> None:
    write(engine, [value(100.0, NOW), value(400.0, NOW + QUARTER), value(100.0, NOW + 2 * QUARTER)])
    assert found(engine)[1] == (400.0, Quality.SUSPECT, ("spike",))
    mark(engine, Says.GOOD, start=NOW + QUARTER, until=NOW + 2 * QUARTER)
    assert found(engine)[1] == (400.0, Quality.PASS, ())
    state = "SELECT good_max FROM suedwest.observation_day"
    assert rows(engine, state) == [(400.0,)]


def test_a_gauge_under_maintenance_is_out_of_service_for_everybody(
    engine: Engine, store_databases: Databases
) -> None:
    write(engine, [value(100.0)])
    stream = stream_of(engine)
    now = datetime.now(UTC)
    reader = create_store_engine(store_databases.datastore_read)

    def say(says: Says, start: datetime, until: datetime | None, **more: Any) -> int:
        said = {"start": start, "until": until, "says": says, "author": "anna", "now": NOW}
        return mark_span(engine, stream, note="Sensor getauscht", **said, **more)

    def shown() -> tuple[bool, datetime | None, str | None]:
        (row,) = stations(reader)[0].datastreams
        return row.out_of_service, row.maintenance_since, row.maintenance_note

    try:
        assert shown() == (False, None, None)
        say(Says.MAINTENANCE, now - 2 * HOUR, now - HOUR)
        say(Says.MAINTENANCE, now + HOUR, None)
        assert shown() == (False, None, None)
        say(Says.MAINTENANCE, now - HOUR, now + HOUR)
        assert shown() == (True, now - HOUR, None), "the note is for staff"
        public = say(Says.MAINTENANCE, now - HOUR / 2, None, note_public=True)
        assert shown() == (True, now - HOUR / 2, "Sensor getauscht")
        (row,) = public_marks(reader, stream, start=now, end=now + HOUR / 2)[1:]
        assert row == PublicMark(now - HOUR / 2, None, "maintenance", "Sensor getauscht")
        withdraw_mark(engine, stream, public, author="anna", now=NOW)
        say(Says.DOUBTED, now - HOUR / 4, None)
        assert shown() == (False, None, None), "the mark made last counts"
    finally:
        reader.dispose()


def test_a_mark_needs_a_span_a_note_and_a_datastream(engine: Engine) -> None:
    write(engine, [value(100.0)])
    with pytest.raises(MarkRefused, match="ends before"):
        mark(engine, Says.GOOD, until=NOW)
    described = {"start": NOW, "until": None, "says": Says.GOOD, "author": "anna", "now": NOW}
    with pytest.raises(MarkRefused, match="note"):
        mark_span(engine, stream_of(engine), note=" ", **described)
    with pytest.raises(UnknownDatastream):
        mark_span(engine, 0, note="why", **described)


def correct(engine: Engine, result: float, time=NOW) -> None:
    correct_value(
        engine, stream_of(engine), time, result, note="abgelesen", author="anna", now=NOW + HOUR
    )


def test_a_correction_outlives_its_source_and_keeps_the_original(engine: Engine) -> None:
    write(engine, [value(1400.0)])
    correct(engine, 140.0)
    assert found(engine) == [(140.0, Quality.NOT_EVALUATED, ())]
    assert counts(write(engine, [value(1400.0)])) == (0, 1, 0, 0)
    assert counts(write(engine, [value(1401.0)])) == (0, 1, 0, 0)
    correct(engine, 141.0)
    assert found(engine)[0][0] == 141.0
    (row,) = corrections(engine, stream_of(engine), start=NOW, end=NOW + HOUR)
    (seen,) = public_corrections(engine, stream_of(engine), start=NOW, end=NOW + HOUR)
    assert seen == PublicCorrection(NOW, 141.0, 1400.0, None)
    assert (row.result, row.original, row.note, row.author) == (141.0, 1400.0, "abgelesen", "anna")
    revisions = "SELECT result FROM suedwest.observation_revision ORDER BY 1"
    assert rows(engine, revisions) == [(140.0,), (1400.0,)]
    assert rows(engine, "SELECT latest_result, total FROM suedwest.datastream_state") == [
        (141.0, 1)
    ]


def test_a_corrected_distance_corrects_its_level(engine: Engine) -> None:
    raw = replace(LEVEL, name="distance", observed_property="distance", unit="mm", datum=None)
    write(
        engine,
        [value(30.0, datastream="distance")],
        streams=[raw, LEVEL],
        derivations=[Derivation("test:1", "distance", "W", (Mounting(NOW, 3500.0),))],
    )
    by_name = {row.name: row.datastream_id for row in stations(engine)[0].datastreams}
    correct_value(engine, by_name["distance"], NOW, 3000.0, note="n", author="anna", now=NOW)
    level = observations(engine, by_name["W"], start=NOW, end=NOW + HOUR)
    assert [row.result for row in level] == [50.0]


@pytest.mark.parametrize("result", [float("nan"), float("inf"), 1e16])
def test_a_correction_has_to_be_a_number(engine: Engine, result: float) -> None:
    write(engine, [value(1.0)])
    with pytest.raises(MarkRefused, match="measured"):
        correct(engine, result)
    with pytest.raises(MarkRefused, match="no value"):
        correct(engine, 2.0, NOW + QUARTER)
    assert found(engine)[0][0] == 1.0


def action_level(**changes) -> Threshold:
    closed = Threshold(
        580.0,
        Direction.ABOVE,
        "underpass",
        "Unterführung gesperrt",
        ThresholdKind.MUNICIPAL,
        "Ordnungsamt",
    )
    return replace(closed, **changes)


def test_a_municipality_writes_its_own_action_levels_only(engine: Engine) -> None:
    register(engine, "linz", municipality="linz-am-rhein")
    write(engine, [value(1.0)], source="linz")
    stream = stream_of(engine)
    with engine.begin() as conn:
        put_threshold(conn, stream, "linz-am-rhein", action_level())
        put_threshold(conn, stream, "linz-am-rhein", action_level(level=590.0))
        with pytest.raises(ThresholdRefused, match="does not show"):
            put_threshold(conn, stream, "kusel", action_level())
        with pytest.raises(ThresholdRefused, match="own action levels"):
            put_threshold(conn, stream, "", action_level())
        with pytest.raises(ThresholdRefused, match="own action levels"):
            put_threshold(conn, stream, "linz-am-rhein", action_level(kind=ThresholdKind.OFFICIAL))
        with pytest.raises(ThresholdRefused, match="finite"):
            put_threshold(conn, stream, "linz-am-rhein", action_level(level=float("nan")))
        with pytest.raises(ThresholdRefused, match="code and a label"):
            put_threshold(conn, stream, "linz-am-rhein", action_level(label=" "))
    # What a source says next leaves them alone.
    write(engine, [value(2.0)], source="linz", streams=[replace(LEVEL, remark="new")])
    assert [(row.level, row.municipality) for row in thresholds(engine, stream)] == [
        (590.0, "linz-am-rhein")
    ]
    with engine.begin() as conn:
        with pytest.raises(ThresholdRefused, match="no action level"):
            delete_threshold(conn, stream, "kusel", "underpass")
        delete_threshold(conn, stream, "linz-am-rhein", "underpass")
    assert thresholds(engine, stream) == []


def report(counter: int | None, minutes: int, **more) -> DeviceReport:
    return DeviceReport("test:1", NOW + timedelta(minutes=minutes), counter, **more)


def test_missed_frames_are_counted_for_each_device_of_a_batch(engine: Engine) -> None:
    def reports(*numbers: int) -> list[DeviceReport]:
        return [
            DeviceReport(device, NOW + timedelta(minutes=15 * number), first + number)
            for device, first in (("test:1", 0), ("test:2", 500))
            for number in numbers
        ]

    write(engine, device_reports=reports(0, 9), now=NOW + 3 * HOUR)
    write(engine, device_reports=reports(3, 4), now=NOW + 3 * HOUR)
    found = device_health(engine, now=NOW + 3 * HOUR)
    assert [(each.device, each.received, each.missed) for each in found] == [
        ("test:1", 4, 6),
        ("test:2", 4, 6),
    ]


def test_missed_frames_are_counted_in_any_order(engine: Engine) -> None:
    # 7, 8, (9, 10), 11; then the device joins again: (0), 1, 2, and one without a counter.
    reports = [
        report(7, 0, battery_volts=3.6),
        report(8, 15),
        report(11, 60),
        report(1, 90),
        report(None, 95),
        report(2, 105, rssi_dbm=-101.0, battery_volts=3.5),
    ]
    for chosen in (reports[3:], reports[:1], reports[2:3], reports[1:2], reports):
        write(engine, device_reports=chosen, now=NOW + 2 * HOUR)
    (health,) = device_health(engine, now=NOW + 2 * HOUR)
    assert (health.received, health.missed, health.missed_today) == (6, 3, 3)
    assert (health.station_name, health.frame_counter, health.battery_volts, health.rssi_dbm) == (
        "Andernach",
        2,
        3.5,
        -101.0,
    )
    assert device_reports(engine, "test", "test:1", start=NOW) == reports
    assert device_health(engine, now=NOW + 2 * HOUR, municipality="kusel") == []
    write(engine, device_reports=[report(9, 0)], now=NOW + timedelta(days=31))
    write(engine, device_reports=[report(9, 31 * 1440)], now=NOW + timedelta(days=31, hours=1))
    assert len(device_reports(engine, "test", "test:1", start=NOW)) == 1


def test_the_quarantine_is_paged_settled_and_pruned(engine: Engine) -> None:
    refusals = [Refusal(f"r{number}", "odd" if number % 2 else "even", "{}") for number in range(5)]
    write(engine, refusals=refusals)
    page = quarantine.quarantined(engine, limit=3)
    rest = quarantine.quarantined(engine, limit=3, before=page[-1].id)
    assert sorted(row.record for row in page + rest) == ["r0", "r1", "r2", "r3", "r4"]
    assert [(row.reason, row.records) for row in quarantine.reasons(engine, "test")] == [
        ("even", 3),
        ("odd", 2),
    ]
    with engine.begin() as conn:
        quarantine.settle_record(conn, page[0].id, "replayed", now=NOW)
        with pytest.raises(quarantine.UnknownRecord):
            quarantine.settle_record(conn, page[0].id, "removed", now=NOW)
    assert len(quarantine.quarantined(engine)) == 4
    with pytest.raises(quarantine.UnknownRecord):
        quarantine.quarantine_record(engine, page[0].id)
    assert quarantine.quarantine_record(engine, page[1].id) == page[1]
    # A record that comes again waits again.
    write(engine, refusals=refusals, now=NOW + HOUR)
    assert {row.times for row in quarantine.quarantined(engine)} == {2}
    with engine.begin() as conn:
        assert quarantine.prune(conn, before=NOW + HOUR) == 0
        assert quarantine.prune(conn, before=NOW + 2 * HOUR) == 5


def test_a_station_that_only_tells_of_its_health_is_no_error(engine: Engine) -> None:
    receipt = write(engine, stations=[GAUGE], device_reports=[report(-1, 0)])
    assert counts(receipt) == (0, 0, 0, 0)
    assert [row.frame_counter for row in device_health(engine, now=NOW)] == [None]

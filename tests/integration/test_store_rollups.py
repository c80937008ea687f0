"""Hours, days and state equal what one would reckon from all values at once."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from store_samples import NOW, empty, gauge, level, rows, value, write

from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.time import DayRule, day_of

HOUR = timedelta(hours=1)
STREAMS = {"mez": DayRule.MEZ, "civil": DayRule.CIVIL}
# The nights of both clock changes and the turn of a year: two partitions, four days that differ.
STARTS = (
    datetime(2026, 3, 28, 21, 40, tzinfo=UTC),
    datetime(2026, 10, 24, 21, 40, tzinfo=UTC),
    datetime(2025, 12, 31, 21, 40, tzinfo=UTC),
)
# Few enough that batches often meet at the same time.
MINUTES = (0, 19, 20, 79, 80, 100, 139, 140, 1420, 1519, 1520, 1580)
TIMES = [start + timedelta(minutes=minute) for start in STARTS for minute in MINUTES]
VALUES = st.tuples(
    st.sampled_from(sorted(STREAMS)),
    st.sampled_from(TIMES),
    st.sampled_from([-3.0, 0.0, 0.1, 124.0, 800.0]),
    st.sampled_from(Quality),
)
_example = count()


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    return store_engine


class Model:
    """The store in a few lines of Python: every value one after another, nothing kept current."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, datetime], tuple[float, Quality]] = {}
        self.counts = [0, 0, 0]

    def put_batch(self, batch: list[tuple[str, datetime, float, Quality]]) -> None:
        """Settle what the batch says twice, then let the last word stand against the store."""
        said: dict[tuple[str, datetime], tuple[float, Quality]] = {}
        for name, time, result, quality in batch:
            self._put(said, (name, time), (result, quality), new=None)
        for key, value_ in said.items():
            self._put(self.values, key, value_, new=0)

    def _put(self, target: dict, key: tuple, value_: tuple[float, Quality], new) -> None:
        held = target.get(key)
        if held is None:
            if new is not None:
                self.counts[new] += 1
        elif held[0] == value_[0] and value_[1] in (held[1], Quality.NOT_EVALUATED):
            self.counts[1] += 1
            return
        else:
            self.counts[2] += 1
        target[key] = value_

    def rollups(self, name: str, bucket) -> dict:
        found = defaultdict(lambda: ([], []))
        for (stream, time), (result, quality) in self.values.items():
            if stream == name:
                found[bucket(time)][0 if quality.good else 1].append(result)
        return {
            key: (
                len(good),
                min(good, default=None),
                pytest.approx(sum(good) / len(good)) if good else None,
                max(good, default=None),
                len(doubted),
                min(doubted, default=None),
                max(doubted, default=None),
            )
            for key, (good, doubted) in found.items()
        }

    def state(self, name: str) -> list[tuple]:
        series = sorted(
            (time, *held) for (stream, time), held in self.values.items() if stream == name
        )
        if not series:
            return []
        good = [row for row in series if row[2].good]
        return [(*series[-1], *(good[-1][:2] if good else (None, None)), series[0][0], len(series))]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=st.lists(st.lists(VALUES, max_size=25), max_size=6))
def test_any_batches_in_any_order_equal_a_naive_recomputation(engine: Engine, batches) -> None:
    key = f"test:random-{next(_example)}"
    model = Model()
    totals = [0, 0, 0]
    # A discharge, which no test doubts: the flags of levels have a test of their own.
    flow = {"observed_property": "discharge", "unit": "m³/s"}
    streams = [level(key, name=name, day_rule=rule, **flow) for name, rule in STREAMS.items()]
    for batch in batches:
        receipt = write(
            engine,
            [
                value(result, time, quality, station=key, datastream=name)
                for name, time, result, quality in batch
            ],
            stations=[gauge(key)],
            streams=streams,
        )
        totals = [
            total + counted
            for total, counted in zip(
                totals, (receipt.stored, receipt.unchanged, receipt.corrected), strict=True
            )
        ]
        model.put_batch(batch)
    assert totals == model.counts
    assert rows(
        engine,
        """SELECT count(*) FROM suedwest.observation_revision revision
           JOIN suedwest.datastream ON datastream.id = revision.datastream_id
           JOIN suedwest.station ON station.id = datastream.station_id
           WHERE station.key = :key""",
        key=key,
    ) == [(model.counts[2],)]
    for name, rule in STREAMS.items():
        assert_equal(engine, model, key, name, rule)


def assert_equal(engine: Engine, model: Model, key: str, name: str, rule: DayRule) -> None:
    def stored(columns: str, table: str) -> list[tuple]:
        return rows(
            engine,
            f"""SELECT {columns} FROM suedwest.{table} found
                JOIN suedwest.datastream d ON d.id = found.datastream_id
                JOIN suedwest.station s ON s.id = d.station_id
                WHERE s.key = :key AND d.name = :name""",
            key=key,
            name=name,
        )

    measures = "good_count, good_min, good_mean, good_max, doubted_count, doubted_min, doubted_max"
    values = stored("phenomenon_time, result, quality", "observation")
    assert {time: tuple(held) for time, *held in values} == {
        time: held for (stream, time), held in model.values.items() if stream == name
    }
    hours = {
        start: tuple(found) for start, *found in stored(f"start, {measures}", "observation_hour")
    }
    assert hours == model.rollups(name, lambda time: time.replace(minute=0))
    days = {day: tuple(found) for day, *found in stored(f"day, {measures}", "observation_day")}
    assert days == model.rollups(name, lambda time: day_of(time, rule))
    state = "latest_time, latest_result, latest_quality, good_time, good_result, first_time, total"
    assert stored(state, "datastream_state") == model.state(name)


@pytest.mark.parametrize(
    ("rule", "start", "day", "hours"),
    [
        (DayRule.CIVIL, datetime(2026, 3, 28, 23, tzinfo=UTC), date(2026, 3, 29), 23),
        (DayRule.CIVIL, datetime(2026, 10, 24, 22, tzinfo=UTC), date(2026, 10, 25), 25),
        (DayRule.MEZ, datetime(2026, 3, 28, 23, tzinfo=UTC), date(2026, 3, 29), 24),
        (DayRule.MEZ, datetime(2026, 10, 24, 23, tzinfo=UTC), date(2026, 10, 25), 24),
        (DayRule.MEZ, datetime(2026, 7, 14, 23, tzinfo=UTC), date(2026, 7, 15), 24),
    ],
)
def test_the_nights_of_the_clock_change(
    engine: Engine, rule: DayRule, start: datetime, day: date, hours: int
) -> None:
    values = [value(float(hour), start + hour * HOUR) for hour in range(-1, hours + 1)]
    write(engine, values, streams=[level("test:1", day_rule=rule)])
    assert rows(
        engine,
        "SELECT day, good_count, good_min, good_max FROM suedwest.observation_day ORDER BY 1",
    ) == [
        (day - timedelta(days=1), 1, -1.0, -1.0),
        (day, hours, 0.0, hours - 1.0),
        (day + timedelta(days=1), 1, float(hours), float(hours)),
    ]


def test_a_late_value_touches_only_its_hour_and_its_day(engine: Engine) -> None:
    write(engine, [value(float(hours), NOW - hours * HOUR) for hours in range(72)])
    version = """SELECT start, xmin::text FROM suedwest.observation_hour
                 UNION ALL SELECT day, xmin::text FROM suedwest.observation_day"""
    before = set(rows(engine, version))
    late = NOW - 30 * HOUR
    write(engine, [value(80.0, late + timedelta(minutes=7))])
    after = set(rows(engine, version))
    midnight = datetime(late.year, late.month, late.day, tzinfo=UTC)
    assert {start for start, _ in after - before} == {late, midnight}
    assert rows(engine, "SELECT max(good_max), count(*) FROM suedwest.observation_day") == [
        (80.0, 4)
    ]


def test_a_doubted_peak_is_kept_beside_the_good_ones(engine: Engine) -> None:
    write(engine, [value(100.0), value(1290.0, NOW + timedelta(minutes=1), Quality.SUSPECT)])
    for table in ("observation_hour", "observation_day"):
        assert rows(
            engine, f"SELECT good_max, doubted_count, doubted_max FROM suedwest.{table}"
        ) == [(100.0, 1, 1290.0)]

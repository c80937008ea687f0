"""The privacy gate's memory: counts wait in partial bins until they may be published.

Totals are published when their bin is over, splits when their civil day is (`domain.suppression`),
in one step with the hours and days made of them. A closed day is never published again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from ..domain.bins import PartialBin, bin_start
from ..domain.counting import Reading, difference
from ..domain.errors import Refusal
from ..domain.gated import TOTAL_CELL, CellReading, Counter, Frame, Gated
from ..domain.observation import Observation
from ..domain.privacy import PrivacyRule
from ..domain.quality import Quality
from ..domain.suppression import close_day
from ..domain.time import DayRule, day_of, day_span
from .bays import write_bays
from .engine import connected

CLOSED_AFTER = timedelta(hours=1)
"""So long after its end a day takes what comes late."""
LONGEST_STEP = timedelta(hours=1)
"""A device that was silent for longer says nothing of any bin."""
_SILENT = "it was silent for long; nobody knows when it counted what it counted"
_UNNAMED = "(the rest)"


@dataclass(slots=True)
class Passed:
    """What passes the gate now, and what became of the records that came to it."""

    observations: list[Observation] = field(default_factory=list[Observation])
    stored: int = 0
    unchanged: int = 0
    suppressed: int = 0
    notes: list[Refusal] = field(default_factory=list[Refusal])


def pass_gate(
    conn: Connection,
    source_id: str,
    gated: Gated,
    observations: Sequence[Observation],
    now: datetime,
) -> Passed:
    """Take what a batch brings, in its transaction, and give what may be stored as observations.

    A total among `observations` whose parts are known waits in the bins with them: had it another
    step or another version, a part could be told by subtraction.
    """
    passed = Passed(suppressed=gated.suppressed)
    counters = _know(conn, source_id, gated.counters, now, passed)
    frames = list(gated.frames)
    for one in observations:
        counter = counters.get(f"{one.station_key} {one.datastream}")
        if counter is None:
            passed.observations.append(one)
        else:
            frames.append(total_frame(counter.id, one))
    frames += _differences(conn, counters, gated.readings, passed)
    _take_frames(conn, source_id, counters, frames, passed)
    for counter in counters.values():
        _publish(conn, counter, now, passed)
    write_bays(conn, gated.groups, gated.bays, passed)
    return passed


def total_frame(counter: str, one: Observation) -> Frame:
    """A source's own total as a frame of its counter."""
    frame = f"{one.datastream}@{one.phenomenon_time.isoformat()}"
    return Frame(counter, frame, one.phenomenon_time, {TOTAL_CELL: one.result}, one.quality)


def sources_to_close(bind: Engine | Connection, now: datetime) -> list[str]:
    """Sources with bins that are over and not published; an empty batch of each publishes them."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT DISTINCT bin.source_id
                FROM suedwest.partial_bin bin JOIN suedwest.counter_rule USING (counter)
                WHERE (NOT told AND bin_start + make_interval(
                           secs => CAST(rule ->> 'step_seconds' AS double precision)) <= :now)
                   OR (bin_start AT TIME ZONE 'Europe/Berlin')::date
                      < (CAST(:closing AS timestamptz) AT TIME ZONE 'Europe/Berlin')::date
                ORDER BY 1
            """),
            {"now": now, "closing": now - CLOSED_AFTER},
        )
        return list(rows.scalars())


def withheld_spans(bind: Engine | Connection) -> dict[int, tuple[int, int]]:
    """By the id of a station: spans of its closed days, and how many splits are held back."""
    with connected(bind) as conn:
        rows = conn.execute(
            text("""
                SELECT station.id, sum(spans), sum(withheld)
                FROM suedwest.closed_day JOIN suedwest.station ON station.key = station_key
                GROUP BY station.id
            """)
        )
        return {station: (spans, withheld) for station, spans, withheld in rows}


def _know(
    conn: Connection, source_id: str, said: Iterable[Counter], now: datetime, passed: Passed
) -> dict[str, Counter]:
    """All counters of the source, locked; cells only grow.

    Where a rule changes, the open days are closed without their splits: bins of two steps cannot
    be joined, and the difference of two rules would be a cell.
    """
    for one in sorted(said, key=lambda each: each.id):
        conn.execute(
            text("""
                INSERT INTO suedwest.counter_rule
                    (counter, source_id, station_key, total, cells, rule)
                VALUES (:id, :source_id, :station_key, :total, :cells, CAST(:rule AS jsonb))
                ON CONFLICT (counter) DO NOTHING
            """),
            {
                "id": one.id,
                "source_id": source_id,
                "station_key": one.station_key,
                "total": one.total,
                "cells": sorted(one.cells),
                "rule": json.dumps(one.rule.describe()),
            },
        )
    known = {
        row.counter: Counter(
            row.station_key, row.total, frozenset(row.cells), PrivacyRule.of(row.rule)
        )
        for row in conn.execute(
            text("""
                SELECT counter, station_key, total, cells, rule FROM suedwest.counter_rule
                WHERE source_id = :id ORDER BY counter FOR UPDATE
            """),
            {"id": source_id},
        )
    }
    for one in said:
        before = known.get(one.id)
        if before is None:  # it belongs to another source
            passed.notes.append(Refusal(one.id, "the counter belongs to another source"))
            continue
        rule = _kept_rule(before.rule, one.rule)
        after = Counter(one.station_key, one.total, before.cells | one.cells, rule)
        if before == after:
            continue
        if before.rule != after.rule:
            for day in _open_days(conn, before):
                _close(conn, before, day, now, passed, with_splits=False)
        conn.execute(
            text("""
                UPDATE suedwest.counter_rule SET cells = :cells, rule = CAST(:rule AS jsonb)
                WHERE counter = :id
            """),
            {
                "id": one.id,
                "cells": sorted(after.cells),
                "rule": json.dumps(rule.describe()),
            },
        )
        known[one.id] = after
    return known


def _kept_rule(before: PrivacyRule, said: PrivacyRule) -> PrivacyRule:
    """A step that is shorter in this message only, because it holds a single value, is no new
    rule; one that somebody wants shorter has another reason."""
    same = replace(said, step=before.step, split_step=before.split_step) == before
    return before if same and said.step <= before.step else said


def _differences(
    conn: Connection,
    counters: Mapping[str, Counter],
    readings: Sequence[CellReading],
    passed: Passed,
) -> list[Frame]:
    """Frames of what was counted between readings; each one that tells of nothing is accounted.

    What was counted while a device was silent belongs to no bin anybody knows: it is doubted
    after more than a bin, and not published after more than an hour.
    """
    frames: list[Frame] = []
    ordered = sorted(readings, key=lambda one: (one.counter, one.cell, one.time))
    for one in ordered:
        key = {"counter": one.counter, "cell": one.cell}
        row = conn.execute(
            text("""
                SELECT time, number FROM suedwest.counter_reading
                WHERE counter = :counter AND cell = :cell FOR UPDATE
            """),
            key,
        ).one_or_none()
        before = None if row is None else Reading(row.time, row.number)
        try:
            state, step = difference(before, Reading(one.time, one.number), one.capacity)
        except ValueError as error:
            passed.notes.append(Refusal(one.counter, str(error)))
            passed.suppressed += 1
            continue
        if state is before:
            same = before is not None and (before.time, before.number) == (one.time, one.number)
            passed.unchanged += same
            passed.suppressed += not same
            continue
        conn.execute(
            text("""
                INSERT INTO suedwest.counter_reading (counter, cell, time, number)
                VALUES (:counter, :cell, :time, :number)
                ON CONFLICT (counter, cell) DO UPDATE
                SET time = excluded.time, number = excluded.number
            """),
            {**key, "time": state.time, "number": state.number},
        )
        if step is None:
            passed.stored += 1
            continue
        lasted = step.end - step.start
        if lasted > LONGEST_STEP:
            passed.notes.append(Refusal(one.counter, _SILENT))
            passed.suppressed += 1
            continue
        # The last instant that was counted: a reading on the hour tells of the hour before.
        last = step.end - timedelta(microseconds=1)
        step_known = counters.get(one.counter)
        exact = step_known is not None and lasted <= step_known.rule.step
        quality = Quality.NOT_EVALUATED if exact else Quality.SUSPECT
        frame = f"{one.cell}@{step.end.isoformat()}"
        frames.append(Frame(one.counter, frame, last, {one.cell: step.number}, quality))
    return frames


def _take_frames(
    conn: Connection,
    source_id: str,
    counters: dict[str, Counter],
    frames: Sequence[Frame],
    passed: Passed,
) -> None:
    closed = {
        (counter, day)
        for counter, day in conn.execute(
            text("""
                SELECT counter, day FROM suedwest.closed_day
                WHERE counter = ANY (:counters) AND day = ANY (:days)
            """),
            {
                "counters": sorted({one.counter for one in frames}),
                "days": sorted({day_of(one.start, DayRule.CIVIL) for one in frames}),
            },
        )
    }
    rows: dict[tuple[str, datetime, str], dict[str, object]] = {}
    for one in frames:
        counter = counters.get(one.counter)
        if counter is None or (one.counter, day_of(one.start, DayRule.CIVIL)) in closed:
            passed.suppressed += 1
            continue
        start = bin_start(one.start, counter.rule.step)
        key = (one.counter, start, one.id)
        if key in rows:
            passed.unchanged += 1
        rows[key] = {
            "source_id": source_id,
            "counter": one.counter,
            "bin_start": start,
            "frame": one.id,
            "cells": json.dumps(dict(one.cells)),
            "quality": int(one.quality),
        }
    for _key, row in sorted(rows.items()):
        written = conn.execute(_WRITE_FRAME, row).rowcount
        passed.stored += written
        passed.unchanged += 1 - written


# The last word counts, as with every value; the same word again changes nothing.
_WRITE_FRAME = text("""
    INSERT INTO suedwest.partial_bin AS bin (source_id, counter, bin_start, frame, cells, quality)
    VALUES (:source_id, :counter, :bin_start, :frame, CAST(:cells AS jsonb), :quality)
    ON CONFLICT (counter, bin_start, frame) DO UPDATE
    SET cells = excluded.cells, quality = excluded.quality, told = false
    WHERE bin.cells <> excluded.cells OR bin.quality <> excluded.quality
""")


@dataclass(slots=True)
class _Bin:
    frames: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    quality: Quality = Quality.PASS
    told: bool = True

    @property
    def total(self) -> float:
        """What the source says of the whole; else the sum of the parts."""
        own = [cells[TOTAL_CELL] for cells in self.frames.values() if TOTAL_CELL in cells]
        return sum(own) if own else sum(sum(cells.values()) for cells in self.frames.values())

    def partial(self, counter: str, start: datetime, step: timedelta) -> PartialBin:
        """With a cell without a name where the parts are not the whole."""
        frames = {
            frame: {name: round(number) for name, number in cells.items() if name != TOTAL_CELL}
            for frame, cells in self.frames.items()
        }
        rest = round(self.total) - sum(sum(cells.values()) for cells in frames.values())
        if rest:
            frames[_UNNAMED] = {_UNNAMED: max(rest, 0)}
        return PartialBin(counter, start, step, frames)


def _bins(conn: Connection, counter: Counter) -> dict[date, dict[datetime, _Bin]]:
    """The open bins of a counter by civil day."""
    days: dict[date, dict[datetime, _Bin]] = defaultdict(dict)
    for row in conn.execute(
        text("""
            SELECT bin_start, frame, cells, quality, told FROM suedwest.partial_bin
            WHERE counter = :id ORDER BY bin_start, frame
        """),
        {"id": counter.id},
    ):
        one = days[day_of(row.bin_start, DayRule.CIVIL)].setdefault(row.bin_start, _Bin())
        one.frames[row.frame] = row.cells
        one.quality = max(one.quality, Quality(row.quality))
        one.told = one.told and row.told
    return days


def _open_days(conn: Connection, counter: Counter) -> list[date]:
    return sorted(_bins(conn, counter))


def _publish(conn: Connection, counter: Counter, now: datetime, passed: Passed) -> None:
    """Close the days that are over, and tell the totals of the bins that are."""
    for day, bins in sorted(_bins(conn, counter).items()):
        if day_span(day, DayRule.CIVIL)[1] + CLOSED_AFTER <= now:
            _close(conn, counter, day, now, passed)
            continue
        over = [start for start in sorted(bins) if start + counter.rule.step <= now]
        told = [start for start in over if not bins[start].told]
        passed.observations += [
            Observation(
                counter.station_key, counter.total, start, bins[start].total, bins[start].quality
            )
            for start in told
        ]
        if told:
            conn.execute(
                text("""
                    UPDATE suedwest.partial_bin SET told = true
                    WHERE counter = :id AND bin_start = ANY (:starts)
                """),
                {"id": counter.id, "starts": told},
            )


def _close(
    conn: Connection,
    counter: Counter,
    day: date,
    now: datetime,
    passed: Passed,
    *,
    with_splits: bool = True,
) -> None:
    bins = _bins(conn, counter)[day]
    for start, one in sorted(bins.items()):
        passed.observations.append(
            Observation(counter.station_key, counter.total, start, one.total, one.quality)
        )
    step = counter.rule.step
    published = close_day(
        [one.partial(counter.id, start, step) for start, one in bins.items()],
        counter.cells,
        counter.rule,
    )
    withheld = published.withheld
    if not with_splits:
        withheld = len(published.splits)
    for split in published.splits if with_splits else ():
        doubt = max(one.quality for start, one in bins.items() if split.start <= start < split.end)
        passed.observations += [
            Observation(counter.station_key, name, split.start, float(number), doubt)
            for name, number in (split.cells or {}).items()
        ]
    conn.execute(
        text("""
            INSERT INTO suedwest.closed_day
                (counter, day, station_key, rule, spans, withheld, closed_at)
            VALUES (:id, :day, :station_key, CAST(:rule AS jsonb), :spans, :withheld, :now)
        """),
        {
            "id": counter.id,
            "day": day,
            "station_key": counter.station_key,
            "rule": json.dumps(counter.rule.describe()),
            "spans": len(published.splits),
            "withheld": withheld,
            "now": now,
        },
    )
    conn.execute(
        text("""
            DELETE FROM suedwest.partial_bin WHERE counter = :id AND bin_start = ANY (:starts)
        """),
        {"id": counter.id, "starts": sorted(bins)},
    )

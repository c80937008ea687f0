"""Values of the past from a table somebody uploads: what would be stored, and storing it.

Both read the file in the same way and compare it with the store by the same rule. Storing writes
batches like any source does; each is wholly stored or not at all, and bringing the same file
again changes nothing, so an import that was cut off is finished by repeating it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import Engine

from ..connectors.base import Context
from ..connectors.numbers import Decimal
from ..connectors.sensing.csv_columns import read_table
from ..connectors.sensing.csv_guess import MISSING
from ..domain.errors import PayloadRefused, Refusal
from ..domain.observation import Observation
from ..domain.quality import Finding, Quality, overall, reasons
from ..domain.quality_tests import evaluate
from ..store.batch import Batch, Receipt
from ..store.columns import microseconds
from ..store.comparison import OTHER_VALUE_HELD, Held, held_values
from ..store.history import Target
from ..store.limits import limits_of
from ..store.writer import write_batch

LARGEST_FILE = 10_000_000
"""Bytes; 100,000 lines of a date, a time and a value are about 3 million."""
MOST_LINES = 100_000
"""Nearly three years of quarter-hours, which a busy machine stores while somebody waits."""
OTHER_VALUE_IN_FILE = "the file holds different values for this time"
_BATCH = 5_000
_SHOWN = 10
_MOST_TOLD = 200
_GAP_OF_UNKNOWN_INTERVAL = timedelta(hours=3)
_SHORTEST_GAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the file is written; columns are positions from 1, the rest as in `csv_columns`.

    `unit` is the unit of the values and `zone` where times without an offset belong (`+01:00`,
    `Europe/Berlin`, `UTC`; None: all times have one). Nobody guesses either.
    Of a table of several stations only the rows with `where_text` in `where_column` (its name,
    or its position as text in a table without a header) are read.
    """

    encoding: str
    separator: str
    decimal: Decimal
    header: bool
    skip_lines: int
    time_columns: tuple[int, ...]
    time_format: str
    zone: str | None
    value_column: int
    unit: str
    where_column: str | None = None
    where_text: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that cannot be used; `text` is what it says."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as it was understood; `time` in UTC, `result` in the datastream's unit.

    `doubts` are words of `domain.quality.reasons`; `held` is the other value the store has.
    """

    line: int
    time: datetime
    result: float
    doubts: tuple[str, ...] = ()
    held: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a file holds and what storing it would do; nothing was stored.

    Attributes:
        rows: lines that were looked at; all of them are in one of the five counts below.
        new, unchanged: values for a time that has none, or that the store or file holds already.
        differing: values for a time that has another one.
        without_value: lines that say there is no value.
        refused: lines that cannot be used; `refusals` are the first of them.
        reasons: how many lines are refused for what.
        first, last: times (UTC), None without a value; `minimum`, `maximum` likewise.
        gap_count: how often nothing came for longer than `gap_limit`; `gaps` are the longest.
        doubts: how many values the quality tests doubt for what, and `doubted` how many in all.
        shown: the first values; `shown_differing`, `shown_doubted` the first of those.
    """

    rows: int
    new: int
    unchanged: int
    differing: int
    without_value: int
    refused: int
    refusals: list[RefusedLine]
    reasons: dict[str, int]
    first: datetime | None
    last: datetime | None
    minimum: float | None
    maximum: float | None
    gap_limit: timedelta
    gap_count: int
    gaps: list[tuple[datetime, datetime]]
    doubted: int
    doubts: dict[str, int]
    shown: list[ReadLine]
    shown_differing: list[ReadLine]
    shown_doubted: list[ReadLine]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the values and refused lines of a file, as in `Receipt`."""

    stored: int
    unchanged: int
    corrected: int
    quarantined: int
    batches: int


@dataclass(frozen=True, slots=True)
class _File:
    """The usable lines in order of time, each time once; and what else there is."""

    lines: list[_Line]
    refused: list[RefusedLine]
    repeated: int
    rows: int


_Line = tuple[datetime, float, int]
"""Time (UTC), value in the datastream's unit, number of the line."""


def try_history(
    engine: Engine, target: Target, payload: bytes, layout: Layout, *, now: datetime
) -> Trial:
    """Read a file and compare it with the store; nothing is stored.

    The quality tests see the file alone, without what the store holds beside it.

    Raises:
        PayloadRefused: nothing of it can be read.
    """
    file = _read(target, payload, layout, now)
    held: dict[datetime, Held] = {}
    for part in _parts(file.lines):
        held |= _held(engine, target, part)
    differing = [line for line in file.lines if line[0] in held and held[line[0]].would_change]
    doubts = _doubts(engine, target, file.lines)

    def shown(lines: Sequence[_Line]) -> list[ReadLine]:
        return [
            ReadLine(
                number,
                time,
                result,
                doubts.get(time, ()),
                held[time].result if time in held and held[time].would_change else None,
            )
            for time, result, number in lines[:_SHOWN]
        ]

    limit = _gap_limit(target)
    gaps = [
        (earlier[0], later[0])
        for earlier, later in pairwise(file.lines)
        if later[0] - earlier[0] > limit
    ]
    results = [result for _, result, _ in file.lines]
    in_file_order = sorted(file.lines, key=lambda line: line[2])
    return Trial(
        rows=file.rows,
        new=len(file.lines) - len(held),
        unchanged=len(held) - len(differing) + file.repeated,
        differing=len(differing),
        without_value=file.rows - len(file.lines) - file.repeated - len(file.refused),
        refused=len(file.refused),
        refusals=file.refused[:_MOST_TOLD],
        reasons=dict(Counter(line.reason for line in file.refused).most_common()),
        first=file.lines[0][0] if file.lines else None,
        last=file.lines[-1][0] if file.lines else None,
        minimum=min(results, default=None),
        maximum=max(results, default=None),
        gap_limit=limit,
        gap_count=len(gaps),
        gaps=sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_SHOWN],
        doubted=len(doubts),
        doubts=dict(Counter(word for words in doubts.values() for word in words).most_common()),
        shown=shown(in_file_order),
        shown_differing=shown(differing),
        shown_doubted=shown([line for line in file.lines if line[0] in doubts]),
    )


def import_history(
    engine: Engine,
    target: Target,
    payload: bytes,
    layout: Layout,
    *,
    replaces: bool,
    file_name: str,
    now: datetime,
) -> Imported:
    """Store a file; only with `replaces` a value takes the place of another one.

    Each batch leaves a receipt, and what cannot be used goes to the quarantine of the source
    with the name of the file and the line.

    Raises:
        PayloadRefused: nothing of it can be read.
        UnknownSource: the source is gone.
    """
    file = _read(target, payload, layout, now)
    receipts: list[Receipt] = []
    waiting = file.refused
    for part in [*_parts(file.lines)] or [[]]:
        refused, waiting = waiting[:_BATCH], waiting[_BATCH:]
        held = {} if replaces else _held(engine, target, part)
        values: list[Observation] = []
        for time, result, number in part:
            if time in held and held[time].would_change:
                refused.append(
                    RefusedLine(number, OTHER_VALUE_HELD, f"{time.isoformat()} {result}")
                )
            else:
                values.append(Observation(target.station_key, target.name, time, result))
        receipts.append(
            _write(engine, target, values, refused, replaces=replaces, file_name=file_name, now=now)
        )
    while waiting:
        refused, waiting = waiting[:_BATCH], waiting[_BATCH:]
        receipts.append(
            _write(engine, target, [], refused, replaces=replaces, file_name=file_name, now=now)
        )
    return Imported(
        stored=sum(receipt.stored for receipt in receipts),
        unchanged=sum(receipt.unchanged for receipt in receipts) + file.repeated,
        corrected=sum(receipt.corrected for receipt in receipts),
        quarantined=sum(receipt.quarantined for receipt in receipts),
        batches=len(receipts),
    )


def _write(
    engine: Engine,
    target: Target,
    values: Sequence[Observation],
    refused: Sequence[RefusedLine],
    *,
    replaces: bool,
    file_name: str,
    now: datetime,
) -> Receipt:
    batch = Batch(
        target.source_id,
        now,
        observations=values,
        refusals=[
            Refusal(f"{file_name[:100]} line {line.line}", line.reason, line.text)
            for line in refused
        ],
        replaces=replaces,
    )
    return write_batch(engine, batch, lease=None, now=now)


def _read(target: Target, payload: bytes, layout: Layout, now: datetime) -> _File:
    if len(payload) > LARGEST_FILE:
        raise PayloadRefused(f"the file is larger than {LARGEST_FILE // 1_000_000} MB")
    if payload.count(b"\n") > MOST_LINES:
        raise PayloadRefused(f"the file has more than {MOST_LINES:,} lines")
    table = read_table(payload, Context(now, target.station_key, options=_options(target, layout)))
    refused = [
        # The connector calls a record of a single station “line 12 W”.
        RefusedLine(int(refusal.record.split()[1]), refusal.reason, refusal.payload)
        for refusal in table.decoded.refusals
    ]
    found: dict[datetime, list[_Line]] = {}
    for observation, number in zip(table.decoded.observations, table.lines, strict=True):
        line = (observation.phenomenon_time, observation.result, number)
        found.setdefault(line[0], []).append(line)
    lines: list[_Line] = []
    repeated = 0
    for same_time in found.values():
        if len({result for _, result, _ in same_time}) == 1:
            lines.append(same_time[0])
            repeated += len(same_time) - 1
        else:
            # Nothing says which of them is right.
            refused += [
                RefusedLine(number, OTHER_VALUE_IN_FILE, f"{time.isoformat()} {result}")
                for time, result, number in same_time
            ]
    refused.sort(key=lambda line: line.line)
    return _File(sorted(lines), refused, repeated, table.rows)


def _options(target: Target, layout: Layout) -> dict[str, Any]:
    return {
        "encoding": layout.encoding,
        "separator": layout.separator,
        "decimal": layout.decimal,
        "header": layout.header,
        "skip_lines": layout.skip_lines,
        "missing": sorted(MISSING),
        "time": {
            "column": list(layout.time_columns),
            "format": layout.time_format,
            "zone": layout.zone,
            # Whoever exported a year in local time listed the doubled hour in order.
            "fold": "order",
        },
        "values": [
            {
                "column": layout.value_column,
                "datastream": target.name,
                "observed_property": target.observed_property,
                "unit": layout.unit,
            }
        ],
        "where": {}
        if layout.where_column is None
        else {layout.where_column: layout.where_text or ""},
    }


def _parts(lines: Sequence[_Line]) -> Iterator[Sequence[_Line]]:
    for start in range(0, len(lines), _BATCH):
        yield lines[start : start + _BATCH]


def _held(engine: Engine, target: Target, lines: Sequence[_Line]) -> dict[datetime, Held]:
    times = [time for time, _, _ in lines]
    return held_values(engine, target.datastream_id, times, [result for _, result, _ in lines])


def _doubts(
    engine: Engine, target: Target, lines: Sequence[_Line]
) -> dict[datetime, tuple[str, ...]]:
    """Why the quality tests would doubt values, by their times."""
    defaults, overrides = limits_of(engine, target.datastream_id)
    if defaults is None or not lines:
        return {}
    found = evaluate(
        microseconds((time for time, _, _ in lines), len(lines)),
        np.array([result for _, result, _ in lines]),
        defaults.with_overrides(overrides),
    )
    doubts: dict[datetime, tuple[str, ...]] = {}
    for position in np.flatnonzero(found).tolist():
        finding = Finding(int(found[position]))
        words = reasons(overall(Quality.NOT_EVALUATED, finding), finding)
        if words:
            doubts[lines[position][0]] = words
    return doubts


def _gap_limit(target: Target) -> timedelta:
    if target.interval is None:
        return _GAP_OF_UNKNOWN_INTERVAL
    return max(3 * target.interval, _SHORTEST_GAP)

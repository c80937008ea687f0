"""Flags of the values a transaction touched, and of all neighbours they speak of.

A spike is known only with the next value and a flat line condemns what came before it, so the
tests run over the neighbourhood of everything that was written, each time from the values alone.
That makes flags independent of the order and the batches in which values come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from ..domain.quality import STICKY, Finding, Quality, overall
from ..domain.quality_tests import Limits, default_limits, evaluate

Span = tuple[int, datetime, datetime]
"""A datastream and the first and last instant of which every value is to be judged again."""

_Changed = tuple[int, int, int, int | None, int, bool]
"""Datastream, microseconds since 2000, flag, flag as told, findings, whether the flag moved."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NONE_TOLD = -1
_SAYS = {
    "maintenance": Finding.MAINTENANCE,
    "doubted": Finding.DOUBTED,
    "good": Finding.CONFIRMED,
}


@dataclass(frozen=True, slots=True)
class _Stream:
    """`reach` in microseconds; `marks` are start, end (exclusive) and what they say, by age."""

    limits: Limits | None
    reach: int
    marks: list[tuple[int, int, Finding]]


@dataclass(frozen=True, slots=True)
class _Island:
    """A part of a datastream to be judged: microseconds since 2000, both ends included."""

    datastream_id: int
    first: int
    last: int


def reflag(conn: Connection, spans: Iterable[Span] = ()) -> None:
    """Judge again what the temporary table `touched` lists and what lies in `spans`.

    What changes its flag is added to `touched`. The caller holds the datastreams' locks.
    """
    asked = list(spans)
    streams = _streams(conn, [span[0] for span in asked])
    islands = list(_islands(conn, streams, asked))
    if not islands:
        return
    changed: list[_Changed] = []
    for island, columns in _read(conn, streams, islands):
        changed += _judge(streams[island.datastream_id], island, columns)
    if changed:
        _update(conn, changed)


def _streams(conn: Connection, more: Sequence[int]) -> dict[int, _Stream]:
    """The datastreams touched or asked for that have tests or marks."""
    rows = conn.execute(
        text("""
            SELECT stream.id, stream.observed_property, make_interval(secs => stream.interval_s),
                   station.name, station.water, quality_limit.overrides,
                   (SELECT json_agg(json_build_array(
                               (date_part('epoch', start - :epoch) * 1000000)::bigint,
                               (date_part('epoch', until - :epoch) * 1000000)::bigint,
                               says) ORDER BY mark.id)
                    FROM suedwest.mark
                    WHERE datastream_id = stream.id AND withdrawn_at IS NULL)
            FROM suedwest.datastream stream
            JOIN suedwest.station ON station.id = stream.station_id
            LEFT JOIN suedwest.quality_limit ON quality_limit.datastream_id = stream.id
            WHERE stream.id IN (SELECT datastream_id FROM touched)
               OR stream.id = ANY (CAST(:more AS integer[]))
        """),
        {"more": list(more), "epoch": _EPOCH},
    )
    found: dict[int, _Stream] = {}
    for id_, observed_property, interval, name, water, overrides, marks in rows:
        limits = default_limits(observed_property, interval, station=name, water=water)
        if limits is not None and overrides:
            limits = limits.with_overrides(overrides)
        if limits is None and not marks and id_ not in more:
            continue
        found[id_] = _Stream(
            limits,
            0 if limits is None else limits.reach // _MICROSECOND,
            [
                (start, np.iinfo(np.int64).max if until is None else until, _SAYS[says])
                for start, until, says in marks or ()
            ],
        )
    return found


def _islands(
    conn: Connection, streams: dict[int, _Stream], asked: Sequence[Span]
) -> Iterator[_Island]:
    """What has to be judged, in parts that do not reach each other."""
    rows = conn.execute(
        text("""
            SELECT datastream_id, string_agg(timestamptz_send(phenomenon_time), '')
            FROM touched WHERE datastream_id = ANY (CAST(:ids AS integer[]))
            GROUP BY datastream_id
        """),
        {"ids": list(streams)},
    )
    firsts = {id_: [np.frombuffer(times, ">i8").astype(np.int64)] for id_, times in rows}
    lasts = {id_: list(times) for id_, times in firsts.items()}
    for id_, first, last in asked:
        firsts.setdefault(id_, []).append(np.array([(first - _EPOCH) // _MICROSECOND]))
        lasts.setdefault(id_, []).append(np.array([(last - _EPOCH) // _MICROSECOND]))
    for id_ in sorted(firsts):
        reach = streams[id_].reach
        first, last = np.concatenate(firsts[id_]), np.concatenate(lasts[id_])
        order = np.argsort(first, kind="stable")
        first, last = first[order], np.maximum.accumulate(last[order])
        starts = np.flatnonzero(np.concatenate(([True], first[1:] - last[:-1] > 4 * reach)))
        ends = np.concatenate((starts[1:], [len(first)])) - 1
        for start, end in zip(starts, ends, strict=True):
            yield _Island(id_, int(first[start]) - reach, int(last[end]) + reach)


def _read(
    conn: Connection, streams: dict[int, _Stream], islands: Sequence[_Island]
) -> Iterator[tuple[_Island, list[Any]]]:
    """Each island with its columns, and with what lies within reach of its ends."""
    reaches = [streams[island.datastream_id].reach for island in islands]
    firsts = [island.first - reach for island, reach in zip(islands, reaches, strict=True)]
    lasts = [island.last + reach for island, reach in zip(islands, reaches, strict=True)]
    # The outer bounds let PostgreSQL leave out the years that cannot be meant.
    rows = conn.execute(
        text("""
            SELECT span.position, found.*
            FROM unnest(CAST(:ids AS integer[]), CAST(:firsts AS timestamptz[]),
                        CAST(:lasts AS timestamptz[]))
                 WITH ORDINALITY AS span (datastream_id, first, last, position)
            CROSS JOIN LATERAL (
                SELECT string_agg(timestamptz_send(phenomenon_time), ''),
                       string_agg(float8send(result), ''), string_agg(int2send(quality), ''),
                       string_agg(int2send(told), ''), string_agg(int2send(findings), '')
                FROM (
                    SELECT phenomenon_time, result, quality, findings,
                           CAST(coalesce(told_quality, :none_told) AS smallint) AS told
                    FROM suedwest.observation
                    WHERE datastream_id = span.datastream_id
                      AND phenomenon_time BETWEEN span.first AND span.last
                      AND phenomenon_time BETWEEN :first AND :last
                    ORDER BY phenomenon_time
                ) in_order
            ) found
        """),
        {
            "ids": [island.datastream_id for island in islands],
            "firsts": [_instant(first) for first in firsts],
            "lasts": [_instant(last) for last in lasts],
            "first": _instant(min(firsts)),
            "last": _instant(max(lasts)),
            "none_told": _NONE_TOLD,
        },
    )
    kinds = (">i8", ">f8", ">i2", ">i2", ">i2")
    for position, *columns in rows:
        if columns[0] is not None:
            yield (
                islands[position - 1],
                [
                    np.frombuffer(column, kind).astype(kind.replace(">", "="))
                    for column, kind in zip(columns, kinds, strict=True)
                ],
            )


def _judge(stream: _Stream, island: _Island, columns: list[Any]) -> Iterator[_Changed]:
    times, results, quality, told_column, held = columns
    if stream.limits is None:
        found = np.zeros(len(times), dtype=np.int16)
    else:
        found = evaluate(times, results, stream.limits)
    found |= held & int(STICKY)
    saying = int(Finding.MAINTENANCE | Finding.DOUBTED | Finding.CONFIRMED)
    for start, end, says in stream.marks:
        inside = (times >= start) & (times < end)
        found[inside] = (found[inside] & ~saying) | int(says)
    told = np.where(told_column == _NONE_TOLD, quality, told_column)
    pairs, place = np.unique(told.astype(np.int32) << 16 | found, return_inverse=True)
    flags = np.array(
        [overall(Quality(int(pair) >> 16), Finding(int(pair) & 0xFFFF)) for pair in pairs],
        dtype=np.int16,
    )[place]
    keeps = np.where(flags == told, _NONE_TOLD, told)
    differs = (flags != quality) | (keeps != told_column) | (found != held)
    differs &= (times >= island.first) & (times <= island.last)
    for at in np.flatnonzero(differs):
        yield (
            island.datastream_id,
            int(times[at]),
            int(flags[at]),
            None if keeps[at] == _NONE_TOLD else int(keeps[at]),
            int(found[at]),
            bool(flags[at] != quality[at]),
        )


def _update(conn: Connection, changed: list[_Changed]) -> None:
    ids, times, quality, told, findings, moved = (
        list(column) for column in zip(*changed, strict=True)
    )
    # Index look-ups are right however many there are; partitions without statistics make the
    # planner read whole years instead.
    conn.execute(
        text("""
            SET LOCAL enable_hashjoin = off;
            SET LOCAL enable_mergejoin = off;
            WITH due AS (
                SELECT datastream_id, :epoch + since_2000 * interval '1 microsecond' AS time,
                       quality, told_quality, findings, moved
                FROM unnest(CAST(:ids AS integer[]), CAST(:times AS bigint[]),
                            CAST(:quality AS smallint[]), CAST(:told AS smallint[]),
                            CAST(:findings AS smallint[]), CAST(:moved AS boolean[]))
                     AS column_of (datastream_id, since_2000, quality, told_quality, findings,
                                   moved)
            ), updated AS (
                UPDATE suedwest.observation held
                SET quality = due.quality, told_quality = due.told_quality,
                    findings = due.findings
                FROM due
                WHERE held.datastream_id = due.datastream_id AND held.phenomenon_time = due.time
                  AND held.phenomenon_time BETWEEN :first AND :last
            )
            INSERT INTO touched SELECT datastream_id, time, false FROM due WHERE moved;
            SET LOCAL enable_hashjoin TO DEFAULT;
            SET LOCAL enable_mergejoin TO DEFAULT
        """),
        {
            "epoch": _EPOCH,
            "ids": ids,
            "times": times,
            "quality": quality,
            "told": told,
            "findings": findings,
            "moved": moved,
            "first": _instant(min(times)),
            "last": _instant(max(times)),
        },
    )


def _instant(microseconds: int) -> datetime:
    # The plausible times of the store leave room for any reach on both sides.
    return _EPOCH + microseconds * _MICROSECOND

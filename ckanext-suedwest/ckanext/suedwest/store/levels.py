"""Levels reckoned from what sensors measure, in the transaction that changes either.

The raw value and the level are both kept. When a mounting changes, the raw values of the spans
that differ are read again; a level that comes out the same is not written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, text

from ..domain.errors import Refusal
from ..domain.mounting import (
    Measured,
    Mounting,
    MountingRefused,
    level_cm,
    level_quality,
    mounting_at,
)
from ..domain.observation import Observation
from ..domain.quality import Finding, Quality
from ..domain.station import Datum
from .catalogue_rows import tell_reconciler
from .values import SortedValues, write_values

NOT_MOUNTED = "no mounting is valid at the time of the value, so it gives no level"


@dataclass(frozen=True, slots=True)
class _Known:
    """A derivation as the store has it; `edited`: staff said how the sensor is mounted."""

    raw_id: int
    mountings: tuple[Mounting, ...]
    edited: bool


def write_levels(
    conn: Connection,
    derivations: Mapping[int, tuple[int, Sequence[Mounting]]],
    *,
    touched: Collection[int],
    received_at: datetime,
    now: datetime,
    by_staff: bool = False,
) -> list[Refusal]:
    """Bring levels up to date with their mountings and with the raw values in `touched`.

    `derivations` maps the id of a level to its raw datastream and all mountings, where they are
    told; `touched` are the datastreams with rows in the table of that name, which gets what
    changes here as well. Gives a note for each level that has raw values
    without a mounting. The caller holds the locks of the datastreams.

    What staff said of a mounting (`by_staff`) stands above what a source has registered.
    """
    spans: list[tuple[int, datetime, datetime | None]] = []
    known = _known(conn, derivations)
    for level_id, (raw_id, mountings) in sorted(derivations.items()):
        held = known.get(level_id)
        if held is not None and held.edited and not by_staff:
            continue
        wanted = _Known(raw_id, _in_order(mountings), by_staff)
        if held != wanted:
            _replace(conn, level_id, wanted)
            spans += _differing(level_id, held, wanted)
    if not spans and not _gives_levels(conn, touched):
        return []
    return _derive(conn, spans, received_at=received_at, now=now)


def known_mountings(
    conn: Connection, level_ids: Collection[int]
) -> dict[int, tuple[Mounting, ...]]:
    """The mountings of levels by their start, for those that are reckoned."""
    return {level_id: known.mountings for level_id, known in _known(conn, level_ids).items()}


def _known(conn: Connection, level_ids: Collection[int]) -> dict[int, _Known]:
    if not level_ids:
        return {}
    rows = conn.execute(
        text("""
            SELECT level_id, raw_id, edited, valid_from, valid_until, measured, height_mm,
                   offset_cm, blanking_mm, zero_reference, zero_metres, zero_valid_from
            FROM suedwest.derivation LEFT JOIN suedwest.mounting USING (level_id)
            WHERE level_id = ANY (CAST(:ids AS integer[]))
            ORDER BY level_id, valid_from
        """),
        {"ids": list(level_ids)},
    )
    return {
        level_id: _Known(
            raw_id,
            tuple(
                Mounting(
                    valid_from=row.valid_from,
                    valid_until=row.valid_until,
                    measured=Measured(row.measured),
                    height_mm=row.height_mm,
                    offset_cm=row.offset_cm,
                    blanking_mm=row.blanking_mm,
                    gauge_zero=None
                    if row.zero_reference is None
                    else Datum(row.zero_reference, row.zero_metres, row.zero_valid_from),
                )
                for row in group
                if row.valid_from is not None
            ),
            edited,
        )
        for (level_id, raw_id, edited), group in groupby(
            rows, lambda row: (row.level_id, row.raw_id, row.edited)
        )
    }


def _gives_levels(conn: Connection, datastream_ids: Collection[int]) -> bool:
    return conn.execute(
        text("""
            SELECT EXISTS (SELECT FROM suedwest.derivation
                           WHERE raw_id = ANY (CAST(:ids AS integer[])))
        """),
        {"ids": list(datastream_ids)},
    ).scalar_one()


def _in_order(mountings: Iterable[Mounting]) -> tuple[Mounting, ...]:
    return tuple(sorted(mountings, key=lambda mounting: mounting.valid_from))


def _replace(conn: Connection, level_id: int, wanted: _Known) -> None:
    conn.execute(
        text("""
            INSERT INTO suedwest.derivation (level_id, raw_id, edited)
            VALUES (:level_id, :raw_id, :edited)
            ON CONFLICT (level_id) DO UPDATE
            SET raw_id = excluded.raw_id, edited = excluded.edited
        """),
        {"level_id": level_id, "raw_id": wanted.raw_id, "edited": wanted.edited},
    )
    conn.execute(
        text("DELETE FROM suedwest.mounting WHERE level_id = :level_id"), {"level_id": level_id}
    )
    if wanted.mountings:
        conn.execute(
            text("""
                INSERT INTO suedwest.mounting (level_id, valid_from, valid_until, measured,
                    height_mm, offset_cm, blanking_mm, zero_reference, zero_metres,
                    zero_valid_from)
                VALUES (:level_id, :valid_from, :valid_until, :measured, :height_mm, :offset_cm,
                        :blanking_mm, :zero_reference, :zero_metres, :zero_valid_from)
            """),
            [
                {
                    "level_id": level_id,
                    "valid_from": mounting.valid_from,
                    "valid_until": mounting.valid_until,
                    "measured": str(mounting.measured),
                    "height_mm": mounting.height_mm,
                    "offset_cm": mounting.offset_cm,
                    "blanking_mm": mounting.blanking_mm,
                    "zero_reference": mounting.gauge_zero and mounting.gauge_zero.reference,
                    "zero_metres": mounting.gauge_zero and mounting.gauge_zero.metres,
                    "zero_valid_from": mounting.gauge_zero and mounting.gauge_zero.valid_from,
                }
                for mounting in wanted.mountings
            ],
        )
    station_id = conn.execute(
        text("SELECT station_id FROM suedwest.datastream WHERE id = :id"), {"id": level_id}
    ).scalar_one()
    # The height of the gauge's zero stands in the catalogue.
    tell_reconciler(conn, {station_id: "changed"})


def _differing(
    level_id: int, held: _Known | None, wanted: _Known
) -> list[tuple[int, datetime, datetime | None]]:
    """The spans `[start, end)` of mountings that only one of the two has."""
    before = () if held is None or held.raw_id != wanted.raw_id else held.mountings
    return [
        (level_id, mounting.valid_from, mounting.valid_until)
        for mounting in {*before} ^ {*wanted.mountings}
    ]


def _derive(
    conn: Connection,
    spans: Sequence[tuple[int, datetime, datetime | None]],
    *,
    received_at: datetime,
    now: datetime,
) -> list[Refusal]:
    rows = conn.execute(
        text("""
            SELECT derivation.level_id, raw.phenomenon_time, raw.result,
                   coalesce(raw.told_quality, raw.quality) AS quality, stream.unit
            FROM (
                SELECT level_id, phenomenon_time
                FROM touched JOIN suedwest.derivation ON raw_id = datastream_id
                UNION
                SELECT span.level_id, held.phenomenon_time
                FROM unnest(CAST(:levels AS integer[]), CAST(:starts AS timestamptz[]),
                            CAST(:ends AS timestamptz[])) AS span (level_id, start, until)
                JOIN suedwest.derivation ON derivation.level_id = span.level_id
                JOIN suedwest.observation held ON held.datastream_id = derivation.raw_id
                     AND held.phenomenon_time >= span.start
                     AND held.phenomenon_time < coalesce(span.until, 'infinity')
            ) due
            JOIN suedwest.derivation ON derivation.level_id = due.level_id
            JOIN suedwest.datastream stream ON stream.id = derivation.raw_id
            JOIN suedwest.observation raw ON raw.datastream_id = derivation.raw_id
                 AND raw.phenomenon_time = due.phenomenon_time
        """),
        {
            "levels": [span[0] for span in spans],
            "starts": [span[1] for span in spans],
            "ends": [span[2] for span in spans],
        },
    ).all()
    if not rows:
        return []
    known = _known(conn, {row.level_id for row in rows})
    levels = SortedValues()
    unmounted: list[tuple[int, datetime]] = []
    for level_id, time, result, quality, unit in rows:
        try:
            mounting = mounting_at(known[level_id].mountings, time)
        except MountingRefused:
            unmounted.append((level_id, time))
            continue
        levels.winners[level_id, time] = Observation(
            "",
            "",
            time,
            level_cm(mounting, result, unit),
            level_quality(mounting, result, unit, Quality(quality)),
        )
    if levels.winners:
        write_values(conn, levels, received_at=received_at, now=now)
    return _without_mounting(conn, unmounted)


def _without_mounting(conn: Connection, values: Sequence[tuple[int, datetime]]) -> list[Refusal]:
    """Condemn the levels that were reckoned by a mounting which is no longer said to be."""
    if not values:
        return []
    conn.execute(
        text("""
            WITH condemned AS (
                UPDATE suedwest.observation held
                SET findings = findings | :not_mounted, quality = greatest(quality, :fail),
                    told_quality = coalesce(told_quality, quality)
                FROM unnest(CAST(:ids AS integer[]), CAST(:times AS timestamptz[]))
                     AS due (datastream_id, phenomenon_time)
                WHERE held.datastream_id = due.datastream_id
                  AND held.phenomenon_time = due.phenomenon_time
                  AND held.findings & :not_mounted = 0
                RETURNING held.datastream_id, held.phenomenon_time
            )
            INSERT INTO touched SELECT datastream_id, phenomenon_time, false FROM condemned
        """),
        {
            "ids": [level_id for level_id, _ in values],
            "times": [time for _, time in values],
            "not_mounted": int(Finding.NOT_MOUNTED),
            "fail": int(Quality.FAIL),
        },
    )
    names = conn.execute(
        text("""
            SELECT station.key || ' ' || stream.name
            FROM suedwest.datastream stream
            JOIN suedwest.station ON station.id = stream.station_id
            WHERE stream.id = ANY (CAST(:ids AS integer[])) ORDER BY 1
        """),
        {"ids": sorted({level_id for level_id, _ in values})},
    ).scalars()
    return [Refusal(name, NOT_MOUNTED) for name in names]

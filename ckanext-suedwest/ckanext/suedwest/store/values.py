"""Values on their way into the table of observations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Connection, text

from ..domain.errors import Refusal
from ..domain.observation import Observation
from ..domain.quality import Finding, Quality
from .catalogue import Catalogue
from .columns import copy_columns, microseconds
from .definitions import StreamKey
from .partitions import ensure_partitions, plausible_window

LARGEST_RESULT = 1e15
"""No unit makes a real measurement that large, and sums of smaller ones cannot overflow."""

_ValueKey = tuple[int, datetime]


@dataclass(slots=True)
class SortedValues:
    """The values of a batch: one for each key, and what became of the others.

    `winners` are to be stored; `superseded` are values the same batch corrects itself;
    `repeated` counts those that say again what the batch said.
    """

    winners: dict[_ValueKey, Observation] = field(default_factory=dict[_ValueKey, Observation])
    superseded: list[tuple[int, Observation]] = field(default_factory=list[tuple[int, Observation]])
    repeated: int = 0
    refusals: list[Refusal] = field(default_factory=list[Refusal])


@dataclass(frozen=True, slots=True)
class Written:
    """How many values were new and how many replaced another."""

    stored: int
    corrected: int


def sort_values(
    observations: Iterable[Observation], catalogue: Catalogue, now: datetime
) -> SortedValues:
    """Decide what of a batch can be stored.

    Of several values for the same time the last one wins. One that says the same counts as
    repeated, one that says something else is kept as a revision of the winner. A value whose
    quality was not evaluated says nothing about quality, so it never takes back a flag.
    """
    sorted_values = SortedValues()
    winners = sorted_values.winners
    earliest, latest = plausible_window(now)
    stream_ids = catalogue.stream_ids
    for observation in observations:
        stream_id = stream_ids.get((observation.station_key, observation.datastream))
        if stream_id is None:
            sorted_values.refusals.append(refusal(observation, _reason(observation, catalogue)))
            continue
        if not earliest <= observation.phenomenon_time < latest:
            sorted_values.refusals.append(
                refusal(observation, "the time is before 1990 or more than a year ahead")
            )
            continue
        if abs(observation.result) > LARGEST_RESULT:
            sorted_values.refusals.append(
                refusal(observation, "the value is larger than anything that can be measured")
            )
            continue
        key = (stream_id, observation.phenomenon_time)
        earlier = winners.setdefault(key, observation)
        if earlier is observation:
            continue
        if observation.result == earlier.result and observation.quality in (
            earlier.quality,
            Quality.NOT_EVALUATED,
        ):
            sorted_values.repeated += 1
        else:
            sorted_values.superseded.append((stream_id, earlier))
            winners[key] = observation
    return sorted_values


def write_values(
    conn: Connection,
    values: SortedValues,
    *,
    received_at: datetime,
    now: datetime,
    yields: bool = False,
) -> Written:
    """Store sorted values and add what is new or corrected to the temporary table `touched`.

    The caller holds the locks of the datastreams and has called `prepare`. What staff corrected
    stays as they corrected it; what was received later stays when the batch `yields`.
    """
    ensure_partitions(conn, {time.astimezone(UTC).year for _, time in values.winners})
    _copy(conn, values)
    parameters = {"received_at": received_at, "now": now, "yields": yields}
    stored = conn.execute(text(_INSERT_NEW), parameters).rowcount
    corrected = 0
    if stored < len(values.winners):
        conn.exec_driver_sql("ANALYZE incoming")
        first = min(time for _, time in values.winners)
        last = max(time for _, time in values.winners)
        corrected = conn.execute(
            text(_CORRECT), parameters | {"first": first, "last": last}
        ).rowcount
    if values.superseded:
        conn.execute(
            text("""
                INSERT INTO suedwest.observation_revision
                    (datastream_id, phenomenon_time, result, quality, received_at, replaced_at)
                VALUES (:id, :time, :result, :quality, :received_at, :now)
            """),
            [
                {
                    "id": stream_id,
                    "time": observation.phenomenon_time,
                    "result": observation.result,
                    "quality": int(observation.quality),
                    "received_at": received_at,
                    "now": now,
                }
                for stream_id, observation in values.superseded
            ],
        )
    return Written(stored, corrected)


def referenced_streams(observations: Iterable[Observation]) -> set[StreamKey]:
    """Keys of the datastreams that observations name."""
    return {(observation.station_key, observation.datastream) for observation in observations}


_COLUMNS = """
    datastream_id integer NOT NULL, phenomenon_time timestamptz NOT NULL,
    result double precision NOT NULL, quality smallint NOT NULL
"""

_INSERT_NEW = """
    WITH stored AS (
        INSERT INTO suedwest.observation
            (datastream_id, phenomenon_time, result, quality, received_at)
        SELECT datastream_id, phenomenon_time, result, quality, :received_at FROM incoming
        ON CONFLICT DO NOTHING
        RETURNING datastream_id, phenomenon_time
    )
    INSERT INTO touched SELECT datastream_id, phenomenon_time, true FROM stored
"""

DIFFERS = f"""
    (held.result <> incoming.result
     OR (coalesce(held.told_quality, held.quality) <> incoming.quality
         AND incoming.quality <> {int(Quality.NOT_EVALUATED)})
     OR held.findings & {int(Finding.NOT_MOUNTED)} <> 0)
    AND NOT EXISTS (SELECT FROM suedwest.correction
                    WHERE correction.datastream_id = held.datastream_id
                      AND correction.phenomenon_time = held.phenomenon_time)
"""
"""Whether an `incoming` value takes the place of the `held` one of the same time."""

# The bounds let PostgreSQL leave out the years that cannot be meant.
_CORRECT = f"""
    WITH differing AS MATERIALIZED (
        SELECT incoming.*, held.result AS held_result, held.quality AS held_quality,
               held.received_at AS held_received_at
        FROM incoming JOIN suedwest.observation held USING (datastream_id, phenomenon_time)
        WHERE held.phenomenon_time BETWEEN :first AND :last
          AND {DIFFERS}
          AND (NOT :yields OR held.received_at <= :received_at)
    ), revised AS (
        INSERT INTO suedwest.observation_revision
            (datastream_id, phenomenon_time, result, quality, received_at, replaced_at)
        SELECT datastream_id, phenomenon_time, held_result, held_quality, held_received_at, :now
        FROM differing
    ), updated AS (
        UPDATE suedwest.observation held
        SET result = differing.result, quality = differing.quality, received_at = :received_at,
            told_quality = NULL, findings = 0
        FROM differing
        WHERE held.datastream_id = differing.datastream_id
          AND held.phenomenon_time = differing.phenomenon_time
          AND held.phenomenon_time BETWEEN :first AND :last
        RETURNING held.datastream_id, held.phenomenon_time
    )
    INSERT INTO touched SELECT datastream_id, phenomenon_time, false FROM updated
"""


def prepare(conn: Connection) -> None:
    """Make the empty temporary table `touched`, which lists what the transaction changes."""
    # A look at some rows tells the planner enough, and takes a tenth of the time.
    conn.exec_driver_sql("""
        SET LOCAL default_statistics_target = 10;
        DROP TABLE IF EXISTS touched;
        CREATE TEMPORARY TABLE touched (
            datastream_id integer NOT NULL, phenomenon_time timestamptz NOT NULL,
            is_new boolean NOT NULL
        ) ON COMMIT DROP
    """)


def _copy(conn: Connection, values: SortedValues) -> None:
    conn.exec_driver_sql(f"""
        DROP TABLE IF EXISTS incoming;
        CREATE TEMPORARY TABLE incoming ({_COLUMNS}) ON COMMIT DROP
    """)
    winners, count = values.winners, len(values.winners)
    streams = np.fromiter((stream_id for stream_id, _ in winners), np.int32, count)
    times = microseconds((time for _, time in winners), count)
    # Neighbours beside each other, in the index and on the disk.
    order = np.lexsort((times, streams))
    copy_columns(
        conn,
        "incoming",
        {
            "datastream_id": streams[order],
            "phenomenon_time": times[order],
            "result": np.fromiter(
                (observation.result for observation in winners.values()), np.float64, count
            )[order],
            "quality": np.fromiter(
                (observation.quality for observation in winners.values()), np.int16, count
            )[order],
        },
    )


def _reason(observation: Observation, catalogue: Catalogue) -> str:
    refused = catalogue.definitions.refused
    return (
        refused.get((observation.station_key, observation.datastream))
        or refused.get(observation.station_key)
        or "the store has no such datastream"
    )


def refusal(observation: Observation, reason: str) -> Refusal:
    """A value that cannot be stored, as the quarantine keeps it."""
    return Refusal(
        f"{observation.station_key} {observation.datastream} "
        f"{observation.phenomenon_time.isoformat()}",
        reason,
        f'{{"result": {float(observation.result)!r}, "quality": {int(observation.quality)}}}',
    )

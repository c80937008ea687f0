"""Values that are not stored yet beside those the store holds for the same times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, Engine, text

from ..domain.quality import Quality
from .engine import connected
from .values import DIFFERS, SortedValues, refusal

OTHER_VALUE_HELD = "the store holds another value for this time"


@dataclass(frozen=True, slots=True)
class Held:
    """What the store holds for one time; `would_change` when writing replaces it."""

    result: float
    would_change: bool


def held_values(
    bind: Engine | Connection,
    datastream_id: int,
    times: Sequence[datetime],
    results: Sequence[float],
    qualities: Sequence[int] | None = None,
) -> dict[datetime, Held]:
    """What the store holds for these times of a datastream; a time without a value is left out."""
    if not times:
        return {}
    with connected(bind) as conn:
        rows = conn.execute(
            text(f"""
                SELECT held.phenomenon_time, held.result, {DIFFERS}
                FROM unnest(CAST(:times AS timestamptz[]), CAST(:results AS float8[]),
                            CAST(:qualities AS smallint[]))
                     AS incoming (phenomenon_time, result, quality)
                JOIN suedwest.observation held
                     ON held.datastream_id = :id
                     AND held.phenomenon_time = incoming.phenomenon_time
                     -- Lets PostgreSQL leave out the years that cannot be meant.
                     AND held.phenomenon_time BETWEEN :first AND :last
            """),
            {
                "id": datastream_id,
                "times": list(times),
                "results": list(results),
                "qualities": list(qualities or [int(Quality.NOT_EVALUATED)] * len(times)),
                "first": min(times),
                "last": max(times),
            },
        )
        return {time: Held(result, changes) for time, result, changes in rows}


def refuse_differing(conn: Connection, values: SortedValues) -> None:
    """Take the values out of a batch that would replace others; the caller holds the locks."""
    ordered = sorted(values.winners.items())
    for stream_id, group in groupby(ordered, lambda item: item[0][0]):
        observations = [observation for _, observation in group]
        held = held_values(
            conn,
            stream_id,
            [observation.phenomenon_time for observation in observations],
            [float(observation.result) for observation in observations],
            [int(observation.quality) for observation in observations],
        )
        for observation in observations:
            known = held.get(observation.phenomenon_time)
            if known is not None and known.would_change:
                del values.winners[stream_id, observation.phenomenon_time]
                values.refusals.append(refusal(observation, OTHER_VALUE_HELD))

"""What a process holds of the index in memory, and how it follows the table.

Rows of the index are never changed: another version of a document has another ordinal. So what is
held only grows, and a position stays what it was; a document that is gone is marked. Each search
asks, in the statement that also finds the words, for the rows and removals that the snapshot of
what is held could not see, so that its answer is that of one instant, and never of an older one.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any
from weakref import WeakKeyDictionary

import numpy
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from .column import Column, Mask, Numbers, Vocabulary
from .fields import column_of

# Instants are microseconds since 1970, this where there is none.
NEVER = -(2**63) + 1
# Removals are kept a day; who has not looked for half of it reads everything anew.
REMOVALS_KEPT_SECONDS = 86_400
_OLDEST_SECONDS = REMOVALS_KEPT_SECONDS / 2
# So many new rows are read faster all at once.
MOST_CHANGES = 2_000
_MOST_COLUMNS = 80
_DEAD_KEPT = 1_000
_MOST_REMEMBERED = 300
_guard = threading.RLock()


def _new_guard() -> None:
    global _guard
    _guard = threading.RLock()


# another thread of the parent may have held it
os.register_at_fork(after_in_child=_new_guard)
# A process that is forked goes on with what its parent held: nothing of it is ever changed.
_held: WeakKeyDictionary[Engine, Held] = WeakKeyDictionary()

_INSTANT = "coalesce((extract(epoch FROM {0}) * 1000000)::bigint, {1})"
_MODIFIED, _CREATED = (
    _INSTANT.format(field, NEVER) for field in ("metadata_modified", "metadata_created")
)
_LOAD = text(f"""
    SELECT string_agg(int4send(ordinal), '' ORDER BY ordinal) AS ordinals,
           string_agg(int8send({_MODIFIED}), '' ORDER BY ordinal) AS modified,
           string_agg(int8send({_CREATED}), '' ORDER BY ordinal) AS created,
           string_agg(int2send(title_words), '' ORDER BY ordinal) AS title_words,
           'suedwest_search.document'::regclass::oid::bigint AS table_oid,
           pg_current_snapshot()::text AS snapshot
    FROM suedwest_search.document
""")  # noqa: S608 - names of our own columns
_LOAD_COLUMN = """
    SELECT value, string_agg(int4send(ordinal), '') AS ordinals
    FROM suedwest_search.document, jsonb_array_elements_text({column} -> :field) value
    WHERE fields @> ARRAY[:field]
    GROUP BY value
"""
# What the snapshot of what is held could not see, for the driver of PostgreSQL. A transaction that
# has a number is marked: nobody else may see its rows yet, and its snapshot does not tell that they
# are still to come.
CHANGES = f"""
    changed AS MATERIALIZED (
        SELECT ordinal, transaction, {_MODIFIED} AS modified, {_CREATED} AS created, title_words,
               short, long
        FROM suedwest_search.document
        WHERE transaction >= pg_snapshot_xmin(CAST(%(held)s AS pg_snapshot))
          AND NOT pg_visible_in_snapshot(transaction, CAST(%(held)s AS pg_snapshot))
        LIMIT %(most_changes)s
    ),
    gone AS MATERIALIZED (
        SELECT ordinal, transaction FROM suedwest_search.removed
        WHERE transaction >= pg_snapshot_xmin(CAST(%(held)s AS pg_snapshot))
          AND NOT pg_visible_in_snapshot(transaction, CAST(%(held)s AS pg_snapshot))
    )
"""  # noqa: S608 - names of our own columns
CHANGES_ANSWERED = """
    pg_current_snapshot()::text AS snapshot,
    'suedwest_search.document'::regclass::oid::bigint AS table_oid,
    (SELECT jsonb_agg(jsonb_build_array(
        ordinal, modified, created, title_words, short || long)) FROM changed) AS changed,
    (SELECT string_agg(int4send(ordinal), '') FROM gone) AS gone,
    pg_current_xact_id_if_assigned() IS NOT NULL AS own
"""


@dataclass(frozen=True)
class Held:
    """Every document at one snapshot of the database, by position; never changed.

    Shapes: all arrays are as long as `ordinals`. `positions[ordinal - lowest]` is a document's
    position, -1 for a number that belongs to none.
    """

    table_oid: int
    snapshot: str
    read_at: float
    lowest: int
    positions: Numbers
    ordinals: Numbers
    alive: Mask
    modified: NDArray[numpy.int64]
    created: NDArray[numpy.int64]
    title_words: NDArray[numpy.int16]
    columns: dict[str, Column]
    remembered: dict[str, NDArray[numpy.uint8]] = dataclass_field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ordinals)

    def of_ordinals(self, packed: bytes | memoryview | None) -> Numbers:
        """Positions of ordinals as the database packs them; unknown ones are left out."""
        places = unpack(packed, ">i4").astype(numpy.int64) - self.lowest
        places = places[(places >= 0) & (places < len(self.positions))]
        found = self.positions[places]
        return found[found >= 0]

    def mask(self, packed: bytes | memoryview | None) -> Mask:
        """Mask of the documents with these ordinals."""
        mask = numpy.zeros(len(self), numpy.bool_)
        mask[self.of_ordinals(packed)] = True
        return mask

    def remember(self, key: str, mask: Mask) -> None:
        """Keep which of these documents the database found for something that was asked.

        It stays right for as long as no document is new: none is ever changed, and what is gone
        is not alive.
        """
        with _guard:
            while len(self.remembered) >= _MOST_REMEMBERED:
                self.remembered.pop(next(iter(self.remembered)))
            self.remembered[key] = numpy.packbits(mask)

    def recall(self, key: str) -> Mask | None:
        """The mask that was kept, None when there is none."""
        packed = self.remembered.get(key)
        if packed is None:
            return None
        return numpy.unpackbits(packed, count=len(self)).view(numpy.bool_)

    def followed(self, answer: Mapping[str, Any]) -> Held | None:
        """What is held after the changes a statement found; None when all must be read anew."""
        changed: Sequence[Sequence[Any]] = answer["changed"] or []
        if answer["table_oid"] != self.table_oid:
            return None
        rows = [row for row in changed if not self._knows(row[0])]
        gone = self.of_ordinals(answer["gone"])
        if not rows and not len(gone):
            return replace(self, snapshot=answer["snapshot"], read_at=time.monotonic())
        if any(row[0] < self.lowest for row in rows):
            return None
        extended = self._extended(rows) if rows else self
        alive = extended.alive.copy()
        alive[extended.of_ordinals(answer["gone"])] = False
        return replace(extended, alive=alive, snapshot=answer["snapshot"], read_at=time.monotonic())

    def _knows(self, ordinal: int) -> bool:
        place = ordinal - self.lowest
        return 0 <= place < len(self.positions) and self.positions[place] >= 0

    def _extended(self, rows: Sequence[Sequence[Any]]) -> Held:
        count = len(self)
        ordinals = numpy.array([row[0] for row in rows], numpy.int32)
        positions = self.positions
        missing = int(ordinals.max()) - self.lowest + 1 - len(positions)
        positions = numpy.pad(positions, (0, max(missing, 0)), constant_values=-1)
        new = numpy.arange(count, count + len(rows), dtype=numpy.int32)
        positions[ordinals - self.lowest] = new

        def longer(array: Any, values: Iterable[Any]) -> Any:
            return numpy.concatenate([array, numpy.array(list(values), array.dtype)])

        return replace(
            self,
            positions=positions,
            ordinals=numpy.concatenate([self.ordinals, ordinals]),
            alive=longer(self.alive, [True] * len(rows)),
            modified=longer(self.modified, (row[1] for row in rows)),
            created=longer(self.created, (row[2] for row in rows)),
            title_words=longer(self.title_words, (row[3] for row in rows)),
            columns={
                field: column.extended(
                    (count + number, row[4].get(field, ())) for number, row in enumerate(rows)
                )
                for field, column in list(self.columns.items())
            },
            remembered={},
        )


def unpack(packed: bytes | memoryview | None, kind: str) -> NDArray[Any]:
    """Numbers the database has sent as bytes; none of them is NULL."""
    return numpy.frombuffer(packed or b"", dtype=kind)


def current(engine: Engine, fields: Iterable[str]) -> Held:
    """What this process holds, with these columns; read from the database when it does not."""
    held = _held.get(engine)
    if held is None or _is_worn(held):
        with _guard:
            held = _held.get(engine)
            if held is None or _is_worn(held):
                with engine.connect() as connection:
                    held = _held[engine] = _read(connection)
    wanted = set(fields)
    if wanted <= held.columns.keys():
        return held
    with _guard, engine.connect() as connection:
        newest = _held.get(engine)
        held = newest or held
        missing = wanted - held.columns.keys()
        read = {field: _read_column(connection, held, field) for field in sorted(missing)}
        # other searches go on with the columns they have: those are never changed
        held = replace(held, columns=_with_room(held.columns, wanted) | read)
        if newest is not None:
            _held[engine] = held
    return held


def publish(engine: Engine, before: Held, after: Held) -> None:
    """Let the next search start from `after`, unless another one has been quicker."""
    with _guard:
        if _held.get(engine) is before:
            _held[engine] = after


def forget(engine: Engine) -> None:
    """Read everything anew at the next search."""
    with _guard:
        _held.pop(engine, None)


def _is_worn(held: Held) -> bool:
    dead = len(held) - int(held.alive.sum())
    return dead > len(held) // 2 + _DEAD_KEPT or time.monotonic() - held.read_at > _OLDEST_SECONDS


def _with_room(columns: Mapping[str, Column], wanted: set[str]) -> dict[str, Column]:
    """The columns a question names and, while there is room, the newest of the others."""
    others = [field for field in columns if field not in wanted]
    kept = wanted.union(others[-max(_MOST_COLUMNS - len(wanted), 1) :])
    return {field: column for field, column in columns.items() if field in kept}


def _read(connection: Connection) -> Held:
    # a connection of its own sees what is committed, and nothing else
    row = connection.execute(_LOAD).mappings().one()
    ordinals = unpack(row["ordinals"], ">i4").astype(numpy.int32)
    lowest = max(int(ordinals[0]) - 10_000, 0) if len(ordinals) else 0
    positions = numpy.full(int(ordinals[-1]) - lowest + 1 if len(ordinals) else 0, -1, numpy.int32)
    positions[ordinals - lowest] = numpy.arange(len(ordinals), dtype=numpy.int32)
    return Held(
        table_oid=row["table_oid"],
        snapshot=row["snapshot"],
        read_at=time.monotonic(),
        lowest=lowest,
        positions=positions,
        ordinals=ordinals,
        alive=numpy.ones(len(ordinals), numpy.bool_),
        modified=unpack(row["modified"], ">i8").astype(numpy.int64),
        created=unpack(row["created"], ">i8").astype(numpy.int64),
        title_words=unpack(row["title_words"], ">i2").astype(numpy.int16),
        columns={},
    )


def _read_column(connection: Connection, held: Held, field: str) -> Column:
    # Read later than the rest: what came since is added when the changes are read, and what went
    # is marked as gone then.
    vocabulary = Vocabulary()
    owners: list[Numbers] = []
    numbers: list[Numbers] = []
    rows = connection.execute(text(_LOAD_COLUMN.format(column=column_of(field))), {"field": field})
    for value, packed in rows:
        of_value = held.of_ordinals(packed)
        owners.append(of_value)
        numbers.append(numpy.full(len(of_value), vocabulary.number(value), numpy.int32))
    none = numpy.empty(0, numpy.int32)
    return Column(
        vocabulary, numpy.concatenate([none, *owners]), numpy.concatenate([none, *numbers])
    )

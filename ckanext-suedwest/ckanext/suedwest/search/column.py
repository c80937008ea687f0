"""One field of all documents as numbers, to filter and count without asking the database.

Every distinct value has a number. A column holds pairs of a document's position and the number of
one of its values, so that a field may have none, one or many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

Mask = NDArray[numpy.bool_]
Numbers = NDArray[numpy.int32]


class Vocabulary:
    """The distinct values of a field. Only ever added to, so that older columns stay right."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._numbers: dict[str, int] = {}
        self._ranks = numpy.empty(0, numpy.int32)
        self._joined = ""
        self._starts = numpy.zeros(1, numpy.int64)
        self._derived: dict[str, tuple[int, Any]] = {}
        self._guard = threading.Lock()

    def number(self, value: str) -> int:
        """Number of a value; a new one gets the next."""
        with self._guard:
            number = self._numbers.get(value)
            if number is None:
                number = self._numbers[value] = len(self.values)
                self.values.append(value)
            return number

    def find(self, value: str) -> int | None:
        """Number of a value, None when no document ever had it."""
        return self._numbers.get(value)

    def ranks(self) -> Numbers:
        """The place of each value in the order of code points."""
        with self._guard:
            if len(self._ranks) < len(self.values):
                order = sorted(range(len(self.values)), key=self.values.__getitem__)
                ranks = numpy.empty(len(order), numpy.int32)
                ranks[order] = numpy.arange(len(order), dtype=numpy.int32)
                self._ranks = ranks
            return self._ranks

    def where(self, test: Callable[[str], bool]) -> Mask:
        """Which values pass a test."""
        return numpy.fromiter((test(value) for value in list(self.values)), numpy.bool_)

    def containing(self, part: str) -> Mask:
        """Which values contain a text, found by one scan over all of them."""
        joined, starts = self._text()
        found = numpy.zeros(len(starts) - 1, numpy.bool_)
        position = joined.find(part)
        while position >= 0:
            number = int(numpy.searchsorted(starts, position, side="right")) - 1
            found[number] = True
            # once is enough for a value
            position = joined.find(part, int(starts[number + 1]))
        return found

    def derived(self, name: str, make: Callable[[Sequence[str]], Any]) -> Any:
        """What is worked out from all values, kept until there are new ones."""
        with self._guard:
            count = len(self.values)
            known = self._derived.get(name)
        if known is None or known[0] < count:
            known = (count, make(self.values[:count]))
            self._derived[name] = known
        return known[1]

    def _text(self) -> tuple[str, NDArray[numpy.int64]]:
        def join(values: Sequence[str]) -> tuple[str, NDArray[numpy.int64]]:
            lengths = numpy.fromiter((len(value) + 1 for value in values), numpy.int64)
            # what was asked for holds no NUL, so it is never found across two values
            return "\0".join(values), numpy.concatenate([[0], numpy.cumsum(lengths)])

        return self.derived("text", join)


class Column:
    """The values of one field; `owners` and `numbers` stand side by side."""

    __slots__ = ("numbers", "owners", "vocabulary")

    def __init__(self, vocabulary: Vocabulary, owners: Numbers, numbers: Numbers) -> None:
        self.vocabulary = vocabulary
        self.owners = owners
        self.numbers = numbers

    def extended(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Column:
        """This column with the values of more documents: their positions, their values."""
        pairs = [(position, self.vocabulary.number(v)) for position, vs in rows for v in vs]
        if not pairs:
            return self
        added = numpy.array(pairs, numpy.int32)
        return Column(
            self.vocabulary,
            numpy.concatenate([self.owners, added[:, 0]]),
            numpy.concatenate([self.numbers, added[:, 1]]),
        )

    def with_value(self, value: str, size: int) -> Mask:
        """Which of `size` documents have a value."""
        number = self.vocabulary.find(value)
        mask = numpy.zeros(size, numpy.bool_)
        if number is not None:
            mask[self.owners[self.numbers == number]] = True
        return mask

    def with_any(self, values: Mask, size: int) -> Mask:
        """Which of `size` documents have one of the values a mask over the vocabulary chooses."""
        mask = numpy.zeros(size, numpy.bool_)
        # values that came to the vocabulary after the mask was made belong to no document here
        known = self.numbers < len(values)
        chosen = values[self.numbers] if known.all() else values[self.numbers[known]]
        owners = self.owners if known.all() else self.owners[known]
        mask[owners[chosen]] = True
        return mask

    def with_some(self, size: int) -> Mask:
        """Which of `size` documents have any value."""
        mask = numpy.zeros(size, numpy.bool_)
        mask[self.owners] = True
        return mask

    def counts(self, hits: Mask) -> NDArray[numpy.int64]:
        """How many of the hits have each value, by its number."""
        return numpy.bincount(self.numbers[hits[self.owners]])

    def order_keys(self, size: int) -> Numbers:
        """What to sort `size` documents by: the least rank of their values, -1 without any."""
        ranks = self.vocabulary.ranks()[self.numbers]
        keys = numpy.full(size, numpy.iinfo(numpy.int32).max, numpy.int32)
        numpy.minimum.at(keys, self.owners, ranks)
        keys[keys == numpy.iinfo(numpy.int32).max] = -1
        return keys

    def values_of(self, convert: Callable[[str], float], name: str, size: int) -> NDArray[Any]:
        """One number for each of `size` documents, NaN where there is none."""
        of_values = self.vocabulary.derived(
            name,
            lambda values: numpy.fromiter((convert(value) for value in values), numpy.float64),
        )
        result = numpy.full(size, numpy.nan)
        result[self.owners] = of_values[self.numbers]
        return result

"""The order of hits: by how well they fit the words, by an instant, or by any field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

from .column import Mask
from .dismax import TEXT, Dismax
from .document import TITLE_ORDER
from .fields import INSTANTS, TITLE, is_text
from .held import NEVER
from .query import Clauses, Node, QueryRefused, Words
from .question import Question, View, field_query

MOST_SORT_FIELDS = 10
_SCORE = "score"
_MOST_RANKED_WORDS = 12
_INSIDE = 0.4
_LAST = numpy.iinfo(numpy.int64).max


@dataclass(frozen=True)
class Order:
    """One thing to sort by: numbers for all documents, `missing` where there is none."""

    keys: Callable[[View], NDArray[Any]]
    descending: bool
    missing: int | None = None

    def ascending_keys(self, view: View) -> NDArray[Any]:
        """Keys of all documents, the first to come the smallest, those without one the largest."""
        keys = self.keys(view)
        signed = -keys if self.descending else keys
        if self.missing is None:
            return signed
        return numpy.where(keys == self.missing, _LAST, signed)


def orders_of(sort: str, question: Question, score: Callable[[View], NDArray[Any]]) -> list[Order]:
    """What `field asc, other desc` asks for.

    Raises:
        QueryRefused: the text is not of that form.
    """
    parts = sort.split(",")
    if len(parts) > MOST_SORT_FIELDS:
        raise QueryRefused(
            "No more than {number} fields can be sorted by.", number=MOST_SORT_FIELDS
        )
    orders: list[Order] = []
    for part in parts:
        match = re.fullmatch(r"\s*([\w.\-]+)\s+(asc|desc)\s*", part, re.IGNORECASE)
        if not match:
            raise QueryRefused('Invalid "sort" parameter')
        orders.append(_order(match[1], match[2].lower() == "desc", question, score))
    return orders


def _order(
    field: str, descending: bool, question: Question, score: Callable[[View], NDArray[Any]]
) -> Order:
    if field == _SCORE:
        return Order(score, descending)
    if field in INSTANTS:
        return Order(
            lambda view: view.held.modified if field == INSTANTS[1] else view.held.created,
            descending,
            NEVER,
        )
    column = TITLE_ORDER if field == "title_string" else field
    question.fields.add(column)
    return Order(
        lambda view: (
            view.held.columns[column].order_keys(len(view.held)).astype(numpy.int64, copy=False)
        ),
        descending,
        -1,
    )


def first(orders: Sequence[Order], view: View, hits: Mask, count: int) -> NDArray[Any]:
    """Positions of the first `count` hits in their order; equal ones in the order of writing."""
    positions = numpy.flatnonzero(hits)
    if not count or not len(positions):
        return positions[:0]
    keys = [order.ascending_keys(view) for order in orders]
    chosen = _candidates(keys, positions, count)
    return chosen[numpy.lexsort([chosen, *(key[chosen] for key in reversed(keys))])][:count]


def _candidates(keys: Sequence[NDArray[Any]], positions: NDArray[Any], count: int) -> NDArray[Any]:
    """Few positions among which the first `count` are; sorting all of many hits takes long."""
    if len(positions) <= count:
        return positions
    if not keys or not count:
        return positions[:count]
    of_hits = keys[0][positions]
    last = numpy.partition(of_hits, count - 1)[count - 1]
    before = positions[of_hits < last]
    equal = positions[of_hits == last]
    return numpy.concatenate([before, _candidates(keys[1:], equal, count - len(before))])


class Score:
    """How well each document fits the words that were asked for; equal where none were.

    A word is worth what the best field it stands in is worth, and a little for the others; rare
    words are worth more, and so is a word in a short title. As a part of a longer word it counts
    in titles, but for less than among the keywords.
    """

    def __init__(
        self, question: Question, tree: Node, dismax: Dismax, *, all_match: bool = False
    ) -> None:
        words: list[Words] = []
        _collect(tree, words)
        self._tie = dismax.tie
        self._words: list[tuple[float, list[tuple[str, float, int | None]]]] = []
        for word in words[:_MOST_RANKED_WORDS]:
            fields: list[tuple[str, float, int | None]] = []
            for field, worth in dismax.worth.items():
                # a word that every hit has need not be looked up
                if field == TEXT and all_match:
                    fields.append((field, worth, None))
                    continue
                where = None if field == TEXT else field
                inside = field_query(word, where)
                query = inside if field == TEXT else field_query(word, where, exact=True)
                if query and inside:
                    fields.append((field, worth, question.text(query)))
                    if field == TITLE and inside != query:
                        fields.append((field, worth * _INSIDE, question.text(inside)))
            self._words.append((word.weight, fields))
        self._added: list[Callable[[View], Any]] = []
        self._multiplied: list[Callable[[View], Any]] = []

    def add(self, function: Callable[[View], Any]) -> None:
        """Add the value of a function to each document's score."""
        self._added.append(function)

    def multiply(self, function: Callable[[View], Any]) -> None:
        """Multiply each document's score by the value of a function."""
        self._multiplied.append(function)

    def __call__(self, view: View) -> NDArray[Any]:
        """One number for each document."""
        score = numpy.zeros(len(view.held))
        for weight, fields in self._words:
            score += weight * self._of_word(fields, view)
        for function in self._added:
            score = score + function(view)
        for function in self._multiplied:
            score = score * function(view)
        return score

    def _of_word(self, fields: Sequence[tuple[str, float, int | None]], view: View) -> Any:
        size = len(view.held)
        best, total = numpy.zeros(size), numpy.zeros(size)
        named = numpy.zeros(size, numpy.bool_)
        for field, worth, part in fields:
            if part is None:
                of_field: Any = worth
            else:
                mask = view.mask(part)
                of_field = worth * mask
                named |= mask
            if field == TITLE:
                short = 0.5 + 0.5 / numpy.sqrt(numpy.maximum(view.held.title_words, 1))
                of_field = of_field * short
            best = numpy.maximum(best, of_field)
            total += of_field
        rarity = numpy.log1p(size / (1 + int(named.sum())))
        return rarity * (best + self._tie * (total - best))


def _collect(node: Node, words: list[Words]) -> None:
    if isinstance(node, Words):
        if node.field in (None, TEXT, "*", "title_ngram") or is_text(str(node.field)):
            words.append(node)
    elif isinstance(node, Clauses):
        for clause in (*node.must, *node.should):
            _collect(clause, words)

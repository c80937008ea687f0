"""The order of hits: by how well they fit the words, by an instant, or by any field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from ckan.lib.search.common import SearchQueryError
from numpy.typing import NDArray

from .column import Mask
from .document import TITLE_ORDER
from .fields import INSTANTS, KEYWORD, TITLE, is_text
from .held import NEVER
from .query import Clauses, Node, Words
from .question import Question, View, field_query

MOST_SORT_FIELDS = 10
_SCORE = "score"
_MOST_RANKED_WORDS = 12
# What a word is worth by where it stands. CKAN weighs a title four times and keywords twice.
_TITLE_WORTH, _KEYWORD_WORTH, _TEXT_WORTH = 4.0, 2.0, 1.0
_LAST = numpy.iinfo(numpy.int64).max


@dataclass(frozen=True)
class Order:
    """One thing to sort by: numbers for all documents, `missing` where there is none."""

    keys: Callable[[View], NDArray[Any]]
    descending: bool
    missing: int | None = None

    def ascending_keys(self, view: View, hits: NDArray[Any]) -> NDArray[Any]:
        """Keys of the hits, the first to come the smallest, those without one the largest."""
        keys = self.keys(view)[hits]
        signed = -keys if self.descending else keys.copy()
        if self.missing is not None:
            signed[keys == self.missing] = _LAST
        return signed


def orders_of(sort: str, question: Question, score: Callable[[View], NDArray[Any]]) -> list[Order]:
    """What `field asc, other desc` asks for.

    Raises:
        SearchQueryError: the text is not of that form.
    """
    parts = sort.split(",")
    if len(parts) > MOST_SORT_FIELDS:
        raise SearchQueryError(f"No more than {MOST_SORT_FIELDS} fields can be sorted by.")
    orders: list[Order] = []
    for part in parts:
        match = re.fullmatch(r"\s*([\w.\-]+)\s+(asc|desc)\s*", part, re.IGNORECASE)
        if not match:
            raise SearchQueryError('Invalid "sort" parameter')
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
    chosen = _candidates(orders, view, positions, count)
    keys = [order.ascending_keys(view, chosen) for order in orders]
    return chosen[numpy.lexsort([chosen, *reversed(keys)])][:count]


def _candidates(
    orders: Sequence[Order], view: View, positions: NDArray[Any], count: int
) -> NDArray[Any]:
    """Few positions among which the first `count` are; sorting all of many hits takes long."""
    if len(positions) <= count:
        return positions
    if not orders or not count:
        return positions[:count]
    keys = orders[0].ascending_keys(view, positions)
    last = numpy.partition(keys, count - 1)[count - 1]
    before = positions[keys < last]
    equal = positions[keys == last]
    return numpy.concatenate([before, _candidates(orders[1:], view, equal, count - len(before))])


class Score:
    """How well each document fits the words that were asked for; equal where none were."""

    def __init__(self, question: Question, tree: Node, *, all_match: bool) -> None:
        words: list[Words] = []
        _collect(tree, words)
        self._parts: list[tuple[int, int, int | None]] = []
        for word in words[:_MOST_RANKED_WORDS]:
            query, in_title, in_keywords = (
                field_query(word, field) for field in (None, TITLE, KEYWORD)
            )
            if query and in_title and in_keywords:
                self._parts.append(
                    (
                        question.text(in_title),
                        question.text(in_keywords),
                        # a word every hit has makes no difference
                        None if all_match else question.text(query),
                    )
                )
        self._added: list[Callable[[View], Any]] = []

    def add(self, function: Callable[[View], Any]) -> None:
        """Add the value of a function to each document's score."""
        self._added.append(function)

    def __call__(self, view: View) -> NDArray[Any]:
        """One number for each document."""
        size = len(view.held)
        score = numpy.zeros(size)
        for title, keywords, text in self._parts:
            in_title = view.mask(title)
            in_keywords = view.mask(keywords)
            frequency = int((in_title | in_keywords).sum())
            rarity = numpy.log1p(size / (1 + frequency))
            short = 0.5 + 0.5 / numpy.sqrt(numpy.maximum(view.held.title_words, 1))
            of_word = _TITLE_WORTH * in_title * short + _KEYWORD_WORTH * in_keywords
            if text is not None:
                of_word = of_word + _TEXT_WORTH * view.mask(text)
            score += rarity * of_word
        for function in self._added:
            score = score + function(view)
        return score


def _collect(node: Node, words: list[Words]) -> None:
    if isinstance(node, Words):
        if node.field in (None, "text", "*", "title_ngram") or is_text(str(node.field)):
            words.append(node)
    elif isinstance(node, Clauses):
        for clause in (*node.must, *node.should):
            _collect(clause, words)

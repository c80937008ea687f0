"""The tables of a GTFS feed: rows with their line, what is wrong in them, texts for people."""

from __future__ import annotations

import csv
from collections.abc import Container, Iterable, Iterator
from typing import Protocol

from ...domain.errors import PayloadRefused, Refusal
from .xml_payload import mended

MOST_REFUSALS = 1000
LONGEST_TEXT = 200


class Files(Protocol):
    """The tables of a feed."""

    def names(self) -> frozenset[str]:
        """Which there are."""
        ...

    def lines(self, name: str) -> Iterator[str]:
        """The text of a table, line by line; may be asked for again."""
        ...


class Refusals:
    """Collects refusals: all are counted, the first `MOST_REFUSALS` are kept."""

    def __init__(self) -> None:
        self.kept: list[Refusal] = []
        self.counted = 0

    def add(self, file: str, line: int, reason: str) -> None:
        """A row of a file that is not used."""
        self.counted += 1
        if len(self.kept) < MOST_REFUSALS:
            self.kept.append(Refusal(f"{file} line {line}", reason))


class RowRefused(ValueError):
    """A row that cannot be used; the message says why."""


def table_rows(
    files: Files,
    name: str,
    columns: Iterable[str],
    optional: Iterable[str] = (),
    *,
    only: tuple[str, Container[str]] | None = None,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and fields of each row; what is optional and missing is empty.

    With `only`, a column and what may stand in it, other rows are passed over quickly.
    """
    rows = _parsed(files, name)
    header = [each.strip() for each in next(rows, (0, list[str]()))[1]]
    places = {each: header.index(each) for each in (*columns, *optional) if each in header}
    lacking = [each for each in columns if each not in places]
    if lacking:
        raise PayloadRefused(f"{name} lacks the column {', '.join(lacking)}")
    names = (*columns, *optional)
    at, wanted = (places[only[0]], only[1]) if only else (0, None)
    for number, row in rows:
        if wanted is not None and (len(row) <= at or row[at].strip() not in wanted):
            continue
        if row:
            yield (
                number,
                {
                    each: row[places[each]].strip()
                    if each in places and places[each] < len(row)
                    else ""
                    for each in names
                },
            )


def _parsed(files: Files, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields; where a row ends is not known after a quote that never closes."""
    reader = csv.reader(files.lines(name), strict=False)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise PayloadRefused(f"{name} line {reader.line_num} is no CSV: {error}") from None


def plain_text(written: str) -> str:
    """A text for people: mended, without control signs, not endless."""
    return "".join(sign for sign in mended(written) if sign.isprintable())[:LONGEST_TEXT]

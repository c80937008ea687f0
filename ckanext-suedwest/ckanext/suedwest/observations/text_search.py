"""The search box over a live resource: words matched on the text of the columns.

A live resource has no `_full_text`, and needs none: its rows are a time and two numbers. A word
matches where a token of the text begins with it, and a date narrows the search to its rows in
the index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .live import COLUMN_TYPES, ID_COLUMN, TIME_COLUMN

Clause = tuple[str, dict[str, Any]]

_MOST_TOKENS = 12
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)")
_BEFORE = "(?<![0-9A-Za-z.-])"
_AFTER = r"(?![0-9A-Za-z]|\.[0-9])"
_SEPARATOR = "[^0-9A-Za-z]+"
_MATCHES_NOTHING: Clause = ("false", {})


class QueryRefused(ValueError):
    """The query uses an operator that is not understood here."""


def column_text(column: str) -> str:
    """SQL for the text of a column as it is searched; times in the session's zone (UTC)."""
    return f'"{column}"::text'


_SEARCHED = (TIME_COLUMN, "result", "quality")
ROW_TEXT = "(" + " || ' ' || ".join(column_text(column) for column in _SEARCHED) + ")"
"""`received_at` is left out: who looks for a day wants the day of the measurement."""


def clauses(query: str | Mapping[str, str] | None, *, plain: bool, name: str) -> list[Clause]:
    """SQL conditions with bound parameters for a `q` or `full_text` of `datastore_search`.

    A text is looked for in the whole row, a mapping column by column. `plain` asks for whole
    tokens; else `word:*` asks for a beginning, and `&` joins words (PostgreSQL's `to_tsquery`,
    of which the other operators are refused). `name` begins the names of the parameters.

    Raises:
        QueryRefused: for `|`, `!`, `<->` and parentheses in a query that is not plain.
    """
    if not query:
        return []
    if isinstance(query, str):
        return _clauses(query, plain, name, ROW_TEXT, narrows=True)
    found: list[Clause] = []
    for number, (column, words) in enumerate(query.items()):
        if column in COLUMN_TYPES and column != ID_COLUMN:
            found += _clauses(
                words, plain, f"{name}_{number}", column_text(column), narrows=column == TIME_COLUMN
            )
    return found


def _clauses(query: str, plain: bool, prefix: str, expression: str, narrows: bool) -> list[Clause]:
    if not plain and re.search(r"[|!()<>]", query):
        raise QueryRefused("only words, word:* and & are understood in a search over live values")
    found: list[Clause] = []
    for number, word in enumerate(re.split(r"[\s&]+", query.strip())):
        beginning = not plain and word.endswith(":*")
        tokens = _tokens(word.removesuffix(":*") if beginning else word)
        if not tokens or len(tokens) > _MOST_TOKENS:
            return [_MATCHES_NOTHING]
        found += _word_clauses(tokens, beginning, f"{prefix}_{number}", expression, narrows)
    return found


def _tokens(word: str) -> list[str]:
    """The pieces of a word, a date in one piece as the rows spell it.

    The DataTables view sends `22.11.2026` as `22_11_2026` and `14:45` as `14_45`.
    """
    word = re.sub(r"(?<=\d)[Tt](?=\d)", " ", word)
    pieces = [piece for piece in re.split(r"[^0-9A-Za-z-]+", word) if piece.strip("-")]
    for position in range(len(pieces) - 2):
        day, month, year = pieces[position : position + 3]
        if _is_number(day, 31) and _is_number(month, 12) and re.fullmatch(r"\d{4}", year):
            pieces[position : position + 3] = [f"{year}-{month:0>2}-{day:0>2}"]
            break
    if _ISO_DATE.fullmatch(pieces[0]) if pieces else False:
        # The offset of a copied UTC time: the text that is searched has none.
        if re.fullmatch(r"(?i)\d+z", pieces[-1]):
            pieces[-1] = pieces[-1][:-1]
        elif len(pieces) == 6 and pieces[4:] == ["00", "00"]:
            del pieces[4:]
    return pieces


def _is_number(piece: str, most: int) -> bool:
    return re.fullmatch(r"\d{1,2}", piece) is not None and 1 <= int(piece) <= most


def _word_clauses(
    tokens: list[str], beginning: bool, prefix: str, expression: str, narrows: bool
) -> list[Clause]:
    found: list[Clause] = []
    phrases = [tokens]
    date = _ISO_DATE.match(tokens[0])
    if date:
        # A day and a value need not stand side by side.
        rest = [tokens[1:]] if len(tokens) > 1 else []
        phrases = [tokens[:1], *rest]
        if narrows:
            span = _span(date)
            if span is None:
                return [_MATCHES_NOTHING]
            start, end = f"{prefix}_start", f"{prefix}_end"
            between = f'"{TIME_COLUMN}" >= :{start} AND "{TIME_COLUMN}" < :{end}'
            found.append((between, {start: span[0], end: span[1]}))
            if date.group(0) == tokens[0]:
                phrases = rest
    for number, phrase in enumerate(phrases):
        is_last = phrase is phrases[-1]
        found.append(_phrase(phrase, beginning and is_last, f"{prefix}_{number}", expression))
    return found


def _phrase(tokens: list[str], beginning: bool, name: str, expression: str) -> Clause:
    """Tokens that follow each other; they are letters, digits and hyphens, nothing to escape."""
    pattern = _BEFORE + _SEPARATOR.join(tokens) + ("" if beginning else _AFTER)
    if len(tokens) == 2 and _is_number(tokens[0], 31) and _is_number(tokens[1], 12):
        # "22.11." may be a day of any year as well as the number 22.11.
        pattern += f"|-{tokens[1]:0>2}-{tokens[0]:0>2}{_AFTER}"
        return f"{expression} ~ :{name}", {name: pattern}
    # LIKE costs a third of the regular expression, which then sees few rows.
    part = f"{name}_part"
    return (
        f"{expression} LIKE :{part} AND {expression} ~ :{name}",
        {name: pattern, part: f"%{max(tokens, key=len)}%"},
    )


def _span(date: re.Match[str]) -> tuple[datetime, datetime] | None:
    """`[start, end)` of the month or day in UTC, None when the calendar has no such date."""
    year, month, day = (int(part) if part else None for part in date.groups())
    try:
        start = datetime(year or 0, month or 0, day or 1, tzinfo=UTC)
        if day:
            return start, start + timedelta(days=1)
        following = (start + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        return None
    return start, following

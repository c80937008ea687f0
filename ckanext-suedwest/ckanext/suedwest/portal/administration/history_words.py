"""What the pages of history call encodings, separators, clocks and doubts."""

from __future__ import annotations

import ckan.plugins.toolkit as tk

from ...connectors.sensing.csv_guess import Guess

# A date of the examples with a day that is no month.
_PATTERNS = {
    "%d.%m.%Y %H:%M": "31.12.2020 14:30",
    "%d.%m.%Y %H:%M:%S": "31.12.2020 14:30:00",
    "%d.%m.%Y %H:%M %Z": "31.12.2020 14:30 MEZ",
    "%d.%m.%y %H:%M": "31.12.20 14:30",
    "%d.%m.%Y": "31.12.2020",
    "%d/%m/%Y %H:%M": "31/12/2020 14:30",
    "%d/%m/%Y %H:%M:%S": "31/12/2020 14:30:00",
    "%m/%d/%Y %H:%M": "12/31/2020 14:30",
    "%m/%d/%Y %H:%M:%S": "12/31/2020 14:30:00",
    "%Y/%m/%d %H:%M": "2020/12/31 14:30",
    "%Y/%m/%d %H:%M:%S": "2020/12/31 14:30:00",
    "%Y%m%d%H%M": "202012311430",
}


def time_format_title(form: str) -> str:
    """An example of a way to write a time."""
    if form in _PATTERNS:
        return _PATTERNS[form]
    return {
        "iso": tk._("2020-12-31 14:30 (ISO 8601)"),
        "epoch": tk._("Seconds since 1970"),
        "epoch_ms": tk._("Milliseconds since 1970"),
    }[form]


def zone_title(zone: str) -> str:
    """Where times belong that do not say it."""
    return {
        "+01:00": tk._("MEZ all year (gauges and data loggers mostly)"),
        "Europe/Berlin": tk._("German time with summer time"),
        "UTC": tk._("UTC"),
    }[zone]


def encoding_title(encoding: str) -> str:
    """`Windows`."""
    return {
        "utf-8": "UTF-8",
        "cp1252": tk._("Windows (1252)"),
        "iso-8859-15": "ISO 8859-15",
        "utf-16": "UTF-16",
    }[encoding]


def separator_title(separator: str) -> str:
    """What parts two columns."""
    return {
        "semicolon": tk._("Semicolon ;"),
        "comma": tk._("Comma ,"),
        "tab": tk._("Tabulator"),
        "bar": tk._("Vertical bar |"),
    }[separator]


def decimal_title(decimal: str) -> str:
    """What parts the decimals."""
    return {"comma": tk._("Comma: 12,5"), "point": tk._("Point: 12.5")}[decimal]


def doubt_title(word: str) -> str:
    """Why a value is doubted, in plain words."""
    titles = {
        "range": tk._("outside what this gauge can show"),
        "impossible": tk._("impossible"),
        "spike": tk._("jumps up or down and back"),
        "rate": tk._("changes faster than water does"),
        "flat_line": tk._("stays exactly equal for too long"),
    }
    return titles.get(word, word)


def column_choices(found: Guess) -> list[tuple[str, str]]:
    """The columns of a file by position: `2: Wasserstand`."""
    return [
        (str(position), f"{position}: {name or '–'}"[:60])
        for position, name in enumerate(found.columns, 1)
    ]

"""Why a record or a file cannot be used, in the language of whoever reads it.

The store keeps reasons in English, as the connectors give them. Those that people who send files
meet have a sentence here; any other is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import ckan.plugins.toolkit as tk

_SENTENCES: tuple[tuple[re.Pattern[str], Callable[[], str]], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (
            r"the store holds another value for this time",
            lambda: tk._("There is another value for this time already."),
        ),
        (
            r"the file holds different values for this time",
            lambda: tk._("The file gives different values for this time."),
        ),
        (
            r"the time '(?P<text>.*)' is not .*",
            lambda: tk._("“{text}” is not a time of the chosen form."),
        ),
        (
            r"the time (?P<text>\S+) has no offset.*",
            lambda: tk._("The time {text} has no time zone, and none was chosen."),
        ),
        (
            r"the local time (?P<text>\S+) does not exist.*",
            lambda: tk._("The time {text} did not exist: the clock was put forward that night."),
        ),
        (
            r"the local time (?P<text>\S+) happens twice.*",
            lambda: tk._(
                "The time {text} happened twice, as the clock was put back that night, and the "
                "order of the lines does not tell which one is meant."
            ),
        ),
        (
            r"the time (?P<text>\S+) lies in the future",
            lambda: tk._("The time {text} lies in the future."),
        ),
        (
            r"the time (?P<text>\S+) is before (?P<year>\d+)|"
            r"the time is before (?P<bare>\d+) or more than a year ahead",
            lambda: tk._("The time is before 1990; older values are not kept."),
        ),
        (
            r"value (?P<text>\S+) is a sentinel for a missing value",
            lambda: tk._("{text} is what stations write when they have no value."),
        ),
        (
            r"value (?P<text>.+) is outside (?P<span>.+)",
            lambda: tk._("The value {text} is not possible. Is the unit right?"),
        ),
        (
            r"the value (?P<text>.*) is not a number with decimal .*",
            lambda: tk._("{text} is not a number with the chosen decimal sign."),
        ),
        (
            r"the row has (?P<count>\d+) columns, and no .*",
            lambda: tk._("The line has only {count} columns."),
        ),
        (
            r"the unit (?P<text>.*) of \S+ is not known",
            lambda: tk._("The unit {text} does not belong to what is measured here."),
        ),
        (
            r"the table has no row|the table is empty|the file is empty",
            lambda: tk._("The file holds no line."),
        ),
        (
            r"no row of the table fits the option where",
            lambda: tk._("No line of the file belongs to the chosen station."),
        ),
        (
            r"the (?:table|file) has more than [\d,]+ (?:rows|lines)",
            lambda: tk._(
                "The file has more than 100,000 lines. Please split it, by years for example."
            ),
        ),
        (
            r"the file is larger than (?P<count>\d+) MB",
            lambda: tk._("The file is larger than {count} MB. Please split it, by years."),
        ),
        (
            r"the (?:table|file) is not \S+ \(byte \d+\)|the file is neither UTF-8 .*|"
            r"the file is broken UTF-16",
            lambda: tk._("The letters of the file are not written in the chosen encoding."),
        ),
        (
            r"the file is no text, but of the kind (?:zip|office)",
            lambda: tk._(
                "This is a spreadsheet or an archive. Please save the table as CSV in your "
                "spreadsheet program, and choose that file."
            ),
        ),
        (
            r"the file is no text.*|the reply is an HTML or XML page, not a table",
            lambda: tk._("This is not a table in text form (CSV)."),
        ),
        (
            r"the table has (?:no column|several columns) (?P<text>.*); it has .*",
            lambda: tk._("The file has no column {text}, or several."),
        ),
        (
            r"the table cannot be read: .*",
            lambda: tk._("The file cannot be read as a table with the chosen separator."),
        ),
    )
)


def refusal_sentence(reason: str) -> str:
    """A reason as a sentence for people; the English one where there is none yet."""
    for pattern, sentence in _SENTENCES:
        found = pattern.fullmatch(reason)
        if found:
            return sentence().format(**found.groupdict())
    return reason

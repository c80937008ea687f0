"""Reads what a form or a programme sends, and collects what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import ckan.plugins.toolkit as tk

from ...domain.german_input import (
    NumberAmbiguous,
    NumberRefused,
    TimeDoesNotExist,
    TimeHappensTwice,
    read_number,
    read_time,
)
from ...domain.time import TimeRefused


class Fields:
    """The fields of one request; each reader gives None for what is missing or wrong.

    Call `check` before the values are used: it raises ValidationError with all that is wrong.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.errors: dict[str, list[str]] = {}

    def refuse(self, name: str, sentence: str) -> None:
        """Say what is wrong with a field."""
        self.errors.setdefault(name, []).append(sentence)

    def check(self) -> None:
        """Raise what was found to be wrong.

        Raises:
            ValidationError: with lists of sentences by field.
        """
        if self.errors:
            raise tk.ValidationError(dict(self.errors))

    def number(self, name: str, *, required: bool = True) -> float | None:
        """A number as people write it, `580,5`, or as JSON has it."""
        written = self._given(name, required)
        if written is None:
            return None
        try:
            return read_number(written)
        except NumberAmbiguous:
            self.refuse(
                name,
                tk._("“{text}” can be read in two ways: write 1234 or 1,234.").format(text=written),
            )
        except NumberRefused:
            self.refuse(name, tk._("This is not a number. Write it like 580 or 580,5."))
        return None

    def time(self, name: str, *, required: bool = True) -> datetime | None:
        """An instant; a local time is that of Germany, `<name>_zone` parts the doubled hour."""
        written = self._given(name, required)
        if written is None:
            return None
        zone = self._data.get(f"{name}_zone")
        try:
            return read_time(written, zone if isinstance(zone, str) else None)
        except TimeHappensTwice:
            self.refuse(
                name,
                tk._(
                    "The clock was put back that night, so this time happened twice. Choose "
                    "below whether summer time (MESZ, the first) or winter time (MEZ, the "
                    "second) is meant."
                ),
            )
        except TimeDoesNotExist:
            self.refuse(
                name,
                tk._("The clock was put forward that night, so this time did not exist."),
            )
        except TimeRefused:
            self.refuse(name, tk._("This is not a time. Write it like 25.10.2026 14:30."))
        return None

    def text(self, name: str, *, most: int, required: bool = True) -> str:
        """A text without blanks around it, empty where there is none."""
        written = self._given(name, required)
        if written is None:
            return ""
        if not isinstance(written, str):
            self.refuse(name, tk._("This is not a text."))
            return ""
        if len(written.strip()) > most:
            self.refuse(name, tk._("At most {number} characters, please.").format(number=most))
        return written.strip()

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """One of the words allowed."""
        written = self._given(name, True)
        if written is None or written in allowed:
            return written
        self.refuse(name, tk._("Choose one of these: {words}.").format(words=", ".join(allowed)))
        return None

    def flag(self, name: str) -> bool:
        """Yes or no; no where nothing is said."""
        try:
            return tk.asbool(self._data.get(name) or False)
        except ValueError:
            self.refuse(name, tk._("Say yes or no."))
            return False

    def _given(self, name: str, required: bool) -> Any:
        written = self._data.get(name)
        if written is None or (isinstance(written, str) and not written.strip()):
            if required:
                self.refuse(name, tk._("This is needed."))
            return None
        return written

"""Leaves out of free texts what leads to a person: e-mail addresses and telephone numbers."""

from __future__ import annotations

import re

# The part of a line (or sentence) with one of these goes as a whole: the name stands beside it.
_E_MAIL = re.compile(r"\S@\S")
_TELEPHONE_WORD = re.compile(
    r"\b(tel|telefon|telefax|fax|fon|mobil|handy|phone|puh)\b[\w.]*\W{0,4}\+?\(?\d", re.IGNORECASE
)
# A number as people write it to be called: international, or 0 and an area code and a separator.
_TELEPHONE = re.compile(
    r"(?<![\w.,:/-])(\+|00)\d[\d ()/-]{6,}\d|(?<![\w.,:/-])0\d{2,5} ?[/ -] ?\d{3,}"
)
_PARTS = re.compile(r"(\n|(?<=[.;!?]) (?=[A-ZÄÖÜ]))")


def without_contacts(text: str) -> str:
    """The text without the lines and sentences that hold a contact.

    Names alone cannot be told from those of streets; they stay.
    """
    parts = _PARTS.split(text)
    kept = [part for part in parts if not _holds_contact(part)]
    return "".join(kept).strip()


def _holds_contact(part: str) -> bool:
    return any(pattern.search(part) for pattern in (_E_MAIL, _TELEPHONE_WORD, _TELEPHONE))

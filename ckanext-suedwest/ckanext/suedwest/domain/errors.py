"""What is said when something cannot be used: always the source, the record and the reason."""

from __future__ import annotations

from dataclasses import dataclass

from .message import Message


class SuedwestError(Exception):
    """Root of every error this platform raises on purpose."""


class PayloadRefused(SuedwestError):
    """A whole reply cannot be read: not JSON, truncated, an error page, of another shape.

    Nothing of it is used; what the store holds stays as it is.
    """


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that cannot be used, kept for the quarantine; its neighbours go on.

    `record` names it in the source's own words (station and series, or its position), `reason`
    is one English sentence, `payload` the record as text, cut to what the quarantine keeps.
    `message` is the message it came in, where that may be kept to be read again; a connector
    does not give it.
    """

    record: str
    reason: str
    payload: str = ""
    message: Message | None = None

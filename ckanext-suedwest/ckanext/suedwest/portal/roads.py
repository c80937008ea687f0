"""What is closed and restricted on the roads of a municipality, as sentences; no topic owns it:
the pages of traffic, of a flood night and of a municipality all tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ckan.common import _
from markupsafe import Markup

from ..domain.event import Direction, Effect, Event, Span
from ..domain.freshness import Freshness
from ..domain.time import BERLIN
from ..observations.store_access import read_engine
from ..store.events import EventFeed, EventRow, feeds_of, read_events
from . import formats

LATE_AFTER = timedelta(hours=2)
SILENT_AFTER = timedelta(hours=12)
"""Ages of the last complete reading of a feed; events change by the day, not by the minute."""

When = Literal["now", "today", "later"]


@dataclass(frozen=True, slots=True)
class RoadLine:
    """One event as plain text; `validity` says from when to when."""

    title: str
    description: str
    validity: str
    effect: Effect
    when: When
    operator: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Roads:
    """What holds now or begins later; `checked` is the age of the oldest feed, its state first.

    `known` is False where no feed tells of this municipality: then nothing is known, and nothing
    may be called open. `reliable`: all feeds were read lately and none lacks what it had.
    """

    lines: tuple[RoadLine, ...]
    known: bool
    reliable: bool
    checked: str
    checked_sign: Markup
    attributions: tuple[str, ...]

    def of(self, *whens: When, closed: bool | None = None) -> tuple[RoadLine, ...]:
        """The lines of these times; only closures, or only what is no closure."""
        return tuple(
            each
            for each in self.lines
            if each.when in whens and (closed is None or (each.effect is Effect.CLOSED) is closed)
        )

    @property
    def closed_today(self) -> tuple[RoadLine, ...]:
        """What is closed now, and what will be closed later today."""
        return self.of("now", "today", closed=True)

    @property
    def restricted_today(self) -> tuple[RoadLine, ...]:
        """What hinders without closing, now or later today."""
        return self.of("now", "today", closed=False)

    @property
    def later(self) -> tuple[RoadLine, ...]:
        """What begins on another day."""
        return self.of("later")


def roads(municipality: str, now: datetime, lang: str) -> Roads:
    """The events a municipality shows; what is over is left out."""
    engine = read_engine()
    rows = read_events(engine, municipality=municipality)
    return told(rows, feeds_of(engine, municipality), now, lang)


def is_told(municipality: str) -> bool:
    """Whether a feed tells or told of the roads of a municipality."""
    return bool(feeds_of(read_engine(), municipality))


def version(municipality: str) -> str:
    """Another text whenever a feed that tells of a municipality was read or checked again."""
    feeds = feeds_of(read_engine(), municipality)
    return " ".join(f"{each.source_id} {formats.iso(each.read_at)}" for each in feeds)


def told(rows: Sequence[EventRow], feeds: Sequence[EventFeed], now: datetime, lang: str) -> Roads:
    """The same from what the store has."""
    lines = [
        _line(row, span, now, lang) for row in rows if (span := _span(row.event, now)) is not None
    ]
    lines.sort(key=lambda line: (_ORDER[line.when], line.effect is not Effect.CLOSED, line.title))
    oldest = min((feed.read_at for feed in feeds), default=None)
    state = _state(oldest, now)
    checked = ""
    if oldest is not None:
        age = formats.age_words(oldest, now, lang)
        checked = (
            _("checked {age}").format(age=age)
            if state is Freshness.LIVE
            else _("not checked any more since {time}").format(
                time=formats.since(oldest, now, lang)
            )
        )
    said = (row.event.licence.attribution or row.event.operator.name for row in rows)
    return Roads(
        tuple(lines),
        bool(feeds),
        state is Freshness.LIVE and not any(feed.shrunk_at for feed in feeds),
        checked,
        formats.freshness_sign(state),
        tuple(dict.fromkeys(said)),
    )


def summary(found: Roads) -> str:
    """A sentence on what is closed, `2 closures today.`; empty where nothing is known."""
    if not found.known:
        return ""
    closed, restricted = len(found.closed_today), len(found.restricted_today)
    if closed:
        return (
            _("{number} road closures today.").format(number=closed)
            if closed > 1
            else _("One road closure today.")
        )
    if restricted:
        return (
            _("No road is reported closed today, {number} are restricted.").format(
                number=restricted
            )
            if restricted > 1
            else _("No road is reported closed today, one is restricted.")
        )
    return _("No road is reported closed today.")


_ORDER: dict[When, int] = {"now": 0, "today": 1, "later": 2}


def _state(read_at: datetime | None, now: datetime) -> Freshness:
    if read_at is None or now - read_at >= SILENT_AFTER:
        return Freshness.SILENT
    return Freshness.LATE if now - read_at >= LATE_AFTER else Freshness.LIVE


def _span(event: Event, now: datetime) -> Span | None:
    """The span that holds now, or the next one; None when all are over."""
    return next((span for span in event.spans if span.end is None or span.end > now), None)


def _line(row: EventRow, span: Span, now: datetime, lang: str) -> RoadLine:
    event = row.event
    roads_named = ", ".join(event.roads)
    effect = _effect(event)
    return RoadLine(
        title=f"{roads_named}: {effect}" if roads_named else effect,
        description=event.description,
        validity=_validity(event, span, now, lang),
        effect=event.effect,
        when=_when(span, now),
        operator=event.operator.name,
        simulated=row.simulated,
    )


def _effect(event: Event) -> str:
    words = {
        Effect.CLOSED: _("road closed"),
        Effect.LANES_CLOSED: _("lanes closed"),
        Effect.RESTRICTED: _("restricted"),
        Effect.UNKNOWN: _("roadworks, effect not reported"),
    }[event.effect]
    if event.effect is not Effect.UNKNOWN and event.direction is Direction.ONE:
        words = _("{effect} in one direction").format(effect=words)
    return words


def _when(span: Span, now: datetime) -> When:
    if span.holds(now):
        return "now"
    same_day = span.start.astimezone(BERLIN).date() == now.astimezone(BERLIN).date()
    return "today" if same_day else "later"


def _validity(event: Event, span: Span, now: datetime, lang: str) -> str:
    end = (
        _("end not reported")
        if span.end is None
        else _("until {time}").format(time=_time(span.end, now, lang, ends=True))
    )
    if span.start > now:
        begins = _("begins {time}").format(time=_time(span.start, now, lang))
        said = f"{begins}, {end}"
    else:
        began = _("since {time}").format(time=_day(span.start, now, lang))
        said = f"{began}, {end}"
    return f"{said}; {_('only at certain hours')}" if event.intermittent else said


def _time(instant: datetime, now: datetime, lang: str, *, ends: bool = False) -> str:
    """Day and hour; midnight is the end of the day before, and the beginning of its own."""
    local = instant.astimezone(BERLIN)
    if (local.hour, local.minute) == (0, 0):
        return _day(instant - timedelta(seconds=1) if ends else instant, now, lang)
    return f"{_day(instant, now, lang)}, {formats.clock(instant, lang)}"


def _day(instant: datetime, now: datetime, lang: str) -> str:
    local, today = instant.astimezone(BERLIN).date(), now.astimezone(BERLIN).date()
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((local - today).days)
    if near and not formats.are_absolute():
        return near
    return formats.long_date(local, lang, year=formats.are_absolute() or local.year != today.year)

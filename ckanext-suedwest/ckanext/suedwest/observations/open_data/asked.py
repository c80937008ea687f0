"""Reads what was asked for; whatever makes no sense is refused in a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ckan import model
from ckan.common import _
from flask import request
from sqlalchemy import Engine

from ...domain.time import DayRule, TimeRefused, day_span, parse_instant
from ...store.query import StationRow, station_by_slug, stations
from .answers import RequestRefused
from .records import KINDS, operator_key

FILTERS = ("municipality", "kind", "operator")
FEWEST_ROWS, DEFAULT_ROWS, MOST_ROWS = 1, 10_000, 50_000
RESOLUTIONS = {
    "raw": timedelta(days=7),
    "hour": timedelta(days=31),
    "day": timedelta(days=366),
}
"""Names of resolutions, each with the span it covers up to now when no start is asked for."""

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST = 200
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
# In a query a plus sign stands for a blank, and hardly anybody thinks of that.
_LOST_PLUS = re.compile(r" (\d{2}:?\d{2})$")


@dataclass(frozen=True, slots=True)
class Span:
    """`[start, end)` of a series in UTC, at most `limit` rows of one resolution."""

    start: datetime
    end: datetime
    resolution: str
    limit: int


def only(*names: str) -> None:
    """Refuse parameters that this path does not know: a typing error would answer too much."""
    unknown = sorted(set(request.args) - set(names))
    if unknown:
        known = ", ".join(names) or "–"
        raise RequestRefused(
            400,
            _("There is no parameter {name}. This address knows: {known}.").format(
                name=unknown[0][:_LONGEST], known=known
            ),
        )
    repeated = next((name for name in names if len(request.args.getlist(name)) > 1), None)
    if repeated:
        raise RequestRefused(400, _("{name} may be given once only.").format(name=repeated))
    for name in names:
        value = request.args.get(name, "")
        if len(value) > _LONGEST or "\x00" in value:
            raise RequestRefused(400, _("{name} is no usable text.").format(name=name))


def format_name(extension: str | None, allowed: tuple[str, ...]) -> str:
    """The format by the end of the path, else by `format`, else JSON."""
    name = extension or request.args.get("format") or "json"
    if name not in allowed:
        raise RequestRefused(
            404 if extension else 400,
            _("There is no format {name} here, but these: {known}.").format(
                name=name[:_LONGEST], known=", ".join(allowed)
            ),
        )
    return name


def filtered(engine: Engine) -> list[StationRow]:
    """The stations that the filters of the query leave, those that a municipality shows.

    Raises:
        RequestRefused: for a kind or a municipality that does not exist; one without stations
            gets an empty list.
    """
    municipality = request.args.get("municipality") or None
    kind = request.args.get("kind") or None
    operator = request.args.get("operator") or None
    if kind is not None and kind not in KINDS:
        raise RequestRefused(
            400,
            _("There is no kind {name}, but these: {known}.").format(
                name=kind, known=", ".join(KINDS)
            ),
        )
    found = [
        each
        for each in stations(engine, municipality=municipality, kind=kind)
        if each.municipalities and (operator is None or operator_key(each) == operator)
    ]
    if not found:
        require_municipality(municipality)
    return found


def require_municipality(name: str | None) -> None:
    """Refuse a municipality that does not exist; None is all of them."""
    if name is not None and not _is_organization(name):
        raise RequestRefused(404, _("There is no municipality with this name."))


def station(engine: Engine, slug: str) -> StationRow:
    """The public station with this address.

    Raises:
        RequestRefused: when there is none.
    """
    found = None if "\x00" in slug else station_by_slug(engine, slug)
    if found is None or not found.municipalities:
        raise RequestRefused(404, _("There is no station with this address."))
    return found


def span(rule: DayRule, now: datetime) -> Span:
    """The span of a series from `start`, `end`, `resolution` and `limit`.

    A day without a time begins by the day rule of the datastream. A start that is not told is a
    full hour, so that who asks again within it may be told that nothing is new.
    """
    resolution = request.args.get("resolution") or "raw"
    if resolution not in RESOLUTIONS:
        raise RequestRefused(
            400,
            _("There is no resolution {name}, but these: {known}.").format(
                name=resolution, known=", ".join(RESOLUTIONS)
            ),
        )
    end = _time("end", rule)
    start = _time("start", rule)
    if start is None:
        hour = min(end or now, now).replace(minute=0, second=0, microsecond=0)
        start = hour - RESOLUTIONS[resolution]
    if end is not None and start >= end:
        raise RequestRefused(400, _("The start has to come before the end."))
    return Span(start, end or _LATEST, resolution, _limit())


def month(text: str, today: date) -> date:
    """The first day of a month like `2026-10`."""
    matched = _MONTH.fullmatch(text)
    if not matched or not (1 <= int(matched[2]) <= 12 and 1900 <= int(matched[1]) < 2200):
        raise RequestRefused(
            404, _("A month is written like {example}.").format(example=f"{today:%Y-%m}")
        )
    return date(int(matched[1]), int(matched[2]), 1)


def _limit() -> int:
    text = request.args.get("limit")
    if text is None or text == "":
        return DEFAULT_ROWS
    if not re.fullmatch(r"[0-9]{1,6}", text) or not FEWEST_ROWS <= int(text) <= MOST_ROWS:
        raise RequestRefused(
            400,
            _("limit is a whole number from {least} to {most}.").format(
                least=FEWEST_ROWS, most=MOST_ROWS
            ),
        )
    return int(text)


def _time(name: str, rule: DayRule) -> datetime | None:
    text = request.args.get(name)
    if not text:
        return None
    refused = RequestRefused(
        400,
        _("{name} is a day like 2026-10-25, or a time with its offset like {example}.").format(
            name=name, example="2026-10-25T02:30:00+01:00"
        ),
    )
    try:
        if _DAY.fullmatch(text):
            found, _end = day_span(date.fromisoformat(text), rule)
        else:
            found = parse_instant(_LOST_PLUS.sub(r"+\1", text))
    except (TimeRefused, ValueError, OverflowError):
        raise refused from None
    if not _EARLIEST <= found <= _LATEST:
        raise refused
    return found


def _is_organization(name: str) -> bool:
    group = model.Group.get(name)
    return group is not None and group.is_organization and group.state == model.State.ACTIVE

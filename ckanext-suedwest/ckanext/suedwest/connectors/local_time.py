"""Times as sources write them: with an offset, as a count since 1970, or local and without one.

A local time is only an instant together with its zone, and in the night of the October clock
change not even then: the hour from two to three happens twice. Such a time is refused, unless the
source may be trusted to list its rows in order and the list shows the hour twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..domain.time import TimeRefused
from .json_payload import kind_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTS = {"epoch": 1.0, "epoch_ms": 1e-3}
_DOTNET = re.compile(r"/Date\((-?\d{1,17})\)/")
_OFFSET = re.compile(r"[+-]\d\d:\d\d", re.ASCII)
# The abbreviations German services write; strptime knows only those of its own machine.
_ABBREVIATIONS = {
    "MEZ": "+0100",
    "CET": "+0100",
    "MESZ": "+0200",
    "CEST": "+0200",
    "UTC": "+0000",
    "GMT": "+0000",
    "Z": "+0000",
}
_ABBREVIATED = re.compile(rf"\b({'|'.join(_ABBREVIATIONS)})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOptions:
    """How a source writes its times.

    Attributes:
        format: `iso` (ISO 8601), `epoch` or `epoch_ms` (seconds or milliseconds since 1970, UTC),
            `dotnet` (`/Date(milliseconds)/`), or a pattern of `datetime.strptime`; `%Z` at its
            end reads MEZ, MESZ, CET, CEST, UTC and GMT.
        zone: where times without an offset belong: an IANA name (`Europe/Berlin`) or a fixed
            offset (`+01:00` for MEZ all year). Without it such times are refused.
        fold: what becomes of a time that happens twice: `refuse`, or `order` to tell by the order
            of the rows.
    """

    format: str = "iso"
    zone: str | None = None
    fold: Literal["refuse", "order"] = "refuse"

    def __post_init__(self) -> None:
        if self.format not in ("iso", "dotnet", *_COUNTS) and "%" not in self.format:
            raise ValueError(
                f"format {self.format!r} is neither iso, epoch, epoch_ms, dotnet nor a pattern"
            )
        if self.zone is not None:
            find_zone(self.zone)


def find_zone(name: str) -> tzinfo:
    """The zone of an IANA name or of a fixed offset like `+01:00`.

    Raises:
        ValueError: there is none.
    """
    try:
        if _OFFSET.fullmatch(name):
            hours, minutes = int(name[:3]), int(name[0] + name[4:])
            return timezone(timedelta(hours=hours, minutes=minutes))
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"zone {name[:60]!r} is neither a known zone nor like +01:00") from None


def read_instants(written: Sequence[object], options: TimeOptions) -> list[datetime | TimeRefused]:
    """The instants (UTC) of the rows of one series, or for each why it is none."""
    read = [_read(value, options) for value in written]
    zone = None if options.zone is None else find_zone(options.zone)
    later = _later_passes(read, zone) if options.fold == "order" and zone else {}
    return [
        time
        if isinstance(time, TimeRefused) or time.tzinfo is UTC
        else _localised(time, zone, later.get(position))
        for position, time in enumerate(read)
    ]


def read_instant(written: object, options: TimeOptions) -> datetime:
    """The instant (UTC) of one time that stands alone.

    Raises:
        TimeRefused: it is none, or cannot be told from another one.
    """
    (time,) = read_instants([written], options)
    if isinstance(time, TimeRefused):
        raise time
    return time


def needs_zone(written: Sequence[object], form: str) -> bool:
    """Whether a time of this form among them has no offset of its own."""
    return any(
        isinstance(time, datetime) and time.tzinfo is None
        for time in (_read(each, TimeOptions(format=form)) for each in written)
    )


def _read(written: object, options: TimeOptions) -> datetime | TimeRefused:
    """An instant in UTC, or a naive local time."""
    try:
        time = _parse(written, options.format)
        return time if time.tzinfo is None else time.astimezone(UTC)
    except TimeRefused as error:
        return error
    except (ValueError, OverflowError):
        pattern = "ISO 8601" if options.format == "iso" else f"of the form {options.format}"
        return TimeRefused(f"the time {str(written)[:40]!r} is not {pattern}")


def _parse(written: object, form: str) -> datetime:
    if form in _COUNTS:
        return _EPOCH + timedelta(seconds=_number(written) * _COUNTS[form])
    if not isinstance(written, str):
        raise TimeRefused(f"the time is {kind_of(written)}, not a text")
    text = written.strip()
    if form == "iso":
        return datetime.fromisoformat(text)
    if form == "dotnet":
        found = _DOTNET.fullmatch(text)
        if not found:
            raise ValueError
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    if form.endswith("%Z"):
        text = _ABBREVIATED.sub(lambda found: _ABBREVIATIONS[found[1]], text)
        form = form[:-1] + "z"
    return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is joined later


def _number(written: object) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        raise TimeRefused(f"the time is {kind_of(written)}, not a number")
    number = float(written)
    if not math.isfinite(number):
        raise ValueError
    return number


def _localised(time: datetime, zone: tzinfo | None, later: bool | None) -> datetime | TimeRefused:
    """A local time in UTC; `later` tells which of two passes is meant, None: not known."""
    if zone is None:
        return TimeRefused(f"the time {time.isoformat()} has no offset, and no zone is known")
    try:
        first, second = (time.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return TimeRefused(f"the time {time.isoformat()} is outside the calendar")
    if first == second:
        return first
    if first > second:
        return TimeRefused(
            f"the local time {time.isoformat()} does not exist: the clock was put forward"
        )
    if later is None:
        return TimeRefused(
            f"the local time {time.isoformat()} happens twice: the clock was put back"
        )
    return second if later else first


def _later_passes(times: Sequence[datetime | TimeRefused], zone: tzinfo) -> dict[int, bool]:
    """For the rows within a doubled hour: whether each is of the second pass.

    Only a run of rows in which the clock jumps against the order of the list, once, shows both
    passes; a run without the jump may be either hour, and stays unknown.
    """
    local = [
        (position, time)
        for position, time in enumerate(times)
        if isinstance(time, datetime) and time.tzinfo is None
    ]
    steps = [later > earlier for (_, earlier), (_, later) in _pairs(local) if later != earlier]
    rising = 2 * sum(steps) > len(steps)
    if 2 * sum(steps) == len(steps):
        return {}
    passes: dict[int, bool] = {}
    for run in _doubled_runs(local, zone):
        jumps = [
            index
            for index, ((_, earlier), (_, later)) in enumerate(_pairs(run), start=1)
            if later != earlier and (later > earlier) != rising
        ]
        if len(jumps) == 1:
            for index, (position, _) in enumerate(run):
                passes[position] = (index >= jumps[0]) == rising
    return passes


_Row = tuple[int, datetime]


def _pairs(rows: list[_Row]) -> list[tuple[_Row, _Row]]:
    return list(zip(rows, rows[1:], strict=False))


def _doubled_runs(rows: list[_Row], zone: tzinfo) -> list[list[_Row]]:
    """Neighbouring rows whose local time happens twice, of one night each."""
    runs: list[list[_Row]] = []
    within = False
    for position, time in rows:
        doubled = _is_doubled(time, zone)
        if doubled and within and runs[-1][-1][1].date() == time.date():
            runs[-1].append((position, time))
        elif doubled:
            runs.append([(position, time)])
        within = doubled
    return runs


def _is_doubled(time: datetime, zone: tzinfo) -> bool:
    offsets = [time.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    first, second = offsets
    return first is not None and second is not None and first > second

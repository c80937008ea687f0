"""How numbers, times and states read on the pages, in German and in English.

Pure functions but for `absolute_times`; `lang` is `de` or `en`. Levels arrive in centimetres and
are shown in metres. Every
space before a unit is U+00A0, every minus is U+2212. Clock times are those of Europe/Berlin.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup, escape

from ..domain.freshness import Freshness
from ..domain.time import BERLIN
from ..domain.trend import Direction, Trend

NO_BREAK = "\u00a0"
MINUS = "\u2212"

_absolute: ContextVar[bool] = ContextVar("absolute_times", default=False)

_WEEKDAYS = {
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_WEEKDAYS_LONG = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
}
_TRENDS = {
    Direction.RISING_FAST: {"de": "steigt schnell", "en": "rising fast"},
    Direction.RISING: {"de": "steigt langsam", "en": "rising slowly"},
    Direction.STEADY: {"de": "gleichbleibend", "en": "steady"},
    Direction.FALLING: {"de": "fällt langsam", "en": "falling slowly"},
    Direction.FALLING_FAST: {"de": "fällt schnell", "en": "falling fast"},
}
_FRESHNESS_SIGNS = {
    Freshness.LIVE: "f-live",
    Freshness.LATE: "f-late",
    Freshness.SILENT: "f-silent",
    Freshness.IMPLAUSIBLE: "f-implausible",
    Freshness.OUT_OF_SERVICE: "f-out",
}
_TREND_SIGNS = {
    Direction.RISING_FAST: "t-up2",
    Direction.RISING: "t-up1",
    Direction.STEADY: "t-flat",
    Direction.FALLING: "t-dn1",
    Direction.FALLING_FAST: "t-dn2",
}


def number(value: float, lang: str, decimals: int = 0) -> str:
    """`219.001` or `219,001`, rounded to `decimals`; what rounds to nothing has no minus."""
    text = f"{abs(value):,.{decimals}f}"
    if lang == "de":
        text = text.translate(str.maketrans(",.", ".,"))
    negative = value < 0 and float(f"{abs(value):.{decimals}f}") != 0
    return f"{MINUS}{text}" if negative else text


def level_metres(centimetres: float, lang: str) -> str:
    """`1,24 m`."""
    return f"{number(centimetres / 100, lang, 2)}{NO_BREAK}m"


def difference(centimetres: float, lang: str) -> str:
    """`86 cm`, from one metre on `1,25 m`; without a sign."""
    size = abs(centimetres)
    if round(size) < 100:
        return f"{number(round(size), lang)}{NO_BREAK}cm"
    return level_metres(size, lang)


def rate(cm_per_hour: float, lang: str) -> str:
    """`14 cm/h`; without a sign."""
    return f"{number(round(abs(cm_per_hour)), lang)}{NO_BREAK}cm/h"


COUNTED = frozenset({"vehicles", "docks", "points", "count"})
"""Units that are numbers of things; what is counted stands beside, not behind the number."""


def quantity(value: float, unit: str, lang: str) -> str:
    """A result in its unit: levels (`cm`) in metres, elevations with two decimals.

    A class is an ordinal and stands before its number. A number of things has no unit behind it;
    only a mean of several has a decimal.
    """
    if unit in COUNTED:
        return number(value, lang, 0 if value == round(value) or abs(value) >= 100 else 1)
    if unit == "cm":
        return level_metres(value, lang)
    if unit == "m":
        return f"{number(value, lang, 2)}{NO_BREAK}m"
    if unit == "class":
        return f"{'Klasse' if lang == 'de' else 'class'}{NO_BREAK}{number(value, lang, 0)}"
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{number(value, lang, decimals)}{NO_BREAK}{unit}"


def trend_words(trend: Trend, lang: str) -> str:
    """A trend in two words at most."""
    return _TRENDS[trend.direction][lang]


def zone_name(instant: datetime, lang: str) -> str:
    """`MEZ` or `MESZ` (in English `CET` or `CEST`) at an instant."""
    summer = bool(instant.astimezone(BERLIN).dst())
    if lang == "de":
        return "MESZ" if summer else "MEZ"
    return "CEST" if summer else "CET"


def clock(instant: datetime, lang: str, *, zone: bool = False) -> str:
    """`15:30 Uhr`, with `zone` or in the hour that happens twice `2:30 Uhr MEZ`."""
    local = instant.astimezone(BERLIN)
    text = f"{local.hour}:{local.minute:02d}"
    if lang == "de":
        text += f"{NO_BREAK}Uhr"
    other = local.replace(fold=1 - local.fold)
    if zone or other.utcoffset() != local.utcoffset():
        text += f"{NO_BREAK}{zone_name(instant, lang)}"
    return text


def day_label(day: date, lang: str) -> str:
    """`Mi 23.9.` or `Wed 23 Sep`."""
    weekday = _WEEKDAYS[lang][day.weekday()]
    if lang == "de":
        return f"{weekday} {day.day}.{day.month}."
    return f"{weekday} {day.day} {_MONTHS['en'].split()[day.month - 1][:3]}"


def long_date(day: date, lang: str, *, year: bool = False) -> str:
    """`12. September` or `12 September`, with `year` `12. September 2026`."""
    month = _MONTHS[lang].split()[day.month - 1]
    text = f"{day.day}.{NO_BREAK}{month}" if lang == "de" else f"{day.day}{NO_BREAK}{month}"
    return f"{text} {day.year}" if year else text


def weekday_date(instant: datetime, lang: str) -> str:
    """`Dienstag, 29. September 2026`."""
    local = instant.astimezone(BERLIN)
    return f"{_WEEKDAYS_LONG[lang][local.weekday()]}, {long_date(local.date(), lang, year=True)}"


@contextmanager
def absolute_times() -> Iterator[None]:
    """Within the block no words depend on when they are read: dates and clock times, no ages."""
    token = _absolute.set(True)
    try:
        yield
    finally:
        _absolute.reset(token)


def are_absolute() -> bool:
    """Whether this is within `absolute_times`."""
    return _absolute.get()


def moment(instant: datetime, now: datetime, lang: str) -> str:
    """A moment as one says it today: `15:30 Uhr`, `gestern, 18:15 Uhr`, `am 12. September`."""
    local, today = instant.astimezone(BERLIN).date(), now.astimezone(BERLIN).date()
    if _absolute.get():
        return moment_absolute(instant, lang)
    if local == today:
        return f"{'um ' if lang == 'de' else 'at '}{clock(instant, lang)}"
    if local == today - timedelta(days=1):
        return f"{'gestern' if lang == 'de' else 'yesterday'}, {clock(instant, lang)}"
    year = local.year != today.year
    return f"{'am' if lang == 'de' else 'on'} {long_date(local, lang, year=year)}"


def moment_absolute(instant: datetime, lang: str) -> str:
    """`Mo 23.11.2026, 10:50 Uhr MEZ`: a moment for whoever reads it whenever."""
    local = instant.astimezone(BERLIN)
    space = "" if lang == "de" else " "
    return f"{day_label(local.date(), lang)}{space}{local.year}, {clock(instant, lang, zone=True)}"


def since(instant: datetime, now: datetime, lang: str) -> str:
    """`15:30 Uhr`, `gestern, 18:15 Uhr`, `12. September`: what follows „seit“."""
    prepositions = ("um ", "am ") if lang == "de" else ("at ", "on ")
    text = moment(instant, now, lang)
    return text.removeprefix(prepositions[0]).removeprefix(prepositions[1])


def age_words(instant: datetime, now: datetime, lang: str) -> str:
    """`gerade eben`, `vor 9 Minuten`, `vor 3 Stunden`, `gestern, 18:15 Uhr`, `am 12. September`."""
    if _absolute.get():
        return moment(instant, now, lang)
    age = now - instant
    if age < timedelta(minutes=1):
        return "gerade eben" if lang == "de" else "just now"
    if instant.astimezone(BERLIN).date() != now.astimezone(BERLIN).date() and age >= timedelta(
        hours=3
    ):
        return moment(instant, now, lang)
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return _ago(minutes, "Minute", "minute", lang)
    return _ago(minutes // 60, "Stunde", "hour", lang)


def _ago(count: int, german: str, english: str, lang: str) -> str:
    if lang == "de":
        return f"vor {count} {german}{'n' if count != 1 else ''}"
    return f"{count} {english}{'s' if count != 1 else ''} ago"


def freshness_words(
    state: Freshness, instant: datetime | None, now: datetime, lang: str, reason: str | None = None
) -> str:
    """What stands beside a value: its age, and in front of it the state when it is not live."""
    if state is Freshness.OUT_OF_SERVICE:
        words = "außer Betrieb" if lang == "de" else "out of service"
        if instant is None:
            return words
        return f"{words} {'seit' if lang == 'de' else 'since'} {since(instant, now, lang)}"
    if instant is None:
        return "noch kein Wert" if lang == "de" else "no value yet"
    if state is Freshness.SILENT:
        start = "stumm seit" if lang == "de" else "silent since"
        return f"{start} {since(instant, now, lang)}"
    age = age_words(instant, now, lang)
    if state is Freshness.LATE:
        return f"{'verspätet' if lang == 'de' else 'late'}, {age}"
    if state is Freshness.IMPLAUSIBLE:
        words = "angezweifelt" if lang == "de" else "doubted"
        return f"{words}: {reason}, {age}" if reason else f"{words}, {age}"
    return age


def live_words(
    state: Freshness, instant: datetime | None, until: datetime | None, now: datetime, lang: str
) -> Markup:
    """As `freshness_words`, and the script of an open page keeps age and state true.

    `until` is when a live value stops being one.
    """
    words = freshness_words(state, instant, now, lang)
    if instant is None or state not in (Freshness.LIVE, Freshness.LATE):
        return escape(words)
    age = age_words(instant, now, lang)
    # Only what is told as an age goes on; a clock time stays what it is.
    goes_on = not _absolute.get() and now - instant < timedelta(hours=3)
    return live_time(
        words,
        instant,
        until if state is Freshness.LIVE else None,
        age=words.removesuffix(age) if goes_on else None,
    )


def live_time(
    words: str, instant: datetime, until: datetime | None, *, age: str | None = None
) -> Markup:
    """`<time>` of a value that is marked as late from `until` on, also in a page left open.

    `age` says that `words` tell an age, and what stands in front of it there.
    """
    ends = Markup("") if until is None else Markup(' data-live-until="{}"').format(iso(until))
    told = Markup("") if age is None else Markup(' data-age="{}"').format(age)
    return Markup('<time datetime="{}"{}{}>{}</time>').format(iso(instant), told, ends, words)


def freshness_sign(state: Freshness) -> Markup:
    """The sign that stands before the age; shapes as in the template `suedwest/symbols.html`."""
    return _sign("sym-fresh", _FRESHNESS_SIGNS[state])


def trend_sign(trend: Trend) -> Markup:
    """An arrow drawn as SVG, because phones turn arrows of Unicode into emoji."""
    return _sign("trend", _TREND_SIGNS[trend.direction])


def class_sign(severity: int | None) -> Markup:
    """Triangle, diamond, square or octagon for the classes 1 to 4, else an empty circle."""
    return _sign("sym", f"l{severity if severity in (1, 2, 3, 4) else 0}")


LOW_WATER_SIGN = Markup('<svg class="sym" aria-hidden="true"><use href="#low"/></svg>')
NO_VALUE_SIGN = Markup('<svg class="sym" aria-hidden="true"><use href="#none"/></svg>')


def _sign(style: str, symbol: str) -> Markup:
    return Markup('<svg class="{}" aria-hidden="true"><use href="#{}"/></svg>').format(
        style, symbol
    )


def hours_words(length: timedelta, lang: str) -> str:
    """Length of a gap: `45 Minuten`, `5½ Stunden`, `3 Tage`."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 90:
        return f"{minutes} {'Minuten' if lang == 'de' else 'minutes'}"
    halves = round(minutes / 30)
    if halves < 96:
        whole, half = divmod(halves, 2)
        return f"{whole}{'½' if half else ''} {'Stunden' if lang == 'de' else 'hours'}"
    return f"{round(minutes / 1440)} {'Tage' if lang == 'de' else 'days'}"


def iso(instant: datetime) -> str:
    """An instant for `<time datetime>` and for files: ISO 8601 in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

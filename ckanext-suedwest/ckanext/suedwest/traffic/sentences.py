"""What is said of a car park, a station of shared vehicles, a charging site or a counter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ckan.common import _, ungettext

from ..domain.freshness import Freshness
from ..domain.time import BERLIN
from ..domain.units import (
    BICYCLE_COUNT,
    HEAVY_VEHICLE_COUNT,
    MOTOR_VEHICLE_COUNT,
    PEDESTRIAN_COUNT,
)
from ..portal import formats
from .availability import Availability, Filling, Mode

_DAY = timedelta(days=1)


def mode_title(mode: Mode) -> str:
    """What a list of this mode is called."""
    return {
        Mode.PARKING: _("Parking"),
        Mode.CHARGING: _("Charging"),
        Mode.SHARING: _("Sharing"),
        Mode.COUNTER: _("Counting sites"),
    }[mode]


def offer(one: Availability, lang: str) -> str:
    """What the number of now means, `of 240 spaces free`; or why there is none."""
    if one.closed:
        return _("closed")
    if one.value is None:
        return _capacity(one, lang)
    if one.mode is Mode.PARKING:
        if one.of is None:
            return _("spaces free")
        return _("of {number} spaces free").format(number=_number(one.of, lang))
    if one.mode is Mode.CHARGING:
        if one.of is None:
            return _("charging points free")
        return ungettext(
            "of {number} charging point free", "of {number} charging points free", int(one.of)
        ).format(number=_number(one.of, lang))
    if one.mode is Mode.SHARING:
        words = ungettext("vehicle to rent", "vehicles to rent", int(one.value))
        if one.also is not None:
            places = ungettext(
                "{number} place to return", "{number} places to return", int(one.also)
            )
            words += f", {places.format(number=_number(one.also, lang))}"
        return words
    return counted(one, lang)


def counted(one: Availability, lang: str) -> str:
    """`bicycles from 9:00 to 10:00`: what a count counts, and of which time."""
    stream = one.datastream
    if stream is None or one.time is None:
        return ""
    what = {
        BICYCLE_COUNT.name: _("bicycles"),
        PEDESTRIAN_COUNT.name: _("pedestrians"),
        MOTOR_VEHICLE_COUNT.name: _("motor vehicles"),
        HEAVY_VEHICLE_COUNT.name: _("heavy vehicles"),
    }.get(stream.observed_property, _("passages"))
    if stream.interval is None:
        return what
    if stream.interval >= _DAY:
        day = formats.long_date(one.time.astimezone(BERLIN).date(), lang)
        return _("{what} on {day}").format(what=what, day=day)
    return _("{what} from {start} to {end}").format(
        what=what,
        start=formats.clock(one.time, lang).removesuffix(f"{formats.NO_BREAK}Uhr"),
        end=formats.clock(one.time + stream.interval, lang),
    )


def filling_words(filling: Filling | None) -> str:
    """Where a car park goes, in two words; empty where it is not known."""
    if filling is None:
        return ""
    return {
        Filling.FULLER: _("getting fuller"),
        Filling.STEADY: _("hardly changing"),
        Filling.EMPTIER: _("getting emptier"),
    }[filling]


def full_sentence(one: Availability, lang: str) -> str:
    """The same in a sentence of its own, for who hears it."""
    if one.closed:
        return _("Closed at the moment.")
    if one.value is None:
        return ""
    if one.mode is Mode.PARKING and one.value == 0:
        return _("No space is free.")
    words = offer(one, lang)
    return f"{_number(one.value, lang)} {words}." if words else ""


def summary(shown: Sequence[Availability], lang: str) -> str:
    """What the car parks offer together; of other modes how many there are."""
    parts = [_parking([each for each in shown if each.mode is Mode.PARKING], lang)]
    charging = [each for each in shown if each.mode is Mode.CHARGING]
    known = [each for each in charging if each.value is not None and each.of is not None]
    if known:
        parts.append(
            _("{free} of {total} charging points are free.").format(
                free=_number(sum(each.value or 0 for each in known), lang),
                total=_number(sum(each.of or 0 for each in known), lang),
            )
        )
    sharing = [each for each in shown if each.mode is Mode.SHARING and each.value is not None]
    if sharing:
        vehicles = int(sum(each.value or 0 for each in sharing))
        parts.append(
            ungettext(
                "{number} vehicle can be rented.", "{number} vehicles can be rented.", vehicles
            ).format(number=_number(vehicles, lang))
        )
    return " ".join(part for part in parts if part)


def none_silent(shown: Sequence[Availability]) -> str:
    """How many stations tell nothing of now; empty when all do."""
    silent = sum(
        each.state not in (Freshness.LIVE, Freshness.LATE) and each.mode is not Mode.COUNTER
        for each in shown
    )
    if not silent:
        return ""
    return ungettext(
        "{number} station tells nothing of now.", "{number} stations tell nothing of now.", silent
    ).format(number=silent)


def _parking(parks: Sequence[Availability], lang: str) -> str:
    telling = [each for each in parks if each.value is not None]
    if not parks:
        return ""
    if not telling:
        return _("No car park tells its free spaces at the moment.")
    free = int(sum(max(each.value or 0, 0) for each in telling))
    full = [each for each in telling if each.value == 0]
    if full:
        return _("{free} spaces are free in {number} car parks, {full} are full.").format(
            free=_number(free, lang), number=len(telling), full=len(full)
        )
    return ungettext(
        "{free} spaces are free in one car park.",
        "{free} spaces are free in {number} car parks.",
        len(telling),
    ).format(free=_number(free, lang), number=len(telling))


def _capacity(one: Availability, lang: str) -> str:
    if one.of is None:
        return ""
    count = int(one.of)
    if one.mode is Mode.PARKING:
        return ungettext("{number} space", "{number} spaces", count).format(
            number=_number(one.of, lang)
        )
    if one.mode is Mode.CHARGING:
        return ungettext(
            "{number} charging point, whether it is free is not told",
            "{number} charging points, whether they are free is not told",
            count,
        ).format(number=_number(one.of, lang))
    return ungettext("{number} place", "{number} places", count).format(
        number=_number(one.of, lang)
    )


def _number(value: float, lang: str) -> str:
    return formats.number(value, lang, 0 if value == round(value) else 1)

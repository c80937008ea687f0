"""What the staff pages of stations call things, and how they write numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk

from ...domain.german_input import ZONES
from ...domain.time import BERLIN
from .. import formats


def language() -> str:
    """The language of the answer, one of the two that numbers and times are written in."""
    return "en" if str(tk.h.lang()).startswith("en") else "de"


def property_title(observed_property: str) -> str:
    """`Water level`; the store's own name for one that is not known here."""
    names = {
        "water_level": tk._("Water level"),
        "water_elevation": tk._("Water surface above sea level"),
        "discharge": tk._("Discharge"),
        "distance": tk._("Distance from sensor to water"),
        "depth": tk._("Water above the sensor"),
        "temperature": tk._("Temperature"),
        "flood_class": tk._("Flood class"),
    }
    return names.get(observed_property, observed_property)


def stream_title(stream: dict[str, Any]) -> str:
    """`Water level (W)`; only `Temperature` where its own name says no more than that."""
    title = property_title(stream["observed_property"])
    return title if stream["name"] == stream["observed_property"] else f"{title} ({stream['name']})"


def mark_title(says: str) -> str:
    """What a mark says, in a word."""
    return {
        "maintenance": tk._("Maintenance"),
        "doubted": tk._("Doubted"),
        "good": tk._("Confirmed"),
    }[says]


def limit_title(name: str) -> str:
    """What a limit of the quality tests is called."""
    return {
        "lowest": tk._("Lowest plausible value"),
        "highest": tk._("Highest plausible value"),
        "possible_lowest": tk._("Lowest possible value"),
        "possible_highest": tk._("Highest possible value"),
        "spike": tk._("Jump up and back, or down and back"),
        "rate_per_hour": tk._("Change within an hour"),
        "flat_line_hours": tk._("Hours with exactly equal values"),
        "gap_hours": tk._("Hours without a value"),
    }[name]


def limit_unit(name: str, unit: str) -> str:
    """The unit a limit is given in; hours stand in its name."""
    return "" if name.endswith("_hours") else unit


def plain(number: float | None, lang: str) -> str:
    """A number with as many decimals as it has, at most four, as one may type it."""
    if number is None:
        return ""
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if lang == "de" else text


def amount(number: float, unit: str, lang: str) -> str:
    """`580 cm (5,80 m)`; other units stand alone."""
    text = f"{plain(number, lang).replace('-', formats.MINUS)}{formats.NO_BREAK}{unit}"
    return f"{text} ({formats.quantity(number, unit, lang)})" if unit == "cm" else text


def moment(written: str | None, lang: str) -> str:
    """`Freitag, 20. November 2026, 13:00 Uhr MEZ` from ISO 8601; empty without one."""
    if not written:
        return ""
    instant = datetime.fromisoformat(written)
    return f"{formats.weekday_date(instant, lang)}, {formats.clock(instant, lang, zone=True)}"


def short_moment(instant: datetime, lang: str) -> str:
    """`Fr 20.11., 13:00 Uhr MEZ`, with the year where it is not that of now."""
    local = instant.astimezone(BERLIN)
    year = f"{local.year}" if local.year != datetime.now(BERLIN).year else ""
    return (
        f"{formats.day_label(local.date(), lang)}{year}, {formats.clock(instant, lang, zone=True)}"
    )


def local_input(instant: datetime) -> str:
    """An instant as a field for local date and time has it, seconds only where there are any."""
    local = instant.astimezone(BERLIN).replace(tzinfo=None, microsecond=0)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def time_fields(name: str, written: str | None) -> dict[str, str]:
    """The field of a time and the one that parts the doubled hour, from ISO 8601."""
    if not written:
        return {}
    instant = datetime.fromisoformat(written).astimezone(UTC)
    local = instant.astimezone(BERLIN)
    fields = {name: local_input(instant)}
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        fields[f"{name}_zone"] = next(
            zone for zone, offset in ZONES.items() if offset == local.utcoffset()
        )
    return fields

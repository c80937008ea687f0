"""A place on earth as people paste it: two numbers, or the address of a map."""

from __future__ import annotations

import re

from .errors import SuedwestError

_LONGEST = 2_000
_NUMBER = r"[-+\u2212]?\d{1,3}(?:[.,]\d+)?"
_FRACTION = r"[-+]?\d{1,3}\.\d+"
_MAPS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"!3d({_FRACTION})!4d({_FRACTION})",  # Google Maps: the pin, not the middle of the map
        rf"[?&#]mlat=({_FRACTION})&mlon=({_FRACTION})",  # OpenStreetMap: the marker
        rf"#map=\d+(?:\.\d+)?/({_FRACTION})/({_FRACTION})",
        rf"[?&](?:q|query|ll|center)=({_FRACTION})(?:,|%2C)\s*({_FRACTION})",
        rf"@({_FRACTION}),({_FRACTION})",
        rf"^geo:({_FRACTION}),({_FRACTION})",
    )
)
_DEGREES = re.compile(
    r"""(\d{1,3}(?:[.,]\d+)?)\s*°\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’]\s*)?"""
    r"""(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:["″”]|'')\s*)?([NSEOW])""",
    re.ASCII | re.IGNORECASE,
)
_PAIR = re.compile(
    rf"({_NUMBER})\s*°?\s*(?:[;/\s]|,\s)\s*({_NUMBER})\s*°?",
    re.ASCII,
)
_POINTS = re.compile(rf"({_FRACTION}),({_FRACTION})", re.ASCII)


class PlaceRefused(SuedwestError):
    """A text that names no place."""


def read_place(written: object) -> tuple[float, float]:
    """Latitude and longitude in degrees (WGS 84), in this order as maps write them.

    Read are `50,123 7,456`, `50.123, 7.456`, `50° 7' 23" N 7° 27' 21" O`, `geo:50.1,7.4` and
    addresses of Google Maps and OpenStreetMap.

    Raises:
        PlaceRefused: anything else, and numbers that are no degrees.
    """
    if not isinstance(written, str) or len(written) > _LONGEST:
        raise PlaceRefused("that is no place")
    text = written.strip()
    latitude, longitude = _read(text)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise PlaceRefused("these are no degrees of latitude and longitude")
    return latitude, longitude


def _read(text: str) -> tuple[float, float]:
    for pattern in _MAPS:
        if found := pattern.search(text):
            return float(found[1]), float(found[2])
    angles = [_angle(*found) for found in _DEGREES.findall(text)]
    if len(angles) == 2 and {axis for axis, _ in angles} == {"latitude", "longitude"}:
        known = dict(angles)
        return known["latitude"], known["longitude"]
    found = _POINTS.fullmatch(text) or _PAIR.fullmatch(text)
    if found is None:
        raise PlaceRefused("that is no place")
    return _number(found[1]), _number(found[2])


def _angle(degrees: str, minutes: str, seconds: str, side: str) -> tuple[str, float]:
    value = _number(degrees) + _number(minutes or "0") / 60 + _number(seconds or "0") / 3600
    axis = "latitude" if side.upper() in "NS" else "longitude"
    return axis, round(-value if side.upper() in "SW" else value, 7)


def _number(text: str) -> float:
    return float(text.replace("\u2212", "-").replace(",", "."))

"""The sandbox's traffic: places that do not exist, and what their feeds say at an instant.

Everything is a pure function of the instant, as with the gauges: nothing is random, nothing is
kept, and every question about the same instant gets the same answer. The feeds are written in the
formats that real ones use, so everything behind the address is the real thing. docs/sandbox.md
explains it for people.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import cos, sin, tau
from typing import Any
from xml.sax.saxutils import escape
from zlib import crc32

from ...domain.time import BERLIN

STEP = timedelta(minutes=5)
COUNT_STEP = timedelta(hours=1)
PARKING_HISTORY = timedelta(hours=30)
COUNT_HISTORY = timedelta(days=21)
SILENCE, SILENCE_STEP = timedelta(hours=2), timedelta(hours=6)
"""A car park that fell silent did so two to eight hours ago."""
LICENCE = {
    "id": "cc-zero",
    "title": "CC0 1.0",
    "url": "https://creativecommons.org/publicdomain/zero/1.0/deed.de",
    "attribution": "Simulierte Werte, keine Messung",
}
OPERATOR = {"name": "Simulator der Sandbox"}
REMARK = "Diesen Ort gibt es nicht: Seine Werte sind erfunden, damit die Sandbox etwas zeigt."


@dataclass(frozen=True, slots=True)
class Place:
    """Something that is told of; `size` are its bays, docks, points or a busy hour's passages."""

    id: str
    name: str
    longitude: float
    latitude: float
    size: int


@dataclass(frozen=True, slots=True)
class Feed:
    """A source of a municipality: what it is called, in which format, and what it answers.

    `places` are registered as devices of the kind; without a kind they are roadworks.
    """

    id: str
    municipality: str
    connector: str
    answer: Callable[[Feed, datetime], str]
    content_type: str
    minutes: int
    kind: str | None = None
    places: tuple[Place, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def path(self) -> str:
        """Where it is served, below the address of the replay server."""
        return f"/traffic/{self.id}"

    def devices(self) -> dict[str, dict[str, Any]]:
        """What is registered of the places, by their id."""
        return {
            place.id: {
                "name": f"{place.name} (Simulation)",
                "kind": self.kind,
                "longitude": place.longitude,
                "latitude": place.latitude,
                "remark": REMARK,
                "interval": self.minutes,
            }
            for place in self.places
        }

    def source_options(self) -> dict[str, Any]:
        """The options of its source."""
        registered = {"devices": self.devices()} if self.kind else {}
        return {
            "simulated": True,
            "connector": self.connector,
            "operator": OPERATOR,
            "licence": LICENCE,
            **self.options,
            **registered,
        }


def crowd(name: str, instant: datetime, *, late: float = 0.0) -> float:
    """How much is going on at a place, 0 to 1: little at night, most around noon, less on Sundays.

    `late` is how many hours after noon its peak comes; each place shivers in its own way.
    """
    local = instant.astimezone(BERLIN)
    hour = local.hour + local.minute / 60 - late
    day = max(0.0, -cos(tau * (hour - 0.5) / 24)) ** 1.5
    own = crc32(name.encode()) / 2**32
    minutes = instant.timestamp() / 60
    shiver = 0.06 * sin(tau * (minutes / 47 + own)) + 0.04 * sin(tau * (minutes / 13 + 2 * own))
    weekly = 0.45 if local.weekday() == 6 else 1.0
    return min(1.0, max(0.0, (0.1 + 0.75 * day) * weekly * (0.8 + 0.25 * own) + shiver))


def _steps(now: datetime, step: timedelta, back: timedelta) -> list[datetime]:
    last = datetime.fromtimestamp(
        now.timestamp() // step.total_seconds() * step.total_seconds(), UTC
    )
    return [last - number * step for number in range(round(back / step), -1, -1)]


def _occupied(place: Place, instant: datetime) -> int:
    return round(place.size * min(1.0, crowd(place.id, instant)))


def pls(feed: Feed, now: datetime) -> str:
    """The parking guidance system's XML: one car park is closed, one counts more than it has."""
    (instant,) = _steps(now, STEP, timedelta())
    parks = []
    for number, place in enumerate(feed.places):
        occupied = _occupied(place, instant)
        closed = number == len(feed.places) - 1
        if number == len(feed.places) - 2:
            occupied = place.size + 7
        parks.append(
            f"<Parkhaus><ID>{place.id}</ID><Name>{escape(place.name)}</Name>"
            f"<Gesamt>{place.size}</Gesamt><Aktuell>{occupied}</Aktuell>"
            f"<Trend>0</Trend><Status>{'Geschlossen' if closed else 'Offen'}</Status></Parkhaus>"
        )
    written = instant.astimezone(BERLIN).strftime("%d.%m.%Y %H:%M:%S")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Daten><Zeitstempel>{written}</Zeitstempel>{''.join(parks)}</Daten>"
    )


def parking_now(feed: Feed, now: datetime) -> str:
    """A row for each car park, with its opening; the last one fell silent hours ago."""
    (instant,) = _steps(now, STEP, timedelta())
    (silent_since,) = _steps(now - SILENCE, SILENCE_STEP, timedelta())
    rows = ["id;name;kapazitaet;frei;status;zeit"]
    for place in feed.places:
        time = silent_since if place is feed.places[-1] else instant
        free = place.size - _occupied(place, time)
        rows.append(f"{place.id};{place.name};{place.size};{free};offen;{round(time.timestamp())}")
    return "\n".join(rows) + "\n"


def parking_table(feed: Feed, now: datetime) -> str:
    """Rows of the last hours for each car park, so that charts show something at once."""
    rows = ["id;zeit;frei;kapazitaet"]
    for instant in _steps(now, 3 * STEP, PARKING_HISTORY):
        for place in feed.places:
            free = place.size - _occupied(place, instant)
            rows.append(f"{place.id};{instant:%Y-%m-%dT%H:%M:%SZ};{free};{place.size}")
    return "\n".join(rows) + "\n"


def gbfs(feed: Feed, now: datetime) -> str:
    (instant,) = _steps(now, STEP, timedelta())
    time = round(instant.timestamp())
    stations = [
        {
            "station_id": place.id,
            "name": place.name,
            "lon": place.longitude,
            "lat": place.latitude,
            "capacity": place.size,
            "num_bikes_available": (there := place.size - _occupied(place, instant)),
            "num_docks_available": place.size - there,
            "is_installed": True,
            "is_renting": True,
            "is_returning": True,
            "last_reported": time,
        }
        for place in feed.places
    ]
    told = {"last_updated": time, "ttl": 300, "version": "2.3", "data": {"stations": stations}}
    return json.dumps(told)


def ocpi(feed: Feed, now: datetime) -> str:
    (instant,) = _steps(now, STEP, timedelta())
    written = instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    locations = []
    for place in feed.places:
        busy = _occupied(place, instant)
        states = ["CHARGING"] * busy + ["AVAILABLE"] * (place.size - busy)
        if place.size > 3:
            states[-1] = "OUTOFORDER"
        locations.append(
            {
                "id": place.id,
                "publish": True,
                "name": place.name,
                "coordinates": {"latitude": str(place.latitude), "longitude": str(place.longitude)},
                "evses": [
                    {"uid": f"{place.id}-{number}", "status": state, "last_updated": written}
                    for number, state in enumerate(states, start=1)
                ],
                "last_updated": written,
            }
        )
    return json.dumps({"data": locations, "status_code": 1000, "timestamp": written})


def counts(feed: Feed, now: datetime) -> str:
    """Rows of whole hours for each counter, as UTC."""
    rows = ["zaehlstelle;beginn;anzahl"]
    for instant in _steps(now, COUNT_STEP, COUNT_HISTORY)[:-1]:
        for place in feed.places:
            share = crowd(place.id, instant + COUNT_STEP / 2, late=3)
            rows.append(f"{place.id};{instant:%Y-%m-%dT%H:%M:%SZ};{round(place.size * share**1.4)}")
    return "\n".join(rows) + "\n"


def roadworks(feed: Feed, now: datetime) -> str:
    """A closure that goes on, one that begins tomorrow, one that is over, and works."""
    midnight = now.astimezone(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0)
    when = {
        "laufend": (midnight - timedelta(days=9), midnight + timedelta(days=19)),
        "morgen": (midnight + timedelta(days=1, hours=20), midnight + timedelta(days=2, hours=5)),
        "vorbei": (midnight - timedelta(days=6), midnight - timedelta(days=1)),
        "offen": (midnight - timedelta(days=3), None),
    }
    features = []
    for place, (key, (start, end)) in zip(feed.places, when.items(), strict=False):
        effect = "Vollsperrung" if key != "offen" else "halbseitig"
        line = [
            [place.longitude, place.latitude],
            [round(place.longitude + 0.004, 5), round(place.latitude + 0.002, 5)],
        ]
        features.append(
            {
                "type": "Feature",
                "id": place.id,
                "geometry": {"type": "LineString", "coordinates": line},
                "properties": {
                    "strasse": place.name,
                    "art": effect,
                    "richtung": "beide",
                    "von": start.isoformat(),
                    "bis": None if end is None else end.isoformat(),
                    "info": _WORKS[key],
                },
            }
        )
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


_WORKS = {
    "laufend": "Erneuerung der Fahrbahn. Die Umleitung ist ausgeschildert. (Simulation)",
    "morgen": "Kranarbeiten in der Nacht. (Simulation)",
    "vorbei": "Leitungsbau. (Simulation)",
    "offen": "Eine Ampel regelt den Verkehr. (Simulation)",
}

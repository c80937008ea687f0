"""A timetable that is made up, and the delays of its trips, as GTFS and GTFS-RT."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from google.transit import gtfs_realtime_pb2

from ...domain.time import BERLIN

MUNICIPALITY = "landkreis-st-wendel"
TIMETABLE_PATH, REALTIME_PATH = "/traffic/gtfs.zip", "/traffic/gtfs-realtime.pb"
STOPS = (
    ("s1", "Musterstadt, Bahnhof", 49.4650, 7.1690),
    ("s2", "Musterstadt, Rathaus", 49.4665, 7.1735),
    ("s3", "Beispieldorf, Kirche", 49.4840, 7.1200),
    ("s4", "Probeheim, Schule", 49.5100, 7.0900),
    ("s5", "Seeblick, Strandbad", 49.5600, 7.0640),
)
_MINUTES = (0, 4, 15, 24, 38)
_FIRST, _LAST, _EVERY = 5 * 60 + 10, 24 * 60 + 10, 30
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PB: Any = gtfs_realtime_pb2


def _trips() -> list[tuple[str, int, int]]:
    """Id, direction and first minute of each trip; the last ones leave after midnight."""
    return [
        (f"t{direction}-{minute}", direction, minute)
        for direction in (0, 1)
        for minute in range(_FIRST + 7 * direction, _LAST, _EVERY)
    ]


def _stops(direction: int) -> list[tuple[str, int]]:
    """Stop and minutes from the first one, along one direction."""
    if direction == 0:
        return [(stop[0], minutes) for stop, minutes in zip(STOPS, _MINUTES, strict=True)]
    back = [_MINUTES[-1] - minutes for minutes in reversed(_MINUTES)]
    return [(stop[0], minutes) for stop, minutes in zip(reversed(STOPS), back, strict=True)]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def timetable(now: datetime) -> bytes:
    """A feed that is valid from a month before until two months after this month."""
    start = (now.astimezone(BERLIN).date().replace(day=1) - timedelta(days=28)).replace(day=1)
    end = start + timedelta(days=120)
    tables: dict[str, list[tuple[object, ...]]] = {
        "agency.txt": [
            ("agency_id", "agency_name", "agency_url", "agency_timezone"),
            ("sim", "Simulator der Sandbox", "https://example.org/", "Europe/Berlin"),
        ],
        "stops.txt": [("stop_id", "stop_name", "stop_lat", "stop_lon"), *STOPS],
        "routes.txt": [
            ("route_id", "route_short_name", "route_long_name", "route_type"),
            ("r1", "600", "Musterstadt – Seeblick (Simulation)", 3),
        ],
        "calendar.txt": [
            ("service_id", *_WEEKDAYS, "start_date", "end_date"),
            ("daily", *[1] * 7, f"{start:%Y%m%d}", f"{end:%Y%m%d}"),
        ],
        "trips.txt": [
            ("route_id", "service_id", "trip_id", "trip_headsign"),
            *(
                ("r1", "daily", trip, STOPS[0 if direction else -1][1])
                for trip, direction, _minute in _trips()
            ),
        ],
        "stop_times.txt": [
            ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
            *(
                (trip, _clock(minute + after), _clock(minute + after), stop, number)
                for trip, direction, minute in _trips()
                for number, (stop, after) in enumerate(_stops(direction), start=1)
            ),
        ],
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows)
            # The same content is the same archive, so that nothing new is told as such.
            archive.writestr(zipfile.ZipInfo(name), text.getvalue())
    return content.getvalue()


def realtime(now: datetime) -> bytes:
    """Every third trip is some minutes late, every eleventh cancelled; one alert."""
    message = _PB.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(now.timestamp())
    for number, (trip, _direction, _minute) in enumerate(_trips()):
        if number % 11 == 5:
            update = message.entity.add(id=trip).trip_update
            update.trip.trip_id = trip
            update.trip.schedule_relationship = _PB.TripDescriptor.CANCELED
        elif number % 3 == 0:
            update = message.entity.add(id=trip).trip_update
            update.trip.trip_id = trip
            stop = update.stop_time_update.add(stop_sequence=1)
            stop.departure.delay = 60 * (1 + number % 7)
    alert = message.entity.add(id="alert").alert
    alert.header_text.translation.add(
        text="Ersatzverkehr am Wochenende (Simulation)", language="de"
    )
    alert.active_period.add(start=int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()))
    return message.SerializeToString()


def answer(path: str, now: datetime) -> tuple[str, bytes] | None:
    """Content type and body of what is served at a path; None when there is nothing."""
    if path == TIMETABLE_PATH:
        return "application/zip", timetable(now)
    if path == REALTIME_PATH:
        return "application/x-protobuf", realtime(now)
    return None

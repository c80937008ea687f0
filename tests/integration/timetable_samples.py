"""Small timetables for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ckanext.suedwest.domain.timetable import Call, Line, Mode, Stop, Timetable


def feed(*, trips: int, name: str = "A", line: str = "1") -> Timetable:
    """Trips every ten minutes from 6:00 UTC on, on all days around today, from one stop."""
    today = datetime.now(UTC).date()
    days = frozenset(today + timedelta(days=number) for number in range(-2, 3))
    return Timetable(
        zone="UTC",
        stops=(Stop(id="a", name=name, longitude=7.1, latitude=49.5, lines=(line,)),),
        lines=(Line(id="l", name=line, long_name="", mode=Mode.BUS),),
        calls=tuple(
            Call(
                stop_id="a",
                trip_id=f"t{number}",
                sequence=1,
                seconds=6 * 3600 + 600 * number,
                service_id="d",
                line_id="l",
                headsign="Ziel",
            )
            for number in range(trips)
        ),
        services={"d": days},
        trips=trips,
        agency="Verkehrsbund",
        agency_url="",
    )

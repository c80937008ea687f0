"""Timetables: service days over midnight and clock changes, delays, what is checked in a feed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from ckanext.suedwest.connectors.traffic import gtfs
from ckanext.suedwest.connectors.traffic.events import Region
from ckanext.suedwest.connectors.traffic.gtfs import GtfsOptions, ReadTimetable, read_timetable
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.timetable import (
    Alert,
    Call,
    Mode,
    StopUpdate,
    TripUpdate,
    departures,
    instant_of,
    shrinks,
)

ZONE = "Europe/Berlin"
DAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)


def utc(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "seconds", "expected"),
    [
        (date(2026, 11, 23), 8 * 3600, utc(23, 7)),
        # 25:10 belongs to the day before.
        (date(2026, 11, 23), 25 * 3600 + 600, utc(24, 0, 10)),
        # Noon is noon on the days the clock changes: 8:00 is 8:00, but 1:00 is an hour off.
        (date(2026, 10, 25), 8 * 3600, utc(25, 7, month=10)),
        (date(2026, 10, 25), 1 * 3600, utc(25, 0, month=10)),
        (date(2026, 3, 29), 8 * 3600, utc(29, 6, month=3)),
    ],
)
def test_seconds_count_from_noon_minus_twelve_hours(
    day: date, seconds: int, expected: datetime
) -> None:
    assert instant_of(day, seconds, ZONE) == expected


def call(seconds: int, trip: str = "t", sequence: int = 3) -> Call:
    return Call(
        stop_id="s", trip_id=trip, sequence=sequence, seconds=seconds, service_id="d",
        line_id="l", headsign="Ziel",
    )  # fmt: skip


def board(
    *calls: Call, now: datetime, updates: Mapping[str, list[TripUpdate]] | None = None
) -> list[tuple[datetime, datetime | None]]:
    days = {"d": frozenset({DAY})}
    found = departures(calls, days, updates or {}, now=now, ahead=2 * HOUR, zone=ZONE)
    return [(one.planned, one.expected) for one in found]


def test_only_what_leaves_within_the_time_is_told_in_order() -> None:
    calls = [call(9 * 3600, "b"), call(8 * 3600, "a"), call(12 * 3600, "c")]
    assert board(*calls, now=utc(23, 6, 50)) == [(utc(23, 7), None), (utc(23, 8), None)]


def test_a_trip_after_midnight_runs_with_the_day_before() -> None:
    assert board(call(25 * 3600), now=utc(23, 23)) == [(utc(24, 0), None)]
    # Nothing runs on the next service day.
    assert board(call(1 * 3600), now=utc(23, 23)) == []


def test_a_late_trip_is_told_until_it_has_left() -> None:
    late = {"t": [TripUpdate(trip_id="t", by_sequence={1: StopUpdate(delay=900)})]}
    now = utc(23, 7, 10)
    assert board(call(8 * 3600), now=now) == []
    assert board(call(8 * 3600), now=now, updates=late) == [(utc(23, 7), utc(23, 7, 15))]
    assert board(call(8 * 3600), now=utc(23, 7, 16), updates=late) == []


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (TripUpdate(trip_id="t", by_sequence={3: StopUpdate(delay=60)}), 60),
        # Carried on from an earlier stop, not back from a later one.
        (TripUpdate(trip_id="t", by_sequence={1: StopUpdate(delay=60)}), 60),
        (TripUpdate(trip_id="t", by_sequence={4: StopUpdate(delay=60)}), None),
        (
            TripUpdate(
                trip_id="t", by_sequence={1: StopUpdate(delay=60), 2: StopUpdate(delay=120)}
            ),
            120,
        ),
        # Nothing known from here on.
        (TripUpdate(trip_id="t", by_sequence={1: StopUpdate(delay=60), 2: StopUpdate()}), None),
        (
            TripUpdate(
                trip_id="t", by_sequence={1: StopUpdate(delay=60), 2: StopUpdate(skipped=True)}
            ),
            60,
        ),
        (TripUpdate(trip_id="t", by_stop={"s": StopUpdate(delay=60)}), 60),
        (TripUpdate(trip_id="t", by_stop={"x": StopUpdate(delay=60)}), None),
        (TripUpdate(trip_id="t", day=date(2026, 11, 22), by_sequence={1: StopUpdate(60)}), None),
        (TripUpdate(trip_id="other", by_sequence={1: StopUpdate(delay=60)}), None),
    ],
)
def test_what_is_reported_holds_where_it_should(update: TripUpdate, expected: int | None) -> None:
    ((planned, told),) = board(call(8 * 3600), now=utc(23, 6), updates={update.trip_id: [update]})
    assert told == (None if expected is None else planned + timedelta(seconds=expected))


def test_an_instant_without_a_day_is_told_of_one_run_only() -> None:
    days = {"d": frozenset(DAY - timedelta(days=number) for number in range(3))}
    said = {"t": [TripUpdate(trip_id="t", by_sequence={3: StopUpdate(time=utc(23, 7, 5))})]}
    found = departures([call(8 * 3600)], days, said, now=utc(23, 6), ahead=2 * HOUR, zone=ZONE)
    assert [(one.day, one.expected) for one in found] == [(DAY, utc(23, 7, 5))]


def test_cancelled_trips_stay_on_the_board() -> None:
    gone = {"t": [TripUpdate(trip_id="t", cancelled=True)]}
    (one,) = departures(
        [call(8 * 3600)], {"d": {DAY}}, gone, now=utc(23, 6), ahead=2 * HOUR, zone=ZONE
    )
    assert (one.cancelled, one.expected) == (True, None)


def test_an_alert_holds_between_its_ends() -> None:
    one = Alert(header="x", description="", start=utc(23, 6), end=utc(23, 7))
    assert [one.holds(utc(23, 5)), one.holds(utc(23, 6)), one.holds(utc(23, 7))] == [
        False,
        True,
        False,
    ]
    assert Alert(header="x", description="").holds(utc(1, 1))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((100, 1000), (100, 900), False),
        ((100, 1000), (100, 499), True),
        ((100, 1000), (49, 1000), True),
        ((0, 0), (0, 0), False),
    ],
)
def test_less_than_half_is_not_believed(
    before: tuple[int, int], after: tuple[int, int], *, expected: bool
) -> None:
    assert shrinks(before, after) is expected


TABLES = {
    "agency.txt": "\ufeffagency_name,agency_timezone\nVerkehrsbund,Europe/Berlin\n",
    "stops.txt": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type\n"
        'a,"Musterstadt, ""Bahnhof""",49.5,7.1,\n'
        "b,StraÃŸe,49.6,7.2,0\n"
        "c,Fern,52.5,13.4,0\n"
        "h,Halle,49.5,7.1,1\n"
    ),
    "routes.txt": (
        "route_id,route_short_name,route_long_name,route_type\n"
        "r,10,Linie,3\nq,,Nur lang,900\nz,U1,,401\n"
    ),
    "trips.txt": "trip_id,route_id,service_id,trip_headsign\nt,r,d,Ziel\nu,q,d,\n",
    "stop_times.txt": (
        "trip_id,stop_id,stop_sequence,departure_time\n"
        "t,a,1,24:10:00\nt,b,2,24:20:00\nt,c,3,25:00:00\nu,b,1,8:00:00\nu,a,2,\nu,c,3,9:00:00\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "d,1,1,1,1,1,0,0,20261123,20261206\n"
    ),
    "calendar_dates.txt": "service_id,date,exception_type\nd,20261124,2\nd,20261205,1\n",
}


class Tables:
    """The files of a feed, from texts."""

    def __init__(self, tables: Mapping[str, str]) -> None:
        self._tables = tables

    def names(self) -> frozenset[str]:
        return frozenset(self._tables)

    def lines(self, name: str) -> Iterator[str]:
        yield from self._tables[name].removeprefix("\ufeff").splitlines(keepends=True)


def read(options: GtfsOptions | None = None, **changed: str | None) -> ReadTimetable:
    """The feed with other tables in place of its own; None leaves one out."""
    tables = TABLES | {f"{name}.txt": text for name, text in changed.items()}
    kept = {name: text for name, text in tables.items() if text is not None}
    return read_timetable(Tables(kept), options or GtfsOptions())


def test_a_feed_is_read_as_it_was_meant() -> None:
    found = read()
    table = found.timetable
    assert found.refusals == ()
    assert [stop.name for stop in table.stops] == ['Musterstadt, "Bahnhof"', "Straße", "Fern"]
    assert [stop.lines for stop in table.stops] == [("10",), ("10", "Nur lang"), ()]
    assert [(line.name, line.mode) for line in table.lines] == [
        ("10", Mode.BUS),
        ("Nur lang", Mode.TRAM),
    ]
    # The way goes on to the last stop.
    assert table.lines[0].path == ((7.1, 49.5), (7.2, 49.6), (13.4, 52.5))
    # Nothing leaves the last stop, and nothing is guessed where no time stands.
    assert [(one.trip_id, one.stop_id, one.seconds) for one in table.calls] == [
        ("t", "a", 87_000),
        ("t", "b", 87_600),
        ("u", "b", 28_800),
    ]
    assert (table.first_day, table.last_day) == (date(2026, 11, 23), date(2026, 12, 5))
    assert date(2026, 11, 24) not in table.services["d"]
    assert table.trips == 2


@pytest.mark.parametrize(
    "options",
    [
        GtfsOptions(stop_prefixes=("a", "b")),
        GtfsOptions(region=Region(west=7.0, south=49.0, east=7.5, north=50.0)),
    ],
)
def test_a_large_feed_is_clipped_and_trips_go_on_beyond(options: GtfsOptions) -> None:
    found = read(options)
    assert [stop.id for stop in found.timetable.stops] == ["a", "b"]
    assert found.clipped == 1
    assert found.refusals == ()
    # The trips end beyond the border, so they leave the last stop within.
    assert len(found.timetable.calls) == 3


@pytest.mark.parametrize(
    ("changed", "record", "reason"),
    [
        ({"trips": TABLES["trips.txt"] + "v,none,d,\n"}, None, ""),
        (
            {
                "trips": TABLES["trips.txt"] + "v,none,d,\n",
                "stop_times": TABLES["stop_times.txt"] + "v,a,1,8:00:00\n",
            },
            "trips.txt line 4",
            "its route 'none' is not listed",
        ),
        (
            {"stop_times": TABLES["stop_times.txt"] + "t,none,9,8:00:00\n"},
            "stop_times.txt line 8",
            "its stop 'none' is not listed",
        ),
        (
            {"stop_times": TABLES["stop_times.txt"] + "t,a,0,8 Uhr\n"},
            "stop_times.txt line 8",
            "'8 Uhr' is no time",
        ),
        (
            {"stop_times": TABLES["stop_times.txt"] + "t,a,0,99:00:00\n"},
            "stop_times.txt line 8",
            "no time of a service day",
        ),
        (
            {"stops": TABLES["stops.txt"] + "n,Nirgends,0,0,\n"},
            "stops.txt line 6",
            "no degrees",
        ),
        (
            {"stops": TABLES["stops.txt"] + "n,Nirgends,nan,7,\n"},
            "stops.txt line 6",
            "no degrees",
        ),
        (
            {"calendar_dates": "service_id,date,exception_type\nd,20261345,1\n"},
            "calendar_dates.txt line 2",
            "is no date",
        ),
        (
            {"frequencies": "trip_id,start_time\nt,06:00:00\n"},
            "trips.txt line 2",
            "runs by frequency",
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_the_others_go_on(
    changed: dict[str, str], record: str | None, reason: str
) -> None:
    found = read(**changed)
    if record is None:
        assert found.refusals == ()
    else:
        assert found.refusals[0].record == record
        assert reason in found.refusals[0].reason
    assert found.timetable.calls


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"stops": None}, "lacks stops.txt"),
        ({"calendar": None, "calendar_dates": None}, "lacks calendar.txt or calendar_dates.txt"),
        ({"trips": "trip_id,route_id\nt,r\n"}, "trips.txt lacks the column service_id"),
        ({"agency": "agency_name,agency_timezone\nX,Mars/Phobos\n"}, "'Mars/Phobos' is not known"),
        ({"agency": "agency_name,agency_timezone\n"}, "names nobody"),
        ({"stops": "stop_id,stop_name,stop_lat,stop_lon\n"}, "no stop of the feed"),
        ({"stops": ""}, "stops.txt lacks the column stop_id"),
        ({"stops": TABLES["stops.txt"] + 'x,"' + "a,b\n" * 40_000}, "stops.txt line .* is no CSV"),
    ],
)
def test_a_feed_that_is_none_is_refused_as_a_whole(
    changed: dict[str, str | None], reason: str
) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        read(**changed)


def test_all_bad_rows_are_counted_though_not_all_are_told() -> None:
    found = read(stops=TABLES["stops.txt"] + "n,Nirgends,0,0,\n" * 1500)
    assert (found.refused, len(found.refusals)) == (1500, 1000)


def test_of_a_clipped_feed_only_its_own_services_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gtfs, "MOST_RUNNING_DAYS", 100)
    others = "".join(f"s{number},1,1,1,1,1,1,1,20260101,20261231\n" for number in range(10))
    assert read(calendar=TABLES["calendar.txt"] + others).refusals == ()
    needed = TABLES["calendar.txt"] + "d,1,1,1,1,1,1,1,20260101,20261231\n"
    with pytest.raises(PayloadRefused, match="run on more than 100 days"):
        read(calendar=needed)

"""GTFS-RT: times are read, places and ids of vehicles are not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2

from ckanext.suedwest.connectors.traffic.gtfs_realtime import Realtime, read_realtime
from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.timetable import StopUpdate

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PB: Any = gtfs_realtime_pb2


def message(at: datetime | None = NOW) -> Any:
    made = PB.FeedMessage()
    made.header.gtfs_realtime_version = "2.0"
    if at is not None:
        made.header.timestamp = int(at.timestamp())
    return made


def read(made: Any) -> Realtime:
    return read_realtime(made.SerializeToString(), NOW)


def trip(made: Any, **fields: Any) -> Any:
    update = made.entity.add(id=str(len(made.entity))).trip_update
    for name, value in ({"trip_id": "t"} | fields).items():
        setattr(update.trip, name, value)
    return update


def test_delays_times_skipped_stops_and_no_data_are_told_apart() -> None:
    made = message()
    update = trip(made, start_date="20261123")
    update.stop_time_update.add(stop_sequence=1).departure.delay = 120
    update.stop_time_update.add(stop_sequence=2).arrival.time = int(NOW.timestamp())
    kinds = PB.TripUpdate.StopTimeUpdate
    update.stop_time_update.add(stop_sequence=3, schedule_relationship=kinds.SKIPPED)
    update.stop_time_update.add(stop_sequence=4, schedule_relationship=kinds.NO_DATA)
    update.stop_time_update.add(stop_id="s").departure.delay = -60
    (one,) = read(made).updates
    assert one.day == date(2026, 11, 23)
    assert one.by_sequence == {
        1: StopUpdate(delay=120),
        2: StopUpdate(time=NOW),
        3: StopUpdate(skipped=True),
        4: StopUpdate(),
    }
    assert one.by_stop == {"s": StopUpdate(delay=-60)}


def test_a_cancelled_trip_and_one_that_is_late_as_a_whole() -> None:
    made = message()
    trip(made, schedule_relationship=PB.TripDescriptor.CANCELED)
    trip(made, trip_id="u").delay = 300
    cancelled, late = read(made).updates
    assert cancelled.cancelled
    assert late.at("anything", 5) == StopUpdate(delay=300)


def test_nothing_of_a_vehicle_is_read() -> None:
    made = message()
    update = trip(made)
    update.vehicle.id, update.vehicle.license_plate = "bus-4711", "KL-AB 123"
    update.stop_time_update.add(stop_sequence=1).departure.delay = 0
    place = made.entity.add(id="v").vehicle
    place.position.latitude, place.position.longitude = 49.4, 7.7
    place.vehicle.id = "bus-4711"
    found = read(made)
    assert found.positions == 1
    assert "4711" not in repr(found)
    assert "KL-AB" not in repr(found)
    assert "49.4" not in repr(found)


def test_alerts_speak_german_where_they_can() -> None:
    made = message()
    alert = made.entity.add(id="a").alert
    alert.header_text.translation.add(text="Closed", language="en")
    alert.header_text.translation.add(text="Gesperrt", language="de-DE")
    alert.informed_entity.add(route_id="r")
    alert.informed_entity.add(stop_id="s")
    alert.active_period.add(start=int(NOW.timestamp()))
    (one,) = read(made).alerts
    assert (one.header, one.lines, one.stops) == ("Gesperrt", ("r",), ("s",))
    assert (one.start, one.end) == (NOW, None)


def test_an_alert_of_some_nights_is_silent_by_day() -> None:
    made = message()
    alert = made.entity.add(id="a").alert
    alert.header_text.translation.add(text="Nachts gesperrt", language="de")
    nights = [(datetime(2026, 11, day, 22, tzinfo=UTC)) for day in (22, 23)]
    for night in nights:
        alert.active_period.add(
            start=int(night.timestamp()), end=int((night + timedelta(hours=6)).timestamp())
        )
    alerts = read(made).alerts
    assert [one.start for one in alerts] == nights
    assert not any(one.holds(NOW) for one in alerts)
    assert any(one.holds(nights[1]) for one in alerts)


def test_an_alert_of_a_single_trip_is_not_told_of_all() -> None:
    made = message()
    alert = made.entity.add(id="a").alert
    alert.header_text.translation.add(text="Fahrt 7", language="de")
    alert.informed_entity.add().trip.trip_id = "7"
    found = read(made)
    assert found.alerts == ()
    assert "single trips" in found.refusals[0].reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda update: update.trip.ClearField("trip_id"), "no id"),
        (lambda update: setattr(update.trip, "start_date", "2026"), "no date"),
        (
            lambda update: setattr(
                update.stop_time_update.add(stop_sequence=1).departure, "delay", 10**6
            ),
            "is no delay",
        ),
        (
            lambda update: setattr(update.trip, "schedule_relationship", PB.TripDescriptor.ADDED),
            "not in the timetable",
        ),
    ],
)
def test_a_bad_entity_is_refused_and_its_neighbours_go_on(change: Any, reason: str) -> None:
    made = message()
    change(trip(made))
    trip(made, trip_id="u").delay = 60
    found = read(made)
    assert [one.trip_id for one in found.updates] == ["u"]
    assert reason in found.refusals[0].reason


def test_what_is_no_whole_message_of_now_is_refused() -> None:
    differential = message()
    differential.header.incrementality = PB.FeedHeader.DIFFERENTIAL
    future = message(datetime(2026, 11, 24, tzinfo=UTC))
    for payload, reason in (
        (b"\xff\xff\xff", "no GTFS-RT message"),
        (b"", "no GTFS-RT message|does not say when"),
        (message(None).SerializeToString(), "does not say when"),
        (differential.SerializeToString(), "not changes"),
        (future.SerializeToString(), "in the future"),
    ):
        with pytest.raises(PayloadRefused, match=reason):
            read_realtime(payload, NOW)

"""From what a parking feed says of one car park to a station and its values.

Numbers are kept as they were sent: where they contradict each other (free + occupied is not the
capacity, more free than there are, negative) all counts of that moment are flagged as suspect.
A closed car park has no free spaces to offer, whatever its barriers count, so no number of them
is given. Groups of fewer than `SMALLEST_GROUP` bays would tell where one person parks; nothing
of them is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ...domain.errors import Refusal
from ...domain.observation import Observation
from ...domain.privacy import DEFAULT_RULE
from ...domain.quality import Quality
from ...domain.station import Datastream, Licence, Operator, Station
from ...domain.time import DayRule
from ...domain.units import (
    OPENING_STATE,
    PARKING_CAPACITY,
    PARKING_FREE,
    PARKING_OCCUPIED,
    ObservedProperty,
)
from ..base import Context, Decoded
from ..json_payload import FieldRefused, clean_text
from ..options import read_options
from ..plausibility import check_time

SMALLEST_GROUP = DEFAULT_RULE.smallest_group
MOST_SPACES = 100_000
STREAMS: dict[str, ObservedProperty] = {
    "free": PARKING_FREE,
    "occupied": PARKING_OCCUPIED,
    "capacity": PARKING_CAPACITY,
    "opening": OPENING_STATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingOptions:
    """What a feed does not say of itself.

    Attributes:
        network: first part of the stations' keys; the connector's name without it.
        operator: who runs the car parks.
        licence: licence of the values.
    """

    network: str | None = None
    operator: Operator | None = None
    licence: Licence | None = None


UNKNOWN_OPERATOR = Operator("nicht angegeben")
UNKNOWN_LICENCE = Licence("notspecified", "Keine Lizenz angegeben", "", "")


@dataclass(slots=True, kw_only=True)
class CarPark:
    """What one record says of one car park; None is what it does not say."""

    identifier: str
    name: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    capacity: int | None = None
    free: int | None = None
    occupied: int | None = None
    open: bool | None = None
    time: datetime | None = None


def count(written: object, name: str) -> int | None:
    """A number of vehicles; None where nothing is written.

    Raises:
        FieldRefused: no whole number, or beyond `MOST_SPACES`.
    """
    if written is None or written == "":
        return None
    if isinstance(written, str):
        digits = written.strip().removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
            raise FieldRefused(f"{name} {written[:40]!r} is not a whole number")
        number = int(written)
    elif isinstance(written, bool) or not isinstance(written, int):
        raise FieldRefused(f"{name} is not a whole number")
    else:
        number = written
    if abs(number) > MOST_SPACES:
        raise FieldRefused(f"{name} {number} is beyond {MOST_SPACES:,}")
    return number


def degrees(longitude: object, latitude: object) -> tuple[float | None, float | None]:
    """Longitude and latitude in degrees (WGS 84) as numbers or texts; both or neither.

    Raises:
        FieldRefused: only one of them, no numbers, or no place on earth.
    """
    if longitude in (None, "") and latitude in (None, ""):
        return None, None
    pair: list[float] = []
    for written, most in ((longitude, 180.0), (latitude, 90.0)):
        if isinstance(written, bool) or not isinstance(written, int | float | str):
            raise FieldRefused("the coordinates are not two numbers")
        try:
            number = float(written)
        except (ValueError, OverflowError):
            raise FieldRefused("the coordinates are not two numbers") from None
        if not -most <= number <= most:
            raise FieldRefused(f"the coordinate {number:g} is no place on earth")
        pair.append(number)
    return pair[0], pair[1]


class CarParks:
    """Collects the car parks of one payload; `decoded` is the result."""

    def __init__(
        self, connector: str, context: Context, options: ParkingOptions | None = None
    ) -> None:
        self.options = options or read_options(ParkingOptions, context.options)
        self.decoded = Decoded()
        self._network = self.options.network or connector
        self._received_at = context.received_at
        self._keys: set[str] = set()

    def refuse(self, record: str, reason: Exception | str, payload: str = "") -> None:
        """Keep what cannot be used, with its reason."""
        self.decoded.refusals.append(Refusal(record, str(reason), payload))

    def add(self, park: CarPark) -> None:
        """Take one car park.

        Raises:
            FieldRefused: no usable id, twice in the reply, too few bays, or an impossible time
                (then the station without values was taken).
        """
        fields: Mapping[str, object] = {"id": park.identifier, "name": park.name}
        identifier = clean_text(dict(fields), "id")
        key = f"{self._network}:{identifier}"
        if key in self._keys:
            raise FieldRefused("the car park stands twice in the reply")
        _require_a_group(park)
        self._keys.add(key)
        if park.name is not None:
            self.decoded.stations.append(self._station(key, clean_text(dict(fields), "name"), park))
        values, quality = _values(park)
        for name, observed in STREAMS.items():
            if name in values or (park.name is not None and name != "opening"):
                self.decoded.datastreams.append(
                    Datastream(key, name, observed.name, observed.unit, day_rule=DayRule.CIVIL)
                )
        if park.time is None:
            return
        time = check_time(park.time, self._received_at)
        for name, number in values.items():
            flag = Quality.NOT_EVALUATED if name == "opening" else quality
            self.decoded.observations.append(Observation(key, name, time, float(number), flag))

    def _station(self, key: str, name: str, park: CarPark) -> Station:
        return Station(
            key=key,
            kind="parking",
            name=name,
            operator=self.options.operator or UNKNOWN_OPERATOR,
            licence=self.options.licence or UNKNOWN_LICENCE,
            longitude=park.longitude,
            latitude=park.latitude,
        )


def _require_a_group(park: CarPark) -> None:
    said = [number for number in (park.free, park.occupied) if number is not None]
    known = park.capacity if park.capacity is not None else sum(said)
    if known < SMALLEST_GROUP:
        raise FieldRefused(
            f"it is not known to have at least {SMALLEST_GROUP} bays, and fewer would show "
            "where single persons park"
        )


def _values(park: CarPark) -> tuple[dict[str, int], Quality]:
    capacity, free, occupied = park.capacity, park.free, park.occupied
    doubtful = any(number is not None and number < 0 for number in (free, occupied, capacity))
    if capacity is not None:
        if free is not None and occupied is not None:
            doubtful = doubtful or free + occupied != capacity
        elif free is not None:
            occupied = capacity - free
            doubtful = doubtful or occupied < 0
        elif occupied is not None:
            free = capacity - occupied
            doubtful = doubtful or free < 0
    if park.open is False:
        free = None
    opening = None if park.open is None else int(park.open)
    said = {"free": free, "occupied": occupied, "capacity": capacity, "opening": opening}
    values = {name: number for name, number in said.items() if number is not None}
    return values, Quality.SUSPECT if doubtful else Quality.NOT_EVALUATED

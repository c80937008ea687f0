"""From what a feed of counters says to stations (sites), datastreams (channels) and counts.

A datastream is a total or a part of one (`Datastream.part_of`). Totals are public; parts (single
lanes and directions, classes) are internal and become public only through the privacy gate.
Nothing is ever added up here. A count belongs to `[start, end)` and is stored by its start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...domain.errors import PayloadRefused, Refusal
from ...domain.identifiers import identifier_in
from ...domain.observation import Observation
from ...domain.quality import Quality
from ...domain.station import Datastream, Licence, Operator, Station, Visibility
from ...domain.time import DayRule
from ...domain.units import (
    BICYCLE_COUNT,
    HEAVY_VEHICLE_COUNT,
    MOTOR_VEHICLE_COUNT,
    PEDESTRIAN_COUNT,
    TRAFFIC_COUNT,
    ObservedProperty,
)
from ..base import Context, Decoded
from ..json_payload import FieldRefused, clean_text
from ..options import read_options
from ..plausibility import check_time
from .parking import UNKNOWN_LICENCE, UNKNOWN_OPERATOR, degrees

MOST_COUNTED = 10_000_000
MODES: dict[str, ObservedProperty] = {
    "pedestrian": PEDESTRIAN_COUNT,
    "bicycle": BICYCLE_COUNT,
    "motor_vehicle": MOTOR_VEHICLE_COUNT,
    "heavy_vehicle": HEAVY_VEHICLE_COUNT,
    "any": TRAFFIC_COUNT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterOptions:
    """What a feed does not say of itself.

    Attributes:
        network: first part of the stations' keys; the connector's name without it.
        operator: who runs the counters.
        licence: licence of the counts.
        mode: what is counted where the feed does not say: pedestrian, bicycle, motor_vehicle,
            heavy_vehicle or any.
    """

    network: str | None = None
    operator: Operator | None = None
    licence: Licence | None = None
    mode: str = "any"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode {self.mode!r} is not one of {', '.join(MODES)}")


class Counters:
    """Collects the counters of one payload; `decoded` is the result."""

    def __init__(self, connector: str, context: Context, options: CounterOptions) -> None:
        self.options = options
        self.decoded = Decoded()
        self._network = options.network or connector
        self._received_at = context.received_at
        self._fallback = context.station_key
        self._streams: set[tuple[str, str]] = set()
        self._counted: dict[tuple[str, str, datetime], float] = {}

    @classmethod
    def of(cls, connector: str, context: Context) -> Counters:
        """For a connector without options of its own.

        Raises:
            OptionsRefused: the options are faulty.
        """
        return cls(connector, context, read_options(CounterOptions, context.options))

    @property
    def mode(self) -> ObservedProperty:
        """What is counted where the feed does not say."""
        return MODES[self.options.mode]

    def refuse(self, record: str, reason: Exception | str) -> None:
        """Keep what cannot be used, with its reason and without the record itself."""
        self.decoded.refusals.append(Refusal(record[:200], str(reason)[:400]))

    def context_key(self) -> str:
        """Key of the station of the context, for lists that name none.

        Raises:
            PayloadRefused: the context has none.
        """
        if self._fallback is None:
            raise PayloadRefused("nothing says which counter the list belongs to")
        return self._fallback

    def key(self, identifier: object) -> str:
        """Key of a site.

        Raises:
            FieldRefused: no id, or one that is no text or leads to a person or device.
        """
        return f"{self._network}:{self.text(identifier, 'the id')}"

    def text(self, written: object, name: str) -> str:
        """An id or a name, as text.

        Raises:
            FieldRefused: no text or number, or it leads to a person or device.
        """
        if isinstance(written, int) and not isinstance(written, bool) and abs(written) < 10**18:
            written = str(written)
        text = clean_text({name: written}, name)
        kind = identifier_in(text)
        if kind is not None:
            raise FieldRefused(f"{name} looks like {kind}")
        return text

    def station(
        self, key: str, name: object, longitude: object = None, latitude: object = None
    ) -> None:
        """Tell of a site.

        Raises:
            FieldRefused: no usable name, or coordinates that are no place.
        """
        if any(one.key == key for one in self.decoded.stations):
            return
        east, north = degrees(longitude, latitude)
        self.decoded.stations.append(
            Station(
                key=key,
                kind="counter",
                name=self.text(name, "the name"),
                operator=self.options.operator or UNKNOWN_OPERATOR,
                licence=self.options.licence or UNKNOWN_LICENCE,
                longitude=east,
                latitude=north,
            )
        )

    def channel(
        self,
        key: str,
        name: str,
        observed: ObservedProperty,
        *,
        interval: timedelta | None = None,
        part_of: str | None = None,
        internal: bool = False,
        remark: str | None = None,
    ) -> None:
        """Tell of a channel, once."""
        if (key, name) in self._streams:
            return
        self._streams.add((key, name))
        hidden = internal or part_of is not None
        self.decoded.datastreams.append(
            Datastream(
                key,
                name,
                observed.name,
                observed.unit,
                interval=interval,
                day_rule=DayRule.CIVIL,
                visibility=Visibility.INTERNAL if hidden else Visibility.PUBLIC,
                remark=remark,
                part_of=part_of,
            )
        )

    def count(
        self,
        key: str,
        name: str,
        start: datetime,
        number: float,
        quality: Quality = Quality.NOT_EVALUATED,
    ) -> None:
        """Take one number of a channel that was told.

        Raises:
            FieldRefused: an impossible time, or another number for the same start.
        """
        time = check_time(start, self._received_at)
        known = self._counted.get((key, name, time))
        if known is not None:
            if known != number:
                raise FieldRefused(f"{time.isoformat()} stands twice: {known:g} and {number:g}")
            return
        self._counted[key, name, time] = number
        self.decoded.observations.append(Observation(key, name, time, float(number), quality))


def whole_number(written: object, name: str) -> int | None:
    """A count as JSON number or text; None where nothing is written.

    Raises:
        FieldRefused: no whole number of 0 to `MOST_COUNTED`.
    """
    if written is None or written == "":
        return None
    if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) < 9:
        number = int(written)
    elif isinstance(written, int) and not isinstance(written, bool):
        number = written
    elif isinstance(written, float) and written.is_integer():
        number = int(written)
    else:
        raise FieldRefused(f"{name} is not a whole number")
    if not 0 <= number <= MOST_COUNTED:
        raise FieldRefused(f"{name} is not between 0 and {MOST_COUNTED:,}")
    return number


def only_step(starts: Iterable[datetime]) -> timedelta | None:
    """The step between the intervals of a list: the one most of its neighbours have."""
    ordered = sorted(set(starts))
    steps = [later - earlier for earlier, later in zip(ordered, ordered[1:], strict=False)]
    return max(set(steps), key=steps.count) if steps else None

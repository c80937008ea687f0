"""From what a feed says of a sharing station or a charging site to a station and its numbers.

Only counts of a whole site are taken: no id and no place of a vehicle, no state of a single
charging point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ...domain.errors import Refusal
from ...domain.identifiers import identifier_in
from ...domain.observation import Observation
from ...domain.quality import Quality
from ...domain.station import Datastream, Licence, Operator, Station
from ...domain.time import DayRule
from ...domain.units import ObservedProperty
from ..base import Context, Decoded
from ..json_payload import FieldRefused, clean_text
from ..plausibility import check_time
from .parking import MOST_SPACES, UNKNOWN_LICENCE, UNKNOWN_OPERATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOptions:
    """What a feed does not say of itself.

    Attributes:
        network: first part of the stations' keys; the connector's name without it.
        operator: who runs the sites, where the feed does not name one.
        licence: licence of the values.
    """

    network: str | None = None
    operator: Operator | None = None
    licence: Licence | None = None


@dataclass(slots=True, kw_only=True)
class Site:
    """What one record says of one site; None is what it does not say.

    `counts` are by the names of the streams. Without a `time` (UTC) they are not taken.
    """

    identifier: object
    counts: Mapping[str, int | None]
    name: str | None = None
    operator: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    time: datetime | None = None
    quality: Quality = Quality.NOT_EVALUATED


class Sites:
    """Collects the sites of one kind of one payload; `decoded` is the result."""

    def __init__(
        self,
        kind: str,
        streams: Mapping[str, ObservedProperty],
        network: str,
        context: Context,
        options: SiteOptions,
    ) -> None:
        self.decoded = Decoded()
        self._kind = kind
        self._streams = streams
        self._network = options.network or network
        self._options = options
        self._received_at = context.received_at
        self._keys: set[str] = set()

    def refuse(self, record: str, reason: Exception | str) -> None:
        """Keep that something cannot be used and why, without the record itself."""
        self.decoded.refusals.append(Refusal(record[:200], str(reason)[:400]))

    def add(self, site: Site) -> None:
        """Take one site.

        Raises:
            FieldRefused: no usable id, twice in the reply, a name that leads to a person or
                vehicle, a count that cannot be, or an impossible time.
        """
        key = f"{self._network}:{identifier_text(site.identifier)}"
        if key in self._keys:
            raise FieldRefused("the site stands twice in the reply")
        name = None if site.name is None else harmless_text(site.name, "the name")
        time = None if site.time is None else check_time(site.time, self._received_at)
        counts = {stream: number for stream, number in site.counts.items() if number is not None}
        for stream, number in counts.items():
            if not 0 <= number <= MOST_SPACES:
                raise FieldRefused(f"{stream} {number} is not between 0 and {MOST_SPACES:,}")
        self._keys.add(key)
        if name is not None:
            self.decoded.stations.append(self._station(key, name, site))
        for stream in counts:
            observed = self._streams[stream]
            self.decoded.datastreams.append(
                Datastream(key, stream, observed.name, observed.unit, day_rule=DayRule.CIVIL)
            )
            if time is not None:
                self.decoded.observations.append(
                    Observation(key, stream, time, float(counts[stream]), site.quality)
                )

    def _station(self, key: str, name: str, site: Site) -> Station:
        operator = self._options.operator
        if operator is None and site.operator is not None:
            operator = Operator(harmless_text(site.operator, "the operator"))
        return Station(
            key=key,
            kind=self._kind,
            name=name,
            operator=operator or UNKNOWN_OPERATOR,
            licence=self._options.licence or UNKNOWN_LICENCE,
            longitude=site.longitude,
            latitude=site.latitude,
        )


def identifier_text(written: object) -> str:
    """The id of a site, as text.

    Raises:
        FieldRefused: no text and no whole number, or blank.
    """
    if isinstance(written, int) and not isinstance(written, bool) and abs(written) < 10**18:
        written = str(written)
    return clean_text({"the id": written}, "the id")


def harmless_text(written: str, name: str) -> str:
    """A text that leads to no person, vehicle or device.

    Raises:
        FieldRefused: it does, or it is no usable text.
    """
    text = clean_text({name: written}, name)
    kind = identifier_in(text)
    if kind is not None:
        raise FieldRefused(f"{name} looks like {kind}")
    return text

"""DATEX II measured data, versions 2 and 3, and the table of the sites they belong to.

What an index of a site means (lane, class of vehicles, period) stands only in the site table, so a
datastream is named by its index and is internal: it is a part of what passes there. A flow is a
rate in vehicles an hour, whatever the period, and no count.

Not values, and left out without a word since they come by the ten thousand: a speed of -1, what is
marked as `dataError`, and a mean speed of fewer vehicles than the smallest sample, or of an unknown
number: it would be the speed of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ...domain.errors import PayloadRefused
from ...domain.privacy import DEFAULT_RULE
from ...domain.time import TimeRefused
from ...domain.units import VEHICLE_FLOW, VEHICLE_SPEED, ObservedProperty
from ..base import Context, Decoded
from ..json_payload import FieldRefused
from ..local_time import TimeOptions, read_instant
from ..numbers import read_number
from .counters import Counters
from .xml_payload import Element, mended, parse, records

_RECORDS = frozenset({"siteMeasurements", "measurementSiteRecord", "measurementSite"})
_VALUES = ("measuredValue", "physicalQuantity")
_TYPES = {"trafficFlow": VEHICLE_FLOW, "trafficSpeed": VEHICLE_SPEED}
_PUBLICATIONS = ("MeasuredDataPublication", "MeasurementSiteTablePublication")
_MOST = {VEHICLE_FLOW.name: 50_000.0, VEHICLE_SPEED.name: 300.0}
_NO_SPEED = -1.0
_TIME = TimeOptions()


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one publication.

    Raises:
        PayloadRefused: no XML, or neither measured data nor a table of sites.
        OptionsRefused: the options are faulty.
    """
    counters = Counters.of("datex2", context)
    found = False
    for element in records(payload, _RECORDS):
        found = True
        site = _identifier(element)
        try:
            if element.name == "siteMeasurements":
                _read_values(element, counters.key(site), counters)
            else:
                _read_site(element, counters.key(site), counters)
        except (FieldRefused, TimeRefused) as error:
            counters.refuse(f"{element.name} {site}", error)
    if not found and not any(one.type in _PUBLICATIONS for one in parse(payload).descendants()):
        raise PayloadRefused("the XML holds neither measured data nor measurement sites")
    return counters.decoded


def _identifier(element: Element) -> str:
    reference = element.first("measurementSiteReference")
    return (reference or element).attributes.get("id", "")


def _read_site(element: Element, key: str, counters: Counters) -> None:
    name = element.value("measurementSiteName", "values", "value") or _identifier(element)
    counters.station(key, mended(name), *_place(element))
    for outer in element.every("measurementSpecificCharacteristics"):
        index = outer.attributes.get("index", "")
        inner = outer.first("measurementSpecificCharacteristics") or outer
        observed = _TYPES.get(inner.value("specificMeasurementValueType") or "")
        if observed is None:
            continue
        counters.channel(
            key,
            _stream(observed, index),
            observed,
            interval=_period(inner),
            internal=True,
            remark=_remark(inner),
        )


def _place(element: Element) -> tuple[str | None, str | None]:
    for part in element.descendants():
        latitude, longitude = part.value("latitude"), part.value("longitude")
        if latitude is not None and longitude is not None:
            return longitude, latitude
    return None, None


def _period(characteristics: Element) -> timedelta | None:
    written = characteristics.value("period")
    number = None if written is None else read_number(written, ".", frozenset())
    return timedelta(seconds=number) if number and 0 < number <= 86_400 else None


def _remark(characteristics: Element) -> str | None:
    """Lane and limits of length or class, in the words of the table."""
    lane = characteristics.value("specificLane")
    vehicles = characteristics.first("specificVehicleCharacteristics")
    words = [] if vehicles is None else [one.text.strip() for one in vehicles.descendants()]
    said = " ".join(word for word in (lane, *words) if word)
    return said[:200] or None


def _stream(observed: ObservedProperty, index: str) -> str:
    if not (index.isascii() and index.isdigit() and len(index) <= 4):
        raise FieldRefused(f"the index {index[:20]!r} is not a number")
    return f"{'flow' if observed is VEHICLE_FLOW else 'speed'}_{index}"


def _read_values(element: Element, key: str, counters: Counters) -> None:
    default = element.first("measurementTimeDefault")
    written = None if default is None else default.value("timeValue") or default.text.strip()
    start = read_instant(written, _TIME)
    told: set[str] = set()
    for index, data in _basic_data(element):
        for observed, number in _numbers(data):
            name = _stream(observed, index)
            if name in told:
                raise FieldRefused(f"the index {index} stands twice")
            told.add(name)
            _take(counters, key, name, observed, start, number)


def _take(
    counters: Counters,
    key: str,
    name: str,
    observed: ObservedProperty,
    start: datetime,
    number: float,
) -> None:
    if not 0 <= number <= _MOST[observed.name]:
        raise FieldRefused(f"{name} {number:g} {observed.unit} cannot be")
    counters.channel(key, name, observed, internal=True)
    counters.count(key, name, start, number)


def _basic_data(element: Element) -> Iterator[tuple[str, Element]]:
    for outer in (child for child in element.children if child.name in _VALUES):
        data = (outer.first(outer.name) or outer).first("basicData")
        if data is not None:
            yield outer.attributes.get("index", ""), data


def _numbers(data: Element) -> Iterator[tuple[ObservedProperty, float]]:
    flow = data.first("vehicleFlow")
    rate = _number(flow, "vehicleFlowRate")
    if rate is not None:
        yield VEHICLE_FLOW, rate
    mean = data.first("averageVehicleSpeed")
    speed = _number(mean, "speed")
    if mean is not None and speed is not None and speed != _NO_SPEED:
        sample = mean.attributes.get("numberOfInputValuesUsed", "")
        known = sample.isascii() and sample.isdigit() and len(sample) < 9
        if known and int(sample) >= DEFAULT_RULE.smallest_sample:
            yield VEHICLE_SPEED, speed


def _number(value: Element | None, name: str) -> float | None:
    if value is None or value.value("dataError") == "true":
        return None
    written = value.value(name)
    return None if written is None else read_number(written, ".", frozenset())

"""Any parking feed in JSON, XML or a table, read by where its options say that things stand.

In JSON a place is a path (JSONPath, `$.free`), in XML the names of elements (`Frei`,
`Belegung/Frei`, `@id` for an attribute), in a table the name of a column. What a number means is
said too: `free` and `occupied` are different things, and feeds call both "current".
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_path import ABSENT, compiled, matches, only_one
from ..json_payload import FieldRefused, clean_text, load_json
from ..local_time import TimeOptions, read_instant
from ..options import read_options
from .parking import CarPark, CarParks, ParkingOptions, count, degrees
from .xml_payload import Element, mended, parse

MOST_RECORDS = 20_000
_PLACES = ("id", "name", "longitude", "latitude", "capacity", "free", "occupied", "opening")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePlace(TimeOptions):
    """Where the time stands and how it is written.

    Attributes:
        place: as the other places.
        within: `record` for a time of each car park, `reply` for one of all (not in a table).
    """

    place: str
    within: Literal["record", "reply"] = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingMappingOptions(ParkingOptions):
    """The options of this connector.

    Attributes:
        format: how the feed is written.
        records: where the car parks stand: in JSON a path to their objects, in XML the name of
            their element; nothing in a table, whose rows they are.
        id: place of the id, or `#key` in JSON for the name their object has.
        capacity, free, occupied: places of numbers; at least one of them.
        name, longitude, latitude: places of what the register otherwise says (degrees, WGS 84).
        opening: place of the state, of which `open` and `closed` list the words.
        time: where the time stands; `received` takes the moment of receipt, which makes a feed
            that stands still look alive.
        missing: texts that stand for no number.
        encoding: of JSON and tables; XML declares its own.
        separator: between two columns of a table.
    """

    format: Literal["json", "xml", "csv"]
    id: str
    time: TimePlace | Literal["received"]
    records: str = ""
    name: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    capacity: str | None = None
    free: str | None = None
    occupied: str | None = None
    opening: str | None = None
    open: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("", "-", "---")
    encoding: Literal["utf-8", "latin-1", "iso-8859-15", "cp1252", "utf-16"] = "utf-8"
    separator: str = ";"

    def __post_init__(self) -> None:
        if self.capacity is None and self.free is None and self.occupied is None:
            raise ValueError("at least one of capacity, free and occupied is needed")
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("longitude and latitude are needed together")
        if (self.opening is None) != (not self.open and not self.closed):
            raise ValueError("opening needs the words of open or closed, and they need it")
        if set(self.open) & set(self.closed):
            raise ValueError("a word stands in open and in closed")
        if (self.records == "") != (self.format == "csv"):
            raise ValueError("records is needed in json and xml, and not in csv")
        if len(self.separator) != 1 or self.separator in '"\r\n\0':
            raise ValueError("separator is not one character")
        if self.format == "json":
            self._check_paths()
        elif self.id == "#key":
            raise ValueError("id #key is for json")
        if self.time != "received" and self.format == "csv" and self.time.within == "reply":
            raise ValueError("time: a table has no time of the whole reply")

    def _check_paths(self) -> None:
        compiled(self.records)
        places = {name: getattr(self, name) for name in _PLACES}
        if self.time != "received":
            places["time"] = self.time.place
        for name, place in places.items():
            if isinstance(place, str) and not (name == "id" and place == "#key"):
                try:
                    compiled(place)
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None


_Read = Callable[[str], object]
"""What stands at a place of one record, `ABSENT` where that is nothing."""


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one reply.

    Raises:
        PayloadRefused: not the format, or nothing stands where the options say.
        OptionsRefused: the options are faulty.
    """
    options = read_options(ParkingMappingOptions, context.options)
    parks = CarParks("parking-mapping", context, options)
    readers = {"json": _of_json, "xml": _of_xml, "csv": _of_table}
    found = False
    for position, (read, whole) in enumerate(readers[options.format](payload, options), start=1):
        found = True
        if position > MOST_RECORDS:
            raise PayloadRefused(f"the reply has more than {MOST_RECORDS:,} car parks")
        try:
            park = _car_park(read, options)
            _take_place(parks, park, read, options, f"record {position}")
            park.time = _time(read, whole, options, context.received_at)
            parks.add(park)
        except (FieldRefused, TimeRefused) as error:
            parks.refuse(f"record {position}", error)
    if not found:
        raise PayloadRefused(
            "the table has no row"
            if options.format == "csv"
            else f"nothing stands at {options.records[:100]!r}"
        )
    return parks.decoded


def _car_park(read: _Read, options: ParkingMappingOptions) -> CarPark:
    numbers: dict[str, int | None] = {}
    for name in ("capacity", "free", "occupied"):
        place = getattr(options, name)
        written = None if place is None else read(place)
        if isinstance(written, str) and written.strip() in options.missing:
            written = None
        numbers[name] = None if written is ABSENT else count(written, name)
    identifier = read(options.id)
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)[:40]
    name = None if options.name is None else read(options.name)
    state = None if options.opening is None else _word(read(options.opening))
    return CarPark(
        identifier=clean_text({"id": identifier}, "id"),
        name=mended(clean_text({"name": name}, "name")) if options.name else None,
        open=True if state in options.open else False if state in options.closed else None,
        capacity=numbers["capacity"],
        free=numbers["free"],
        occupied=numbers["occupied"],
    )


def _take_place(
    parks: CarParks, park: CarPark, read: _Read, options: ParkingMappingOptions, record: str
) -> None:
    """The place of a car park; one that cannot be is refused and the car park told without."""
    if options.longitude is None or options.latitude is None:
        return
    pair = [read(options.longitude), read(options.latitude)]
    pair = [None if one is ABSENT else one for one in pair]
    pair = [one.replace(",", ".") if isinstance(one, str) else one for one in pair]
    try:
        park.longitude, park.latitude = degrees(*pair)
    except FieldRefused as error:
        parks.refuse(record, error)


def _time(
    read: _Read, whole: _Read, options: ParkingMappingOptions, received_at: datetime
) -> datetime:
    if options.time == "received":
        return received_at
    written = (whole if options.time.within == "reply" else read)(options.time.place)
    if written is ABSENT or written in (None, ""):
        raise TimeRefused(f"no time stands at {options.time.place[:100]!r}")
    return read_instant(written, options.time)


def _word(written: object) -> str | None:
    """A state as it is compared: `true` and `1` are words too."""
    if isinstance(written, bool):
        return "true" if written else "false"
    return str(written).strip() if isinstance(written, str | int) else None


def _of_json(payload: bytes, options: ParkingMappingOptions) -> Iterator[tuple[_Read, _Read]]:
    document = load_json(_decoded(payload, options).encode())

    def reader(parts: tuple[int | str, ...], record: object) -> _Read:
        def read(place: str) -> object:
            if place == "#key":
                return parts[-1] if parts else ABSENT
            return only_one(place, record)

        return read

    whole = reader((), document)
    for parts, record in matches(options.records, document):
        yield reader(parts, record), whole


def _of_xml(payload: bytes, options: ParkingMappingOptions) -> Iterator[tuple[_Read, _Read]]:
    root = parse(payload)

    def reader(element: Element) -> _Read:
        def read(place: str) -> object:
            *names, last = place.split("/")
            if not last.startswith("@"):
                return element.value(*names, last) or ABSENT
            found = element.first(*names)
            return ABSENT if found is None else found.attributes.get(last[1:], ABSENT)

        return read

    whole = reader(root)
    for element in root.descendants():
        if element.name == options.records:
            yield reader(element), whole


def _of_table(payload: bytes, options: ParkingMappingOptions) -> Iterator[tuple[_Read, _Read]]:
    rows = csv.reader(_decoded(payload, options).splitlines(), delimiter=options.separator)
    try:
        header = [name.strip() for name in next(rows)]
        places = [getattr(options, name) for name in _PLACES]
        if options.time != "received":
            places.append(options.time.place)
        for place in places:
            if place is not None and header.count(place) != 1:
                has = ", ".join(repr(name[:40]) for name in header[:20])
                raise PayloadRefused(f"the table has not one column {place[:60]!r}; it has {has}")

        def reader(row: list[str]) -> _Read:
            def read(place: str) -> object:
                position = header.index(place)
                return row[position].strip() if position < len(row) else ABSENT

            return read

        for row in rows:
            if any(cell.strip() for cell in row):
                yield reader(row), reader(row)
    except csv.Error as error:
        raise PayloadRefused(f"the table cannot be read: {error}") from None


def _decoded(payload: bytes, options: ParkingMappingOptions) -> str:
    if not payload.strip():
        raise PayloadRefused("the reply is empty")
    encoding = "utf-8-sig" if options.encoding == "utf-8" else options.encoding
    try:
        return payload.decode(encoding)
    except UnicodeDecodeError as error:
        raise PayloadRefused(
            f"the reply is not {options.encoding}: {error.reason} at byte {error.start}"
        ) from None

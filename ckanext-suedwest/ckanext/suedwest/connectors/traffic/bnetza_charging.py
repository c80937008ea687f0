"""The charging register of the Bundesnetzagentur: its JSON (`chargingStations`) and its CSV.

It tells where charging points are and how many, not whether they are free. It has no time of
its own: the number counts from the day (UTC) it was received on. Dates are `dd.MM.yyyy`, in the
CSV numbers have a comma and some lines of explanation stand above the header.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, time

from ...domain.errors import PayloadRefused
from ...domain.time import TimeRefused
from ..base import Context, Decoded
from ..json_payload import FieldRefused, as_list, as_object, load_json
from ..local_time import TimeOptions, read_instant
from ..options import read_options
from .charging import STREAMS
from .parking import count, degrees
from .sites import Site, SiteOptions, Sites

_DATE = TimeOptions(format="%d.%m.%Y", zone="Europe/Berlin")
_IN_OPERATION = "In Betrieb"
_EXPLANATION_LINES = 30
_ID = ("Ladeeinrichtungs-ID", "ID")
_Fields = dict[str, object]


def connector(payload: bytes, context: Context) -> Decoded:
    """Read one edition of the register.

    Raises:
        PayloadRefused: neither its JSON nor its CSV.
        OptionsRefused: the options are faulty.
    """
    options = read_options(SiteOptions, context.options)
    sites = Sites("charging", STREAMS, "bnetza", context, options)
    day = datetime.combine(context.received_at.astimezone(UTC).date(), time(), UTC)
    for number, fields in enumerate(_records(payload), start=1):
        try:
            began = fields["date"]
            if began and read_instant(began, _DATE) > context.received_at:
                raise FieldRefused(f"it does not begin before {began}")
            if fields["status"] not in (_IN_OPERATION, None, ""):
                raise FieldRefused(f"its state is {str(fields['status'])[:60]!r}")
            longitude, latitude = degrees(fields["longitude"], fields["latitude"])
            points = count(fields["points"], "the number of points")
            if not points:
                raise FieldRefused("it has no charging points")
            sites.add(
                Site(
                    identifier=fields["id"],
                    name=_joined(fields["street"], fields["house"], fields["town"]),
                    operator=_joined(fields["operator"]),
                    longitude=longitude,
                    latitude=latitude,
                    counts={"total": points},
                    time=day,
                )
            )
        except (FieldRefused, TimeRefused) as error:
            sites.refuse(f"entry {number}", error)
    return sites.decoded


def _records(payload: bytes) -> Iterator[_Fields]:
    if payload.startswith(b"PK"):
        raise PayloadRefused("this is a workbook (XLSX); the register is read as CSV or JSON")
    if payload.lstrip()[:1] in (b"{", b"[", b"<", b""):
        return _of_json(payload)
    return _of_table(payload)


def _of_json(payload: bytes) -> Iterator[_Fields]:
    entries = as_list((as_object(load_json(payload)) or {}).get("chargingStations"))
    if entries is None:
        raise PayloadRefused("the reply has no chargingStations")
    for entry in entries:
        fields = as_object(entry) or {}
        place = as_object(fields.get("coordinates")) or {}
        operator = as_object(fields.get("operator")) or {}
        yield {
            "id": fields.get("id"),
            "date": fields.get("go_live_date"),
            "status": (as_object(fields.get("status")) or {}).get("operational"),
            "longitude": place.get("longitude"),
            "latitude": place.get("latitude"),
            "points": len(as_list(fields.get("evses")) or []),
            "street": fields.get("street"),
            "house": fields.get("house_no"),
            "town": fields.get("city"),
            "operator": operator.get("companyName"),
        }


def _of_table(payload: bytes) -> Iterator[_Fields]:
    rows = csv.reader(_text(payload).splitlines(), delimiter=";")
    try:
        header = _header(rows)
        columns = {name.strip(): position for position, name in enumerate(header)}
        identifier = next((name for name in _ID if name in columns), None)
        if identifier is None:
            raise PayloadRefused("the table has no Ladeeinrichtungs-ID")
        for row in rows:
            if not any(field.strip() for field in row):
                continue

            def at(name: str, row: list[str] = row) -> str | None:
                position = columns.get(name)
                found = (
                    row[position].strip() if position is not None and position < len(row) else ""
                )
                return found or None

            yield {
                "id": at(identifier),
                "date": at("Inbetriebnahmedatum"),
                "status": at("Status"),
                "longitude": _decimal(at("Längengrad")),
                "latitude": _decimal(at("Breitengrad")),
                "points": at("Anzahl Ladepunkte"),
                "street": at("Straße"),
                "house": at("Hausnummer"),
                "town": at("Ort"),
                "operator": at("Betreiber"),
            }
    except csv.Error as error:
        raise PayloadRefused(f"the table cannot be read: {error}") from None


def _header(rows: Iterator[list[str]]) -> list[str]:
    for number, row in enumerate(rows):
        names = {name.strip() for name in row}
        if {"Betreiber", "Breitengrad", "Längengrad"} <= names:
            return row
        if number > _EXPLANATION_LINES:
            break
    raise PayloadRefused("the table has no line with Betreiber, Breitengrad and Längengrad")


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Editions before 2024 are Windows-1252; undefined bytes of it are no text at all.
        try:
            return payload.decode("cp1252")
        except UnicodeDecodeError as error:
            raise PayloadRefused(
                f"the table is neither UTF-8 nor Windows-1252: {error.reason} at {error.start}"
            ) from None


def _decimal(written: str | None) -> str | None:
    return None if written is None else written.replace(",", ".")


def _joined(*parts: object) -> str | None:
    return " ".join(part.strip() for part in parts if isinstance(part, str)).strip() or None

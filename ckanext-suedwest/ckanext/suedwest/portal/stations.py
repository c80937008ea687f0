"""How a station of the store is written as a package, the same every time."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from babel.dates import format_date

from ..domain.station import Visibility
from ..domain.time import BERLIN
from ..observations.live import URL_TYPE
from ..store.query import DatastreamNow, DatumRow, StationRow
from .titles import title

PACKAGE_TYPE = "station"
KINDS_WITH_PACKAGE = frozenset({"water", "counter"})
"""Kinds of which each station is a dataset. Car parks, sharing and charging sites and stops are
rows with pages: too many, and too alike, to be found one by one in the catalogue."""
EDITED_FIELDS = ("title", "notes", "tag_string")
"""Fields the editors own once they changed them; all others follow the store."""
EDITED_RESOURCE_FIELDS = ("name", "description")

_PROPERTY_NAMES = {
    "water_level": "Wasserstand",
    "water_elevation": "Wasserspiegel über Normalhöhennull",
    "discharge": "Abfluss",
    "distance": "Abstand vom Sensor zum Wasser",
    "depth": "Wasserhöhe über dem Sensor",
    "temperature": "Temperatur",
    "flood_class": "Hochwasserklasse",
}


def package_id(station_key: str) -> str:
    """The same id for the same station, so that it is found whatever its address became."""
    return str(uuid5(NAMESPACE_URL, f"suedwest:{station_key}"))


def public_datastreams(station: StationRow) -> list[DatastreamNow]:
    """The datastreams that become resources."""
    return [each for each in station.datastreams if each.visibility == Visibility.PUBLIC]


_REPLAYED = "Sandbox: nachgespielte Werte, keine Messung von jetzt."


def _is_replayed(station: StationRow) -> bool:
    return station.properties.get("simulated") == "true"


def _tag(text: str) -> str:
    """A text as CKAN allows it in a keyword: 2 to 100 letters, digits, blanks and `-_.`."""
    tag = " ".join(re.sub(r"[^\w \-.]", " ", text).split())[:100].strip()
    return tag if len(tag) >= 2 else ""


def edited_values(station: StationRow) -> dict[str, str]:
    """What the fields of `EDITED_FIELDS` say as long as no editor changed them."""
    operator = station.operator["name"]
    where = title(station)
    sentences = (
        _REPLAYED if _is_replayed(station) else "",
        f"Messstelle {where}, betrieben von: {operator}.",
        "Die Werte sind ungeprüft.",
        station.licence.get("attribution") or "",
    )
    return {
        "title": where,
        "notes": " ".join(part for part in sentences if part),
        "tag_string": _tag(station.water or ""),
    }


def written_values(station: StationRow) -> dict[str, Any]:
    """The fields that always follow the store; texts, and `municipalities` a sorted list."""
    return {
        "type": PACKAGE_TYPE,
        "name": station.slug,
        "license_id": station.licence.get("id") or "notspecified",
        "service_note": _service_note(station),
        "station_key": station.key,
        "station_kind": station.kind,
        "water": station.water or "",
        "station_number": station.number or "",
        "operator_name": station.operator["name"],
        "operator_url": station.operator.get("url") or "",
        "operator_contact": station.operator.get("contact") or "",
        "attribution": station.licence.get("attribution") or "",
        "remark": station.remark or "",
        "simulated": station.properties.get("simulated", "false"),
        "municipalities": sorted(name for name, _relation in station.municipalities),
        "spatial": _point(station),
    }


def resource_edited_values(station: StationRow, datastream: DatastreamNow) -> dict[str, str]:
    """Name and description of a live resource as long as no editor changed them."""
    replayed = f"{_REPLAYED} " if _is_replayed(station) else ""
    label = _PROPERTY_NAMES.get(datastream.observed_property, datastream.observed_property)
    return {
        "name": f"{label} ({datastream.name})",
        "description": f"{replayed}Alle Messwerte in {datastream.unit}, laufend ergänzt.",
    }


def resource_written_values(
    datastream: DatastreamNow, datums: Sequence[DatumRow], *, site_url: str
) -> dict[str, str]:
    """The fields of a live resource that always follow the store."""
    datum = datums[0] if datums else None
    return {
        "url": f"{site_url}/datastore/dump/{datastream.resource_id}",
        "url_type": URL_TYPE,
        "format": "CSV",
        "datastream_name": datastream.name,
        "observed_property": datastream.observed_property,
        "unit": datastream.unit,
        "interval": _duration(datastream.interval),
        "datum_reference": datum.reference if datum else "",
        "datum_metres": f"{datum.metres:.3f}" if datum else "",
    }


def _service_note(station: StationRow) -> str:
    if station.gone_at is not None:
        since = format_date(station.gone_at.astimezone(BERLIN), format="long", locale="de")
        return f"Die Messstelle liefert keine Werte mehr; die Quelle nennt sie seit {since} nicht."
    if not station.municipalities:
        return "Zurzeit zeigt keine Kommune diese Messstelle."
    return ""


def _point(station: StationRow) -> str:
    if station.longitude is None or station.latitude is None:
        return ""
    return json.dumps({"type": "Point", "coordinates": [station.longitude, station.latitude]})


def _duration(interval: timedelta | None) -> str:
    """An ISO 8601 duration in whole seconds or minutes, `PT15M`."""
    if interval is None:
        return ""
    seconds = round(interval.total_seconds())
    return f"PT{seconds // 60}M" if seconds % 60 == 0 else f"PT{seconds}S"

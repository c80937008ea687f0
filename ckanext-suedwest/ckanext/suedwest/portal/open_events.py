"""The datasets of roadworks and closures: one for each municipality and operator, as those of
stations (`open_datasets`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from ..store.events import Publisher
from ..store.slug import slugify
from .open_datasets import (
    FREQUENCY,
    LICENCE_BASE,
    LICENCES,
    THEME,
    address_name,
    is_own,
    package_id,
    place,
)
from .profile import Profile

KIND = "events"


@dataclass(frozen=True, slots=True)
class EventOffer:
    """Roadworks and closures of one operator that one municipality shows."""

    municipality: Profile
    operator: str
    publishers: tuple[Publisher, ...]
    own: bool

    @property
    def key(self) -> str:
        """The same for the same offer, whatever its events are."""
        return f"{self.municipality.name}:{KIND}:{self.operator}"

    @property
    def simulated(self) -> bool:
        """Whether something in it says nothing of the real world."""
        return any(each.simulated for each in self.publishers)

    @property
    def exported(self) -> bool:
        """Whether other catalogues may take it over as published by the municipality."""
        return self.own and not self.simulated


def offers(publishers: Iterable[Publisher], municipalities: Iterable[Profile]) -> list[EventOffer]:
    """What there is to publish, by key."""
    profiles = {each.name: each for each in municipalities}
    groups: dict[tuple[str, str], list[Publisher]] = {}
    for each in publishers:
        if each.municipality in profiles:
            groups.setdefault((each.municipality, slugify(each.operator["name"])), []).append(each)
    found: list[EventOffer] = []
    for (name, operator), rows in sorted(groups.items()):
        municipality = profiles[name]
        own = any(is_own(operator, (row.owner, row.source_type), municipality) for row in rows)
        found.append(EventOffer(municipality, operator, tuple(rows), own))
    return found


def name(offer: EventOffer) -> str:
    """Its address."""
    return address_name(offer.key, offer.municipality.name, KIND, offer.operator)


def edited_values(offer: EventOffer) -> dict[str, str]:
    """What the fields of `open_datasets.EDITED_FIELDS` say as long as no editor changed them."""
    operator, municipality = offer.publishers[0].operator["name"], offer.municipality
    mark = " (simuliert)" if offer.simulated else ""
    paragraphs = (
        "Simuliert: nachgespielte oder erfundene Meldungen, keine Sperrungen von jetzt."
        if offer.simulated
        else "",
        "Baustellen und Sperrungen mit Ort, Gültigkeit und Wirkung auf den Verkehr, "
        f"gemeldet von: {operator}.",
        "GeoJSON enthält alle Meldungen, CIFS für Navigationsdienste nur Vollsperrungen mit "
        "Linie, Straße und Richtung. Wann die Quelle zuletzt gelesen wurde, steht bei jeder "
        "Meldung.",
        "Datenschutz: Sätze mit E-Mail-Adressen oder Telefonnummern werden aus den Beschreibungen "
        "gestrichen.",
        ""
        if offer.own
        else f"Die Daten veröffentlicht {operator}; sie werden hier nur mit Quelle gezeigt.",
        f"Quelle: {said}" if (said := _attributions(offer)) else "",
    )
    whose = "" if offer.own else f": {operator}"
    where = place(municipality, own=offer.own)
    return {
        "title": f"Baustellen und Sperrungen {where}{whose}{mark}",
        "notes": "\n\n".join(part for part in paragraphs if part),
        "tag_string": "Baustellen, Sperrungen, Verkehr",
        "contact_name": (municipality.contact_name or "") if offer.own else "",
        "contact_email": (municipality.contact_email or "") if offer.own else "",
    }


def written_values(offer: EventOffer) -> dict[str, Any]:
    """The fields that always follow the store; texts, and lists of texts."""
    operator = offer.publishers[0].operator
    return {
        "type": "dataset",
        "name": name(offer),
        "license_id": _licence(offer).get("id") or "notspecified",
        "theme": [f"{THEME}TRAN"],
        "frequency": f"{FREQUENCY}UPDATE_CONT",
        "temporal_start": "",
        "creator_name": operator["name"],
        "creator_url": operator.get("url") or "",
        "attribution": _attributions(offer),
        "live_key": offer.key,
        "not_exported": "false" if offer.exported else "true",
        "service_note": "",
    }


def resources(offer: EventOffer, *, site_url: str) -> list[dict[str, str]]:
    """Its addresses, always with the same ids."""
    query = urlencode({"municipality": offer.municipality.name, "operator": offer.operator})
    base = f"{site_url}/api/live/v1"
    rows = (
        ("geojson", "Baustellen und Sperrungen für Karten", "GeoJSON", f"{base}/events.geojson"),
        ("cifs", "Sperrungen für Navigationsdienste (CIFS)", "JSON", f"{base}/events.cifs.json"),
    )
    licence = _licence(offer)
    known = LICENCES.get(licence.get("id") or "")
    return [
        {
            "id": str(uuid5(NAMESPACE_URL, f"{package_id(offer.key)}:{role}")),
            "name": title,
            "description": "",
            "format": format_,
            "url": f"{url}?{query}",
            "license": f"{LICENCE_BASE}{known}" if known else (licence.get("url") or ""),
            "rights": _attributions(offer),
        }
        for role, title, format_, url in rows
    ]


def _licence(offer: EventOffer) -> dict[str, Any]:
    """The licence of all of it; empty where they differ."""
    first, *rest = (each.licence for each in offer.publishers)
    return first if all(each.get("id") == first.get("id") for each in rest) else {}


def _attributions(offer: EventOffer) -> str:
    said = (each.licence.get("attribution") or "" for each in offer.publishers)
    return "; ".join(dict.fromkeys(each for each in said if each))

"""Which datasets carry the open live data, and what they say: one for each municipality, kind of
station and operator, since licence and publisher differ by operator."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from ..domain.privacy import DEFAULT_RULE, PrivacyRule
from ..domain.time import BERLIN
from ..observations.open_data.records import operator_key
from ..store.query import StationRow
from ..store.slug import slugify
from .profile import Profile
from .titles import title

EDITED_FIELDS = ("title", "notes", "tag_string", "contact_name", "contact_email")
"""Fields the editors own once they changed them; all others follow the store."""
LICENCES = {
    "dl-de-by-2.0": "dl-by-de/2.0",
    "dl-de-zero-2.0": "dl-zero-de/2.0",
    "cc-by-4.0": "cc-by/4.0",
    "cc-by-sa-4.0": "cc-by-sa/4.0",
    "cc-zero": "cc-zero",
    "geonutz": "geonutz/20130319",
    "odc-by": "odby",
    "odc-odbl": "odbl",
}
"""Our licences in the vocabulary of DCAT-AP.de, http://dcat-ap.de/def/licenses/."""

LICENCE_BASE = "http://dcat-ap.de/def/licenses/"
THEME = "http://publications.europa.eu/resource/authority/data-theme/"
FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"
# Where devices of a municipality send by themselves; what is fetched belongs to whoever serves it.
_DEVICES_SEND = frozenset({"mqtt", "webhook"})
_LONGEST_NAME = 100
_NAMED = 12
"""So many stations at most are named in the description."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How datasets of a kind of station speak of it; `one` and `many` name its stations."""

    subject: str
    one: str
    many: str
    tags: str
    theme: str
    privacy: str = ""
    """What of people is not read of such stations at all, as a German sentence."""


KINDS = {
    "water": _Kind(
        "Pegelstände", "Messstelle", "Messstellen", "Hochwasser, Pegel, Wasserstand", "ENVI"
    ),
    "parking": _Kind(
        "Freie Parkplätze",
        "Parkplatz",
        "Parkplätze",
        "Parken, Parkhaus, Verkehr",
        "TRAN",
        f"Nur Zahlen ganzer Parkplätze ab {DEFAULT_RULE.smallest_group} Stellplätzen; von "
        "einzelnen Stellplätzen, Fahrzeugen und Kennzeichen wird nichts gespeichert.",
    ),
    "counter": _Kind(
        "Verkehrszählungen", "Zählstelle", "Zählstellen", "Radverkehr, Verkehr, Zählung", "TRAN"
    ),
    "sharing": _Kind(
        "Leihfahrzeuge",
        "Station",
        "Stationen",
        "Mobilität, Sharing, Verkehr",
        "TRAN",
        "Fahrzeuge nur als Zahl je Station oder Gebiet, in Gebieten ab "
        f"{DEFAULT_RULE.smallest_cell}; Kennungen, Orte und Wege einzelner Fahrzeuge werden nicht "
        "gespeichert.",
    ),
    "charging": _Kind(
        "Ladestationen",
        "Ladestandort",
        "Ladestandorte",
        "Elektromobilität, Laden, Verkehr",
        "TRAN",
        "Nur Zahlen ganzer Standorte, bei einem einzelnen Ladepunkt keine Belegung; wer lädt, wird "
        "nicht gespeichert.",
    ),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Stations of one kind that one operator runs and one municipality shows.

    `own`: the municipality publishes them; else they are shown with their source.
    """

    municipality: Profile
    kind: str
    operator: str
    stations: tuple[StationRow, ...]
    own: bool

    @property
    def key(self) -> str:
        """The same for the same offer, whatever its stations are."""
        return f"{self.municipality.name}:{self.kind}:{self.operator}"

    @property
    def simulated(self) -> bool:
        """Whether something in it says nothing of the real world."""
        return any(each.properties.get("simulated") == "true" for each in self.stations)

    @property
    def exported(self) -> bool:
        """Whether other catalogues may take it over as published by the municipality."""
        return self.own and not self.simulated


def offers(
    stations: Iterable[StationRow],
    owners: Mapping[int, tuple[str | None, str]],
    municipalities: Iterable[Profile],
) -> list[Offer]:
    """What there is to publish, by key; `stations` are without internal datastreams.

    A municipality's own are the gauges that send to it by themselves, and those whose operator has
    its name. Whatever else it fetches and shows belongs to somebody else.
    """
    found: list[Offer] = []
    everything = list(stations)
    for municipality in municipalities:
        groups: dict[tuple[str, str, bool], list[StationRow]] = {}
        for each in everything:
            if municipality.name in dict(each.municipalities) and each.datastreams:
                own = _is_own(each, owners.get(each.id), municipality)
                groups.setdefault((each.kind, operator_key(each), own), []).append(each)
        for (kind, operator, own), rows in groups.items():
            # One operator, one dataset: what it runs for the municipality counts.
            if not own and (kind, operator, True) in groups:
                continue
            rows += groups.get((kind, operator, False), []) if own else []
            found.append(Offer(municipality, kind, operator, tuple(rows), own))
    return sorted(found, key=lambda each: each.key)


def package_id(key: str) -> str:
    """The same id for the same offer."""
    return str(uuid5(NAMESPACE_URL, f"suedwest:open-data:{key}"))


def municipality_of(key: str) -> str:
    """The name of the municipality in the key of an offer."""
    return key.partition(":")[0]


def name(offer: Offer) -> str:
    """Its address; an end that is cut off is replaced by a part of its id."""
    return address_name(offer.key, offer.municipality.name, offer.kind, offer.operator)


def address_name(key: str, *parts: str) -> str:
    """A name for the address of the dataset with a key, short enough for the catalogue."""
    wanted = "-".join(("live", *parts)).strip("-")
    if len(wanted) <= _LONGEST_NAME:
        return wanted
    mark = package_id(key)[:8]
    return f"{wanted[: _LONGEST_NAME - len(mark) - 1]}-{mark}"


def edited_values(offer: Offer) -> dict[str, str]:
    """What the fields of `EDITED_FIELDS` say as long as no editor changed them."""
    kind, municipality = KINDS[offer.kind], offer.municipality
    operator = offer.stations[0].operator["name"]
    whose = f", eigene {kind.many}" if offer.own else f": {operator}"
    mark = " (simuliert)" if offer.simulated else ""
    count = len(offer.stations)
    names = [title(each) for each in offer.stations]
    more = f" und {count - _NAMED} weitere" if count > _NAMED else ""
    paragraphs = (
        "Simuliert: nachgespielte oder erfundene Werte, keine Messungen von jetzt."
        if offer.simulated
        else "",
        f"Neueste Werte und alle früheren von {count} "
        f"{kind.one if count == 1 else kind.many}, betrieben von: {operator}.",
        f"{', '.join(names[:_NAMED])}{more}.",
        ""
        if offer.own
        else f"Die Daten veröffentlicht {operator}; sie werden hier nur mit Quelle gezeigt.",
        _privacy(offer),
        "Die Werte sind ungeprüft. Jeder nennt Einheit, Zeit und Zustand."
        + ("" if _licence(offer) else " Die Lizenz steht bei jedem Wert."),
        f"Quelle: {said}" if (said := _attributions(offer)) else "",
    )
    return {
        "title": f"{kind.subject} {place(offer.municipality, own=offer.own)}{whose}{mark}",
        "notes": "\n\n".join(part for part in paragraphs if part),
        "tag_string": kind.tags,
        "contact_name": (municipality.contact_name or "") if offer.own else "",
        "contact_email": (municipality.contact_email or "") if offer.own else "",
    }


def written_values(offer: Offer) -> dict[str, Any]:
    """The fields that always follow the store; texts, and lists of texts."""
    first = offer.stations[0]
    in_service = [each for each in offer.stations if each.gone_at is None]
    begun = [
        stream.first_time
        for each in offer.stations
        for stream in each.datastreams
        if stream.first_time
    ]
    return {
        "type": "dataset",
        "name": name(offer),
        "license_id": _licence(offer).get("id") or "notspecified",
        "theme": [f"{THEME}{KINDS[offer.kind].theme}"],
        "frequency": f"{FREQUENCY}{'UPDATE_CONT' if in_service else 'NEVER'}",
        "temporal_start": min(begun).astimezone(BERLIN).date().isoformat() if begun else "",
        "creator_name": first.operator["name"],
        "creator_url": first.operator.get("url") or "",
        "attribution": _attributions(offer),
        "live_key": offer.key,
        "not_exported": "false" if offer.exported else "true",
        "service_note": "" if in_service else "Keine dieser Messstellen liefert noch Werte.",
    }


def resources(offer: Offer, *, site_url: str) -> list[dict[str, str]]:
    """Its files and addresses, always with the same ids."""
    query = urlencode(
        {
            "municipality": offer.municipality.name,
            "kind": offer.kind,
            "operator": offer.operator,
        }
    )
    base = f"{site_url}/api/live/v1"
    example = "/months/JJJJ-MM.csv"
    rows = (
        ("latest-csv", "Neueste Werte als Tabelle", "CSV", f"{base}/latest.csv?{query}", ""),
        ("latest-json", "Neueste Werte als JSON", "JSON", f"{base}/latest.json?{query}", ""),
        (
            "latest-geojson",
            "Neueste Werte für Karten",
            "GeoJSON",
            f"{base}/latest.geojson?{query}",
            "",
        ),
        ("stations-csv", "Liste der Messstellen", "CSV", f"{base}/stations.csv?{query}", ""),
        (
            "months",
            "Alle Werte nach Monaten",
            "JSON",
            f"{base}/months.json?{query}",
            f"Verzeichnis der Monatsdateien; jede ist eine Tabelle unter `{example}`.",
        ),
        (
            "openapi",
            "Schnittstelle (OpenAPI)",
            "OpenAPI",
            f"{base}/openapi.json",
            "Beschreibt alle Abfragen: neueste Werte, Zeitreihen, Monatsdateien.",
        ),
    )
    licence = _licence(offer)
    known = LICENCES.get(licence.get("id") or "")
    return [
        {
            "id": str(uuid5(NAMESPACE_URL, f"{package_id(offer.key)}:{role}")),
            "name": title,
            "description": description,
            "format": format_,
            "url": url,
            "license": f"{LICENCE_BASE}{known}" if known else (licence.get("url") or ""),
            "rights": _attributions(offer),
        }
        for role, title, format_, url, description in rows
    ]


def _privacy(offer: Offer) -> str:
    """The privacy rules in force, in words; where stations differ, each."""
    rules = {each.properties["privacy"] for each in offer.stations if "privacy" in each.properties}
    said = [privacy_in_words(PrivacyRule.of(json.loads(rule))) for rule in sorted(rules)]
    told = " ".join(part for part in (KINDS[offer.kind].privacy, " Oder: ".join(said)) if part)
    return f"Datenschutz: {told}" if told else ""


def privacy_in_words(rule: PrivacyRule) -> str:
    """What a rule lets become public, in a few German sentences."""
    step, split_step = (round(one / timedelta(minutes=1)) for one in (rule.step, rule.split_step))
    reason = f" Abweichung von der Regel: {rule.reason}." if rule.reason else ""
    return (
        f"Summen in Schritten von {step} Minuten; Aufteilungen (Richtung, Art) in Schritten von "
        f"{split_step} Minuten und nur, wenn keine Zahl darin zwischen 0 und "
        f"{rule.smallest_cell} liegt; Stellplätze nur in Gruppen ab {rule.smallest_group}. "
        f"Was einzelne Personen oder Fahrzeuge zeigt, wird nicht gespeichert.{reason}"
    )


def _is_own(
    station: StationRow, owner: tuple[str | None, str] | None, municipality: Profile
) -> bool:
    return owner is not None and is_own(operator_key(station), owner, municipality)


def is_own(operator: str, owner: tuple[str | None, str], municipality: Profile) -> bool:
    """Whether a municipality publishes what an operator (by its key) delivers through a source;
    `owner` is the source's municipality and type."""
    if owner[0] != municipality.name:
        return False
    names = {slugify(municipality.title), slugify(municipality.short_title), municipality.name}
    return owner[1] in _DEVICES_SEND or operator in names


def place(municipality: Profile, *, own: bool) -> str:
    """Own stations stand in the municipality; others that it shows may stand beside it."""
    if municipality.title.partition(" ")[0].endswith("kreis"):
        return f"{'im' if own else 'für den'} {municipality.title}"
    return f"{'in' if own else 'für'} {municipality.short_title}"


def _licence(offer: Offer) -> dict[str, Any]:
    """The licence of all its stations; empty where they differ, for none is that of all."""
    first, *rest = (each.licence for each in offer.stations)
    same = all(each.get("id") == first.get("id") for each in rest)
    return first if same else {}


def _attributions(offer: Offer) -> str:
    said = (each.licence.get("attribution") or "" for each in offer.stations)
    return "; ".join(dict.fromkeys(each for each in said if each))

"""Datasets of German municipalities, made up from a grammar, as CKAN hands them to its index.

Titles are themes × places × years; descriptions are put together from a few thousand sentences of
compounds, umlauts and inflected words, so that words are as unevenly frequent as in real
catalogues. The same number always makes the same document.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Any
from uuid import UUID


def _words(text: str) -> list[str]:
    return text.split()


# Share of the datasets: the largest publishes 37 %, as the state does in such catalogues.
ORGANIZATIONS = {
    "landesverwaltung": 37,
    "landkreis-nord": 22,
    "stadt-am-fluss": 16,
    "landkreis-sued": 12,
    "stadt-im-wald": 8,
    "verbandsgemeinde-tal": 5,
}
_GROUPS = _words("boden energie gesundheit kultur regierung soziales umwelt verkehr wirtschaft")
_FORMATS = {"CSV": 30, "WMS": 20, "JSON": 12, "PDF": 12, "XLSX": 10, "GeoJSON": 8, "SHP": 5}
_LICENCES = {"dl-de-by-2.0": 55, "dl-de-zero-2.0": 25, "cc-by-4.0": 15, "other-closed": 5}
_THEMES = _words(
    "Abfall Abwasser Altglas Bebauung Bevölkerung Bildung Boden Brücken Bäume Denkmal Einwohner "
    "Energie Feuerwehr Flächen Fluss Friedhof Gebäude Gewerbe Gewässer Grundschul Grundwasser Grün"
    " Haus Haushalts Hochwasser Hunde Jugend Kinder Klär Krankenhaus Kultur Lade Luft Lärm Müll "
    "Naturschutz Park Pegel Pflege Rad Regen Schul Schwimmbad Senioren Spielplatz Sport Stadt "
    "Straßen Trinkwasser Tourismus Unfall Verkehrs Wahl Wald Wasser Wasserstands Wein Wind Wohnungs"
)
_KINDS = _words(
    "analyse anlagen aufkommen bedarf bericht bestand daten entwicklung erhebung flächen gebiete "
    "gebühren karte kataster konzept kosten liste messung messwerte netz nutzung pläne planung "
    "preise programm qualität register satzung standorte statistik stellen verbrauch verzeichnis "
    "wege werte zahlen zählung"
)
_PLACES_FIRST = _words(
    "Alt Berg Birken Bruch Brunn Buchen Dorn Eber Eichen Erlen Felsen Grün Hasel Hohen Horn "
    "Kalten Kirch Königs Lauter Linden Mühl Neuen Nieder Ober Rohr Roth Schön Steinen Tal Unter "
    "Wald Weiler Wiesen Winters Wolfs Zell"
)
_PLACES_LAST = _words(
    "au bach berg born bronn brücken burg dorf feld hain heim hausen stein thal weiler"
)
_RIVERS = ("an der Nims", "am Glan", "an der Lauter", "am Rhein", "im Tal", *[""] * 6)
_ADJECTIVES = _words(
    "aktuellen alle amtlichen barrierefreien beschlossenen einzelnen erfassten gemeldeten "
    "geplanten geprüften größten kleinen kommunalen jährlichen monatlichen neuen öffentlichen "
    "regelmäßigen städtischen stündlichen überörtlichen ungeprüften verfügbaren wichtigsten"
)
_VERBS = _words(
    "beschreibt dokumentiert enthält ergänzt erläutert ermöglicht führt listet nennt ordnet "
    "umfasst veröffentlicht verortet vergleicht zeigt zählt"
)
_SENTENCES = (
    "Der Datensatz {verb} die {adjective} {compound} der Ortsgemeinde {place} und der {compound2}.",
    "Für {place} und {place2} werden die {adjective} {compound} nach {compound2} gegliedert.",
    "Die Verwaltung {verb} damit die {compound}, soweit sie für {adjective} {compound2} nötig ist.",
    "Grundlage sind die {adjective} {compound} des Jahres {year}; Änderungen werden nachgeführt.",
    "Über die {compound} hinaus {verb} die Übersicht auch {adjective} {compound2} in {place}.",
    "Sitz der Stelle für {compound} ist {place}, {place2}straße {number}.",
    "Straßen, Brücken und Wege in {place} werden mit der {compound} jährlich überprüft.",
    "Gemessen wird in der Nähe von {place}; Fehlwerte der {compound} bleiben ohne Angabe.",
    "Bürgerinnen und Bürger finden hier {adjective} {compound} sowie Hinweise zur {compound2}.",
    "Häuser, Plätze und Bäume sind in der {compound} als Punkte mit ihren Koordinaten verzeichnet.",
    "Weitere Auskünfte zu {compound} und {compound2} erteilt das Bürgerbüro in {place}.",
)
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_POOL = 4_000
_CLOSING = "Die Daten stehen unter einer offenen Lizenz und dürfen frei verwendet werden."


def _cumulative(shares: dict[str, int]) -> list[int]:
    """Cumulative weights in the form `random.choices` wants."""
    return list(accumulate(shares.values()))


def documents(count: int, *, site: str, start: int = 0) -> Iterator[dict[str, Any]]:
    """Documents number `start` to `start + count - 1`."""
    for number in range(start, start + count):
        yield document(number, site=site)


def document(number: int, *, site: str) -> dict[str, Any]:
    """One document in the shape that CKAN's own index hands to its search engine."""
    chance = random.Random(number)
    package = _package(number, chance)
    document = {
        key: value
        for key, value in package.items()
        if key not in ("tags", "groups", "organization", "resources", "extras")
    }
    # CKAN writes the dataset once by its own schema and once by the installed one
    text = json.dumps(package)
    document.update(
        data_dict=text,
        validated_data_dict=text,
        title_string=package["title"],
        tags=[tag["name"] for tag in package["tags"]],
        groups=[group["name"] for group in package["groups"]],
        organization=package["organization"]["name"],
        capacity="public",
        entity_type="package",
        dataset_type="dataset",
        site_id=site,
        index_id=hashlib.md5(f"{package['id']}{site}".encode(), usedforsecurity=False).hexdigest(),
        permission_labels=["public"],
        metadata_created=f"{package['metadata_created']}Z",
        metadata_modified=f"{package['metadata_modified']}Z",
    )
    for key in ("name", "description", "format", "url"):
        document[f"res_{key}"] = [resource[key] for resource in package["resources"]]
    document["res_type"] = ["" for _ in package["resources"]]
    for extra in package["extras"]:
        document[f"extras_{extra['key']}"] = extra["value"]
        document[extra["key"]] = extra["value"]
    document["spatial_geom"] = _outline(json.loads(document.pop("spatial")))
    del document["extras_spatial"]
    return document


def _package(number: int, chance: random.Random) -> dict[str, Any]:
    """A dataset as `package_show` gives it, about five kilobytes as JSON."""
    id_ = str(UUID(int=chance.getrandbits(128), version=4))
    theme, kind = chance.choice(_THEMES), chance.choice(_KINDS)
    place, year = chance.choice(_places()), chance.randint(2009, 2026)
    title = f"{theme}{kind} {place}"
    title += (f" {chance.choice(_RIVERS)}", f" {year}", f" {year} bis {year + 1}", "")[number % 4]
    title = title.rstrip()
    (organization,) = chance.choices(list(ORGANIZATIONS), cum_weights=_cumulative(ORGANIZATIONS))
    (licence,) = chance.choices(list(_LICENCES), cum_weights=_cumulative(_LICENCES))
    created = f"{chance.randint(2018, 2025)}-{_month_and_day(chance)}.{chance.randrange(10**6):06}"
    modified = f"2026-{_month_and_day(chance)}.{chance.randrange(10**6):06}"
    west, south = 6 + chance.random() * 2, 49 + chance.random() * 2
    east, north = west + chance.random() / 4, south + chance.random() / 4
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    tags = {theme.casefold(), kind, place, f"{theme}{kind}".casefold()}
    tags.update(chance.choices(_tags(), cum_weights=_tag_weights(), k=chance.randint(0, 4)))
    resources = [
        _resource(id_, position, title, chance) for position in range(chance.randint(1, 4))
    ]
    return {
        "id": id_,
        "name": f"{theme}{kind}-{place}-{number}".casefold().translate(_TWO_LETTERS),
        "title": title,
        "notes": _notes(chance, theme, kind, place),
        "author": f"{organization} – Abteilung {theme}",
        "author_email": f"auskunft@{organization}.example",
        "maintainer": None,
        "maintainer_email": None,
        "creator_user_id": str(UUID(int=number % 40)),
        "isopen": True,
        "license_id": licence,
        "license_title": licence,
        "license_url": f"https://licences.example/{licence}",
        "metadata_created": created,
        "metadata_modified": modified,
        "num_resources": len(resources),
        "num_tags": len(tags),
        "organization": {"name": organization, "title": organization, "type": "organization"},
        "owner_org": organization,
        "private": False,
        "state": "active",
        "type": "dataset",
        "url": f"https://{organization}.example/daten/{number}",
        "version": None,
        "extras": [
            {"key": "spatial", "value": json.dumps({"type": "Polygon", "coordinates": [ring]})},
            {"key": "granularity", "value": kind},
            {"key": "temporal_start", "value": f"{year}-01-01"},
            {"key": "contributor_id", "value": f"http://dcat-ap.example/{organization}"},
        ],
        "groups": [
            {"name": name, "title": name.title(), "display_name": name.title()}
            for name in {chance.choice(_GROUPS), chance.choice(_GROUPS)}
        ],
        "resources": resources,
        "tags": [
            {"name": tag, "display_name": tag, "state": "active", "vocabulary_id": None}
            for tag in sorted(tags)
        ],
    }


def _resource(package_id: str, position: int, title: str, chance: random.Random) -> dict[str, Any]:
    (format_,) = chance.choices(list(_FORMATS), cum_weights=_cumulative(_FORMATS))
    return {
        "id": str(UUID(int=chance.getrandbits(128), version=4)),
        "package_id": package_id,
        "position": position,
        "name": f"{title} als {format_}",
        "description": f"{chance.choice(_pool())} Zeichensatz UTF-8, Trennzeichen Semikolon.",
        "format": format_,
        "url": f"https://daten.example/{package_id}/{position}.{format_.lower()}",
        "url_type": None,
        "mimetype": None,
        "size": chance.randrange(10**7),
        "hash": "",
        "state": "active",
        "cache_url": None,
        "created": "2024-05-01T08:00:00.000000",
        "last_modified": None,
        "metadata_modified": "2026-05-01T08:00:00.000000",
        "datastore_active": False,
    }


def _notes(chance: random.Random, theme: str, kind: str, place: str) -> str:
    """Sixty to two hundred words; four of five descriptions end with the same sentence."""
    reference = f"{chance.randint(10, 99)}-{chance.randrange(10**5):05}"
    sentences = [f"{theme}{kind} für {place} und Umgebung, Aktenzeichen {reference}."]
    sentences += chance.choices(_pool(), k=chance.randint(5, 14))
    if chance.random() < 0.8:
        sentences.append(_CLOSING)
    return " ".join(sentences)


def _month_and_day(chance: random.Random) -> str:
    return (
        f"{chance.randint(1, 11):02}-{chance.randint(1, 28):02}"
        f"T{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    )


def _outline(geometry: dict[str, Any]) -> list[str]:
    points = ", ".join(f"{x} {y}" for x, y in geometry["coordinates"][0])
    return [f"POLYGON (({points}))"]


@cache
def _places() -> list[str]:
    return [first + last for first in _PLACES_FIRST for last in _PLACES_LAST]


@cache
def _compounds() -> list[str]:
    return [theme + kind for theme in _THEMES for kind in _KINDS]


@cache
def _tags() -> list[str]:
    chance = random.Random("tags")
    return [compound.casefold() for compound in chance.sample(_compounds(), 600)]


@cache
def _tag_weights() -> list[float]:
    # few tags stand on many datasets, most on few
    return list(accumulate(1 / rank for rank in range(1, len(_tags()) + 1)))


@cache
def _pool() -> list[str]:
    chance = random.Random("sentences")
    return [
        chance.choice(_SENTENCES).format(
            verb=chance.choice(_VERBS),
            adjective=chance.choice(_ADJECTIVES),
            compound=chance.choice(_compounds()),
            compound2=chance.choice(_compounds()),
            place=chance.choice(_places()),
            place2=chance.choice(_places()),
            year=chance.randint(2009, 2026),
            number=chance.randint(1, 199),
        )
        for _ in range(_POOL)
    ]

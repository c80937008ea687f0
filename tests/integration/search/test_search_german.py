"""German queries and what a citizen expects to see first.

The catalogue is `tests/data/german_catalogue`: datasets of six municipalities and their gauges.
A row reads: the query; the hits expected first, groups in their order, the order inside a group
open; and hits that must not be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import ckan.model as model
import ckan.plugins as plugins
import pytest
import yaml
from ckan.common import config
from ckan.lib.search.common import make_connection
from ckan.tests.helpers import call_action

FIRST_DAY = date(2026, 1, 1)


@pytest.fixture(scope="module", autouse=True)
def catalogue(data: Path) -> Iterator[None]:
    """The catalogue in the index; no test changes it, so it is written once."""
    plugins.load_all()
    folder = data / "german_catalogue"
    datasets = yaml.safe_load((folder / "datasets.yaml").read_text(encoding="utf-8"))
    stations = yaml.safe_load((folder / "stations.yaml").read_text(encoding="utf-8"))
    connection = make_connection()
    connection.delete(q=f'site_id:"{config["ckan.site_id"]}"')
    connection.add(
        [_document(number, *row) for number, row in enumerate(datasets)]
        + [
            _document(number, name, title, "suedwest-cluster", tags, "", type_="station")
            | {"vocab_suedwest_municipality": municipalities}
            for number, (name, title, tags, municipalities) in enumerate(stations)
        ]
    )
    yield
    connection.delete(q=f'site_id:"{config["ckan.site_id"]}"')
    model.Session.remove()
    plugins.unload_all()


def _document(
    number: int,
    name: str,
    title: str,
    organization: str,
    tags: list[str],
    notes: str,
    type_: str = "dataset",
) -> dict[str, Any]:
    """What CKAN hands to its search engine."""
    day = FIRST_DAY + timedelta(days=number)
    package = {"id": str(uuid5(NAMESPACE_URL, name)), "name": name, "title": title, "notes": notes}
    return {
        **package,
        "index_id": f"german-{name}",
        "site_id": config["ckan.site_id"],
        "entity_type": "package",
        "dataset_type": type_,
        "type": type_,
        "state": "active",
        "capacity": "public",
        "permission_labels": ["public"],
        "title_string": title,
        "organization": organization,
        "tags": tags,
        "groups": [],
        "metadata_created": f"{day}T08:00:00Z",
        "metadata_modified": f"{day}T08:00:00Z",
        "data_dict": json.dumps(package),
        "validated_data_dict": json.dumps(package),
    }


def found(**query: Any) -> list[str]:
    """Names of all hits in their order, as an anonymous visitor gets them."""
    context = {"ignore_auth": False, "user": ""}
    answer = call_action("package_search", context=context, fl=["name"], rows=500, **query)
    return [package["name"] for package in answer["results"]]


BRIDGES = (
    "bruecken-kaiserslautern > rheinbruecke-linz brueckenpruefung eisenbahnbruecken"
    " > strassenzustand jahresbericht-umwelt"
)
LEVELS = (
    "wasserstand-nims > pegel-linz-zeitreihe wasserstandsmessung grundwasser-kl pegelstaende-kusel"
    " > talsperren schiffsverkehr jahresbericht-umwelt"
)
FLOODS = "hochwasser-2021 > hochwassermarken hochwassergefahrenkarte hochwasserschutz-linz"
HOUSES = "haus-der-jugend haeuser-denkmalschutz"
NO_HOUSES = "haushaltsplan-kaiserslautern haushaltsplan-kusel haushaltssatzung-linz buergerhaushalt"
TREES = "naturdenkmale baumkataster-kl > strassenbaeume-mayen > jahresbericht-umwelt"
PLAYGROUNDS = "spielplaetze-kl > spielplaetze-wendel"
WENDEL = "wendel-stadtplan spielplaetze-wendel pegel-blies-st-wendel"

QUERIES: list[tuple[str, str, str]] = [
    # umlauts and ß, however they are typed
    ("Brücke", BRIDGES, "bridges-english"),
    ("Bruecke", BRIDGES, ""),
    ("Brucke", BRIDGES, ""),
    ("BRÜCKEN", BRIDGES, ""),
    ("bru\u0308cke", BRIDGES, ""),
    ("Baeume", TREES, ""),
    ("Lärm", "laermkarte laermaktionsplan", ""),
    ("laerm", "laermkarte laermaktionsplan", ""),
    ("Straße", "linzer-strasse muellabfuhr > strassenverzeichnis-kl", ""),
    ("Strasse", "linzer-strasse muellabfuhr > strassenverzeichnis-kl", ""),
    ("STRASSEN", "linzer-strasse muellabfuhr > strassenverzeichnis-kl", ""),
    ("Prüm", "pruem-tourismus pegel-pruem-pruemzurlay", ""),
    ("Pruem", "pruem-tourismus pegel-pruem-pruemzurlay", ""),
    ("Öffentliche Toiletten", "toiletten", ""),
    # inflection
    ("Häuser", HOUSES, NO_HOUSES),
    ("Baum", TREES, ""),
    ("Bäumen", TREES, ""),
    ("Wälder", "forstreviere waldbrandgefahr", ""),
    ("Wahlen", "wahl-kreistag wahl-bundestag wahllokale", ""),
    ("Museum", "museen", ""),
    ("Parkplatz", "parkplaetze-altstadt", "spielplaetze-kl"),
    ("Spielplatz", PLAYGROUNDS, "parkplaetze-altstadt"),
    ("Einwohnerzahl", "einwohner-kl", ""),
    ("Friedhof", "friedhoefe", ""),
    ("Burgen", "burg-lichtenberg burgen", "buergermeister buergerhaushalt rathaeuser"),
    # English as second language
    ("bridge", "bridges-english", "bruecken-kaiserslautern"),
    ("bridges", "bridges-english", ""),
    ("school", "schools-english", ""),
    ("tunnels", "bridges-english", ""),
    # inside of compounds
    ("Wasserstand", LEVELS, ""),
    ("Wasserstände", LEVELS, ""),
    ("Wasserstaende", LEVELS, ""),
    ("Pegelwasserstand", "pegel-linz-zeitreihe", "wasserstand-nims"),
    ("Pegel", "pegelstaende-kusel pegel-linz-zeitreihe", ""),
    ("Haus", HOUSES, NO_HOUSES),
    ("Haushalt", "haushaltsplan-kaiserslautern haushaltsplan-kusel", "haus-der-jugend"),
    ("Haushaltspläne", "haushaltsplan-kaiserslautern haushaltsplan-kusel", ""),
    ("Hochwasser", FLOODS, ""),
    ("Schule", "schulen-kl > grundschulen-eifel schulwegplan-linz", "schools-english"),
    ("Grundschulen", "grundschulen-eifel schulwegplan-linz", "schulen-kl"),
    ("Müll", "muellabfuhr > jahresbericht-umwelt", ""),
    ("Abfall", "abfallmengen", ""),
    ("Park", "parkanlagen > parkplaetze-altstadt parkhaeuser-kl", ""),
    ("Parken", "parkplaetze-altstadt parkhaeuser-kl parkanlagen", ""),
    ("Hunde", "hundesteuer hundewiesen", ""),
    ("Luft", "luftqualitaet-kl > jahresbericht-umwelt", ""),
    ("Wein", "weinlagen", "weihnachtsmarkt"),
    ("Rhein", "pegel-rhein-andernach pegel-rhein-linz", "rheinland-statistik"),
    ("Feuerwehr", "feuerwehreinsaetze > feuerwehrhaeuser", ""),
    ("Starkregen", "starkregenkarte > klimaanpassung", ""),
    ("Trinkwasser", "trinkwasser-wendel trinkwasserbrunnen", ""),
    ("Radverkehr", "radverkehrszaehlung", ""),
    ("Burg", "burg-lichtenberg burgen", "buergermeister buergerhaushalt rathaeuser"),
    # several words
    ("Brücken Kaiserslautern", "bruecken-kaiserslautern", ""),
    ("Radwege Glan", "radwege-glan", ""),
    ("Hochwasser 2021", "hochwasser-2021", ""),
    ("Luftqualität Kaiserslautern Innenstadt", "luftqualitaet-kl", ""),
    ("Spielplätze in Sankt Wendel", "spielplaetze-wendel", "museen"),
    ("Haushalt der Stadt Kaiserslautern", "haushaltsplan-kaiserslautern", "museen"),
    ("Wo gibt es öffentliche Toiletten?", "toiletten", "museen"),
    ("Wie hoch ist der Rhein bei Andernach?", "pegel-rhein-andernach", ""),
    # places and gauges
    ("Andernach", "pegel-rhein-andernach andernach-altstadt andernach-geysir", ""),
    ("Pegel Andernach", "pegel-rhein-andernach", ""),
    ("Rhein Andernach", "pegel-rhein-andernach", ""),
    ("Rheinpegel Andernach", "", "museen"),
    ("Altenglan", "pegel-glan-altenglan", ""),
    ("Linz am Rhein", "linz-stadtplan pegel-rhein-linz", ""),
    ("Stadtplan Linz", "linz-stadtplan", "wendel-stadtplan"),
    ("Linzer Straße", "linzer-strasse", ""),
    ("St. Wendel", WENDEL, ""),
    ("Sankt Wendel", WENDEL, ""),
    ("St.Wendel", WENDEL, ""),
    ("Stadtplan Sankt Wendel", "wendel-stadtplan", "linz-stadtplan"),
    ("Bitburg-Prüm Niederschlag", "niederschlag-eifel", ""),
    ("KL", "kl-open-data", ""),
    ("Rheinland-Pfalz", "rheinland-statistik", ""),
    # phrases
    ('"Bürgerinnen und Bürger"', "buergerhaushalt", "buergermeister"),
    ('"freie Plätze"', "kindertagesstaetten", "parkplaetze-altstadt"),
    ('"geschützte Gebäude"', "haeuser-denkmalschutz", "stromverbrauch"),
    ('"Rhein bei Andernach"', "pegel-rhein-andernach", "andernach-altstadt"),
    ('"Andernach bei Rhein"', "", "pegel-rhein-andernach"),
    ('"Radwege an Glan" Lauter', "radwege-glan", "museen"),
    # without a word, either of two, brackets
    ("Hochwasser -Mosel", "hochwasser-2021", "hochwassergefahrenkarte"),
    ("Stadtplan -Linz", "wendel-stadtplan", "linz-stadtplan"),
    ("Stadtplan NOT Rhein", "wendel-stadtplan", "linz-stadtplan"),
    ("Stadtplan !Linz", "wendel-stadtplan", "linz-stadtplan"),
    ("+Stadtplan +Linz", "linz-stadtplan", "wendel-stadtplan"),
    ("Stadtplan && Wendel", "wendel-stadtplan", "linz-stadtplan"),
    ("Museen || Friedhöfe", "museen friedhoefe", "toiletten"),
    ('"Haus der Jugend"', "haus-der-jugend", "haeuser-denkmalschutz"),
    ("Museen OR Friedhöfe", "museen friedhoefe", "toiletten"),
    ("(Burgen OR Friedhöfe) AND Mosel", "burgen", "friedhoefe"),
    # fields and ranges
    ("title:Wasserstand", "wasserstand-nims", "talsperren schiffsverkehr"),
    ("title:Bruecken", "bruecken-kaiserslautern", "strassenzustand"),
    ("notes:Funksensoren", "", "wasserstandsmessung"),
    ("notes:Viadukte", "eisenbahnbruecken", "bruecken-kaiserslautern"),
    ("tags:Echtzeit", "parkhaeuser-kl luftqualitaet-kl", "museen"),
    ("tags:Hochwasser AND organization:linz-am-rhein", "hochwasserschutz-linz", "hochwasser-2021"),
    ("name:museen", "museen", "toiletten"),
    ("title:Häuser AND metadata_modified:[* TO 2026-01-06T00:00:00Z]", HOUSES, "gasthaeuser"),
    ("Museen AND metadata_modified:{2026-01-05T00:00:00Z TO NOW+10YEARS}", "museen", "toiletten"),
    ("Museen AND metadata_modified:[* TO 2026-01-05T00:00:00Z]", "", "museen"),
    # the beginning of a word
    ("Wasserst*", "wasserstand-nims wasserstandsmessung pegelstaende-kusel", "museen"),
    ("Hochwasserg*", "hochwassergefahrenkarte", "hochwasser-2021"),
    ("Brü*", "bruecken-kaiserslautern brueckenpruefung", "museen"),
    ("Brue*", "bruecken-kaiserslautern brueckenpruefung", "museen"),
    ("Pegelw*", "pegel-linz-zeitreihe", "pegelstaende-kusel"),
    ("Pegel Ander*", "pegel-rhein-andernach", "museen"),
    # what stands in the title comes before what stands in the text
    ("Feuerwehr Einsätze", "feuerwehreinsaetze", ""),
    ("Messung", "mayen-marktplatz > wasserstandsmessung", ""),
    ("Gewässer", "gewaesserguete-glan badegewaesser > talsperren", ""),
]


@pytest.mark.parametrize(("query", "first", "never"), QUERIES, ids=[row[0] for row in QUERIES])
def test_a_query_finds_first_what_a_citizen_expects(query: str, first: str, never: str) -> None:
    names = found(q=query)
    groups = [group.split() for group in first.split(" > ")]
    for group in groups:
        assert sorted(names[: len(group)]) == sorted(group), names[:12]
        del names[: len(group)]
    assert not set(never.split()) & set(names), names
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("andern", {"pegel-rhein-andernach", "andernach-altstadt", "andernach-geysir"}),
        ("Wasserst", {"wasserstand-nims", "wasserstandsmessung", "pegel-linz-zeitreihe"}),
        ("brück", {"bruecken-kaiserslautern", "brueckenpruefung", "rheinbruecke-linz"}),
        ("strasse", {"strassenbeleuchtung", "strassenverzeichnis-kl"}),
        ("pegel-glan", {"pegel-glan-altenglan"}),
    ],
)
def test_what_is_being_typed_is_completed(typed: str, expected: set[str]) -> None:
    context = {"ignore_auth": False, "user": ""}
    answer = call_action("package_autocomplete", context=context, q=typed, limit=50)
    assert expected <= {package["name"] for package in answer}


def test_equally_good_hits_come_newest_first() -> None:
    names = found(q="Stadtkarte")
    assert names == ["wendel-stadtplan", "linz-stadtplan"]

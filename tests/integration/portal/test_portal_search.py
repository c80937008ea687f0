"""The search of the dataset page: stations above datasets, and what to do when nothing fits."""

from __future__ import annotations

import re
from typing import Any

from ckan.tests import factories
from ckan.tests.helpers import call_action

BLOCK = re.compile(r'<section class="found-stations".*?</section>', re.DOTALL)


def page(site: Any, address: str) -> str:
    return site.get(address).body


def stations(body: str) -> list[str]:
    """Names in the block above the datasets."""
    block = BLOCK.search(body)
    return re.findall(r"<li>([^<]+)</li>", block[0]) if block else []


# One site for all of them: making its municipalities takes longer than asking.
STATIONS = {
    "/dataset/?q=Andernach": ["Andernach"],
    "/dataset/?q=Pegel+Andernach": ["Andernach"],
    "/dataset/?q=mosel": ["Alken"],
    "/dataset/?q=Pegel": ["Alken", "Andernach"],
    "/dataset/?q=Alk*": ["Alken"],
    "/dataset/?q=title:Andernach": ["Andernach"],
    "/dataset/?tags=Mosel": ["Alken"],
    "/dataset/?vocab_suedwest_municipality=landkreis-mayen-koblenz": ["Alken", "Andernach"],
    "/dataset/?q=Andernach&vocab_suedwest_municipality=landkreis-kusel": [],
    "/dataset/?q=Pegel&ext_bbox=7.0,50.4,7.42,50.6": ["Andernach"],
    "/dataset/?q=Schulen": [],
    "/dataset/": [],
    "/organization/kaiserslautern?q=Andernach": [],
}


def test_a_search_shows_its_stations(site: Any) -> None:
    assert {each: sorted(stations(page(site, each))) for each in STATIONS} == STATIONS


def test_stations_stand_above_the_datasets_and_are_no_datasets(site: Any) -> None:
    organization = call_action("organization_show", id="landkreis-mayen-koblenz")
    factories.Dataset(name="geysir", title="Geysir Andernach", owner_org=organization["id"])
    body = page(site, "/dataset/?q=Andernach")
    assert body.index('class="found-stations"') < body.index("/dataset/geysir")
    assert "1 Datensatz gefunden" in body
    assert 'href="/dataset/pegel-rhein-andernach"' not in body


def test_stations_stand_on_the_first_page_of_a_search_only(site: Any) -> None:
    organization = call_action("organization_show", id="landkreis-mayen-koblenz")
    for number in range(21):
        factories.Dataset(title=f"Andernach {number}", owner_org=organization["id"])
    assert stations(page(site, "/dataset/?q=Andernach")) == ["Andernach"]
    assert stations(page(site, "/dataset/?q=Andernach&page=2")) == []


# What a page says, and what it does not.
WORDS: dict[str, tuple[list[str], list[str]]] = {
    "?q=Quastenflosser": (["No dataset and no station", "One word"], ["without the filters"]),
    "?q=x77&tags=Rhein": (["No dataset and no station", "without the filters"], []),
    "?q=Andernach": (["No dataset fits, only the stations"], ["One word"]),
    "?q=Schulen": (["/dataset/schulen"], ["No dataset"]),
    "": (["/dataset/schulen"], ["No dataset"]),
}


def test_an_empty_answer_says_what_to_do(site: Any) -> None:
    for query, (said, not_said) in WORDS.items():
        body = page(site, f"/en/dataset/{query}")
        assert [text for text in said if text not in body] == [], query
        assert [text for text in not_said if text in body] == [], query


def test_what_was_typed_is_escaped(site: Any) -> None:
    for q in ('<script>alert("x")</script>', '"><script>alert(1)</script>', "'\"<b>"):
        answer = site.get("/dataset/", query_string={"q": q})
        assert "<script>alert" not in answer.body
        assert "<b>" not in answer.body


def test_a_search_that_is_refused_says_why_in_german_and_keeps_what_was_typed(site: Any) -> None:
    body = site.get('/dataset/?q=("Brücke"', status=400).body
    assert "Eine Klammer wird nicht geschlossen." in body
    assert 'value="(&#34;Brücke&#34;"' in body
    answer = site.get("/api/3/action/package_search?q=Brücke~1", status=400).json
    assert "wort~1" in str(answer["error"])


def test_a_filter_that_nothing_fits_has_no_heading(site: Any) -> None:
    organization = call_action("organization_show", id="landkreis-mayen-koblenz")
    factories.Dataset(title="Spielplatz", owner_org=organization["id"])
    heading = re.compile(r'<h2 class="module-heading">\s*<i[^>]*></i>\s*(\w+)')
    assert "Kommune" in heading.findall(page(site, "/dataset/?q=Spielplatz"))
    assert "Format" not in heading.findall(page(site, "/dataset/?q=Spielplatz"))
    assert heading.findall(page(site, "/dataset/?q=Andernachxyz")) == []

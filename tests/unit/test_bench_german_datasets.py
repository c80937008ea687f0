"""The datasets of the search bench: the same each time, and like those of a catalogue."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[2] / "bench"))
from _german_datasets import ORGANIZATIONS, documents

COUNT = 600


@pytest.fixture(scope="module")
def made() -> list[dict[str, Any]]:
    return list(documents(COUNT, site="bench"))


def test_the_same_number_makes_the_same_document(made: list[dict[str, Any]]) -> None:
    assert list(documents(3, site="bench", start=40)) == made[40:43]


@pytest.mark.parametrize("key", ["id", "index_id", "name"])
def test_keys_stand_once(made: list[dict[str, Any]], key: str) -> None:
    assert len({document[key] for document in made}) == COUNT
    assert all(document[key].isascii() for document in made)


def test_sizes_are_those_of_a_catalogue(made: list[dict[str, Any]]) -> None:
    words = [len(document["notes"].split()) for document in made]
    assert min(words) >= 50
    assert max(words) <= 220
    assert 4_000 < mean(len(document["data_dict"]) for document in made) < 6_000
    assert {len(document["tags"]) for document in made} <= set(range(3, 9))
    assert json.loads(made[0]["validated_data_dict"])["title"] == made[0]["title"]


def test_the_largest_organisation_has_its_share(made: list[dict[str, Any]]) -> None:
    shares = Counter(document["organization"] for document in made)
    assert shares.keys() == ORGANIZATIONS.keys()
    assert shares["landesverwaltung"] / COUNT == pytest.approx(0.37, abs=0.06)


def test_some_words_are_frequent_and_most_are_rare(made: list[dict[str, Any]]) -> None:
    documents_with = Counter(word for document in made for word in set(document["notes"].split()))
    assert documents_with["Daten"] > COUNT * 0.7
    rare = [word for word, count in documents_with.items() if count <= 3]
    assert len(rare) > len(documents_with) / 2


def test_a_document_has_the_fields_of_ckans_index(made: list[dict[str, Any]]) -> None:
    assert made[0]["site_id"] == "bench"
    assert made[0]["permission_labels"] == ["public"]
    assert made[0]["metadata_modified"].endswith("Z")
    assert made[0]["spatial_geom"][0].startswith("POLYGON ((")
    assert made[0]["extras_granularity"] == made[0]["granularity"]
    assert not {"extras", "resources", "spatial"} & made[0].keys()

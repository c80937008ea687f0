"""Every text of the interface is said in German, in our catalogue or in CKAN's own."""

from __future__ import annotations

import re
from pathlib import Path

import ckan
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).parents[2] / "ckanext-suedwest" / "ckanext" / "suedwest"
FOLDER = Path("i18n") / "de" / "LC_MESSAGES"
OURS = PACKAGE / FOLDER / "ckanext-suedwest.po"
CKANS = Path(ckan.__file__).parent / FOLDER / "ckan.mo"
FILES = [("**.py", "python"), ("**/templates/**.html", "ckan")]
# What a refusal of the search says is translated where it is told.
KEYWORDS = {**DEFAULT_KEYWORDS, "QueryRefused": (1,)}
NAME = re.compile(r"{(\w*)[^{}]*}|%\((\w+)\)s")


@pytest.fixture(scope="module")
def german() -> Catalog:
    return read_po(OURS.open("rb"), locale="de")


def texts() -> set[str | tuple[str, ...]]:
    """What the code and the templates have to say; several forms where they count."""
    found = extract_from_dir(PACKAGE, FILES, keywords=KEYWORDS)
    return {message for _file, _line, message, _comments, _context in found if message}


def test_every_text_is_said_in_german(german: Catalog) -> None:
    ckans = read_mo(CKANS.open("rb"))
    said = texts()
    assert len(said) > 200
    missing = []
    for message in said:
        singular = message if isinstance(message, str) else message[0]
        if not any(
            (known := catalogue.get(singular)) and all(_strings(known.string))
            for catalogue in (german, ckans)
        ):
            missing.append(singular)
    assert sorted(missing) == []


@pytest.mark.parametrize(
    "folder",
    [
        *("ckan/templates/group", "ckan/templates/organization", "ckan/templates/package"),
        *("ckan/templates/snippets", "ckan/templates/user", "ckanext/scheming/templates"),
        *("ckanext/datastore/templates", "ckanext/datatablesview/templates"),
    ],
)
def test_what_ckans_pages_say_is_said_in_german_too(german: Catalog, folder: str) -> None:
    """Much of it is read by screen readers only, where nobody sees that it is English."""
    ckans = read_mo(CKANS.open("rb"))
    found = extract_from_dir(Path(ckan.__file__).parents[1] / folder, [("**.html", "ckan")])
    said = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    assert len(said) > 10
    missing = [
        text
        for text in said - {""}
        if not any(
            (known := catalogue.get(text)) and all(_strings(known.string))
            for catalogue in (german, ckans)
        )
    ]
    assert sorted(missing) == []


def test_a_translation_names_the_same_values(german: Catalog) -> None:
    wrong = [
        message.id
        for message in german
        if message.id
        for string in _strings(message.string)
        if not _names(string) <= set().union(*map(_names, _strings(message.id)))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_texts(german: Catalog) -> None:
    compiled = read_mo(OURS.with_suffix(".mo").open("rb"))
    assert _pairs(compiled) == _pairs(german)


def _pairs(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {_strings(each.id): _strings(each.string) for each in catalogue if each.id}


def _strings(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _names(text: str) -> set[str]:
    return {one or other for one, other in NAME.findall(text)}

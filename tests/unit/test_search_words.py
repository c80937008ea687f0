"""Which words of a query find which words of a text, without a database.

What PostgreSQL does with a tsquery of alternatives is little: a lexeme is there, or one begins so.
"""

from __future__ import annotations

import re

import pytest

from ckanext.suedwest.search.words import exact_query, fold, lexemes, word_query, words_of


def matches(query: str, word: str) -> bool:
    """Whether a tsquery of alternatives is true for a text of one word."""
    held = set(lexemes(word))
    return any(
        any(lexeme.startswith(form) for lexeme in held) if begins else form in held
        for form, begins in re.findall(r"'([^']+)'(:\*)?", query)
    )


def finds(typed: str, written: str) -> str:
    """How the word a person types finds one that is written: `exact`, `inside` or not at all."""
    (word,), (other,) = words_of(typed), words_of(written)
    if matches(exact_query(word), other):
        return "exact"
    return "inside" if matches(word_query(word), other) else ""


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Brücke", "Brücken"),
        ("Bruecken", "BRÜCKE"),
        ("Brucke", "Brücke"),
        ("Straße", "STRASSEN"),
        ("Haus", "Häusern"),
        ("haeuser", "Haus"),
        ("Bäume", "Baum"),
        ("Städte", "Stadt"),
        ("Karten", "Karte"),
        ("Messungen", "Messung"),
        ("Gemeinden", "Gemeinde"),
        ("Museum", "Museen"),
        ("Zentren", "Zentrum"),
        ("Pegels", "Pegel"),
        ("Wälder", "Wald"),
        ("bridges", "bridge"),
        ("schools", "school"),
        ("cities", "city"),
        ("Bürger", "Bürgern"),
        ("Hauptstr.", "Hauptstrasse"),
        ("St.", "Sankt"),
        ("HQ100", "hq100"),
        ("PM2.5", "pm2.5"),
    ],
)
def test_inflections_and_spellings_are_the_same_word(typed: str, written: str) -> None:
    assert finds(typed, written) == "exact"
    assert finds(written, typed) == "exact"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Wasserstand", "Pegelwasserstand"),
        ("Wasserstände", "Pegelwasserstand"),
        ("Wasserstand", "Grundwasserstände"),
        ("Wasserstand", "Wasserstandsmessung"),
        ("Wasserstände", "Wasserstandsmessungen"),
        ("Messung", "Wasserstandsmessungen"),
        ("Pegel", "Pegelstände"),
        ("Pegel", "Rheinpegels"),
        ("Brücken", "Rheinbrücke"),
        ("Brücke", "Brückenprüfung"),
        ("Straße", "Hauptstraßen"),
        ("Straßen", "Straßenbeleuchtung"),
        ("Baum", "Baumkataster"),
        ("Bäume", "Baumkataster"),
        ("Baum", "Straßenbäumen"),
        ("Haus", "Krankenhäuser"),
        ("Häuser", "Krankenhaus"),
        ("Schule", "Grundschulen"),
        ("Schule", "Schulwegplan"),
        ("Kind", "Kindertagesstätte"),
        ("Müll", "Müllabfuhr"),
        ("Müll", "Restmüll"),
        ("Wald", "Waldbrandgefahr"),
        ("Park", "Parkplätze"),
        ("Plan", "Haushaltsplan"),
        ("Daten", "Geodaten"),
        ("Regen", "Starkregen"),
        ("Rhein", "Rheinpegel"),
        ("Haushalt", "Haushaltssatzung"),
        ("Bürger", "Bürgerhaushalt"),
        ("Wahl", "Bundestagswahlen"),
        ("Garten", "Kindergärten"),
    ],
)
def test_a_part_finds_its_compound_but_the_compound_not_its_part(typed: str, written: str) -> None:
    assert finds(typed, written) == "inside"
    assert finds(written, typed) == ""


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Haus", "Haushaltsplan"),
        ("Haus", "Haushalt"),
        ("Burg", "Bürgermeister"),
        ("Burg", "Bürger"),
        ("Müll", "Müller"),
        ("Lauter", "laut"),
        ("Rhein", "Rheinland"),
        ("Schule", "Schuldenstand"),
        ("Auto", "Automaten"),
        ("Wein", "Weihnachten"),
        ("Wein", "Schwein"),
        ("Turm", "Sturm"),
        ("Tal", "Talsperre"),
        ("See", "Seelsorge"),
        ("Baum", "Baumwolle"),
        ("Wasser", "Wassenach"),
        ("Stand", "Wasserstandsmessung"),
    ],
)
def test_words_that_only_look_alike_do_not_find_each_other(typed: str, written: str) -> None:
    assert finds(typed, written) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Landkreis St. Wendel", ["landkreis", "sankt", "wendel"]),
        ("landkreis-st-wendel", ["landkreis", "sankt", "wendel"]),
        ("St.Wendel, Hauptstr. 5", ["sankt", "wendel", "hauptstrasse", "5"]),
        ("Bitburg-Prüm", ["bitburg", "prum"]),
        ("Der Rest. Und", ["der", "rest", "und"]),
    ],
)
def test_abbreviations_are_read_as_words(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


@pytest.mark.parametrize(
    ("typed", "written"), [("Hauptstr", "Hauptstraße"), ("St", "St. Wendel"), ("Str", "Str. 5")]
)
def test_abbreviations_need_no_dot(typed: str, written: str) -> None:
    assert finds(typed, written.split()[0]) == "exact"


@pytest.mark.parametrize(
    ("typed", "written"),
    [("Brü", "Brücke"), ("Brue", "Brücke"), ("wasserst", "Wasserstand"), ("St", "Sankt")],
)
def test_the_beginning_of_a_word_finds_it(typed: str, written: str) -> None:
    assert matches(word_query(fold(typed), prefix=True), fold(written))

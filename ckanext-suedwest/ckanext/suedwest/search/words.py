"""German words as the index keeps them: folded, stemmed, and findable inside compounds.

The same function makes the lexemes of documents and of queries, so both sides agree on umlauts
(Brücke, Bruecke, BRÜCKE), ß and inflection, and no dictionary has to be installed in PostgreSQL.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import Stemmer

from .fields import NOTES, TITLE

_WORD = re.compile(r"\w+(?:[.'’]\w+)*", re.UNICODE)
_UMLAUTS = str.maketrans("äöü", "aou")
_DIGRAPH = re.compile(r"ae|oe|(?<![aeq])ue")
_SAINT = re.compile(r"\bst\.\s*(?=\w|$)|\bst-(?=\w)")
_STREET = re.compile(r"str\.(?!\w)")
LONGEST_WORD = 100
# A compound, and parts of it: fewer letters would find words that only look alike.
SHORTEST_COMPOUND = 8
_SHORTEST_PART = 4
# Parts up to here are looked up whole, because too many words begin with them.
_LONGEST_SHORT_PART = 5
# What a last part may end in: Brücke, Brücken; Haus, Häuser, Häusern; Pegel, Pegels.
_ENDINGS = ("", "e", "en", "n", "er", "ern", "s", "es")
# Beginnings that are a word of their own, although a shorter word stands in front: who looks for
# Auto, Baum, Burg, Haus, Rhein, Schule or Wein does not mean these.
_UNDIVIDED = (
    "automat",
    "baumwoll",
    "burger",
    "haushalt",
    "rheinhess",
    "rheinland",
    "schuld",
    "weinheim",
)
# Words whose stem would be another word: Bürger and Burg, Müller and Müll, Bauer and Bau, and the
# river Lauter and laut.
_OWN_STEMS = {
    inflected: stem
    for stem in ("burger", "muller", "bauer", "lauter")
    for inflected in (stem, f"{stem}n", f"{stem}s", f"{stem}in", f"{stem}innen")
}
_FILLERS = """
    ab als am an auf aus bei beim bis das dem den der des die ein eine einem einen einer eines es
    fur gibt hat hier ich im in ist kann man mein meine mit nach oder sind uber um und unter vom von
    vor wann was welche wer wie wird wo zu zum zur
"""
# Words that say nothing of what is looked for, as whole questions have them.
FILLERS = frozenset(_FILLERS.split())
# Datasets share most of their words.
_WORDS_REMEMBERED = 50_000
_local = threading.local()


def fold(text: str) -> str:
    """Lower case, umlauts and their two-letter spellings to the bare letter, ß to ss."""
    plain = text.casefold().translate(_UMLAUTS)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _DIGRAPH.sub(lambda match: match[0][0], plain)


def words_of(text: str) -> Iterator[str]:
    """Folded words in their order; what is hyphenated is several words.

    St. is Sankt, and Str. is Straße.
    """
    folded = fold(text)
    if "st" in folded:
        folded = _STREET.sub("strasse", _SAINT.sub("sankt ", folded))
    for match in _WORD.finditer(folded):
        yield match[0][:LONGEST_WORD]


@lru_cache(_WORDS_REMEMBERED)
def stems(word: str) -> tuple[str, ...]:
    """German and English stem of a folded word."""
    if word in _OWN_STEMS:
        return (_OWN_STEMS[word],)
    german, english = _stemmers()
    found = [german.stemWord(word), english.stemWord(word)]
    if word.endswith("um") and len(word) > _SHORTEST_PART + 1:
        found.append(german.stemWord(f"{word[:-2]}en"))  # Museum, Museen; Zentrum, Zentren
    return tuple(dict.fromkeys(found))


@lru_cache(_WORDS_REMEMBERED)
def forms(word: str) -> tuple[str, ...]:
    """What a document's word is found by: itself and its stems, where they are something else.

    A stem is marked, so that it is never taken for the beginning of a word.
    """
    marked_stems = (f"~{stem}" for stem in stems(word) if stem != word)
    return (word, *marked_stems, *_abbreviations(word))


def _abbreviations(word: str) -> tuple[str, ...]:
    """What people write without the dot that `words_of` would read: St Wendel, Hauptstr 5."""
    if word == "sankt":
        return ("st",)
    return (word.removesuffix("asse"),) if word.endswith("strasse") else ()


@lru_cache(_WORDS_REMEMBERED)
def lexemes(word: str) -> tuple[str, ...]:
    """The forms of a word and, of one that may be a compound, what its parts are found by.

    That is the word read backwards for the last part, and its beginnings for a short first one.
    A longer first part is found by the word itself.
    """
    if len(word) < SHORTEST_COMPOUND:
        return forms(word)
    beginnings: tuple[str, ...] = ()
    if not word.startswith(_UNDIVIDED):
        lengths = range(_SHORTEST_PART, _LONGEST_SHORT_PART + 1)
        beginnings = tuple(f"/{word[:length]}" for length in lengths)
    return (*forms(word), f"<{word[::-1]}", *beginnings)


def word_query(word: str, *, field: str | None = None, prefix: bool = False) -> str:
    """A tsquery for one folded word, also as first or last part of a compound.

    With `field` the word has to stand in that field. There a last part, and a short first one, is
    found in titles only.
    """
    if prefix:
        return f"{quoted(_of(field, word))}:*"
    parts = [exact_query(word, field=field), *_in_compounds(word, field)]
    return "(" + " | ".join(parts) + ")"


def exact_query(word: str, *, field: str | None = None) -> str:
    """A tsquery for one folded word in any inflection, but not inside of a compound."""
    found = dict.fromkeys((word, *stems(word), *(f"~{stem}" for stem in stems(word))))
    return "(" + " | ".join(quoted(_of(field, form)) for form in found) + ")"


def _in_compounds(word: str, field: str | None) -> Iterator[str]:
    stem = stems(word)[0]
    # Wasser is no inflected Wass, and Waldbrand begins with Wald whatever Wälder may find
    firsts = (word,) if word.endswith("er") else (word, stem)
    for first in dict.fromkeys(firsts):
        if len(first) > _LONGEST_SHORT_PART:
            yield f"{quoted(_of(field, first))}:*"
        elif len(first) >= _SHORTEST_PART and field in (None, TITLE):
            yield quoted(_of(field, f"/{first}"))
    if field not in (None, TITLE):
        return
    lasts = [word]
    if len(stem) >= _SHORTEST_PART:
        lasts += [stem + ending for ending in _ENDINGS]
    for last in dict.fromkeys(lasts):
        if len(last) >= _SHORTEST_PART:
            yield f"{quoted(_of(field, f'<{last[::-1]}'))}:*"


def phrase_query(words: Sequence[str], *, field: str | None = None) -> str:
    """A tsquery for words that stand side by side; a single one has to stand as it is written."""
    if len(words) == 1:
        return quoted(_of(field, words[0]))
    pairs = [pair(*both) for both in pairwise(words)]
    if field == NOTES:
        # the pairs of a description stand among those of the whole text only
        return " & ".join([*map(quoted, pairs), *(word_query(word, field=field) for word in words)])
    return " & ".join(quoted(_of(field, both)) for both in pairs)


def _of(field: str | None, form: str) -> str:
    return form if field is None else marked(field, form)


def marked(field: str, form: str) -> str:
    """A lexeme for one field alone."""
    return f"{field}={form}"


def pair(first: str, second: str) -> str:
    """The lexeme of two neighbours in a text, inflected or not."""
    return f"{stems(first)[0]} {stems(second)[0]}"


def vector(lexemes_: Collection[str]) -> str:
    """The text form of a tsvector without positions."""
    if not lexemes_:
        return ""
    # no field and no value holds the separator: the database could not keep it
    joined = "\0".join(lexemes_).replace("\\", "\\\\").replace("'", "''")
    return "'" + joined.replace("\0", "' '") + "'"


def quoted(lexeme: str) -> str:
    """A lexeme as it stands in the text form of tsvector and tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _stemmers() -> tuple[Stemmer.Stemmer, Stemmer.Stemmer]:
    # a Stemmer must not be shared between threads
    if not hasattr(_local, "stemmers"):
        _local.stemmers = (Stemmer.Stemmer("german"), Stemmer.Stemmer("english"))
    return _local.stemmers

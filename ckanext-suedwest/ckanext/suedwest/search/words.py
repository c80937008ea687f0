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

from .fields import NOTES

_WORD = re.compile(r"\w+(?:[.'’]\w+)*", re.UNICODE)
_UMLAUTS = str.maketrans("äöü", "aou")
_DIGRAPH = re.compile(r"ae|oe|(?<![aeq])ue")
LONGEST_WORD = 100
SHORTEST_COMPOUND_PART = 6
SHORTEST_COMPOUND = SHORTEST_COMPOUND_PART + 3
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
    """Folded words in their order; what is hyphenated is several words."""
    for match in _WORD.finditer(fold(text)):
        yield match[0][:LONGEST_WORD]


@lru_cache(_WORDS_REMEMBERED)
def stems(word: str) -> tuple[str, ...]:
    """German and English stem of a folded word."""
    german, english = _stemmers()
    return tuple(dict.fromkeys(stemmer.stemWord(word) for stemmer in (german, english)))


@lru_cache(_WORDS_REMEMBERED)
def forms(word: str) -> tuple[str, ...]:
    """What a document's word is found by: itself and its stems, where they are something else.

    A stem is marked, so that it is never taken for the beginning of a word.
    """
    return (word, *(f"~{stem}" for stem in stems(word) if stem != word))


@lru_cache(_WORDS_REMEMBERED)
def lexemes(word: str) -> tuple[str, ...]:
    """The forms of a word and, of one that may be a compound, the word read backwards."""
    if len(word) < SHORTEST_COMPOUND:
        return forms(word)
    return (*forms(word), f"<{word[::-1]}")


def word_query(word: str, *, field: str | None = None, prefix: bool = False) -> str:
    """A tsquery for one folded word; long words are also found at either end of a compound.

    With `field` the word has to stand in that field.
    """
    if prefix:
        return f"{quoted(_of(field, word))}:*"
    found = dict.fromkeys((word, *stems(word), *(f"~{stem}" for stem in stems(word))))
    parts = [quoted(_of(field, form)) for form in found]
    if len(word) >= SHORTEST_COMPOUND_PART:
        parts.append(f"{quoted(_of(field, word))}:*")
        if field is None:
            parts.append(f"{quoted('<' + word[::-1])}:*")
    return "(" + " | ".join(parts) + ")"


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

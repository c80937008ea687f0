"""German words as the index keeps them: folded, stemmed, and findable inside compounds.

The same function makes the lexemes of documents and of queries, so both sides agree on umlauts
(Brücke, Bruecke, BRÜCKE), ß and inflection, and no dictionary has to be installed in PostgreSQL.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

import Stemmer

from .fields import NOTES

_WORD = re.compile(r"\w+(?:[.'’]\w+)*", re.UNICODE)
_DIGRAPH = re.compile(r"ae|oe|(?<![aeq])ue")
LONGEST_WORD = 100
SHORTEST_COMPOUND_PART = 6
_local = threading.local()


def fold(text: str) -> str:
    """Lower case, umlauts and their two-letter spellings to the bare letter, ß to ss."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _DIGRAPH.sub(lambda match: match[0][0], plain)


def words_of(text: str) -> Iterator[str]:
    """Folded words in their order; what is hyphenated is several words."""
    for match in _WORD.finditer(fold(text)):
        yield match[0][:LONGEST_WORD]


def stems(word: str) -> list[str]:
    """German and English stem of a folded word, marked so that they never meet a plain word."""
    german, english = _stemmers()
    return list(dict.fromkeys(f"~{stemmer.stemWord(word)}" for stemmer in (german, english)))


def lexemes(word: str) -> set[str]:
    """Everything a document's word is found by: itself, its stems, and itself read backwards."""
    return {word, f"<{word[::-1]}", *stems(word)}


def word_query(word: str, *, field: str | None = None, prefix: bool = False) -> str:
    """A tsquery for one folded word; long words are also found at either end of a compound.

    With `field` the word has to stand in that field.
    """
    if prefix:
        return f"{quoted(_of(field, word))}:*"
    parts = [quoted(_of(field, form)) for form in (word, *sorted(stems(word)))]
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
        parts = [quoted(_of(field, stem)) for word in words for stem in stems(word)[:1]]
        return " & ".join([*map(quoted, pairs), *parts])
    return " & ".join(quoted(_of(field, both)) for both in pairs)


def _of(field: str | None, form: str) -> str:
    return form if field is None else marked(field, form)


def marked(field: str, form: str) -> str:
    """A lexeme for one field alone."""
    return f"{field}={form}"


def pair(first: str, second: str) -> str:
    """The lexeme of two neighbours in a text, inflected or not."""
    german, _ = _stemmers()
    return f"{german.stemWord(first)} {german.stemWord(second)}"


def quoted(lexeme: str) -> str:
    """A lexeme as it stands in the text form of tsvector and tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _stemmers() -> tuple[Stemmer.Stemmer, Stemmer.Stemmer]:
    # a Stemmer must not be shared between threads
    if not hasattr(_local, "stemmers"):
        _local.stemmers = (Stemmer.Stemmer("german"), Stemmer.Stemmer("english"))
    return _local.stemmers

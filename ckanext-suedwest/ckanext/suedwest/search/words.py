"""German words as the index keeps them: folded, stemmed, and findable inside compounds.

The same function makes the lexemes of documents and of queries, so both sides agree on umlauts
(Brücke, Bruecke, BRÜCKE), ß and inflection, and no dictionary has to be installed in PostgreSQL.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator

import Stemmer

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


def stems(word: str) -> set[str]:
    """German and English stem of a folded word, marked so that they never meet a plain word."""
    german, english = _stemmers()
    return {f"~{german.stemWord(word)}", f"~{english.stemWord(word)}"}


def lexemes(word: str) -> set[str]:
    """Everything a document's word is found by: itself, its stems, and itself read backwards."""
    return {word, f"<{word[::-1]}", *stems(word)}


def word_query(word: str, *, prefix: bool = False) -> str:
    """A tsquery for one folded word; long words are also found at either end of a compound."""
    if prefix:
        return f"{quoted(word)}:*"
    parts = [quoted(word), *sorted(quoted(stem) for stem in stems(word))]
    if len(word) >= SHORTEST_COMPOUND_PART:
        parts += [f"{quoted(word)}:*", f"{quoted('<' + word[::-1])}:*"]
    return "(" + " | ".join(parts) + ")"


def quoted(lexeme: str) -> str:
    """A lexeme as it stands in the text form of tsvector and tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _stemmers() -> tuple[Stemmer.Stemmer, Stemmer.Stemmer]:
    # a Stemmer must not be shared between threads
    if not hasattr(_local, "stemmers"):
        _local.stemmers = (Stemmer.Stemmer("german"), Stemmer.Stemmer("english"))
    return _local.stemmers

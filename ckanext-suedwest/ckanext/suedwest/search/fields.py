"""The fields of CKAN's index: which are text to search, which are short values to compare.

They follow the Solr schema that CKAN ships; a field it does not name holds short values.
"""

from __future__ import annotations

TITLE = "title"
NOTES = "notes"
# A name under which the words of all keywords are found, to rank by.
KEYWORD = "keyword"
# What people use to say what a dataset is about, besides its title.
_KEYWORDS = frozenset(["name", "tags", "groups", "organization"])

# What Solr's schema copies into its field for everything.
_SEARCHED = frozenset(
    [
        TITLE,
        *_KEYWORDS,
        NOTES,
        "license",
        "url",
        "ckan_url",
        "download_url",
        "res_url",
        "res_name",
        "res_description",
        "maintainer",
        "author",
        "text",
    ]
)
_SEARCHED_PREFIXES = ("extras_", "res_extras_", "vocab_")

# Fields a query finds by the words of their text.
_TEXT = frozenset(
    [
        "author",
        "author_email",
        "maintainer",
        "maintainer_email",
        "res_name",
        "res_description",
        "urls",
        "depends_on",
        "dependency_of",
        "derives_from",
        "has_derivation",
        "links_to",
        "linked_from",
        "child_of",
        "parent_of",
    ]
)
_TEXT_PREFIXES = ("extras_", "res_extras_")

# Fields whose values are long and seldom compared; they are kept apart, so that filters read
# little.
_LONG = _TEXT | {NOTES, "text", "url", "ckan_url", "download_url", "res_url"}
OUTLINES = "spatial_geom"

INSTANTS = ("metadata_created", "metadata_modified")
# Fields that tell one dataset from all others.
KEYS = ("id", "name", "index_id")


def is_searched(field: str) -> bool:
    """Whether a search for bare words looks into a field."""
    return field in _SEARCHED or field.startswith(_SEARCHED_PREFIXES)


def is_keyword(field: str) -> bool:
    """Whether a field says what a dataset is about."""
    return field in _KEYWORDS


def is_text(field: str) -> bool:
    """Whether a query for a field finds the words of its text."""
    return field in (TITLE, NOTES) or field in _TEXT or field.startswith(_TEXT_PREFIXES)


def column_of(field: str) -> str:
    """Column of the index that holds a field's values: `short` or `long`."""
    return "long" if field in _LONG or field.startswith(_TEXT_PREFIXES) else "short"


def is_instant(field: str) -> bool:
    """Whether a field holds instants."""
    return field.endswith("_date") or field in INSTANTS


def order_of(field: str) -> tuple[int, str]:
    """Titles first, then what the dataset is about, then the rest.

    The words of a document are limited, and no description is long enough to crowd out a title.
    """
    ranks = {TITLE: 0, **dict.fromkeys(_KEYWORDS, 1), NOTES: 2}
    return (ranks.get(field, 3), field)

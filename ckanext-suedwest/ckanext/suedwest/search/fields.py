"""The fields of CKAN's index: which are text to search, which are short values to compare.

They follow the Solr schema that CKAN ships; a field it does not name holds short values.
"""

from __future__ import annotations

# Weights of a tsvector: what a hit in a field is worth in the ranking.
WEIGHTS = {
    "title": "A",
    "name": "B",
    "tags": "B",
    "groups": "B",
    "organization": "B",
    "notes": "C",
}
LEAST_WEIGHT = "D"
# Weights that make the small vector the ranking reads.
RANKED_WEIGHTS = "AB"

# What Solr's schema copies into its field for everything.
_SEARCHED = frozenset(
    [
        *WEIGHTS,
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

# Fields a query finds by any part of their text.
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

# Fields whose values are long and seldom compared; they are kept apart, so that facets and
# filters read little.
_LONG = _TEXT | {"notes", "text", "url", "ckan_url", "download_url", "res_url", "spatial_geom"}

INSTANTS = ("metadata_created", "metadata_modified")


def weight_of(field: str) -> str:
    """Weight of a field's words."""
    return WEIGHTS.get(field, LEAST_WEIGHT)


def is_searched(field: str) -> bool:
    """Whether a search for bare words looks into a field."""
    return field in _SEARCHED or field.startswith(_SEARCHED_PREFIXES)


def is_text(field: str) -> bool:
    """Whether a query for a field finds any part of its text."""
    return field in _TEXT or field.startswith(_TEXT_PREFIXES)


def column_of(field: str) -> str:
    """Column of the index that holds a field's values: `short` or `long`."""
    return "long" if field in _LONG or field.startswith(_TEXT_PREFIXES) else "short"


def is_instant(field: str) -> bool:
    """Whether a field holds instants."""
    return field.endswith("_date") or field in INSTANTS

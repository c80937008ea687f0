"""Whether Solr answers."""

from __future__ import annotations

import pysolr

from ..errors import StepFailed

_SECONDS = 10


def check(url: str) -> None:
    """Ask the core at `url` once for its documents.

    Raises:
        StepFailed: with Solr's own words, when it does not answer.
    """
    try:
        pysolr.Solr(url, timeout=_SECONDS).search("*:*", rows=0)
    except pysolr.SolrError as error:
        raise StepFailed(f"Solr does not answer at {url}: {error}") from error

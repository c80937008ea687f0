"""Solr's index of a portal: whether Solr answers, and whether the index has to be filled."""

from __future__ import annotations

import psycopg2
import pysolr

from ..errors import StepFailed

_SECONDS = 10


def check(solr_url: str) -> None:
    """Ask the core at `solr_url` once for its documents.

    Raises:
        StepFailed: with Solr's own words, when it does not answer.
    """
    _documents(solr_url, "*:*")


def is_missing(solr_url: str, site_id: str, catalogue_url: str) -> bool:
    """Whether the catalogue has datasets and Solr knows none of this portal.

    So it is after Solr's volume was lost or replaced; an index that is only incomplete is not
    seen here, `ckan search-index check` tells of that.
    """
    connection = psycopg2.connect(catalogue_url, connect_timeout=_SECONDS)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM package WHERE state = 'active')")
            (has_datasets,) = cursor.fetchone() or (False,)
    finally:
        connection.close()
    return has_datasets and _documents(solr_url, f'+site_id:"{site_id}"') == 0


def _documents(solr_url: str, query: str) -> int:
    try:
        return int(pysolr.Solr(solr_url, timeout=_SECONDS).search(query, rows=0).hits)
    except pysolr.SolrError as error:
        raise StepFailed(f"Solr does not answer at {solr_url}: {error}") from error

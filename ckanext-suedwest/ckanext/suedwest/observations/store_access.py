"""The observation store's engines inside CKAN, from CKAN's own configuration."""

from __future__ import annotations

from threading import Lock

import ckan.plugins.toolkit as tk
from sqlalchemy import Engine

from ..store.engine import create_store_engine

_engines: dict[str, Engine] = {}
_making = Lock()


def read_engine() -> Engine:
    """The engine pages and API calls read with: the DataStore's read role, one per process."""
    return _engine(tk.config["ckan.datastore.read_url"])


def write_engine() -> Engine:
    """The engine of the store's owner, one per process.

    For the reconciler, for views and for the tables the read role never sees.
    """
    return _engine(tk.config["ckan.datastore.write_url"])


def _engine(url: str) -> Engine:
    with _making:
        if url not in _engines:
            _engines[url] = create_store_engine(url)
        return _engines[url]

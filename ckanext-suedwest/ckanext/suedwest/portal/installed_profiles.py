"""The RDF profiles among everything that is installed, found once for each process."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import EntryPoints, entry_points

import ckan.plugins as plugins


def find_once() -> None:
    """Let ckanext-dcat keep what it found.

    It reads the files of all installed packages whenever it writes one dataset as RDF, which each
    dataset page does for search engines: a seventh of the time such a page takes.
    """
    if plugins.plugin_loaded("dcat"):
        from ckanext.dcat import processors

        processors.entry_points = _found


@lru_cache(maxsize=64)
def _found(*, group: str, name: str) -> EntryPoints:
    return entry_points(group=group, name=name)

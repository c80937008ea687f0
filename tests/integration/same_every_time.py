"""What CKAN and its libraries read anew for every test and always find the same.

Each test with plugins loads all of them twice. Asking the installed packages for entry points,
reading YAML in Python and looking up the source lines of the whole call stack took half of that
time. Nothing here changes what comes out.
"""

from __future__ import annotations

import functools
import inspect
from importlib.metadata import EntryPoints, entry_points
from typing import Any

import ckan.plugins.core as plugins
import yaml


def remember() -> None:
    """Spare the repetitions for the rest of this process."""
    plugins.entry_points = functools.cache(_entry_points)  # pyright: ignore[reportPrivateImportUsage]
    yaml.SafeLoader = yaml.CSafeLoader  # type: ignore[misc,assignment]
    # Callers ask for the names of files only, never for lines of them.
    inspect.stack = functools.partial(inspect.stack, 0)


def _entry_points(**wanted: Any) -> EntryPoints:
    return entry_points(**wanted)

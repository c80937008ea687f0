"""Where things are in the checkout and in the virtual environment."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[4]
PACKAGE = Path(__file__).resolve().parents[1]
CONFIG = CHECKOUT / "config"
MUNICIPALITIES = CONFIG / "municipalities"
CKAN_TEMPLATE = CONFIG / "ckan.ini"
PROGRAMS = Path(sys.executable).parent
"""The folder with `python`, `gunicorn`, `supervisord` of the running virtual environment."""

_NOT_SOURCE = {"__pycache__", "node_modules", "build"}


def fingerprint(paths: Iterable[Path]) -> str:
    """One hash over the names and contents of files and of all files below folders."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(_files(path)):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(path.parent)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        yield path
    elif path.is_dir() and path.name not in _NOT_SOURCE:
        for child in path.iterdir():
            yield from _files(child)

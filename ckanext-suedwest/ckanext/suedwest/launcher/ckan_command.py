"""CKAN's command line, on a machine that may lack libmagic."""

from __future__ import annotations

import sys

# Importing it makes the libmagic of the wheel known to python-magic, which CKAN imports.
import pylibmagic  # noqa: F401
from ckan.cli.cli import ckan

if __name__ == "__main__":
    sys.argv[0] = "ckan"
    ckan()

"""The portal for a WSGI server; environment variable CKAN_INI names its configuration."""

from __future__ import annotations

import gc
import os

# Importing it makes the libmagic of the wheel known to python-magic, which CKAN imports.
import pylibmagic  # noqa: F401
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app

application = make_app(CKANConfigLoader(os.environ["CKAN_INI"]).get_config())

# What is loaded now stays until the process ends; the collector need not look through it, hundreds
# of thousands of objects, again and again.
gc.collect()
gc.freeze()

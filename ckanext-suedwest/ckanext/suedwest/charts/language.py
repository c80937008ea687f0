"""The language of an answer."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from flask import request

LANGUAGES = ("de", "en")


def page_language() -> str:
    """That of the page's address; German where an address has one we do not speak."""
    language = tk.h.lang()
    return language if language in LANGUAGES else "de"


def asked_language() -> str:
    """What `?lang=` asks for, else that of the address."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else page_language()

"""In whose name the platform itself writes into the catalogue."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from ckan.types import Context


def site_context() -> Context:
    """A fresh context of CKAN's site user; an action changes what it gets, so one for each."""
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return {"user": user["name"], "ignore_auth": True}

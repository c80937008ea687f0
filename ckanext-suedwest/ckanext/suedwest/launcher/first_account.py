"""Makes the first account; a process of its own, told the password on standard input."""

from __future__ import annotations

import sys

import ckan.plugins.toolkit as tk
from ckan import model

from .preparation import ADMIN, ADMIN_EXISTS

# Loads CKAN with the configuration CKAN_INI names, as the web server does.
from .wsgi import application


def main() -> int:
    """Make it unless this portal has an administrator; the exit status tells which."""
    password = sys.stdin.readline().strip()
    with application.test_request_context():
        site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
        administrators = (
            model.Session.query(model.User)
            .filter(model.User.sysadmin, model.User.state == "active", model.User.name != site_user)
            .count()
        )
        if administrators:
            return ADMIN_EXISTS
        tk.get_action("user_create")(
            {"ignore_auth": True, "user": site_user},
            {
                "name": ADMIN,
                "email": f"{ADMIN}@localhost.localdomain",
                "password": password,
                "sysadmin": True,
            },
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

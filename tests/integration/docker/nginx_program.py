"""Where this machine's nginx is."""

from __future__ import annotations

import os
import shutil

ADVICE = "Debian: apt-get install nginx libnginx-mod-stream"
# Debian's lies where an ordinary account does not look.
_PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))


def nginx_program() -> str | None:
    """Its full path; None when there is none."""
    return shutil.which("nginx", path=_PLACES)

"""Who may frame what, for nginx: static files have no program behind them that says it.

The words stand inside of `map $embedded $frame_ancestors { … }` in frame_ancestors.conf of
config/nginx: a slug of a station or municipality, and the value of the directive `frame-ancestors`.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..domain.errors import SuedwestError
from ..store.query import StationRow
from .profile import Profile

# A host as CSP knows it, a leading wildcard and a port included; nothing that ends a line of nginx.
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", re.IGNORECASE)
_SLUG = re.compile(r"[a-z0-9_-]+")


class WrongHost(SuedwestError):
    """A host or slug that cannot stand in a configuration; the message names it."""


def frame_ancestors_map(towns: Sequence[Profile], stations: Iterable[StationRow]) -> str:
    """Lines for nginx, sorted: whoever shows a station may frame it, and each what is its own.

    Raises:
        WrongHost: a host or slug has signs that neither has.
    """
    hosts = {town.name: set(town.embed_hosts) for town in towns}
    allowed = dict(hosts)
    for station in stations:
        shown_by = [name for name, _relation in station.municipalities]
        allowed[station.slug] = set().union(*(hosts.get(name, set()) for name in shown_by))
    lines = (_line(slug, sorted(found)) for slug, found in sorted(allowed.items()))
    return "# Made by `ckan suedwest frame-ancestors`.\n" + "".join(lines)


def write_frame_ancestors(
    path: Path, towns: Sequence[Profile], stations: Iterable[StationRow]
) -> bool:
    """Write the map, at once or not at all; whether it changed, so that nginx must read it again.

    Raises:
        WrongHost: see `frame_ancestors_map`; the file stays as it was.
    """
    text = frame_ancestors_map(towns, stations)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}-", delete=False
    ) as written:
        written.write(text)
    temporary = Path(written.name)
    temporary.chmod(0o644)
    os.replace(temporary, path)
    return True


def _line(slug: str, hosts: Sequence[str]) -> str:
    if not _SLUG.fullmatch(slug):
        raise WrongHost(f"{slug!r} is no name of a station or municipality")
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise WrongHost(f"{host!r}, which may frame {slug!r}, is no host")
    told = " ".join(("'self'", *hosts))
    return f'"{slug}" "{told}";\n'

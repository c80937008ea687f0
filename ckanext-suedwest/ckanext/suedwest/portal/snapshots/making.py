"""Asks the application for what is kept, as a visitor would, and makes files of the answers.

The application is asked within this process: the files then do not depend on a web server that
the whole world asks at the same time.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ckan import model
from flask import Flask
from markupsafe import escape

from ...domain.freshness import LIMITS, live_until
from ...store.query import StationRow
from .. import formats
from ..interfaces import Snapshot
from .files import SnapshotFolder
from .metrics import FAILURES

log = logging.getLogger(__name__)

# Files of this platform that a page or a stylesheet loads.
LOADED = re.compile(
    r"""(?:\b(?:href|src)=["']|url\(["']?|import\(["']|\b(?:from|import)\s*["'])
        ((?:/|\.{1,2}/)[^"'()?\#<>\s]+\.(?:css|js|woff2|svg|png|ico))""",
    re.VERBOSE,
)
_MAIN = re.compile(r"<main\b[^>]*>")


class NotPublic(Exception):
    """A visitor gets nothing at this address, such as a station an editor has made private."""


class NotKept(Exception):
    """An answer that is no page for everybody; the message says why."""


@dataclass(slots=True)
class Made:
    """What one round did; `failed` maps an address to the reason."""

    seen: int = 0
    changed: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        said = f"{self.seen} answers, {self.changed} files changed, {len(self.failed)} failed"
        return "\n".join([said, *(f"  {address}: {why}" for address, why in self.failed.items())])


class SnapshotMaker:
    """Makes files of the answers of `app` in `folder`; `assets` are the files that pages load."""

    def __init__(self, app: Flask, folder: SnapshotFolder) -> None:
        self._app = app
        self._folder = folder
        self._loaded: set[str] = set()
        self.assets: set[str] = set()

    def make(self, snapshot: Snapshot, stations: Mapping[int, StationRow], done: Made) -> None:
        """Bring the files of one address up to date. A failure is logged, counted and stays so."""
        until = first_end(stations[each] for each in snapshot.stations if each in stations)
        for address, file in variants(snapshot):
            done.seen += 1
            try:
                content, media_type = self._ask(address)
                if media_type == "text/html":
                    language = "en" if address.startswith("/en/") else "de"
                    page = content.decode("utf-8")
                    self._keep_loaded(page, address)
                    content = marked(page, datetime.now(UTC), until, language).encode()
                done.changed += self._folder.write(file, content)
            except NotPublic:
                self._folder.remove(file)
            except Exception as error:  # one page's fault must not stop the others
                log.exception("No file could be made of %s", address)
                self._folder.set_aside(file, datetime.now(UTC))
                FAILURES.inc()
                done.failed[address] = (str(error).splitlines() or [type(error).__name__])[0]
            finally:
                model.Session.remove()

    def _ask(self, address: str) -> tuple[bytes, str]:
        """Body and media type of what a visitor without a cookie is answered."""
        with formats.absolute_times():
            # One client for each question: it would keep cookies.
            answer = self._app.test_client(use_cookies=False).get(address)
        if answer.status_code in (401, 403, 404, 410):
            raise NotPublic(address)
        if answer.status_code != 200:
            raise NotKept(f"answered with {answer.status_code}")
        if answer.headers.get("Set-Cookie"):
            raise NotKept("the answer belongs to one visitor")
        return answer.get_data(), answer.mimetype or ""

    def _keep_loaded(self, text: str, address: str) -> None:
        """Keep also what a page loads, and what that loads."""
        for asset in LOADED.findall(text):
            path = _resolved(asset, address)
            if path in self._loaded:
                continue
            content, media_type = self._ask(path)
            self._loaded.add(path)
            self.assets.add(path)
            self._folder.write(path, content)
            if media_type in ("text/css", "text/javascript", "application/javascript"):
                self._keep_loaded(content.decode("utf-8"), path)


def variants(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Addresses and files of a snapshot in all its languages."""
    yield snapshot.address, snapshot.file
    if snapshot.languages:
        yield f"/en{snapshot.address}", f"/en{snapshot.file}"


def first_end(stations: Any) -> datetime | None:
    """When the first value of these stations stops being live; None when none is live now."""
    now = datetime.now(UTC)
    ends = [
        live_until(station.kind, each.interval, each.latest_time)
        for station in stations
        if station.kind in LIMITS
        for each in station.datastreams
        if each.latest_time is not None and not each.out_of_service
    ]
    return min((end for end in ends if end > now), default=None)


def marked(page: str, made: datetime, until: datetime | None, language: str) -> str:
    """The page with a line that says when it was kept, true however old the page is by then.

    The line carries `until`, from which on the script of live pages says that values are old.
    """
    words = formats.moment_absolute(made, language)
    if language == "de":
        told = f"Gespeicherter Stand: {words}. Wie alt ein Wert ist, sagt seine Uhrzeit."
    else:
        told = f"Saved state: {words}. How old a value is, its time tells."
    ends = f' data-live-until="{formats.iso(until)}"' if until else ""
    line = (
        f'<p class="kept" data-made="{formats.iso(made)}"{ends}>{escape(told)} '
        '<b role="status"></b></p>'
    )
    # A function, because what stands in the page is no pattern.
    return _MAIN.sub(lambda found: found.group() + line, page, count=1)


def _resolved(asset: str, base: str) -> str:
    if asset.startswith("/"):
        return asset
    parts = base.split("/")[:-1]
    for part in asset.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def concerned(snapshots: Collection[Snapshot], stations: Collection[int]) -> list[Snapshot]:
    """Those that show one of these stations; the smallest share of the work that a change is."""
    changed = frozenset(stations)
    return [each for each in snapshots if each.stations & changed]

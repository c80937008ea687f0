"""Template helpers; ours are prefixed `suedwest_`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import ckan.plugins.toolkit as tk
from babel.dates import format_date
from ckan.common import _, current_user, request
from ckan.lib.helpers import markdown_extract as core_markdown_extract
from sqlalchemy.exc import SQLAlchemyError

from ..domain.time import BERLIN
from ..observations.rights import administered
from . import formats, pages, tiles
from .contributions import station_kinds
from .found_stations import Found, found_stations
from .organizations import profile, profiles
from .profile import Profile
from .titles import title as station_title

log = logging.getLogger(__name__)

_SANDBOX_RENEWED_EVERY = timedelta(minutes=1)
_sandbox_as_of: tuple[datetime, datetime | None] | None = None


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One of the main areas."""

    label: str
    url: str
    current: bool


def suedwest_navigation() -> list[NavigationItem]:
    """The main areas that exist: one for each kind of station, datasets, municipalities."""
    path = request.path
    items = [
        (_(kind.name.capitalize()), tk.url_for(kind.list_url_endpoint))
        for kind in station_kinds().values()
    ]
    items += [
        (_("Datasets"), tk.url_for("dataset.search")),
        (_("Municipalities"), tk.url_for("organization.index")),
    ]
    return [
        NavigationItem(
            label, url, current=path != "/" and url.rstrip("/").endswith(path.rstrip("/"))
        )
        for label, url in items
    ]


def suedwest_is_staff() -> bool:
    """Whether the person who is logged in works for a municipality, and may see its sources."""
    return bool(administered(current_user.name))


def suedwest_sandbox() -> bool:
    """Whether this platform shows replayed values."""
    return tk.config["suedwest.mode"] == "sandbox"


def suedwest_sandbox_as_of() -> datetime | None:
    """The newest value's time for the line on every page; looked up once a minute."""
    global _sandbox_as_of
    now = datetime.now(UTC)
    if _sandbox_as_of is None or now - _sandbox_as_of[0] > _SANDBOX_RENEWED_EVERY:
        try:
            _sandbox_as_of = (now, pages.newest_time())
        except SQLAlchemyError as error:
            # Also the page that says the database is away has this line.
            log.warning("The time of the newest value is not known: %s", error)
            return None
    return _sandbox_as_of[1]


def suedwest_profile(name: str) -> Profile | None:
    """The municipality of this slug, None for other organisations."""
    return profile(name)


def suedwest_municipality_page(town: Profile) -> dict[str, Any]:
    """Stations, map and tables of a municipality."""
    return pages.municipality(town, datetime.now(UTC))


def suedwest_found_stations(q: str, filters: list[tuple[str, str]]) -> Found:
    """Stations that fit the search of the dataset page best."""
    extras = {name: value for name, value in request.args.items() if name.startswith("ext_")}
    return found_stations(q, filters, extras, datetime.now(UTC))


def suedwest_extent() -> str:
    """Corners around all municipalities for a web map, as JSON; empty when none has a boundary."""
    corners = tiles.extent(profiles())
    return "" if corners is None else json.dumps(corners)


def suedwest_newest_datasets(name: str) -> dict[str, Any]:
    """Count and newest datasets of a municipality."""
    return pages.newest_datasets(name)


def suedwest_station_title(station: Any) -> str:
    """“Rhein bei Andernach”."""
    return station_title(station)


def suedwest_number(value: float) -> str:
    """A number as people write it: 219.001 in German, 219,001 in English; 817,66 with a part."""
    return formats.number(value, _language(), 0 if isinstance(value, int) else 2)


def suedwest_day(value: str | date, *, short: bool = False) -> str:
    """A civil day, `12. September 2026`; texts are ISO 8601, those of CKAN in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(BERLIN).date()
    if short:
        return format_date(value, format="medium", locale=_language())
    return formats.long_date(value, _language(), year=True)


def suedwest_time(instant: datetime, *, weekday: bool = False) -> str:
    """Day and clock time in Germany with the zone: `29. September 2026, 15:39 Uhr MESZ`."""
    day = formats.weekday_date(instant, _language()) if weekday else suedwest_day(instant)
    return f"{day}, {formats.clock(instant, _language(), zone=True)}"


def _language() -> str:
    return tk.h.lang() or "de"


@lru_cache(maxsize=1024)
def markdown_extract(text: str, extract_length: int = 190) -> str:
    """CKAN's helper of this name, whose answer depends on nothing but the text.

    A list of datasets spends more time on reading their Markdown than on finding them.
    """
    return core_markdown_extract(text, extract_length)


def get_helpers() -> dict[str, Callable[..., Any]]:
    """All of them by name."""
    return {
        helper.__name__: helper
        for helper in (
            markdown_extract,
            suedwest_navigation,
            suedwest_is_staff,
            suedwest_sandbox,
            suedwest_sandbox_as_of,
            suedwest_profile,
            suedwest_municipality_page,
            suedwest_found_stations,
            suedwest_extent,
            suedwest_newest_datasets,
            suedwest_station_title,
            suedwest_number,
            suedwest_day,
            suedwest_time,
        )
    }

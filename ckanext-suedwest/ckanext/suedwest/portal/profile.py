"""A municipality as the pages draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Profile:
    """A municipality as the portal knows it now, with what people changed in its form.

    `boundary` is a GeoJSON geometry in WGS 84, `area` is in km², `colour` is `#rrggbb`.
    """

    name: str
    title: str
    short_title: str
    kind: str
    colour: str | None
    website: str | None
    contact_name: str | None
    contact_email: str | None
    programme: str | None
    embed_hosts: tuple[str, ...]
    population: int | None
    area: float | None
    statistics_date: str | None
    statistics_attribution: str | None
    boundary: dict[str, Any] | None
    boundary_attribution: str | None

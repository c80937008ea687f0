"""Closed roads on the page of a flood night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..portal import roads
from ..portal.profile import Profile


@dataclass(frozen=True, slots=True)
class Closures:
    """What is closed today in one municipality; `told.reliable` says whether that is sure."""

    town: Profile
    told: roads.Roads

    @property
    def count(self) -> int:
        """How many closures there are now or later today."""
        return len(self.told.closed_today)


def closures(towns: Sequence[Profile], now: datetime, lang: str) -> list[Closures]:
    """Of the municipalities whose roads somebody reports; of all others nothing is known."""
    found = (Closures(town, roads.roads(town.name, now, lang)) for town in towns)
    return [each for each in found if each.told.known]


def attributions(shown: Sequence[Closures]) -> list[str]:
    """Who has to be named, once each."""
    return list(dict.fromkeys(text for each in shown for text in each.told.attributions))

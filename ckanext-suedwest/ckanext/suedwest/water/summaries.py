"""What many gauges say together, in one to three short sentences of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..domain.threshold import Direction
from ..portal.stations import title
from .sentences import sentence
from .situation import Situation, Urgency

_NAMED = 2


def summary(situations: Sequence[Situation], now: datetime, lang: str) -> str:
    """Where the water rises, whether a threshold is reached, and what is not known.

    A single gauge speaks for itself.
    """
    if not situations:
        return ""
    if len(situations) == 1:
        return sentence(situations[0], now, lang)
    reliable = [each for each in situations if each.reliable]
    if not reliable:
        return _nothing_known(len(situations), lang)
    parts = [
        _rising(reliable, lang),
        _thresholds(reliable, lang),
        _low_water(reliable, lang),
        _unreliable(len(situations) - len(reliable), lang),
    ]
    return " ".join(part for part in parts if part)


def none_connected(town: str | None, lang: str) -> str:
    """The empty state of a municipality (its title), or of all."""
    if town is None:
        return (
            "Noch ist kein Pegel angeschlossen."
            if lang == "de"
            else "No gauge has been connected yet."
        )
    if lang == "en":
        return f"No gauge has been connected for {town} yet."
    return f"Für {_with_article(town)} ist noch kein Pegel angeschlossen."


def _with_article(town: str) -> str:
    first = town.partition(" ")[0].casefold()
    if first.endswith("kreis"):
        return f"den {town}"
    if first.endswith(("stadt", "gemeinde", "region")):
        return f"die {town}"
    return town


def _rising(reliable: Sequence[Situation], lang: str) -> str:
    """Of the gauges whose direction is known, how many rise."""
    known = [each for each in reliable if each.trend]
    rising = sum(each.rising for each in known)
    if not known:
        return (
            "In welche Richtung das Wasser geht, ist nicht bekannt."
            if lang == "de"
            else "Which way the water goes is not known."
        )
    count = len(known)
    if lang == "de":
        if count == 1:
            return (
                f"Am Pegel {title(known[0].station)} steigt das Wasser{'' if rising else ' nicht'}."
            )
        told = "" if count == len(reliable) else " mit bekannter Richtung"
        return f"An {rising or 'keinem'} von {count} Pegeln{told} steigt das Wasser."
    if count == 1:
        doing = "is rising" if rising else "is not rising"
        return f"At {title(known[0].station)} the water {doing}."
    told = "" if count == len(reliable) else " with a known direction"
    return f"The water is rising at {rising or 'none'} of {count} gauges{told}."


def _thresholds(reliable: Sequence[Situation], lang: str) -> str:
    """Only where thresholds are known something may be said about them."""
    known = [each for each in reliable if each.knows_thresholds]
    reached = [each for each in known if each.urgency is Urgency.REACHED]
    german = lang == "de"
    if not known:
        return "Schwellen sind hier nicht bekannt." if german else "No thresholds are known here."
    if reached:
        names = ", ".join(title(each.station) for each in reached[:_NAMED])
        more = len(reached) - _NAMED
        if more > 0:
            names += f" und {more} weitere" if german else f" and {more} more"
        above = all(each.reached[0].direction == Direction.ABOVE for each in reached)
        if german:
            return f"{'Über' if above else 'Jenseits'} einer Schwelle: {names}."
        return f"{'Above' if above else 'Beyond'} a threshold: {names}."
    if len(known) < len(reliable):
        if german:
            return f"Schwellen sind für {len(known)} bekannt, erreicht ist keine."
        return f"Thresholds are known for {len(known)}, none is reached."
    if len(known) == 1:
        return "Keine Schwelle ist erreicht." if german else "No threshold is reached."
    return "Keiner hat eine Schwelle erreicht." if german else "None has reached a threshold."


def _low_water(reliable: Sequence[Situation], lang: str) -> str:
    low = [each for each in reliable if each.low_mark]
    if not low:
        return ""
    if len(low) == 1:
        place = title(low[0].station)
        return f"Niedrigwasser: {place}." if lang == "de" else f"Low water: {place}."
    if lang == "de":
        return f"Niedrigwasser an {len(low)} Pegeln."
    return f"Low water at {len(low)} gauges."


def _unreliable(count: int, lang: str) -> str:
    if not count:
        return ""
    if lang == "de":
        return f"{count} {'ist' if count == 1 else 'sind'} ohne verlässlichen Wert."
    return f"{count} without a reliable value."


def _nothing_known(count: int, lang: str) -> str:
    if lang == "de":
        return f"Von {count} Pegeln hat zurzeit keiner einen verlässlichen Wert."
    return f"None of {count} gauges has a reliable value at present."

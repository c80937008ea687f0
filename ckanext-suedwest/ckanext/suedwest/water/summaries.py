"""What many gauges say together, in one to three short sentences of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.threshold import Direction
from ..portal.stations import title
from .situation import Situation, Urgency

_NAMED = 2


def summary(situations: Sequence[Situation], lang: str) -> str:
    """Where the water rises, whether a threshold is reached, and what is not known."""
    if not situations:
        return ""
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
    first = town.split()[0].casefold() if town.split() else ""
    if first.endswith("kreis"):
        return f"den {town}"
    if first.endswith(("stadt", "gemeinde", "region")):
        return f"die {town}"
    return town


def _rising(reliable: Sequence[Situation], lang: str) -> str:
    rising = sum(each.rising for each in reliable)
    known = sum(each.trend is not None for each in reliable)
    count = len(reliable)
    if not known:
        return (
            "In welche Richtung das Wasser geht, ist noch nicht bekannt."
            if lang == "de"
            else "Which way the water goes is not known yet."
        )
    if lang == "de":
        if count == 1:
            return f"Am Pegel {title(reliable[0].station)} steigt das Wasser{_not(rising)}."
        number = str(rising) if rising else "keinem"
        return f"An {number} von {count} Pegeln steigt das Wasser."
    if count == 1:
        doing = "is rising" if rising else "is not rising"
        return f"At {title(reliable[0].station)} the water {doing}."
    return f"The water is rising at {rising or 'none'} of {count} gauges."


def _not(rising: int) -> str:
    return "" if rising else " nicht"


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
    if len(known) == len(reliable):
        if german:
            return (
                "Keiner liegt über einer Schwelle."
                if len(known) > 1
                else ("Eine Schwelle ist nicht erreicht.")
            )
        return "None is above a threshold." if len(known) > 1 else "No threshold is reached."
    if german:
        return (
            f"Keiner der {len(known)} mit bekannten Schwellen hat eine erreicht."
            if len(known) > 1
            else "Wo Schwellen bekannt sind, ist keine erreicht."
        )
    return "Where thresholds are known, none is reached."


def _low_water(reliable: Sequence[Situation], lang: str) -> str:
    low = [each for each in reliable if each.low_mark]
    if not low:
        return ""
    if len(low) == 1:
        place = title(low[0].station)
        return f"Niedrigwasser: {place}." if lang == "de" else f"Low water: {place}."
    if lang == "de":
        return f"{len(low)} führen Niedrigwasser."
    return f"{len(low)} carry low water."


def _unreliable(count: int, lang: str) -> str:
    if not count:
        return ""
    if lang == "de":
        return f"{count} {'ist' if count == 1 else 'sind'} ohne verlässlichen Wert."
    return f"{count} without a reliable value."


def _nothing_known(count: int, lang: str) -> str:
    if lang == "de":
        if count == 1:
            return "Der Pegel hat zurzeit keinen verlässlichen Wert."
        return f"Von {count} Pegeln hat zurzeit keiner einen verlässlichen Wert."
    if count == 1:
        return "The gauge has no reliable value at present."
    return f"None of {count} gauges has a reliable value at present."

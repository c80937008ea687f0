"""What is said of many gauges at once: the home page's tile and a municipality's sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from . import sentences
from .gauge import Gauge
from .urgency import Urgency, by_urgency

_MOST_NAMED = 3


def answer(gauges: Sequence[Gauge], now: datetime, lang: str) -> str:
    """“Steigt mein Bach?”, answered for these gauges; the only gauge speaks for itself."""
    if not gauges:
        return "Noch ist kein Pegel angeschlossen." if lang == "de" else "No gauge yet."
    if len(gauges) == 1:
        return sentences.sentence(gauges[0], now, lang)
    groups = {group.urgency: group.gauges for group in by_urgency(gauges)}
    parts = [
        _above(groups[Urgency.ABOVE], lang),
        _rising(gauges, lang),
        "" if groups[Urgency.ABOVE] else _none_above(gauges, lang),
        _low(gauges, lang),
        _unreliable(len(groups[Urgency.UNRELIABLE]), len(gauges), lang),
    ]
    return " ".join(part for part in parts if part)


def _above(above: Sequence[Gauge], lang: str) -> str:
    if not above:
        return ""
    names = ", ".join(gauge.title for gauge in above[:_MOST_NAMED])
    more = ", …" if len(above) > _MOST_NAMED else ""
    if lang == "de":
        return f"{len(above)} Pegel über einer Schwelle: {names}{more}."
    return f"{_gauges(len(above))} above a threshold: {names}{more}."


def _rising(gauges: Sequence[Gauge], lang: str) -> str:
    """Counted are the gauges whose direction is known."""
    known = [gauge.main for gauge in gauges if gauge.main and gauge.main.trend]
    rising = sum(reading.rising for reading in known)
    if not known:
        return (
            f"{len(gauges)} Pegel, noch ohne bekannte Richtung."
            if lang == "de"
            else f"{_gauges(len(gauges))}, no direction known yet."
        )
    if lang == "de":
        if not rising:
            return f"An keinem von {len(known)} Pegeln steigt das Wasser."
        return f"An {rising} von {len(known)} Pegeln steigt das Wasser."
    if not rising:
        return f"The water is rising at none of {_gauges(len(known))}."
    return f"The water is rising at {rising} of {_gauges(len(known))}."


def _none_above(gauges: Sequence[Gauge], lang: str) -> str:
    """Only gauges whose thresholds are known can be said to lie below them."""
    valued = [gauge.main for gauge in gauges if gauge.main and gauge.main.value is not None]
    known = sum(reading.next_above() is not None for reading in valued)
    if not valued:
        return ""
    if not known:
        return (
            "Schwellen sind für diese Pegel nicht bekannt."
            if lang == "de"
            else "No thresholds are known for these gauges."
        )
    if known == len(gauges):
        return (
            "Keiner liegt über einer Schwelle."
            if lang == "de"
            else "None is above a threshold."
        )
    if lang == "de":
        if known == 1:
            return "Der eine mit bekannter Schwelle liegt darunter."
        return f"Von den {known} mit bekannter Schwelle liegt keiner darüber."
    return f"Of the {known} with a known threshold, none is above it."


def _low(gauges: Sequence[Gauge], lang: str) -> str:
    low = [gauge for gauge in gauges if gauge.main and gauge.main.low_water]
    if not low:
        return ""
    waters = sorted({gauge.station.water for gauge in low if gauge.station.water})
    where = f" ({', '.join(waters[:_MOST_NAMED])}{', …' if len(waters) > _MOST_NAMED else ''})"
    if lang == "de":
        return f"Niedrigwasser an {len(low)} Pegel{'n' if len(low) > 1 else ''}{where}."
    return f"Low water at {_gauges(len(low))}{where}."


def _unreliable(count: int, total: int, lang: str) -> str:
    if not count:
        return ""
    if lang == "de":
        if count == total:
            return "Keiner liefert einen verlässlichen Wert."
        verb = "liefert" if count == 1 else "liefern"
        return f"{count} {verb} keinen verlässlichen Wert."
    if count == total:
        return "None delivers a reliable value."
    return f"{count} {'delivers' if count == 1 else 'deliver'} no reliable value."


def _gauges(count: int) -> str:
    return f"{count} gauge{'s' if count != 1 else ''}"

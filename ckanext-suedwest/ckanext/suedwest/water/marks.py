"""What the levels of a gauge are called, in sentences and beside the staff.

Codes are those of German hydrology (DIN 4049-3) and of PEGELONLINE. Statistical marks are
orientation. A threshold whose code is not in the table is named with the words of its source:
scales differ between the Länder, so one is never translated into another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..domain.threshold import ThresholdKind
from ..store.query import ThresholdRow

_ORDINALS = {
    "1": ("ersten", "first"),
    "2": ("zweiten", "second"),
    "3": ("dritten", "third"),
    "4": ("vierten", "fourth"),
    "5": ("fünften", "fifth"),
}
_STEP = re.compile(r"Meldestufe\s+([1-5])\b")


@dataclass(frozen=True, slots=True)
class _Mark:
    """German name, then with its article in nominative and dative; English name.

    Short names stand beside the staff, meanings in tables.
    """

    name: str
    nominative: str
    dative: str
    english: str
    short: str
    short_english: str
    meaning: str
    english_meaning: str


_MARKS = {
    "NNW": _Mark(
        "tiefster bekannter Stand (NNW)",
        "der tiefste bekannte Stand (NNW)",
        "dem tiefsten bekannten Stand (NNW)",
        "lowest known level (NNW)",
        "tiefster je (NNW)",
        "lowest ever (NNW)",
        "der tiefste Stand, der je verzeichnet wurde",
        "the lowest level on record",
    ),
    "NW": _Mark(
        "tiefster Stand des Zeitraums (NW)",
        "der tiefste Stand des Zeitraums (NW)",
        "dem tiefsten Stand des Zeitraums (NW)",
        "lowest level of the period (NW)",
        "Tiefststand (NW)",
        "period low (NW)",
        "der tiefste Stand im genannten Zeitraum",
        "the lowest level of the stated period",
    ),
    "MNW": _Mark(
        "mittleres Jahrestief (MNW)",
        "das mittlere Jahrestief (MNW)",
        "dem mittleren Jahrestief (MNW)",
        "mean yearly low (MNW)",
        "Niedrigwasser",
        "low water",
        "Mittel der jährlich tiefsten Stände; darunter spricht man von Niedrigwasser",
        "mean of the lowest level of each year; below it one speaks of low water",
    ),
    "GlW": _Mark(
        "gleichwertiger Wasserstand (GlW)",
        "der gleichwertige Wasserstand (GlW)",
        "dem gleichwertigen Wasserstand (GlW)",
        "equivalent low water (GlW)",
        "GlW (Schifffahrt)",
        "GlW (shipping)",
        "niedriger Stand, mit dem die Schifffahrt rechnet",
        "low level that shipping reckons with",
    ),
    "MW": _Mark(
        "Mittelwasser (MW)",
        "das Mittelwasser (MW)",
        "dem Mittelwasser (MW)",
        "mean level (MW)",
        "Mittelwasser",
        "mean level",
        "Mittel aller Tage",
        "mean of all days",
    ),
    "MHW": _Mark(
        "mittleres Jahreshoch (MHW)",
        "das mittlere Jahreshoch (MHW)",
        "dem mittleren Jahreshoch (MHW)",
        "mean yearly high (MHW)",
        "mittl. Jahreshoch",
        "mean high",
        "Mittel der jährlich höchsten Stände",
        "mean of the highest level of each year",
    ),
    "HW": _Mark(
        "höchster Stand des Zeitraums (HW)",
        "der höchste Stand des Zeitraums (HW)",
        "dem höchsten Stand des Zeitraums (HW)",
        "highest level of the period (HW)",
        "Höchststand (HW)",
        "period high (HW)",
        "der höchste Stand im genannten Zeitraum",
        "the highest level of the stated period",
    ),
    "HHW": _Mark(
        "höchster bekannter Stand (HHW)",
        "der höchste bekannte Stand (HHW)",
        "dem höchsten bekannten Stand (HHW)",
        "highest known level (HHW)",
        "höchster je (HHW)",
        "highest ever (HHW)",
        "der höchste Stand, der je verzeichnet wurde",
        "the highest level on record",
    ),
    "HSW": _Mark(
        "höchster Schifffahrtswasserstand (HSW)",
        "der höchste Schifffahrtswasserstand (HSW)",
        "dem höchsten Schifffahrtswasserstand (HSW)",
        "highest level for shipping (HSW)",
        "Schifffahrt ruht",
        "shipping stops",
        "darüber ruht die Schifffahrt",
        "above it shipping stops",
    ),
    "M_I": _Mark(
        "Marke I",
        "die Marke I",
        "der Marke I",
        "mark I",
        "Marke I",
        "mark I",
        "erste Hochwassermarke der Schifffahrt",
        "first high water mark of shipping",
    ),
    "M_II": _Mark(
        "Marke II",
        "die Marke II",
        "der Marke II",
        "mark II",
        "Marke II",
        "mark II",
        "zweite Hochwassermarke der Schifffahrt",
        "second high water mark of shipping",
    ),
    "M_III": _Mark(
        "Marke III",
        "die Marke III",
        "der Marke III",
        "mark III",
        "Marke III",
        "mark III",
        "dritte Hochwassermarke der Schifffahrt",
        "third high water mark of shipping",
    ),
}


def name(threshold: ThresholdRow, lang: str) -> str:
    """Its name in the nominative: `Marke I`, `Meldestufe 1: Radweg gesperrt`."""
    mark = _known(threshold)
    if mark is None:
        return threshold.label
    return mark.name if lang == "de" else mark.english


def subject(threshold: ThresholdRow, lang: str) -> str:
    """Its name as the subject of a sentence; words of a source stand in quotation marks."""
    mark = _known(threshold)
    if mark is None:
        return f"„{threshold.label}“" if lang == "de" else f"“{threshold.label}”"
    return mark.nominative if lang == "de" else f"the {mark.english}"


def way_to(threshold: ThresholdRow, lang: str) -> str:
    """What follows the distance below it: `bis zur ersten Meldestufe`, `below mark I`."""
    mark = _known(threshold)
    if mark is not None:
        contracted = f"zu {mark.dative}".replace("zu der ", "zur ").replace("zu dem ", "zum ")
        return f"bis {contracted}" if lang == "de" else f"below {mark.english}"
    step = _STEP.match(threshold.label)
    if step:
        german, english = _ORDINALS[step.group(1)]
        return f"bis zur {german} Meldestufe" if lang == "de" else f"below the {english} Meldestufe"
    own = threshold.kind == ThresholdKind.MUNICIPAL
    if lang == "de":
        return f"bis zur {'Handlungsstufe' if own else 'Schwelle'} „{threshold.label}“"
    return f"below the {'action level' if own else 'threshold'} “{threshold.label}”"


def way_down_to(threshold: ThresholdRow, lang: str) -> str:
    """What follows the distance above it, for a level that is reached from above."""
    words = way_to(threshold, lang)
    return words if lang == "de" else f"above{words.removeprefix('below')}"


def under(threshold: ThresholdRow, lang: str) -> str:
    """A statistical mark after a distance: `unter dem mittleren Jahrestief (MNW)`."""
    return _beside(threshold, lang, "unter", "below")


def over(threshold: ThresholdRow, lang: str) -> str:
    """A statistical mark after a distance: `über dem Mittelwasser (MW)`."""
    return _beside(threshold, lang, "über", "above")


def short_name(threshold: ThresholdRow, lang: str) -> str:
    """Its name beside the staff; at most 19 letters."""
    mark = _known(threshold)
    if mark is not None:
        return mark.short if lang == "de" else mark.short_english
    text = threshold.label.split(":")[0].strip()
    return text if len(text) <= 19 else f"{text[:18].rstrip()}…"


def explanation(threshold: ThresholdRow, lang: str) -> str:
    """What a known mark means; empty for thresholds that speak for themselves."""
    mark = _known(threshold)
    if mark is None:
        return ""
    return mark.meaning if lang == "de" else mark.english_meaning


def _beside(threshold: ThresholdRow, lang: str, german: str, english: str) -> str:
    mark = _known(threshold)
    if mark is None:
        if lang == "de":
            return f"{german} „{threshold.label}“"
        return f"{english} “{threshold.label}”"
    return f"{german} {mark.dative}" if lang == "de" else f"{english} the {mark.english}"


def _known(threshold: ThresholdRow) -> _Mark | None:
    """The mark of its code; a municipality may use the same letters for something else."""
    if threshold.kind == ThresholdKind.MUNICIPAL:
        return None
    return _MARKS.get(threshold.code)

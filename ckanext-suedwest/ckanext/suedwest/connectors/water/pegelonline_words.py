"""Names as PEGELONLINE writes them, turned into names a citizen reads."""

from __future__ import annotations

import re

from ...domain.station import Licence, Operator

PEGELONLINE_URL = "https://www.pegelonline.wsv.de"
LICENCE_ID = "dl-de-zero-2.0"
LICENCE_TITLE = "Datenlizenz Deutschland – Zero – Version 2.0"
LICENCE_URL = "https://www.govdata.de/dl-de/zero-2-0"
WSV = "Wasserstraßen- und Schifffahrtsverwaltung des Bundes (WSV)"

# Upper and lower gauge of a lock or weir (OP, UP, OW, UW, OF, UF), discharge station (AMS),
# bridge clearance (DFH), canals, offices and Roman numbers: these stay capitals.
_KEPT = frozenset(
    {"OP", "UP", "OW", "UW", "OF", "UF", "AP", "AMS", "DFH"}
    | {"ESK", "MLK", "DEK", "WDK", "RHK", "EHK", "WSV", "WSA", "GDWS", "BFG", "II", "III", "IV"}
)
_SMALL = frozenset(
    {"am", "an", "auf", "bei", "bis", "der", "des", "die", "für", "im", "in", "ob", "und"}
    | {"unter", "von", "vor", "zu", "zum", "zur"}
)
_WORD = re.compile(r"[^\W\d_]+")
# "STANDORT BINGEN" since the reform of 2020, "WSA KOBLENZ" before and beside it.
_WSV_OFFICE = re.compile(r"(?:STANDORT|WSA|WSV|GDWS)\b", re.IGNORECASE)


def tidy_name(text: str) -> str:
    """A name in usual spelling: `SANKT GOAR` becomes `Sankt Goar`, `Koblenz OP` stays.

    Only a text without any small letter is changed; abbreviations of `_KEPT` stay capitals.
    """
    if text != text.upper():
        return text

    def tidy(match: re.Match[str]) -> str:
        word = match.group()
        if word in _KEPT or len(word) == 1:
            return word
        if match.start() > 0 and word.lower() in _SMALL:
            return word.lower()
        return word.capitalize()

    return _WORD.sub(tidy, text)


def operator_of(agency: str | None, number: str | None) -> Operator:
    """Who runs the gauge; `contact` is the page of PEGELONLINE that names the office in charge."""
    contact = f"{PEGELONLINE_URL}/gast/stammdaten?pegelnr={number}" if number else None
    if agency is None:
        return Operator("WSV", PEGELONLINE_URL, contact)
    name = tidy_name(agency)
    if _WSV_OFFICE.match(agency) and not agency.upper().startswith("WSV"):
        name = f"WSV, {name}"
    return Operator(name, PEGELONLINE_URL, contact)


def licence_of(agency: str | None) -> Licence:
    """Licence Zero for gauges of the WSV, free since 2024-05-21.

    The terms speak of the WSV's own data. Of a gauge that another agency runs no licence is
    stated, and none is guessed.
    """
    if agency is None or _WSV_OFFICE.match(agency):
        attribution = f"{WSV}, PEGELONLINE, ungeprüfte Rohdaten"
        return Licence(LICENCE_ID, LICENCE_TITLE, LICENCE_URL, attribution)
    attribution = (
        f"{tidy_name(agency)}, bereitgestellt über PEGELONLINE der {WSV}, ungeprüfte Rohdaten"
    )
    return Licence("notspecified", "Keine Lizenz angegeben", PEGELONLINE_URL, attribution)

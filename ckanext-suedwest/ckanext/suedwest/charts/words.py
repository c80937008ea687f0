"""What stands in and around a chart, in German and in English.

Pure functions like those of `portal.formats`: `lang` is `de` or `en`, because an embed may ask
for another language than that of its address. Nothing here is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..domain.threshold import ThresholdKind
from ..domain.time import BERLIN
from ..portal import formats
from ..store.query import ThresholdRow
from .series import Reading, Series

TEXTS: dict[str, dict[str, str]] = {
    "de": {
        "24h": "24 Stunden",
        "7d": "7 Tage",
        "30d": "30 Tage",
        "1y": "1 Jahr",
        "heading-24h": "Die letzten 24 Stunden",
        "heading-7d": "Die letzten sieben Tage",
        "heading-30d": "Die letzten dreißig Tage",
        "heading-1y": "Das letzte Jahr",
        "ranges": "Zeitraum",
        "water_level": "Wasserstand",
        "water_elevation": "Wasserspiegel",
        "discharge": "Abfluss",
        "distance": "Abstand vom Sensor zum Wasser",
        "depth": "Wasserhöhe über dem Sensor",
        "temperature": "Temperatur",
        "flood_class": "Hochwasserklasse",
        "parking_free": "Freie Plätze",
        "parking_occupied": "Belegte Plätze",
        "parking_capacity": "Plätze",
        "shared_vehicles": "Leihfahrzeuge",
        "free_docks": "Freie Rückgabeplätze",
        "sharing_capacity": "Rückgabeplätze",
        "charging_available": "Freie Ladepunkte",
        "charging_occupied": "Belegte Ladepunkte",
        "charging_out_of_service": "Ladepunkte außer Betrieb",
        "charging_points": "Ladepunkte",
        "opening_state": "Öffnung",
        "pedestrian_count": "Fußgänger",
        "bicycle_count": "Fahrräder",
        "motor_vehicle_count": "Kraftfahrzeuge",
        "heavy_vehicle_count": "Schwerverkehr",
        "traffic_count": "Verkehr",
        "vehicle_flow": "Verkehrsstärke",
        "vehicle_speed": "Geschwindigkeit",
        "value": "Messwert",
        "hour": "Stundenmittel",
        "hour-band": "kleinster bis größter Wert der Stunde",
        "hours": "Mittel von 3 Stunden",
        "hours-band": "kleinster bis größter Wert der 3 Stunden",
        "day": "Tagesmittel",
        "day-band": "kleinster bis größter Wert des Tages",
        "minutes": "Mittel von 5 Minuten",
        "minutes-band": "kleinster bis größter Wert der 5 Minuten",
        "doubted": "angezweifelt, nicht mitgerechnet",
        "corrected": "korrigiert, Original in der Tabelle",
        "no-values": "keine Werte",
        "gap": "Lücke",
        "without": "ohne Werte",
        "one-corrected": "1 Wert korrigiert",
        "many-corrected": "{count} Werte korrigiert",
        "one-doubted": "1 Wert angezweifelt",
        "many-doubted": "{count} Werte angezweifelt",
        "short-doubted": "angezweifelt",
        "empty": "In diesem Zeitraum liegt kein Wert vor.",
        "sandbox": "Sandbox: nachgespielte Werte.",
        "hint": "Einzelne Werte: zeigen, antippen oder Pfeiltasten. Aufziehen vergrößert.",
    },
    "en": {
        "24h": "24 hours",
        "7d": "7 days",
        "30d": "30 days",
        "1y": "1 year",
        "heading-24h": "The last 24 hours",
        "heading-7d": "The last seven days",
        "heading-30d": "The last thirty days",
        "heading-1y": "The last year",
        "ranges": "Period",
        "water_level": "Water level",
        "water_elevation": "Water surface",
        "discharge": "Discharge",
        "distance": "Distance from sensor to water",
        "depth": "Water above the sensor",
        "temperature": "Temperature",
        "flood_class": "Flood class",
        "parking_free": "Free spaces",
        "parking_occupied": "Occupied spaces",
        "parking_capacity": "Spaces",
        "shared_vehicles": "Shared vehicles",
        "free_docks": "Free places to return to",
        "sharing_capacity": "Places to return to",
        "charging_available": "Free charging points",
        "charging_occupied": "Occupied charging points",
        "charging_out_of_service": "Charging points out of service",
        "charging_points": "Charging points",
        "opening_state": "Opening",
        "pedestrian_count": "Pedestrians",
        "bicycle_count": "Bicycles",
        "motor_vehicle_count": "Motor vehicles",
        "heavy_vehicle_count": "Heavy vehicles",
        "traffic_count": "Traffic",
        "vehicle_flow": "Traffic flow",
        "vehicle_speed": "Speed",
        "value": "measured value",
        "hour": "hourly mean",
        "hour-band": "smallest to largest value of the hour",
        "hours": "mean of 3 hours",
        "hours-band": "smallest to largest value of the 3 hours",
        "day": "daily mean",
        "day-band": "smallest to largest value of the day",
        "minutes": "mean of 5 minutes",
        "minutes-band": "smallest to largest value of the 5 minutes",
        "doubted": "doubted, not counted",
        "corrected": "corrected, original in the table",
        "no-values": "no values",
        "gap": "gap",
        "without": "without values",
        "one-corrected": "1 value corrected",
        "many-corrected": "{count} values corrected",
        "one-doubted": "1 value doubted",
        "many-doubted": "{count} values doubted",
        "short-doubted": "doubted",
        "empty": "There is no value in this period.",
        "sandbox": "Sandbox: replayed values.",
        "hint": "Single values: point, tap or arrow keys. Draw over a span to zoom.",
    },
}


def property_name(observed_property: str, lang: str) -> str:
    """`Wasserstand`; the store's own name for one that is not known here."""
    return TEXTS[lang].get(observed_property, observed_property.replace("_", " "))


def step_key(step: timedelta | None) -> str:
    """Which of the texts describes a column of this width."""
    if step is None:
        return "value"
    if step < timedelta(hours=1):
        return "minutes"
    if step == timedelta(hours=1):
        return "hour"
    return "hours" if step < timedelta(days=1) else "day"


def shown_unit(unit: str, lang: str) -> str:
    """The unit on the page: levels are stored in centimetres and shown in metres."""
    if unit in formats.COUNTED:
        return "Anzahl" if lang == "de" else "number"
    return "m" if unit == "cm" else unit


def shown_value(value: float, unit: str) -> float:
    """The number on the page."""
    return value / 100 if unit == "cm" else value


def doubted_text(count: int, lang: str) -> str:
    """`3 Werte angezweifelt`."""
    if count == 1:
        return TEXTS[lang]["one-doubted"]
    return TEXTS[lang]["many-doubted"].format(count=formats.number(count, lang))


def corrected_text(count: int, lang: str) -> str:
    """`3 Werte korrigiert`."""
    if count == 1:
        return TEXTS[lang]["one-corrected"]
    return TEXTS[lang]["many-corrected"].format(count=formats.number(count, lang))


def threshold_name(threshold: ThresholdRow) -> str:
    """The words of the source with the code: `Mittelwasser (MW)`; capitals are softened."""
    label = threshold.label.title() if threshold.label.isupper() else threshold.label
    short = threshold.code.replace("_", " ")
    if not label or label.casefold() == short.casefold():
        return label or short
    if threshold.kind != ThresholdKind.STATISTICAL or short.casefold() in label.casefold():
        return label
    return f"{label} ({short})"


def title(series: Series, lang: str) -> str:
    """`Wasserstand Rhein bei Andernach, 22. bis 29. September 2026`."""
    name = property_name(series.observed_property, lang)
    return f"{name} {series.place}, {_span(series.start, series.end, lang)}"


def _span(start: datetime, end: datetime, lang: str) -> str:
    first, last = start.astimezone(BERLIN).date(), end.astimezone(BERLIN).date()
    to = "bis" if lang == "de" else "to"
    if first == last:
        return formats.long_date(last, lang, year=True)
    begin = formats.long_date(first, lang, year=first.year != last.year)
    if (first.year, first.month) == (last.year, last.month):
        begin = f"{first.day}." if lang == "de" else str(first.day)
    return f"{begin} {to} {formats.long_date(last, lang, year=True)}"


def when(reading: Reading, now: datetime, lang: str) -> str:
    """`am Freitag, 25. September, um 4:15 Uhr`, `heute um 4:15 Uhr`."""
    local, today = reading.time.astimezone(BERLIN).date(), now.astimezone(BERLIN).date()
    clock = formats.clock(reading.time, lang)
    if local == today:
        return f"heute um {clock}" if lang == "de" else f"today at {clock}"
    day = formats.weekday_date(reading.time, lang)
    if local.year == today.year:
        day = day.removesuffix(f" {local.year}")
    return f"am {day}, um {clock}" if lang == "de" else f"on {day}, at {clock}"


def summary(series: Series, now: datetime, lang: str) -> str:
    """The sentence above the chart: the highest, the lowest and the newest value."""
    highest, lowest, latest = series.highest, series.lowest, series.latest
    if highest is None or lowest is None or latest is None:
        return TEXTS[lang]["empty"]
    german = lang == "de"

    def told(reading: Reading) -> str:
        amount = formats.quantity(reading.value, series.unit, lang)
        return f"{amount} {when(reading, now, lang)}"

    if highest.value == lowest.value:
        amount = formats.quantity(latest.value, series.unit, lang)
        if german:
            return f"Unverändert {amount}, zuletzt {when(latest, now, lang)}."
        return f"Unchanged at {amount}, last {when(latest, now, lang)}."
    if german:
        extremes = f"Höchster Wert: {told(highest)}. Niedrigster: {told(lowest)}."
        return f"{extremes} Zuletzt {told(latest)}."
    return f"Highest value: {told(highest)}. Lowest: {told(lowest)}. Last {told(latest)}."


def description(series: Series, now: datetime, lang: str) -> str:
    """What a screen reader is told of the picture: the summary, gaps and doubted values."""
    parts = [summary(series, now, lang)]
    if series.gaps:
        missing = sum((gap.end - gap.start for gap in series.gaps), timedelta())
        length = formats.hours_words(missing, lang)
        parts.append(
            f"Zusammen {length} {TEXTS[lang]['without']}."
            if lang == "de"
            else f"{length} {TEXTS[lang]['without']} in total."
        )
    if series.doubted_count:
        parts.append(f"{doubted_text(series.doubted_count, lang)}.")
    if series.corrections:
        parts.append(f"{corrected_text(len(series.corrections), lang)}.")
    return " ".join(parts)


def note(series: Series, above: Sequence[ThresholdRow], lang: str) -> str:
    """What stands below: time zone, thresholds above the axis, where the records begin."""
    german = lang == "de"
    parts = [_zones(series.start, series.end, lang)]
    if above:
        named = [
            f"{threshold_name(each)} {formats.quantity(each.level, series.unit, lang)}"
            for each in above[:3]
        ]
        start = "Oberhalb der Zeichnung liegen" if german else "Above the drawing lie"
        if len(named) == 1:
            start = "Oberhalb der Zeichnung liegt" if german else "Above the drawing lies"
        parts.append(f"{start}: {'; '.join(named)}.")
    if series.since:
        day = formats.long_date(series.since.astimezone(BERLIN).date(), lang, year=True)
        parts.append(f"Die Werte beginnen am {day}." if german else f"The values begin on {day}.")
    if series.simulated:
        parts.append(TEXTS[lang]["sandbox"])
    return " ".join(parts)


def _zones(start: datetime, end: datetime, lang: str) -> str:
    first, last = formats.zone_name(start, lang), formats.zone_name(end, lang)
    begin = "Zeiten in" if lang == "de" else "Times in"
    if first == last:
        return f"{begin} {last}."
    first_day = formats.long_date(start.astimezone(BERLIN).date(), lang)
    if lang == "de":
        return f"{begin} {first} (am {first_day}) und {last} (am Ende)."
    return f"{begin} {first} (on {first_day}) and {last} (at the end)."

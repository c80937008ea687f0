"""Answers of the sandbox's PEGELONLINE: paths, parameters and errors of the real one."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ...domain.time import BERLIN
from .values import STEP, PlayedSeries, River, recording

REACH = timedelta(days=31)
"""How far back the service goes; an earlier start is cut to this without a word."""
DEFAULT_REACH = timedelta(days=10)
_PERIOD = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?")
_NO_STATION = (404, {"status": 404, "message": "station not found"})
_NO_TIMESERIES = (404, {"status": 404, "message": "Timeseries does not exist."})
_BAD_START = (
    400,
    {
        "status": 400,
        "message": "Given start parameter is neither a valid ISO date time, nor an ISO period.",
    },
)
Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """Recorded stations and the river that moves them."""

    stations: list[dict[str, Any]]
    characteristic_values: Mapping[tuple[str, str], list[dict[str, Any]]]
    river: River

    @classmethod
    def recorded(cls) -> Service:
        """The service this package carries."""
        return cls(
            stations=recording("stations_2026-09-29.json"),
            characteristic_values={
                (station["uuid"], series["shortname"]): series["characteristicValues"]
                for station in recording("characteristic_values_2026-09.json")
                for series in station["timeseries"]
            },
            river=River.recorded(),
        )

    def answer(self, target: str, now: datetime) -> Answer:
        """Status and JSON body for a request target below the service's root, at `now` (UTC)."""
        split = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        parts = [unquote(part) for part in split.path.strip("/").split("/")]
        if parts == ["stations.json"]:
            return 200, [self._station(found, query, now) for found in self._listed(query)]
        if parts[0] != "stations" or not parts[-1].endswith(".json"):
            return 404, {"status": 404, "message": "Not Found"}
        parts[-1] = parts[-1].removesuffix(".json")
        station = next((one for one in self.stations if _is_named(one, parts[1:2])), None)
        if station is None:
            return _NO_STATION
        if len(parts) == 2:
            return 200, self._station(station, query, now)
        series = next((one for one in station["timeseries"] if one["shortname"] == parts[2]), None)
        if series is None:
            return _NO_TIMESERIES
        if len(parts) == 3:
            return 200, self._series(station, series, query, now)
        if parts[3:] == ["currentmeasurement"]:
            return 200, self._current(station, series, now)
        if parts[3:] == ["measurements"]:
            return self._measurements(station, series, query, now)
        return 404, {"status": 404, "message": "Not Found"}

    def _listed(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        found = self.stations
        if "ids" in query:
            ids = query["ids"].split(",")
            found = [station for station in found if _is_named(station, ids)]
        if "waters" in query:
            waters = {water.casefold() for water in query["waters"].split(",")}
            found = [one for one in found if one["water"]["shortname"].casefold() in waters]
        if "timeseries" in query:
            wanted = set(query["timeseries"].split(","))
            found = [
                one
                for one in found
                if any(series["shortname"] in wanted for series in one["timeseries"])
            ]
        return found

    def _station(
        self, station: dict[str, Any], query: Mapping[str, str], now: datetime
    ) -> dict[str, Any]:
        shown = {name: value for name, value in station.items() if name != "timeseries"}
        if query.get("includeTimeseries") == "true":
            wanted = query["timeseries"].split(",") if "timeseries" in query else None
            shown["timeseries"] = [
                self._series(station, series, query, now)
                for series in station["timeseries"]
                if wanted is None or series["shortname"] in wanted
            ]
        return shown

    def _series(
        self,
        station: dict[str, Any],
        series: dict[str, Any],
        query: Mapping[str, str],
        now: datetime,
    ) -> dict[str, Any]:
        shown = copy.deepcopy(series)
        del shown["currentMeasurement"]
        if query.get("includeCurrentMeasurement") == "true":
            shown["currentMeasurement"] = self._current(station, series, now)
        if query.get("includeCharacteristicValues") == "true":
            key = (station["uuid"], series["shortname"])
            shown["characteristicValues"] = self.characteristic_values.get(key, [])
        return shown

    def _current(
        self, station: dict[str, Any], series: dict[str, Any], now: datetime
    ) -> dict[str, Any]:
        played = PlayedSeries.of(station, series)
        time = played.newest(now)
        return {
            **series["currentMeasurement"],
            "timestamp": _local(time),
            "value": played.value(time, self.river),
        }

    def _measurements(
        self,
        station: dict[str, Any],
        series: dict[str, Any],
        query: Mapping[str, str],
        now: datetime,
    ) -> Answer:
        try:
            start = _instant(query["start"], now) if "start" in query else now - DEFAULT_REACH
            end = _instant(query["end"], now) if "end" in query else now
        except ValueError:
            return _BAD_START
        played = PlayedSeries.of(station, series)
        newest = min(played.newest(now), end)
        first = max(start, now - REACH)
        time = played.newest(first + timedelta(days=2)) - timedelta(days=2)
        measurements = []
        while time <= newest:
            if time >= first:
                value = played.value(time, self.river)
                measurements.append({"timestamp": _local(time), "value": value})
            time += STEP
        return 200, measurements


def _is_named(station: dict[str, Any], names: list[str]) -> bool:
    """Whether one of the names is the station's uuid, number or short name."""
    folded = {name.casefold() for name in names}
    return any(station[field].casefold() in folded for field in ("uuid", "number", "shortname"))


def _instant(text: str, now: datetime) -> datetime:
    """A start or end: an ISO instant with offset, or a period before now.

    Raises:
        ValueError: when it is neither.
    """
    period = _PERIOD.fullmatch(text)
    if period and any(period.groups()):
        days, hours, minutes = (int(part or 0) for part in period.groups())
        return now - timedelta(days=days, hours=hours, minutes=minutes)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no offset")
    return instant.astimezone(UTC)


def _local(instant: datetime) -> str:
    return instant.astimezone(BERLIN).isoformat()

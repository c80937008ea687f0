"""Which counts of a station wait at the privacy gate, and in which bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..connectors.traffic.counters import MODES
from ..domain.gated import TOTAL_CELL, CellReading, Counter, Frame
from ..domain.observation import Observation
from ..domain.privacy import PrivacyRule
from ..domain.station import Datastream, Visibility
from ..domain.time import DayRule
from ..domain.units import COUNTER_READING
from .registered import RegistrationRefused

TOTAL = "total"
"""Datastream of what all cumulative readings of a device counted."""
COUNTS = frozenset(observed.name for observed in MODES.values())


class Waiting:
    """The counters of one station: which of its values wait for which of them."""

    def __init__(
        self,
        key: str,
        rule: PrivacyRule,
        described: Sequence[Datastream],
        device: Mapping[str, Any],
    ) -> None:
        self._key = key
        self._capacity = _whole(device, "capacity")
        self.counters: dict[str, Counter] = {}
        self.streams: list[Datastream] = []
        self._told = {stream.name: stream for stream in described}
        parts = {stream.name: stream.part_of for stream in described if stream.part_of}
        readings = [s for s in described if s.observed_property == COUNTER_READING.name]
        if readings:
            self._add_readings(readings, rule, device)
        for stream in described:
            if stream in readings:
                continue
            if stream.observed_property not in COUNTS:
                self._add_rate(stream, rule)
            elif stream.part_of is None:
                cells = [s for s in described if s.part_of == stream.name]
                self._add_total(stream, cells, rule)
            elif stream.part_of in self._told and parts.get(stream.part_of) is None:
                pass  # with its total
            elif stream.part_of not in self._told:
                self._add_total(
                    replace(stream, name=stream.part_of, part_of=None),
                    [s for s in described if s.part_of == stream.part_of],
                    rule,
                )

    def _add_rate(self, stream: Datastream, rule: PrivacyRule) -> None:
        """A flow or a speed; of less than a step it tells of single vehicles."""
        if stream.interval is not None and stream.interval >= rule.step:
            self.streams.append(stream)

    def _add_readings(
        self, readings: Sequence[Datastream], rule: PrivacyRule, device: Mapping[str, Any]
    ) -> None:
        mode = device.get("mode", "any")
        if mode not in MODES:
            raise RegistrationRefused(f"mode {mode!r} is not one of {', '.join(MODES)}")
        observed = MODES[mode]
        total = replace(
            readings[0],
            name=TOTAL,
            observed_property=observed.name,
            unit=observed.unit,
            interval=rule.step,
            day_rule=DayRule.CIVIL,
            visibility=_visibility(device),
        )
        cells = [
            replace(total, name=stream.name, interval=rule.split_step, part_of=TOTAL)
            for stream in readings
        ]
        self._add_total(total, cells, rule, always=True)

    def _add_total(
        self,
        total: Datastream,
        cells: Sequence[Datastream],
        rule: PrivacyRule,
        *,
        always: bool = False,
    ) -> None:
        """A total; it waits with its parts, and where its step is shorter than the rule's."""
        if total.name in self.counters:
            return
        steps = [one.interval for one in (total, *cells) if one.interval and not always]
        step = max([rule.step, *(one for one in steps if timedelta(days=1) % one == timedelta())])
        waits = cells or total.interval is None or total.interval < rule.step
        if not waits:
            self.streams.append(total)
            return
        split_step = max(rule.split_step, step)
        if split_step % step:
            split_step = timedelta(days=1)
        in_force = replace(rule, step=step, split_step=split_step)
        names = frozenset(one.name for one in cells)
        self.counters[total.name] = Counter(self._key, total.name, names, in_force)
        self.streams.append(replace(total, station_key=self._key, interval=step))
        # One part alone is the total.
        self.streams += [
            replace(
                one,
                station_key=self._key,
                interval=split_step,
                visibility=total.visibility,
                part_of=total.name,
            )
            for one in (cells if len(cells) > 1 else ())
        ]

    def take(self, value: Observation) -> Observation | Frame | CellReading | None:
        """Where a value goes; None: nowhere."""
        stream = self._told.get(value.datastream)
        if stream is None or value.result < 0:
            return None
        if stream.observed_property == COUNTER_READING.name:
            counter = self.counters[TOTAL]
            return CellReading(
                counter.id,
                stream.name,
                value.phenomenon_time,
                round(value.result),
                self._capacity,
            )
        if stream.observed_property in COUNTS:
            counter = self.counters.get(stream.part_of or stream.name)
            if counter is not None:
                cell = stream.name if stream.part_of else TOTAL_CELL
                frame = f"{stream.name}@{value.phenomenon_time.isoformat()}"
                return Frame(
                    counter.id, frame, value.phenomenon_time, {cell: value.result}, value.quality
                )
            if stream.part_of:
                return None
        stored = any(one.name == stream.name for one in self.streams)
        return value if stored else None


def _visibility(device: Mapping[str, Any]) -> Visibility:
    hidden = device.get("visibility") == Visibility.INTERNAL
    return Visibility.INTERNAL if hidden else Visibility.PUBLIC


def _whole(device: Mapping[str, Any], name: str) -> int | None:
    number = device.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise RegistrationRefused(f"{name} of the device is not a whole number")
    return number

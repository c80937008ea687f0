"""The privacy gate before the store: what of a message may be kept, and what has to wait.

Options of a source that are read here:
    privacy: the rule for its stations where it is another one than the default: `step_minutes`,
        `split_step_minutes`, `smallest_cell`, `smallest_group`, and `reason`, which a looser rule
        must give in words. A device may have a `privacy` of its own.
    bay_groups: {"<id>": {"name": …, "bays": ["<device id>", …], …}}, each with at least five bays
        and, else, what `registered` says of a device. Single bays are stored nowhere.
Keys of a device that counts: `mode` (as for `counters`), and `capacity`, where its cumulative
readings begin again.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ..connectors.options import OptionsRefused, read_options
from ..domain.device import DeviceReport
from ..domain.errors import Refusal
from ..domain.gated import BayGroup, BaySeen, CellReading, Frame, Gated
from ..domain.identifiers import identifier_in
from ..domain.observation import Observation
from ..domain.privacy import DEFAULT_RULE, PrivacyRule, require_disjoint_groups, rule_of
from ..domain.station import Datastream, Station
from ..domain.time import DayRule
from ..domain.units import (
    BAY_OCCUPIED,
    COUNTER_READING,
    PARKING_CAPACITY,
    PARKING_FREE,
    PARKING_OCCUPIED,
    VEHICLE_FLOW,
    VEHICLE_SPEED,
)
from ..store.slug import slugify
from .registered import Registered, RegistrationRefused
from .waiting import COUNTS, Waiting
from .withheld import without_identifiers

GATED_KINDS = frozenset({"counter", "parking", "sharing", "charging", "stop"})
"""Kinds of stations whose refused messages are kept without what they hold."""
GATED_PROPERTIES = frozenset(
    {
        *COUNTS,
        COUNTER_READING.name,
        BAY_OCCUPIED.name,
        VEHICLE_FLOW.name,
        VEHICLE_SPEED.name,
    }
)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    step_minutes: int | None = None
    split_step_minutes: int | None = None
    smallest_cell: int | None = None
    smallest_group: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    privacy: _Chosen | None = None


def is_gated(options: Mapping[str, Any]) -> bool:
    """Whether a source has registered what the gate is for."""
    devices = options.get("devices")
    entries = devices.values() if isinstance(devices, Mapping) else ()
    kinds = {entry.get("kind") for entry in entries if isinstance(entry, Mapping)}
    return "bay_groups" in options or not GATED_KINDS.isdisjoint(kinds)


class Gate:
    """The gate of one source.

    Raises:
        RegistrationRefused: a rule is looser without a reason, or the groups of bays are too
            small or share a bay.
    """

    def __init__(
        self, options: Mapping[str, Any], interval: timedelta, registered: Registered
    ) -> None:
        self._registered = registered
        self._rule = _rule(options, DEFAULT_RULE)
        groups = options.get("bay_groups", {})
        if not isinstance(groups, Mapping):
            raise RegistrationRefused("the option bay_groups is not an object of groups")
        self._bays = {str(name): _bays(str(name), entry) for name, entry in groups.items()}
        try:
            require_disjoint_groups(
                {name: frozenset(bays) for name, bays in self._bays.items()}, self._rule
            )
        except ValueError as error:
            raise RegistrationRefused(str(error)) from None
        self._group_of = {
            bay: (name, position)
            for name, bays in self._bays.items()
            for position, bay in enumerate(bays)
        }
        self._groups = Registered(
            {
                **options,
                "devices": {
                    name: {"kind": "parking", **{k: v for k, v in entry.items() if k != "bays"}}
                    for name, entry in groups.items()
                },
            },
            interval,
        )

    def is_bay(self, key: str) -> bool:
        """Whether the station of a message is a bay of a group."""
        return key.partition(":")[2].casefold() in self._group_of

    def report(self, report: DeviceReport) -> DeviceReport:
        """A report with the key its station is stored under."""
        station = self._registered.station(report.device)
        if station.kind not in GATED_KINDS:
            return report
        return replace(report, device=_alias(report.device, station))

    def pass_through(
        self,
        stations: dict[str, Station],
        streams: dict[tuple[str, str], Datastream],
        observations: Iterable[Observation],
    ) -> tuple[list[Observation], Gated, list[Refusal]]:
        """What may be stored at once, what waits in the store's bins, and what is wrong with what
        is registered.

        `stations` and `streams` become those that are stored: without single bays and cumulative
        readings, with what is made of them.
        """
        gated = Gated()
        faults: list[Refusal] = []
        by_station: dict[str, list[Observation]] = defaultdict(list)
        for one in observations:
            by_station[one.station_key].append(one)
        passed: list[Observation] = []
        described: dict[str, list[Datastream]] = defaultdict(list)
        for stream in streams.values():
            described[stream.station_key].append(stream)
        for key in sorted({*by_station, *described}):
            own, values = described[key], by_station[key]
            if any(stream.observed_property == BAY_OCCUPIED.name for stream in own):
                self._see_bay(key, values, stations, streams, gated)
            elif key in stations and any(s.observed_property in GATED_PROPERTIES for s in own):
                try:
                    passed += self._count(key, own, values, stations, streams, gated)
                except RegistrationRefused as error:
                    for stream in own:
                        streams.pop((key, stream.name), None)
                    gated.suppressed += len(values)
                    faults.append(Refusal(without_identifiers(key), str(error)))
            else:
                passed += values
        return passed, gated, faults

    def _see_bay(
        self,
        key: str,
        values: Sequence[Observation],
        stations: dict[str, Station],
        streams: dict[tuple[str, str], Datastream],
        gated: Gated,
    ) -> None:
        """The state of a bay: nothing of it is stored but what its group is."""
        network, _, device = key.partition(":")
        stations.pop(key, None)
        for name in [name for name in streams if name[0] == key]:
            del streams[name]
        found = self._group_of.get(device.casefold())
        if found is None:
            gated.suppressed += len(values)
            return
        name, position = found
        bays = self._bays[name]
        group_key = f"{network}:{name}"
        made_of = json.dumps([group_key, bays]).encode()
        group = BayGroup(group_key, hashlib.sha256(made_of).hexdigest(), len(bays), self._rule)
        station = self._groups.station(group_key)
        stations[group_key] = _with_rule(station, self._rule)
        for observed in (PARKING_FREE, PARKING_OCCUPIED, PARKING_CAPACITY):
            short = observed.name.removeprefix("parking_")
            streams[group_key, short] = self._groups.datastream(
                Datastream(group_key, short, observed.name, observed.unit, day_rule=DayRule.CIVIL)
            )
        gated.groups.append(group)
        gated.bays += [
            BaySeen(group.id, position, one.result == 1.0, one.phenomenon_time) for one in values
        ]

    def _count(
        self,
        key: str,
        own: Sequence[Datastream],
        values: Sequence[Observation],
        stations: dict[str, Station],
        streams: dict[tuple[str, str], Datastream],
        gated: Gated,
    ) -> list[Observation]:
        device = self._registered.device(key)
        rule = _rule(device, self._rule)
        stored = _alias(key, stations[key])
        waiting = Waiting(stored, rule, own, device)
        in_force = next((one.rule for one in waiting.counters.values()), rule)
        stations[stored] = replace(_with_rule(stations.pop(key), in_force), key=stored)
        for stream in own:
            del streams[key, stream.name]
        for stream in waiting.streams:
            streams[stored, stream.name] = stream
        gated.counters += waiting.counters.values()
        passed: list[Observation] = []
        for one in values:
            item = waiting.take(replace(one, station_key=stored))
            match item:
                case Observation():
                    passed.append(item)
                case Frame():
                    gated.frames.append(item)
                case CellReading():
                    gated.readings.append(item)
                case None:
                    gated.suppressed += 1
        return passed


def _rule(options: Mapping[str, Any], default: PrivacyRule) -> PrivacyRule:
    """The rule an entry chooses: stricter as it likes, looser with a reason."""
    try:
        chosen = read_options(_Options, options).privacy
        if chosen is None:
            return default
        changes: dict[str, Any] = {"reason": chosen.reason or default.reason}
        if chosen.step_minutes is not None:
            changes["step"] = chosen.step_minutes * _MINUTE
            changes["split_step"] = max(default.split_step, changes["step"])
        if chosen.split_step_minutes is not None:
            changes["split_step"] = chosen.split_step_minutes * _MINUTE
        if chosen.smallest_cell is not None:
            changes["smallest_cell"] = chosen.smallest_cell
        if chosen.smallest_group is not None:
            changes["smallest_group"] = chosen.smallest_group
        return rule_of(default, replace(default, **changes))
    except (OptionsRefused, ValueError) as error:
        raise RegistrationRefused(f"privacy: {error}") from None


def _bays(name: str, entry: object) -> tuple[str, ...]:
    bays = entry.get("bays") if isinstance(entry, Mapping) else None
    if not isinstance(bays, list | tuple) or not all(isinstance(bay, str) for bay in bays):
        raise RegistrationRefused(f"the group {name} has no list of bays")
    found = tuple(dict.fromkeys(bay.casefold() for bay in bays))
    if len(found) != len(bays):
        raise RegistrationRefused(f"the group {name} names a bay twice")
    return found


def _with_rule(station: Station, rule: PrivacyRule) -> Station:
    """The rule in force is published with the station."""
    privacy = json.dumps(rule.describe(), ensure_ascii=False)
    return replace(station, properties={**station.properties, "privacy": privacy})


def _alias(key: str, station: Station) -> str:
    """The key itself, or one made of the name where a device's id leads to the device."""
    network, _, device = key.partition(":")
    return key if identifier_in(device) is None else f"{network}:{slugify(station.name)}"

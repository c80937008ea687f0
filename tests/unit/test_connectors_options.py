"""Options a source gives its connector: checked, and read only once where they do not change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from ckanext.suedwest.connectors.base import Context, find_connector
from ckanext.suedwest.connectors.options import OptionsRefused, SteadyOptions, read_options


@dataclass(frozen=True)
class Both:
    name: str
    size: int = 1


def test_steady_options_are_read_once_and_others_each_time() -> None:
    written = {"name": "a", "other": True}
    steady = SteadyOptions(written)
    assert read_options(Both, steady) is read_options(Both, steady)
    assert read_options(Both, written) == read_options(Both, steady) == Both("a")
    assert read_options(Both, written) is not read_options(Both, written)
    written["name"] = "b"
    assert read_options(Both, steady) == Both("a")
    assert read_options(Both, SteadyOptions(written)) == Both("b")


def test_a_fault_is_told_each_time() -> None:
    steady = SteadyOptions({"name": 5})
    for _ in range(2):
        with pytest.raises(OptionsRefused, match="the option name"):
            read_options(Both, steady)


def test_a_device_is_read_by_its_own_options_of_its_own_source() -> None:
    # An LDDS75 and a DDS75-LB that speak of the same EUI to two sources.
    uplink = b"""{"end_device_ids": {"dev_eui": "0000000000000001"},
        "uplink_message": {"f_port": 2, "frm_payload": "C6oGagAAAAE=", "f_cnt": 1,
                           "received_at": "2026-11-20T12:00:00Z"}}"""
    connector = find_connector("tts")
    told: list[list[float]] = []
    for codec in ("dragino-ldds75", "no-such-codec", "dragino-ldds75"):
        options = SteadyOptions({"devices": {"0000000000000001": {"codec": codec}}})
        context = Context(received_at=datetime(2026, 11, 20, 12, 1, tzinfo=UTC), options=options)
        decoded = connector(uplink, context)
        told.append([value.result for value in decoded.observations])
    assert told[0] == told[2] == [1642.0]
    assert told[1] == []

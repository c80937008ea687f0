"""Every codec against frames of its sensor: tests/data/lorawan/codecs/<codec>.csv."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from ckanext.suedwest.connectors.json_payload import FieldRefused
from ckanext.suedwest.connectors.lorawan.codec import (
    Frame,
    FrameRefused,
    Reading,
    codec_of_model,
    codecs,
    find_codec,
    read_frame,
)
from ckanext.suedwest.domain.units import OBSERVED_PROPERTIES

FRAMES = Path(__file__).parents[1] / "data" / "lorawan" / "codecs"


def rows(codec: str) -> list[dict[str, str]]:
    with (FRAMES / f"{codec}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


ALL = [
    pytest.param(codec, row, id=f"{codec}: {row['what']}")
    for codec in codecs()
    for row in rows(codec)
]


def read(codec: str, row: dict[str, str]) -> Reading:
    settings = json.loads(row["settings"] or "{}")
    device = settings.pop("device", None)
    port = int(row["port"]) if row["port"] else None
    frame = Frame(bytes.fromhex(row["hex"]), port, device, settings)
    try:
        return read_frame(codecs()[codec], frame)
    except FrameRefused as error:
        return Reading(faults=[str(error)])


def values(reading: Reading) -> str:
    """What was measured as the fixtures write it: `distance=1090`, with a time after an @."""
    return " ".join(
        one.quantity.datastream
        + ("" if one.time is None else f"@{one.time:%Y-%m-%dT%H:%M:%SZ}")
        + f"={one.value:.10g}"
        for one in sorted(reading.measured, key=lambda one: one.quantity.datastream)
    )


def battery(reading: Reading) -> str:
    if reading.battery_percent is not None:
        return f"{reading.battery_percent:g} %"
    return "" if reading.battery_volts is None else f"{reading.battery_volts:g} V"


@pytest.mark.parametrize(("codec", "row"), ALL)
def test_a_frame(codec: str, row: dict[str, str]) -> None:
    reading = read(codec, row)
    assert values(reading) == row["values"]
    assert battery(reading) == row["battery"]
    faults = "; ".join(reading.faults)
    assert row["refused"] in faults
    assert bool(faults) == bool(row["refused"])


def test_every_codec_has_a_fixture_and_no_fixture_is_without_one() -> None:
    assert sorted(codecs()) == sorted(path.stem for path in FRAMES.glob("*.csv"))


@pytest.mark.parametrize("name", codecs())
def test_every_fixture_shows_values_and_refusals(name: str) -> None:
    assert any(row["values"] for row in rows(name))
    assert any(row["refused"] for row in rows(name))


@pytest.mark.parametrize("name", codecs())
def test_codecs_give_numbers_in_the_units_of_the_store(name: str) -> None:
    for row in rows(name):
        for one in read(name, row).measured:
            assert one.quantity.unit == OBSERVED_PROPERTIES[one.quantity.observed_property].unit


@pytest.mark.parametrize("name", codecs())
def test_a_frame_cut_off_anywhere_never_says_another_number(name: str) -> None:
    for row in rows(name):
        if row["refused"]:
            continue
        whole = set(row["values"].split())
        for length in range(0, len(row["hex"]), 2):
            shorter = read(name, row | {"hex": row["hex"][:length]})
            assert set(values(shorter).split()) <= whole, (row["what"], length)


def test_codecs_are_found_by_the_names_network_servers_use() -> None:
    assert codec_of_model("Milesight/EM310-UDL") is codecs()["milesight-em310-udl"]
    assert codec_of_model("LDDS75") is codecs()["dragino-ldds75"]
    assert codec_of_model("dragino/lht65") is None


def test_no_two_codecs_claim_a_model() -> None:
    models = [model for codec in codecs().values() for model in codec.models]
    assert len(models) == len(set(models))
    assert all(model == model.casefold() for model in models)


def test_an_unknown_codec_lists_the_installed_ones() -> None:
    with pytest.raises(FieldRefused, match="dragino-ldds75"):
        find_codec("dragino-lds75")

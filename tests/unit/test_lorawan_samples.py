"""Recordings of every kind, by every connector of this folder: read or refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ckanext.suedwest.connectors.base import Context, find_connector
from ckanext.suedwest.domain.errors import PayloadRefused, Refusal

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWN = Path(__file__).parents[1] / "data"
# A developer may have more recordings beside the checkout.
MORE = Path(__file__).parents[3] / "shared" / "samples"
RECORDINGS = sorted(path for root in (OWN, MORE) for path in root.rglob("*") if path.is_file())
CONNECTORS = [
    find_connector(name)
    for name in ("tts", "chirpstack", "chirpstack3", "iotcreators", "lorawan-recordings")
]
LARGEST = 64 * 1024


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_any_recording_is_read_or_refused(path: Path) -> None:
    payload = path.read_bytes()[:LARGEST]
    for connector in CONNECTORS:
        context = Context(NOW, "lorawan:test", options={"codec": "dragino-ldds75"})
        try:
            refusals = connector(payload, context).refusals
        except PayloadRefused as refused:
            refusals = [Refusal(path.name, str(refused))]
        assert all(refusal.record and refusal.reason for refusal in refusals)


def test_the_same_reading_as_several_formatters_write_it() -> None:
    payload = (OWN / "lorawan" / "objects.json").read_bytes()
    decoded = find_connector("lorawan-recordings")(payload, Context(NOW, "lorawan:test"))
    assert [(one.datastream, one.result) for one in decoded.observations] == [
        ("distance", 1510.0),
        ("temperature", 4.5),
        ("distance", 1510.0),
        ("depth", 1000.0),
    ]
    metres, dead_probe = decoded.refusals
    assert metres.record == "message 2: lorawan:test"
    assert "distance: 1.51 without a unit" in metres.reason
    assert dead_probe.record == "message 5: lorawan:test"
    assert "a current of 0 mA is no measured depth" in dead_probe.reason


def test_lines_and_tables_of_frames() -> None:
    """Lines need the codec, a table may name maker and model."""
    connector = find_connector("lorawan-recordings")
    codec = {"codec": "milesight-em500-swl"}
    lines = connector(b"01756403770300\n\n0377ffff\nxyz\n", Context(NOW, "a:b", options=codec))
    assert [one.result for one in lines.observations] == [30.0]
    assert [refusal.record.partition(":")[0] for refusal in lines.refusals] == [
        "message 2",
        "message 3",
    ]
    table = b"vendor,model,fport,hex\nMilesight,EM500-SWL,85,03770400\nNobody,X,2,00\nA,B,999,00\n"
    rows = connector(table, Context(NOW, "a:b"))
    assert [one.result for one in rows.observations] == [40.0]
    assert "no codec is registered" in rows.refusals[0].reason
    assert "port" in rows.refusals[1].reason


@pytest.mark.parametrize(
    ("payload", "reason"), [(b" \n", "empty"), (b"\xff", "not UTF-8"), (b"{", "not valid JSON")]
)
def test_a_recording_of_another_shape_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        find_connector("lorawan-recordings")(payload, Context(NOW, "a:b"))

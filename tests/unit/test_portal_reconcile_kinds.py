"""Which stations become packages of the catalogue."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from ckanext.suedwest.portal import reconcile


@pytest.mark.parametrize(
    ("kind", "writes"), [("water", 1), ("counter", 1), ("parking", 0), ("sharing", 0)]
)
def test_only_gauges_and_counters_become_packages(
    kind: str, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = mock.Mock(return_value=False)
    monkeypatch.setattr(reconcile, "write_station", write)
    monkeypatch.setattr(reconcile, "model", mock.Mock())
    engine: Any = mock.Mock()
    found = [mock.Mock(kind=kind, id=1, slug="x")]
    monkeypatch.setattr(reconcile, "stations", lambda *_, **__: found)
    monkeypatch.setattr(reconcile, "write_engine", lambda: engine)
    reconcile.full_pass()
    assert write.call_count == writes

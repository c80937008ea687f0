"""For all tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of recorded files; tests/data/README.md says where each is from."""
    return Path(__file__).with_name("data")

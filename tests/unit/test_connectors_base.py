"""Connectors are found by name through entry points."""

from pathlib import Path

import pytest

from ckanext.suedwest.connectors.base import UnknownConnector, connector_names, find_connector
from ckanext.suedwest.connectors.lorawan.codec import codecs


def test_an_unknown_name_lists_the_installed_ones() -> None:
    with pytest.raises(UnknownConnector, match="pegelonline"):
        find_connector("pegel-online")


def test_every_declared_connector_loads() -> None:
    names = connector_names()
    assert "pegelonline" in names
    for name in names:
        assert callable(find_connector(name))


@pytest.mark.parametrize("name", [*connector_names(), *codecs()])
def test_the_documentation_names_every_connector_and_codec(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "connectors.md"
    assert f"`{name}`" in page.read_text(encoding="utf-8")

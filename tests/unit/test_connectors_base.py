"""Connectors are found by name through entry points."""

import pytest

from ckanext.suedwest.connectors.base import UnknownConnector, connector_names, find_connector


def test_an_unknown_name_lists_the_installed_ones() -> None:
    with pytest.raises(UnknownConnector, match="pegelonline"):
        find_connector("pegel-online")


def test_every_declared_connector_loads() -> None:
    names = connector_names()
    assert "pegelonline" in names
    for name in names:
        assert callable(find_connector(name))

"""What the catalogue says of a station."""

from __future__ import annotations

import pytest

from ckanext.suedwest.portal import stations


@pytest.mark.parametrize(
    ("water", "tag"),
    [
        ("Rhein", "Rhein"),
        ("Große Dhünn", "Große Dhünn"),
        ("Elbe-Seitenkanal (ESK)", "Elbe-Seitenkanal ESK"),
        ("<b>Nahe</b>/Glan", "b Nahe b Glan"),
        ("", ""),
        ("?", ""),
        ("x" * 120, "x" * 100),
    ],
)
def test_a_water_becomes_a_keyword_ckan_accepts(water: str, tag: str) -> None:
    assert stations._tag(water) == tag

"""What a station is called."""

from __future__ import annotations

import pytest

from ckanext.suedwest.portal.titles import named


@pytest.mark.parametrize(
    ("name", "water", "called"),
    [
        ("Andernach", "Rhein", "Rhein bei Andernach"),
        ("Altenglan", "Glan", "Glan bei Altenglan"),
        ("Glanbrücke", "Glan", "Glanbrücke"),
        ("Pegel am Rhein", "RHEIN", "Pegel am Rhein"),
        ("Wendel (St.)", "Blies (oben)", "Blies (oben) bei Wendel (St.)"),
        ("Ulmet", None, "Ulmet"),
        ("Ulmet", "", "Ulmet"),
    ],
)
def test_a_place_is_named_with_its_water(name: str, water: str | None, called: str) -> None:
    assert named(name, water) == called

"""Places as people paste them."""

from __future__ import annotations

import pytest

from ckanext.suedwest.domain.place_input import PlaceRefused, read_place


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("50,123 7,456", (50.123, 7.456)),
        (" 50.123, 7.456 ", (50.123, 7.456)),
        ("50.123,7.456", (50.123, 7.456)),
        ("50,123, 7,456", (50.123, 7.456)),
        ("50,123; 7,456", (50.123, 7.456)),
        ("50.123/7.456", (50.123, 7.456)),
        ("50 7", (50.0, 7.0)),
        ("-33.9, 151.2", (-33.9, 151.2)),
        ("50.123° N, 7.456° E", (50.123, 7.456)),
        ("50°7'22.8\"N 7°27'21.6\"E", (50.123, 7.456)),
        ("50° 7′ 22,8″ N, 7° 27′ 21,6″ O", (50.123, 7.456)),
        ("geo:50.123,7.456?z=17", (50.123, 7.456)),
        ("https://www.google.com/maps/@50.123,7.456,17z", (50.123, 7.456)),
        (
            "https://www.google.de/maps/place/X/@50.0,7.0,17z/data=!3d50.123!4d7.456",
            (50.123, 7.456),
        ),
        ("https://maps.google.com/?q=50.123,7.456", (50.123, 7.456)),
        ("https://www.openstreetmap.org/#map=17/50.123/7.456", (50.123, 7.456)),
        (
            "https://www.openstreetmap.org/?mlat=50.123&mlon=7.456#map=17/50.0/7.0",
            (50.123, 7.456),
        ),
    ],
)
def test_a_place_is_read_as_it_is_pasted(written: str, place: tuple[float, float]) -> None:
    assert read_place(written) == place


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Kusel",
        "50,123",
        "50,123,7,456",
        "149,5 7,5",
        "50,5 190,5",
        "50.1 7.4 3.3",
        "https://goo.gl/maps/abc",
        "50° 7' N, 7° 27' N",
        "٥٠ ٧",
        "1" * 3000,
        None,
        50.1,
    ],
)
def test_what_is_no_place_is_refused(written: object) -> None:
    with pytest.raises(PlaceRefused):
        read_place(written)

"""Maps: everything drawn, no label over another, far stations counted instead of shrinking all."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

from ckanext.suedwest.portal import maps
from ckanext.suedwest.portal.boundaries import read_boundary
from ckanext.suedwest.portal.municipality_file import find_files, read_configuration
from ckanext.suedwest.portal.profile import Profile
from ckanext.suedwest.store.query import StationRow

CONFIG = Path(__file__).parents[2] / "config"
FILES = read_configuration(find_files([CONFIG / "municipalities"])).municipalities


def profile(name: str, **changes: Any) -> Profile:
    (file,) = (each for each in FILES if each.name == name)
    values = {field: getattr(file, field) for field in Profile.__slots__}
    return Profile(**{**values, **changes})


def station(name: str, longitude: float | None, latitude: float | None, **shown: str) -> StationRow:
    return StationRow(
        id=1,
        key=name,
        kind="water",
        slug=f"pegel-{name.lower()}",
        name=name,
        water="Rhein",
        number=None,
        longitude=longitude,
        latitude=latitude,
        operator={"name": "x"},
        licence={},
        remark=None,
        properties={},
        gone_at=None,
        municipalities=tuple(shown.items()),
        datastreams=(),
    )


def test_the_overview_shows_and_names_all_six() -> None:
    view = maps.overview([profile(each.name) for each in FILES])
    assert view is not None
    assert len(view.areas) == 6
    labels = [area.label for area in view.areas if area.label]
    assert len(labels) == 6
    boxes = [maps._box_of(label) for label in labels]
    assert not any(maps._overlap(one, other) for one, other in combinations(boxes, 2))
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert right <= view.width
        assert top >= 0
        assert bottom <= view.height


def test_a_path_stays_on_the_map() -> None:
    view = maps.overview([profile("kaiserslautern")])
    assert view is not None
    numbers = [float(text) for text in re.findall(r"[\d.]+", view.areas[0].path)]
    assert min(numbers) >= 0
    assert max(numbers[::2]) <= view.width
    assert max(numbers[1::2]) <= view.height


def test_stations_near_are_drawn_and_far_ones_counted() -> None:
    town = profile("landkreis-mayen-koblenz")
    view = maps.municipality_map(
        town,
        [
            station("Andernach", 7.392, 50.443, **{town.name: "inside"}),
            station("Cochem", 7.168, 50.143, **{town.name: "near"}),
            station("Bonn", 7.108, 50.736, **{town.name: "near"}),
            station("Nowhere", None, None),
        ],
    )
    assert view is not None
    assert [(pin.title, pin.inside) for pin in view.pins] == [
        ("Rhein bei Andernach", True),
        ("Rhein bei Cochem", False),
    ]
    assert view.omitted == 2


def test_ways_and_places_are_drawn_as_far_as_they_are_near() -> None:
    town = profile("landkreis-mayen-koblenz")
    spots = [maps.Spot("a", "Andernach", 7.392, 50.443), maps.Spot("b", "Berlin", 13.4, 52.5)]
    view = maps.ways(town, [[(7.39, 50.44), (7.2, 50.33), (13.4, 52.5)], [(7.4, 50.4)]], spots)
    assert view is not None
    assert [spot.title for spot in view.spots] == ["Andernach"]
    assert 0 <= view.spots[0].x <= view.width
    # What leads away ends at the edge, and a single place is no way.
    (path,) = view.paths
    assert path.count("L") == 1


def test_without_a_boundary_there_is_no_map() -> None:
    town = profile("kaiserslautern", boundary=None)
    assert maps.ways(town, [], []) is None
    assert maps.municipality_map(town, []) is None
    assert maps.overview([town]) is None


def test_a_boundary_is_read_once_and_drawn_as_any_other() -> None:
    square = {"type": "Polygon", "coordinates": [[[7, 49], [8, 49], [8, 50], [7, 50], [7, 49]]]}
    moved = {"type": "Polygon", "coordinates": [[[7, 49], [9, 49], [9, 50], [7, 50], [7, 49]]]}
    read = read_boundary(json.dumps(square))
    assert read is read_boundary(json.dumps(square))
    first = maps.overview([profile("landkreis-kusel", boundary=read)])
    assert first == maps.overview([profile("landkreis-kusel", boundary=square)])
    assert maps.overview([profile("landkreis-kusel", boundary=read)]) is first
    # Another text or another name is another drawing.
    other = maps.overview([profile("landkreis-kusel", boundary=read_boundary(json.dumps(moved)))])
    assert other is not None
    assert first is not None
    assert other.height != first.height
    assert maps.overview([profile("kaiserslautern", boundary=read)]) != first

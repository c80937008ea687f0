"""Pictures as files: complete by themselves, with the colours and styles of the pages."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from series_samples import NOW, series, steady

from ckanext.suedwest.charts import picture, svg
from ckanext.suedwest.charts.embed_code import LARGEST_HEIGHT, iframe, snippet
from ckanext.suedwest.charts.oembed import as_xml

PORTAL = Path(picture.__file__).parents[1] / "portal" / "public" / "suedwest"
SVG = "{http://www.w3.org/2000/svg}"
HEADING = 'Wasserstand <Glan> & "Lauter", 22. bis 29. September'


def document(**changed: object) -> str:
    layout = svg.EMBED[0]
    given: dict[str, object] = {
        "heading": HEADING,
        "told": ["Zuletzt 1,24 m: Dienstag, 29. September 2026, 15:30 Uhr MESZ."],
        "sources": ["Daten: Landkreis Kusel, Datenlizenz", "https://daten.example.org/station/x"],
        "lang": "de",
        "drawing": svg.draw(series(steady()), layout, now=NOW, lang="de", ident="x"),
        "layout": layout,
    }
    return picture.svg_file(**{**given, **changed})  # pyright: ignore[reportArgumentType]


def test_the_file_says_what_it_shows_and_asks_for_nothing_else() -> None:
    root = ElementTree.fromstring(document())  # noqa: S314
    texts = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert HEADING in texts
    assert "Daten: Landkreis Kusel, Datenlizenz" in texts
    assert "https://daten.example.org/station/x" in texts
    assert "var(" not in document()
    assert re.findall(r"(?:href|src)=|url\(|@import", document()) == []


def test_all_text_lies_inside_the_picture() -> None:
    long = "Wasserstraßen- und Schifffahrtsverwaltung des Bundes " * 6
    root = ElementTree.fromstring(document(sources=[long], heading=long))  # noqa: S314
    height = float(root.attrib["height"])
    lines = root.findall(f"{SVG}text")
    assert len(lines) > 8
    assert all(float(each.attrib["y"]) < height - 4 for each in lines)
    places = [float(each.attrib["y"]) for each in lines]
    assert places == sorted(set(places))


def test_colours_are_those_of_the_pages() -> None:
    light = (PORTAL / "frame.css").read_text(encoding="utf-8").partition("@media")[0]
    for name, colour in picture.COLOURS.items():
        assert f"--{name}: {colour};" in light


def test_every_class_of_a_drawing_has_its_style() -> None:
    root = ElementTree.fromstring(document())  # noqa: S314
    style = next(root.iter(f"{SVG}style")).text or ""
    inner = {
        name
        for each in root.iter()
        if each.tag != f"{SVG}svg"
        for name in each.get("class", "").split()
    }
    assert inner - {"peak"} == {name for name in inner if f".{name}" in style}


def test_png_is_twice_as_large_and_has_its_letters() -> None:
    with_text, without = document(), re.sub(r"<text.*?</text>", "", document())
    drawn = picture.png_file(with_text)
    root = ElementTree.fromstring(with_text)  # noqa: S314
    size = struct.unpack(">II", drawn[16:24])
    assert size == (2 * picture.WIDTH, 2 * float(root.attrib["height"]))
    # Without a font resvg leaves letters out and says nothing.
    assert len(drawn) > len(picture.png_file(without)) + 10_000


@pytest.mark.parametrize(
    "hostile",
    ['"><script>alert(1)</script>', "</script><script>alert(1)</script>", "' onload='alert(1)"],
)
def test_code_to_copy_and_xml_are_escaped(hostile: str) -> None:
    address = f"https://daten.example.org/embed/x/W?kommune={hostile}"
    code = snippet(address, hostile, height=480)
    assert code.count("<script>") == code.count("</script>") == 1
    frame = ElementTree.fromstring(iframe(address, hostile, height=480, width=300))  # noqa: S314
    assert (frame.attrib["src"], frame.attrib["title"]) == (address, hostile)
    assert set(frame.attrib) == {"src", "title", "width", "height", "loading", "style"}
    described = ElementTree.fromstring(as_xml({"title": f"{hostile}\x00", "width": 3}))  # noqa: S314
    assert described.findtext("title") == hostile
    assert described.findtext("width") == "3"


def test_the_script_asks_for_the_origin_and_a_bounded_height() -> None:
    code = snippet("https://daten.example.org:8443/embed/x/W", "x", height=480)
    assert 'event.origin !== "https://daten.example.org:8443"' in code
    assert "event.source !== frame.contentWindow" in code
    assert f"height <= {LARGEST_HEIGHT}" in code

"""The staff gauge stays readable whatever stands beside it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from water_samples import YESTERDAY, level, mark, official, situation, threshold

from ckanext.suedwest.water.situation import Situation
from ckanext.suedwest.water.staff import place_labels, staff

HEIGHTS = {"wide-only": 430.0, "narrow": 310.0}


def drawings(shown: Situation, lang: str = "de") -> list[ElementTree.Element]:
    """Both drawings; not well-formed XML fails here."""
    return list(ElementTree.fromstring(f"<both>{staff(shown, lang)}</both>"))  # noqa: S314 - our own drawing


def texts(drawing: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in drawing.iter("text")]


def label_heights(drawing: ElementTree.Element) -> list[float]:
    return [
        float(text.get("y", "")) for text in drawing.iter("text") if text.find("tspan") is not None
    ]


def numbers(drawing: ElementTree.Element) -> list[float]:
    """Every vertical place in the drawing."""
    found = [
        float(element.get(name, ""))
        for element in drawing.iter()
        for name in ("y", "height")
        if element.get(name)
    ]
    paths = " ".join(path.get("d", "") for path in drawing.iter("path"))
    return found + [float(y) for y in re.findall(r"[ML]\S+ (-?[\d.]+)", paths)]


RHINE = [
    mark(24, "NNW"),
    mark(71, "MNW"),
    mark(258, "MW"),
    mark(672, "MHW"),
    official(460, "M_I", "Marke_I"),
    official(760, "HSW", "höchster Schifffahrtswasserstand"),
    mark(1083, "HHW"),
]


@pytest.mark.parametrize(
    "shown",
    [
        situation(RHINE),
        situation(RHINE, **level(-1.0)),
        situation(RHINE, **level(1200.0)),
        situation([threshold(124)]),
        situation([threshold(124 + step, f"MS{step}") for step in range(60)]),
        situation([threshold(-2000, "A"), threshold(20000, "B")]),
        situation(RHINE, latest_time=YESTERDAY),
    ],
    ids=["usual", "below zero", "record", "one level", "sixty in a metre", "far apart", "silent"],
)
def test_everything_stays_on_the_paper_and_apart(shown: Situation) -> None:
    wide, narrow = drawings(shown)
    for drawing in (wide, narrow):
        height = HEIGHTS[drawing.get("class", "")]
        assert all(0 <= y <= height for y in numbers(drawing))
        labels = sorted(label_heights(drawing))
        assert labels
        assert all(later - y >= 16.9 for y, later in zip(labels, labels[1:], strict=False))


def test_all_thresholds_and_the_level_are_shown() -> None:
    wide, _narrow = drawings(situation(RHINE, **level(-1.0)))
    shown = texts(wide)
    for level_text in ("0,24", "0,71", "2,58", "6,72", "4,60", "7,60", "10,83"):
        assert any(text.startswith(level_text) for text in shown)
    assert "−0,01\u00a0m" in shown
    assert wide.get("aria-label", "").startswith("Pegellatte, jetzt −0,01\u00a0m, ")


def test_what_does_not_fit_are_far_marks_never_the_alarms() -> None:
    far_marks = [mark(1000 + 40 * step, f"X{step}") for step in range(40)]
    alarm = threshold(20000, label="Deich läuft über")
    _wide, narrow = drawings(situation([*far_marks, alarm]))
    assert any("Deich läuft über" in text for text in texts(narrow))
    assert len(label_heights(narrow)) < 41


def test_without_a_value_of_now_there_is_no_pointer() -> None:
    wide, _narrow = drawings(situation(RHINE, latest_time=YESTERDAY))
    assert not any(text in ("jetzt", "1,24\u00a0m") for text in texts(wide))
    assert wide.find("rect[@class='water']") is None


def test_elevations_are_drawn_in_metres() -> None:
    shown = situation(
        [threshold(167.0)], observed_property="water_elevation", unit="m", **level(166.53)
    )
    wide, _narrow = drawings(shown)
    assert "166,53\u00a0m" in texts(wide)
    assert any(text.startswith("167,00") for text in texts(wide))


def test_hostile_names_are_text() -> None:
    hostile = situation([threshold(210, label='<script>"x"</script>')])
    assert "<script>" not in staff(hostile, "de")
    wide, _narrow = drawings(hostile)
    assert any('<script>"x"</script>'[:10] in text for text in texts(wide))


@pytest.mark.parametrize(
    "shown",
    [
        situation(),
        situation([threshold(5.0)], observed_property="discharge", unit="m³/s"),
    ],
    ids=["no thresholds", "discharge"],
)
def test_without_anything_to_compare_there_is_no_staff(shown: Situation) -> None:
    assert staff(shown, "de") == ""


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([300.0, 200.0, 100.0], [300.0, 200.0, 100.0]),
        ([200.0, 199.0, 198.0], [200.0, 183.0, 166.0]),
        ([400.0, 20.0, 15.0, 12.0], [400.0, 46.0, 29.0, 12.0]),
    ],
)
def test_labels_move_no_further_than_needed(wanted: list[float], placed: list[float]) -> None:
    assert place_labels(wanted, top=12.0, bottom=418.0, row=17.0) == placed


def test_the_words_are_english_on_english_pages() -> None:
    english, _narrow = drawings(situation([mark(258, "MW")]), "en")
    assert "now" in texts(english)
    assert any("mean level" in text for text in texts(english))

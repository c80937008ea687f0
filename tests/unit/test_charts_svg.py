"""The drawing: what must be in it whatever the series is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from series_samples import HOUR, NOW, hour, series, single, steady, threshold

from ckanext.suedwest.charts import figure, svg, words
from ckanext.suedwest.charts.labels import TextLine
from ckanext.suedwest.charts.series import Series, doubted_groups, segments
from ckanext.suedwest.store.public_marks import PublicCorrection

LAYOUTS = [*svg.FIGURE, *svg.EMBED]


def drawn(one: Series, layout: svg.Layout = svg.FIGURE[0], lang: str = "de") -> str:
    return str(svg.draw(one, layout, now=NOW, lang=lang, ident="x"))


def parsed(text: str) -> ElementTree.Element:
    # The title must be readable as XML too, so that nothing is left unescaped.
    return ElementTree.fromstring(text)  # noqa: S314


def texts(text: str) -> list[str]:
    return ["".join(element.itertext()) for element in parsed(text).iter("text")]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.width:.0f}")
@pytest.mark.parametrize(
    "one",
    [
        series([]),
        series([single(NOW, 124.0)]),
        series([single(NOW - HOUR, -35.0), single(NOW, -1.0)]),
        series(steady()),
        series(steady(value=0.0)),
        series([single(NOW, 900.0, doubted=True)]),
        series([single(NOW - 2 * HOUR, 1e6), single(NOW, -1e6)]),
        series(steady(value=1234.5), unit="m³/s"),
    ],
    ids=["none", "one", "negative", "equal", "zero", "doubted", "huge", "discharge"],
)
def test_every_series_can_be_drawn(one: Series, layout: svg.Layout) -> None:
    text = drawn(one, layout)
    assert "nan" not in text.lower()
    assert "inf" not in text.lower()
    root = parsed(text)
    assert root.get("role") == "img"
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    for circle in root.iter("circle"):
        assert 0 <= float(circle.attrib["cx"]) <= width
        assert 0 <= float(circle.attrib["cy"]) <= height


def test_without_a_value_the_drawing_says_so() -> None:
    assert "In diesem Zeitraum liegt kein Wert vor." in texts(drawn(series([])))


def test_levels_are_in_metres_and_discharges_in_their_unit() -> None:
    level = texts(drawn(series([single(NOW - HOUR, 187.0), single(NOW, 124.0)])))
    assert "1,24\u00a0m" in level
    assert "1,87\u00a0m" in level
    assert "m" in level
    english = texts(drawn(series([single(NOW, -1.0)]), lang="en"))
    assert "\u22120.01\u00a0m" in english
    discharge = texts(drawn(series([single(NOW, 1015.0)], unit="m³/s")))
    assert "1.015\u00a0m³/s" in discharge


def test_the_newest_value_stands_at_its_point_with_its_time() -> None:
    found = texts(drawn(series([*steady(end=NOW - HOUR), single(NOW, 124.0)])))
    assert "1,24\u00a0m" in found
    assert "15:30\u00a0Uhr" in found


@given(
    values=st.lists(st.floats(-500, 1500), min_size=2, max_size=60),
    layout=st.sampled_from(LAYOUTS),
)
def test_the_peak_is_always_drawn_at_its_height(values: list[float], layout: svg.Layout) -> None:
    columns = [
        hour(NOW - (len(values) - index) * HOUR, [value, value - 3.0])
        for index, value in enumerate(values)
    ]
    one = series(columns, step=HOUR)
    assert one.highest is not None
    assert one.latest is not None
    drawing = svg.axis_of(one, bottom=layout.height - layout.foot, top=layout.top)
    expected = drawing.y(one.highest.value / 100)
    dots = [
        element
        for element in parsed(drawn(one, layout)).iter("circle")
        if "peak" in element.attrib["class"].split()
    ]
    if one.highest.time == one.latest.time:
        assert dots == []
    else:
        assert [float(dot.attrib["cy"]) for dot in dots] == [pytest.approx(expected, abs=0.06)]


def test_the_band_reaches_the_peak_of_its_column() -> None:
    peak_hour = hour(NOW - 30 * HOUR, [100.0, 187.0, 100.0])
    before, after = steady(end=NOW - 31 * HOUR), steady(start=NOW - 28 * HOUR)
    one = series([*before, peak_hour, *after])
    text = drawn(one)
    band = re.search(r'class="bandfill" d="([^"]+)"', text)
    peak = re.search(r'class="dot peak" cx="[^"]+" cy="([^"]+)"', text)
    assert band is not None
    assert peak is not None
    heights = [float(pair.split()[1]) for pair in re.split(r"[MLZ]", band[1]) if pair]
    assert min(heights) == pytest.approx(float(peak[1]), abs=0.06)


def test_a_gap_is_not_drawn_over_and_says_how_long_it_is() -> None:
    pause = timedelta(hours=5, minutes=30)
    middle = NOW - timedelta(days=2)
    one = series([*steady(end=middle), *steady(start=middle + pause)])
    text = drawn(one)
    assert len(segments(one)) == 2
    assert text.count('class="line"') == 2
    assert text.count('class="gap"') == 1
    assert {"5½ Stunden", "ohne Werte"} <= set(texts(text))


@pytest.mark.parametrize(("pause", "gaps"), [(60, 0), (61, 1)])
def test_a_pause_becomes_a_gap_after_an_hour(pause: int, gaps: int) -> None:
    middle = NOW - timedelta(days=1)
    columns = [*steady(end=middle), *steady(start=middle + timedelta(minutes=pause))]
    assert len(series([*columns, single(NOW, 100.0)]).gaps) == gaps


def test_silence_until_now_is_a_gap() -> None:
    one = series(steady(end=NOW - timedelta(hours=10)))
    assert [(gap.start, gap.end) for gap in one.gaps] == [(NOW - timedelta(hours=10), NOW)]


def test_doubted_values_are_hollow_counted_and_not_joined() -> None:
    columns = steady()
    at = NOW - timedelta(days=1)
    for index in range(3):
        columns.append(
            single(at + index * timedelta(minutes=20) + timedelta(minutes=5), 900.0, doubted=True)
        )
    columns.sort(key=lambda column: column.start)
    one = series(columns)
    text = drawn(one)
    assert [count for _at, _level, count in doubted_groups(one)] == [3]
    assert text.count('class="doubt"') == 1
    assert "3 Werte angezweifelt" in texts(text)
    # and they do not stretch the axis
    assert svg.axis_of(one).high < 2


def test_thresholds_carry_their_names_and_higher_ones_stand_in_the_note() -> None:
    one = series(
        [*steady(end=NOW - HOUR, value=100.0), single(NOW, 187.0)],
        thresholds=[
            threshold(210, "M1", "municipal", label="Meldestufe 1"),
            threshold(150, "MW", "statistical", label="Mittelwasser"),
            threshold(439, "HW2", label="HÖCHSTER SCHIFFFAHRTSWASSERSTAND"),
        ],
    )
    text = drawn(one)
    assert text.count('class="thr"') == 1
    assert text.count('class="thr ref"') == 1
    assert "Meldestufe 1: 2,10\u00a0m" in texts(text)
    assert "Mittelwasser (MW): 1,50\u00a0m" in texts(text)
    note = words.note(one, svg.thresholds_above(one), "de")
    assert "Höchster Schifffahrtswasserstand 4,39\u00a0m" in note


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: f"{layout.width:.0f}")
def test_labels_do_not_cover_each_other(layout: svg.Layout) -> None:
    crowd = [threshold(100 + 2 * index, f"M{index}") for index in range(20)]
    columns = [single(NOW - (50 - index) * 3 * HOUR, 100.0 + index % 7 * 9) for index in range(50)]
    text = drawn(series(columns, thresholds=crowd), layout)
    boxes = []
    for element in parsed(text).iter("text"):
        if "halo" not in element.attrib["class"]:
            continue
        big = "big" in element.attrib["class"]
        line = TextLine(
            "".join(element.itertext()),
            float(element.attrib["x"]),
            float(element.attrib["y"]),
            element.attrib.get("text-anchor", "start"),
            size=17.0 if big else 13.0,
        )
        boxes.append(line.box())
    assert len(boxes) > 3

    clashes = [
        (one, other)
        for index, one in enumerate(boxes)
        for other in boxes[index + 1 :]
        # The lines of one label may stand a little closer.
        if one.overlaps(other) and min(one.bottom - other.top, other.bottom - one.top) > 6
    ]
    assert clashes == []


def test_names_from_outside_are_escaped_everywhere() -> None:
    evil = '</title><script>alert("1")</script>&'
    one = series(
        [*steady(end=NOW - HOUR), single(NOW, 120.0)],
        place=evil,
        thresholds=[threshold(130, evil, label=evil)],
    )
    whole = str(
        figure.chart(
            one,
            svg.FIGURE,
            data_url='"><script>',
            now=NOW,
            lang="de",
            caption=figure.caption(one, "de"),
        )
    )
    assert "<script" not in whole
    assert "&lt;script&gt;" in whole
    parsed(whole)


def test_ids_are_unique_on_a_page() -> None:
    whole = str(figure.chart(series(steady()), svg.FIGURE, data_url="x", now=NOW, lang="de"))
    ids = re.findall(r' id="([^"]+)"', whole)
    assert len(ids) == 6
    assert len(set(ids)) == 6


def test_the_repeated_hour_says_which_one_it_is() -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    columns = [single(night, 187.0), single(night + HOUR, 150.0), single(night + 9 * HOUR, 120.0)]
    one = series(columns, start=night - HOUR, end=night + 9 * HOUR)
    told = words.summary(one, night + 9 * HOUR, "de")
    assert "2:30\u00a0Uhr\u00a0MESZ" in told
    note = words.note(one, [], "de")
    assert "MESZ" in note
    assert "MEZ" in note


def test_the_summary_tells_highest_lowest_and_newest() -> None:
    columns = [
        single(datetime(2026, 9, 25, 2, 15, tzinfo=UTC), 187.0),
        single(datetime(2026, 9, 22, 22, 0, tzinfo=UTC), 98.0),
        single(NOW, 124.0),
    ]
    one = series(sorted(columns, key=lambda column: column.start))
    assert words.summary(one, NOW, "de") == (
        "Höchster Wert: 1,87\u00a0m am Freitag, 25.\u00a0September, um 4:15\u00a0Uhr. "
        "Niedrigster: 0,98\u00a0m am Mittwoch, 23.\u00a0September, um 0:00\u00a0Uhr. "
        "Zuletzt 1,24\u00a0m heute um 15:30\u00a0Uhr."
    )
    assert words.summary(one, NOW, "en") == (
        "Highest value: 1.87\u00a0m on Friday, 25\u00a0September, at 4:15. "
        "Lowest: 0.98\u00a0m on Wednesday, 23\u00a0September, at 0:00. "
        "Last 1.24\u00a0m today at 15:30."
    )
    assert words.summary(series(steady()), NOW, "de") == (
        "Unverändert 1,00\u00a0m, zuletzt heute um 15:30\u00a0Uhr."
    )


def test_german_and_english_have_the_same_texts() -> None:
    assert words.TEXTS["de"].keys() == words.TEXTS["en"].keys()


def test_a_corrected_value_is_marked_and_explained() -> None:
    at = NOW - timedelta(hours=5)
    corrected = PublicCorrection(at, 100.0, 1000.0, "abgelesen")
    outside = PublicCorrection(at, 9000.0, 100.0, None)
    one = replace(series(steady()), corrections=(corrected, outside))
    drawing = drawn(one)
    assert drawing.count('class="corrected"') == 1
    assert "2 Werte korrigiert." in drawing
    assert "korrigiert, Original in der Tabelle" in str(figure.legend(one, "de"))
    assert "corrected" not in str(figure.legend(series(steady()), "en"))

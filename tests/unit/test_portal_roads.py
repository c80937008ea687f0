"""What is said of closures: what holds, what begins later, and when nothing is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ckanext.suedwest.domain.event import Direction, Effect, Event, Place, Span
from ckanext.suedwest.domain.station import Licence, Operator
from ckanext.suedwest.portal import formats, roads
from ckanext.suedwest.store.events import EventFeed, EventRow

# 13:00 in Germany
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roads, "_", lambda text: text)


def row(
    *spans: tuple[datetime, datetime | None],
    effect: Effect = Effect.CLOSED,
    direction: Direction = Direction.BOTH,
    name: str = "L 113",
    intermittent: bool = False,
) -> EventRow:
    event = Event(
        key=f"works:{name}",
        place=Place(points=((7.4, 50.4),)),
        spans=tuple(Span(*span) for span in spans),
        effect=effect,
        operator=Operator("LBM"),
        licence=Licence("cc-zero", "CC0", "", "LBM, CC0"),
        direction=direction,
        roads=(name,) if name else (),
        intermittent=intermittent,
    )
    return EventRow("works", event, ("kreis",), False, NOW - DAY, NOW, NOW - DAY, None)


def feed(age: timedelta = HOUR / 2, *, shrunk: bool = False) -> EventFeed:
    return EventFeed("works", NOW - age, 1, NOW - age if shrunk else None)


def lines(*rows: EventRow, lang: str = "en") -> list[tuple[str, str, str]]:
    told = roads.told(rows, [feed()], NOW, lang)
    return [(each.when, each.title, each.validity) for each in told.lines]


@pytest.mark.parametrize(
    ("span", "when", "validity"),
    [
        (
            (NOW - 9 * DAY, NOW + 9 * DAY),
            "now",
            "since 14\u00a0November, until 2\u00a0December, 13:00",
        ),
        ((NOW - DAY, None), "now", "since yesterday, end not reported"),
        ((NOW + 4 * HOUR, NOW + 6 * HOUR), "today", "begins today, 17:00, until today, 19:00"),
        (
            (NOW + 12 * HOUR, NOW + 30 * HOUR),
            "later",
            "begins tomorrow, 1:00, until tomorrow, 19:00",
        ),
        # Midnight ends the day before, and begins its own.
        ((NOW - DAY, NOW + 11 * HOUR), "now", "since yesterday, until today"),
        ((NOW + 11 * HOUR, NOW + 35 * HOUR), "later", "begins tomorrow, until tomorrow"),
        ((NOW + 100 * DAY, None), "later", "begins 3\u00a0March 2027, 13:00, end not reported"),
    ],
)
def test_when_a_closure_holds(span: tuple[datetime, datetime], when: str, validity: str):
    assert lines(row(span)) == [(when, "L 113: road closed", validity)]


def test_what_is_over_is_left_out_and_the_next_span_is_told():
    assert lines(row((NOW - 2 * DAY, NOW - DAY))) == []
    assert lines(row((NOW - DAY, NOW))) == []
    two = row((NOW - 2 * DAY, NOW - DAY), (NOW + DAY, NOW + 2 * DAY))
    assert lines(two)[0][0] == "later"


def test_effect_direction_and_hours_are_words():
    one = row((NOW - DAY, None), effect=Effect.LANES_CLOSED, direction=Direction.ONE)
    works = row((NOW - DAY, None), effect=Effect.UNKNOWN, name="", intermittent=True)
    told = lines(one, works)
    assert told[0][1] == "L 113: lanes closed in one direction"
    assert told[1][1] == "roadworks, effect not reported"
    assert told[1][2].endswith("; only at certain hours")


def test_nothing_reported_is_not_nothing_known():
    unknown = roads.told([], [], NOW, "en")
    assert (unknown.known, unknown.reliable, roads.summary(unknown)) == (False, False, "")
    known = roads.told([], [feed()], NOW, "en")
    assert (known.known, known.reliable) == (True, True)
    assert roads.summary(known) == "No road is reported closed today."


@pytest.mark.parametrize(
    ("feeds", "reliable", "checked"),
    [
        ([feed()], True, "checked 30 minutes ago"),
        ([feed(3 * HOUR)], False, "not checked any more since"),
        ([feed(), feed(2 * DAY)], False, "not checked any more since"),
        ([feed(shrunk=True)], False, "checked 30 minutes ago"),
    ],
)
def test_the_oldest_reading_counts(feeds: list[EventFeed], reliable: bool, checked: str):
    told = roads.told([row((NOW - DAY, None))], feeds, NOW, "en")
    assert told.reliable is reliable
    assert told.checked.startswith(checked)


def test_a_kept_page_names_days_and_no_today():
    with formats.absolute_times():
        assert lines(row((NOW - DAY, NOW + HOUR))) == [
            (
                "now",
                "L 113: road closed",
                "since 22\u00a0November 2026, until 23\u00a0November 2026, 14:00",
            )
        ]


def test_closures_of_today_come_before_what_only_hinders():
    rows = [
        row((NOW - DAY, None), effect=Effect.RESTRICTED, name="A"),
        row((NOW + HOUR, None), name="B"),
        row((NOW - DAY, None), name="C"),
        row((NOW + 2 * DAY, None), name="D"),
    ]
    told = roads.told(rows, [feed()], NOW, "en")
    assert [each.title[0] for each in told.closed_today] == ["C", "B"]
    assert [each.title[0] for each in told.restricted_today] == ["A"]
    assert [each.title[0] for each in told.later] == ["D"]
    assert roads.summary(told) == "2 road closures today."

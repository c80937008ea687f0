"""The pages of gauges: what a visitor reads in every situation, and what it costs to ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from gauge_samples import LICENCE, OPERATOR, SOURCE, TOWN, Gauges, alarm, mark

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datastream, Licence, Operator
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.portal import reconcile
from ckanext.suedwest.store.query import stations
from ckanext.suedwest.store.selection import Selection
from ckanext.suedwest.store.sources import set_selections
from ckanext.suedwest.store.thresholds import put_threshold

NB = "\u00a0"
Visit = Callable[..., Any]


def plain(html: str) -> str:
    """The text of a page as it is read, without signs; spaces as on the screen."""
    text = re.sub(r"<(style|script|svg)\b.*?</\1>", "", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text)
    return re.sub(r"\s+", " ", text.replace("&#34;", '"'))


def flat(words: str) -> str:
    return words.replace(NB, " ")


def hero(html: str) -> str:
    found = re.search(r'<p class="hero-value.*?</p>', html, flags=re.DOTALL)
    assert found
    return plain(found.group())


STATES: list[tuple[str, dict[str, Any], str, list[str], list[str]]] = [
    (
        "live",
        {},
        "f-live",
        ["1,24 m", "gemessen vor ", "noch 86 cm bis zur Marke I (2,10 m)."],
        ["kein Wert"],
    ),
    (
        "late",
        {"age": timedelta(minutes=65)},
        "f-late",
        ["1,24 m", "verspätet gemessen vor 1 Stunde", "noch 86 cm bis zur Marke I"],
        ["kein Wert"],
    ),
    (
        "silent",
        {"age": timedelta(days=40)},
        "f-silent",
        ["kein Wert", "stumm seit", "nichts mehr; zuletzt 1,24 m."],
        ["och 86 cm"],
    ),
    (
        "implausible",
        {"quality": Quality.FAIL},
        "f-implausible",
        ["kein Wert", "ist angezweifelt und zählt nicht; zuletzt 1,24 m"],
        ["och 86 cm"],
    ),
]


@pytest.mark.parametrize(
    ("how", "sign", "said", "not_said"), [row[1:] for row in STATES], ids=[row[0] for row in STATES]
)
def test_the_page_of_a_gauge_in_every_state(
    gauges: Gauges,
    visit: Visit,
    how: dict[str, Any],
    sign: str,
    said: list[str],
    not_said: list[str],
) -> None:
    gauges.measured("Andernach", thresholds=[alarm(210)], **how)
    page = visit("/station/pegel-rhein-andernach").body
    text = flat(plain(page))
    assert f'href="#{sign}"' in page
    assert [words for words in said if words not in text] == []
    assert [words for words in not_said if words in flat(hero(page)) + text] == []


def test_the_page_of_a_gauge_its_source_gave_up(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach")
    gauges.measured("Koblenz", complete=True)
    page = visit("/station/pegel-rhein-andernach").body
    assert 'href="#f-out"' in page
    assert "außer Betrieb: Die Quelle führt den Pegel seit" in plain(page)
    assert "kein Wert" in hero(page)


def test_the_page_of_a_gauge_that_never_had_a_value(gauges: Gauges, visit: Visit) -> None:
    gauges.add("Andernach")
    page = visit("/station/pegel-rhein-andernach").body
    assert "Rhein bei Andernach hat noch keinen Wert geliefert." in plain(page)
    assert "kein Wert" in hero(page)


def test_everything_a_visitor_may_need_stands_on_the_page(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach", thresholds=[mark(71, "MNW"), mark(258, "MW"), alarm(460)])
    page = visit("/station/pegel-rhein-andernach").body
    text = flat(plain(page))
    for words in (
        "Was bei welchem Stand geschieht",
        "4,60 m",
        "Werte als Tabelle",
        "Daten mitnehmen",
        "Über diesen Pegel",
        "51,504",
        "Mittleres Jahrestief (MNW) 0,71 m",
        "ungeprüfte Rohdaten",
        OPERATOR.name,
        LICENCE.title,
    ):
        assert words in text
    assert 'class="staff"' in page
    assert "&lt;iframe src=" in page
    (script,) = set(re.findall(r'<script src="([^"]*copy[^"]*)"', page))
    assert "clipboard" in visit(script).body


def test_the_page_is_english_under_en(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach", thresholds=[alarm(210)])
    text = flat(plain(visit("/en/station/pegel-rhein-andernach").body))
    assert "86 cm below mark I (2.10 m)." in text
    assert "What happens at which level" in text
    assert "1.24 m" in text


def test_the_discharge_has_an_age_of_its_own(gauges: Gauges, visit: Visit) -> None:
    key = "test:andernach"
    discharge = Datastream(key, "Q", "discharge", "m³/s", interval=timedelta(minutes=15))
    old = Observation(key, "Q", gauges.now - timedelta(minutes=24), 68.24)
    gauges.add("Andernach", [*gauges.values("Andernach"), old], streams=[discharge])
    text = flat(plain(visit("/station/pegel-rhein-andernach").body))
    # Minutes may pass between writing and asking.
    assert re.search(r"Abfluss 68,2 m³/s vor (2[4-9]|3\d) Minuten", text)
    assert re.search(r"gemessen vor ([5-9]|1\d) Minuten", text)


def test_a_gauge_that_measures_only_the_discharge(gauges: Gauges, visit: Visit) -> None:
    key = "test:alken"
    discharge = Datastream(key, "Q", "discharge", "m³/s", interval=timedelta(minutes=15))
    value = Observation(key, "Q", gauges.now - timedelta(minutes=5), 68.24)
    gauges.add("Alken", [value], streams=[discharge], water="Mosel")
    with gauges.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM suedwest.datastream WHERE name = 'W'")
    page = visit("/station/pegel-mosel-alken").body
    assert flat(hero(page)).split() == ["Abfluss", "68,2", "m³/s"]
    assert "der Wasserstand wird hier nicht gemessen." in plain(page)


def test_the_interface_named_on_the_page_answers(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach")
    assert reconcile.full_pass().failed == {}
    page = visit("/station/pegel-rhein-andernach").body
    (address,) = set(re.findall(r'href="(/api/3/action/datastore_search[^"]+)"', page))
    answer = visit(address.replace("&amp;", "&")).json
    assert answer["success"]
    (newest,) = answer["result"]["records"]
    assert newest["result"] == 124
    for format_ in ("csv", "json"):
        (dump,) = set(
            re.findall(rf'href="([^"]*/datastore/dump/[^"]+format={format_}[^"]*)"', page)
        )
        assert "124" in visit(dump.replace("&amp;", "&")).body


def names(page: str) -> list[str]:
    return re.findall(r'class="name" href="[^"]*">([^<]+)<', page)


def fill(gauges: Gauges) -> None:
    """One gauge of every group and more, named for its place in the list."""
    steps = [alarm(200), alarm(300, "Marke_II", "M_II")]
    gauges.measured("H Ruhig", thresholds=steps)
    gauges.measured("G Steigt Langsam", 150, rate=2, thresholds=steps)
    gauges.measured("F Steigt Bald Dort", 190, rate=8, thresholds=steps)
    gauges.measured("E Angezweifelt", 777, quality=Quality.FAIL, thresholds=steps)
    gauges.measured("D Stumm", 150, age=timedelta(hours=5), thresholds=steps)
    gauges.measured("C Darüber", 210, thresholds=steps)
    gauges.measured("B Darüber Steigt", 305, rate=9, thresholds=steps)
    gauges.measured(
        "A Schwerste Klasse",
        120,
        thresholds=[alarm(100, "Stufe 3", "S3", severity=3)],
    )


def test_the_list_goes_by_urgency(gauges: Gauges, visit: Visit) -> None:
    fill(gauges)
    page = visit("/pegel").body
    found = [name.removeprefix("Rhein bei ")[0] for name in names(page)]
    assert found[:3] == ["A", "B", "C"]
    assert set(found[3:5]) == {"D", "E"}
    assert found[5:] == ["F", "G", "H"]
    headings = [plain(each) for each in re.findall(r"<h2>(.*?)</h2>", page) if "(" in each]
    assert [re.findall(r"\((\d+)\)", each) for each in headings] == [["3"], ["2"], ["2"], ["1"]]
    assert "(7,77\u00a0m)" in page


def test_the_list_needs_neither_script_nor_cookie(gauges: Gauges, visit: Visit) -> None:
    fill(gauges)
    answer = visit("/pegel")
    # Everything stands there; the one script only looks for newer values later.
    assert len(names(answer.body)) == 8
    assert re.findall(r"<script[^>]*>", answer.body) == [
        '<script type="module" src="/suedwest/live.js">'
    ]
    assert "Set-Cookie" not in answer.headers


def test_the_list_of_one_municipality(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach")
    assert names(visit(f"/pegel?kommune={TOWN}").body) == ["Rhein bei Andernach"]
    empty = visit("/pegel?kommune=landkreis-kusel").body
    assert names(empty) == []
    assert "Für den Landkreis Kusel ist noch kein Pegel angeschlossen." in plain(empty)
    assert "Für die Stadt Kaiserslautern ist noch kein Pegel angeschlossen." in plain(
        visit("/pegel?kommune=kaiserslautern").body
    )
    visit("/pegel?kommune=atlantis", status=404)
    visit("/pegel?kommune=%3Cscript%3E", status=404)


def test_without_any_gauge_the_list_says_so(gauges: Gauges, visit: Visit) -> None:
    assert "Noch ist kein Pegel angeschlossen." in plain(visit("/pegel").body)


def test_the_municipality_and_the_home_page_tell_of_the_gauges(
    gauges: Gauges, visit: Visit
) -> None:
    fill(gauges)
    for url in (f"/organization/{TOWN}", "/"):
        text = flat(plain(visit(url).body))
        assert "Rhein bei A Schwerste Klasse" in text
        assert re.search(r"\d von \d Pegeln steigt das Wasser", text)
    assert '<svg class="spark"' in visit(f"/organization/{TOWN}").body


HOSTILE = '"><script>alert(1)</script>'


def test_names_from_outside_are_only_text(gauges: Gauges, visit: Visit) -> None:
    gauges.measured(
        HOSTILE,
        210,
        rate=9,
        thresholds=[alarm(200, HOSTILE, "X"), alarm(300, HOSTILE, "Y", severity=2)],
        remark=HOSTILE,
        properties={"voice_service_number": HOSTILE},
        operator=Operator(HOSTILE, "javascript:alert(1)", "javascript:alert(2)"),
        licence=Licence("x", HOSTILE, "javascript:alert(3)", HOSTILE),
    )
    listed = visit("/pegel").body
    (address,) = set(re.findall(r'class="name" href="([^"]*)"', listed))
    for page in (
        listed,
        visit(address).body,
        visit("/").body,
        visit(f"/organization/{TOWN}").body,
    ):
        assert "<script>alert(1)" not in page
        assert not re.search(r"""(href|src)=["']?\s*javascript:""", page)
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("url", ["/pegel", f"/organization/{TOWN}", "/"])
def test_a_page_asks_as_much_for_many_gauges_as_for_few(
    gauges: Gauges, visit: Visit, statements: list[str], url: str
) -> None:
    gauges.measured("Erster", thresholds=[alarm(200)])
    visit(url)  # what is asked only once in a process is known now
    statements.clear()
    visit(url)
    few = len(statements)
    for number in range(12):
        gauges.measured(f"Weiterer {number}", rate=number - 6, thresholds=[alarm(200)])
    statements.clear()
    visit(url)
    assert len(statements) == few


def test_a_list_of_one_municipality_shows_no_action_level_of_another(
    gauges: Gauges, visit: Visit
) -> None:
    gauges.measured("Andernach")
    with gauges.engine.begin() as conn:
        set_selections(conn, SOURCE, "linz-am-rhein", [Selection("water", "rhein", "near")])
    gauges.measured("Andernach")
    stream = stations(gauges.engine)[0].datastreams[0].datastream_id
    flooded = Threshold(100, Direction.ABOVE, "f", "Keller", ThresholdKind.MUNICIPAL, "Amt")
    with gauges.engine.begin() as conn:
        put_threshold(conn, stream, "linz-am-rhein", flooded)
    for url, told in (
        ("/pegel?kommune=linz-am-rhein", True),
        (f"/pegel?kommune={TOWN}", False),
        ("/organization/linz-am-rhein", True),
        (f"/organization/{TOWN}", False),
        ("/station/pegel-rhein-andernach", True),
    ):
        assert ("Keller" in plain(visit(url).body)) is told, url
    said = plain(visit("/station/pegel-rhein-andernach").body)
    assert "„Keller“ (Linz am Rhein, 1,00 m) ist um 24 cm überschritten" in flat(said)

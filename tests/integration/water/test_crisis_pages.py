"""The page of a flood night and “my gauges”, as a visitor without account or cookie gets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from gauge_samples import TOWN, Gauges, alarm, mark

from ckanext.suedwest.domain.event import Effect, Event, Place, Span
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Licence, Operator
from ckanext.suedwest.store.events import still_the_same, write_events
from ckanext.suedwest.store.selection import Selection
from ckanext.suedwest.store.sources import register_source, set_selections

Visit = Callable[..., Any]
ANDERNACH, KOBLENZ = "pegel-rhein-andernach", "pegel-rhein-koblenz"


def plain(html: str) -> str:
    """The text of a page's main part as it is read."""
    main = html[html.index("<main") : html.index("</main>")]
    text = re.sub(r"<(script|svg)\b.*?</\1>", "", main, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ")
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ([,.:)])", r"\1", text)


def choice(page: Any) -> str:
    """The link the page offers to keep."""
    found = re.search(r'<textarea id="link"[^>]*>(.*?)</textarea>', page.body)
    assert found
    return found.group(1)


@pytest.mark.parametrize("path", ["/hochwasser", f"/hochwasser/{TOWN}"])
def test_all_gauges_by_urgency(gauges: Gauges, visit: Visit, path: str) -> None:
    gauges.measured("Koblenz", thresholds=[alarm(210)])
    gauges.measured("Brohl", level=150, rate=20, thresholds=[alarm(210)])
    gauges.measured("Andernach", level=230, thresholds=[alarm(210), alarm(400, "Marke_II", "M_II")])
    gauges.measured("Oberwinter", level=300, age=timedelta(days=3), thresholds=[alarm(210)])
    gauges.measured("Bonn", quality=Quality.FAIL)
    text = plain(visit(path).body)
    said = (
        "Ohne verlässlichen Wert und zuletzt über einer Schwelle: Rhein bei Oberwinter.",
        "Schwelle erreicht (1)",
        "Rhein bei Andernach 2,30 m Marke I, gleichbleibend",
        "noch 1,70 m bis zur Marke II",
        "Ohne verlässlichen Wert (2)",
        "Rhein bei Oberwinter (3,00 m) stumm seit",
        "vorher war eine Schwelle erreicht",
        "Rhein bei Bonn (",
        "angezweifelt",
        "Rhein bei Brohl 1,50 m",
        "noch 60 cm bis zur Marke I, etwa 3 Stunden",
        "Ruhig (1)",
        "Rhein bei Koblenz 1,24 m",
    )
    places = [text.find(words) for words in said]
    assert -1 not in places, [words for words, at in zip(said, places, strict=True) if at < 0]
    assert places == sorted(places)
    assert "In Gefahr: 112" in text
    assert re.search(r"\d\d?\.\d\d?\.20\d\d, \d\d?:\d\d Uhr (MEZ|MESZ)\.", text)


def test_every_value_has_its_time_and_a_late_one_says_so(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach", age=timedelta(minutes=65))
    gauges.measured("Koblenz")
    page = visit("/hochwasser").body
    for item in re.findall(r"<li><a [^>]*>Rhein bei.*?</li>", page, flags=re.DOTALL):
        assert re.search(r"\d\d?:\d\d", plain(f"<main>{item}</main>"))
    assert page.count('href="#f-live"') == page.count('href="#f-late"') == 1
    assert "verspätet, " in plain(page)


def test_a_gauge_out_of_service_is_no_quiet_one(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach")
    gauges.measured("Koblenz", complete=True)
    text = plain(visit("/hochwasser").body)
    assert "Ohne verlässlichen Wert (1)" in text
    assert "Rhein bei Andernach (1,24 m) außer Betrieb seit" in text


def test_many_quiet_gauges_are_counted_by_municipality(gauges: Gauges, visit: Visit) -> None:
    for number in range(17):
        gauges.measured(f"Ort-{number:02d}")
    text = plain(visit("/hochwasser").body)
    assert "Ruhig (17) Mayen-Koblenz 17." in text
    assert "Ort-03" not in text
    # its own page lists them
    assert "Rhein bei Ort-03 1,24 m" in plain(visit(f"/hochwasser/{TOWN}").body)


def test_a_municipality_without_gauges_says_so(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach")
    text = plain(visit("/hochwasser/landkreis-kusel").body)
    assert "Für den Landkreis Kusel ist noch kein Pegel angeschlossen." in text
    assert "In Gefahr: 112" in text
    assert "Ruhig" not in text
    visit("/hochwasser/gibt-es-nicht", status=404)


def test_without_any_gauge(visit: Visit) -> None:
    assert "Noch ist kein Pegel angeschlossen." in plain(visit("/hochwasser").body)
    assert visit("/meine-pegel").status_code == 200


def test_below_the_mean_low_the_sign_has_its_words(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach", level=60, thresholds=[mark(71, "MNW"), alarm(460)])
    page = visit(f"/meine-pegel?pegel={ANDERNACH}").body
    assert 'href="#low"' in page
    assert "Niedrigwasser: 11 cm unter dem mittleren Jahrestief" in plain(page)


@pytest.mark.parametrize(
    "path",
    ["/hochwasser", f"/hochwasser/{TOWN}", "/meine-pegel", f"/meine-pegel?pegel={ANDERNACH}"],
)
def test_the_pages_set_no_cookie_and_load_nothing_from_others(
    gauges: Gauges, visit: Visit, path: str
) -> None:
    gauges.measured("Andernach")
    answer = visit(path)
    assert "Set-Cookie" not in answer.headers
    loaded = re.findall(
        r'<(?:link rel="(?:stylesheet|icon)"|script|img)[^>]*?(?:href|src)="([^"]*)', answer.body
    )
    assert loaded
    assert [each for each in loaded if not each.startswith("/")] == []


def test_the_choice_stands_in_the_link(gauges: Gauges, visit: Visit) -> None:
    for name in ("Andernach", "Koblenz", "Bonn"):
        gauges.measured(name)
    page = visit(f"/meine-pegel?pegel={KOBLENZ},{ANDERNACH}")
    text = plain(page.body)
    assert "Rhein bei Koblenz 1,24 m" in text
    assert "Rhein bei Andernach 1,24 m" in text
    assert "Rhein bei Bonn 1,24 m" not in text
    assert ": Rhein bei Koblenz, Rhein bei Andernach - " in re.sub(r"\s+", " ", page.body)
    assert choice(page).endswith(f"/meine-pegel?pegel={KOBLENZ},{ANDERNACH}")
    assert f'href="/meine-pegel?pegel={ANDERNACH}"' in page.body  # without Koblenz
    assert '<meta name="robots" content="noindex">' in page.body


def test_ticked_gauges_are_added_to_the_link(gauges: Gauges, visit: Visit) -> None:
    for name in ("Andernach", "Koblenz", "Bonn"):
        gauges.measured(name)
    answer = visit(
        f"/meine-pegel?pegel={KOBLENZ}&dazu={ANDERNACH}&dazu={KOBLENZ}&dazu=pegel-rhein-bonn", 302
    )
    target = answer.headers["Location"]
    assert target.endswith(f"/meine-pegel?pegel={KOBLENZ},{ANDERNACH},pegel-rhein-bonn")
    assert "/en/meine-pegel" in visit(f"/en/meine-pegel?dazu={KOBLENZ}", 302).headers["Location"]


def test_only_gauges_that_were_not_chosen_are_offered(gauges: Gauges, visit: Visit) -> None:
    for name in ("Andernach", "Koblenz", "Bonn"):
        gauges.measured(name)

    def offered(path: str) -> list[str]:
        return re.findall(r'name="dazu" value="([^"]*)"', visit(path).body)

    assert sorted(offered(f"/meine-pegel?pegel={KOBLENZ}")) == [ANDERNACH, "pegel-rhein-bonn"]
    assert offered("/meine-pegel?suche=ander") == [ANDERNACH]
    assert offered("/meine-pegel?suche=Elbe") == []
    assert "„Elbe“" in visit("/meine-pegel?suche=Elbe").body or "“Elbe”" in plain(
        visit("/meine-pegel?suche=Elbe").body
    )


def test_what_is_no_gauge_is_said_escaped_and_stays_until_it_is_taken_out(
    gauges: Gauges, visit: Visit
) -> None:
    gauges.measured("Andernach")
    page = visit(f"/meine-pegel?pegel={ANDERNACH},<script>alert(1)</script>")
    assert "<script>alert" not in page.body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.body
    assert choice(page).endswith("%3Cscript%3Ealert%281%29%3C%2Fscript%3E")
    hostile = visit('/meine-pegel?suche="><script>alert(1)</script>')
    assert "<script>alert" not in hostile.body


def test_a_link_shows_thirty_gauges_and_tells_of_the_rest(gauges: Gauges, visit: Visit) -> None:
    slugs = []
    for number in range(32):
        gauges.measured(f"Ort-{number:02d}")
        slugs.append(f"pegel-rhein-ort-{number:02d}")
    page = visit(f"/meine-pegel?pegel={','.join(slugs)}")
    assert len(re.findall(r'<a class="name"', page.body)) == 30
    assert re.search(r'class="status wrong[^>]*>[^<]*\b2\b[^<]*\b30\b', page.body)
    assert choice(page).endswith(",".join(slugs))
    assert 'name="dazu"' not in page.body


def test_closed_roads_stand_below_the_gauges_and_tell_how_sure_that_is(
    gauges: Gauges, visit: Visit
) -> None:
    gauges.measured("Andernach")
    assert "Was ist heute gesperrt?" not in plain(visit(f"/hochwasser/{TOWN}").body)

    def works(key: str, effect: Effect, *, begins: timedelta) -> Event:
        return Event(
            key=key,
            place=Place(points=((7.4, 50.4),)),
            spans=(Span(gauges.now + begins),),
            effect=effect,
            operator=Operator("LBM"),
            licence=Licence("dl-de-by-2.0", "Namensnennung", "", "LBM Rheinland-Pfalz"),
            description="Höhe Namedy <überflutet>",
            roads=("B 9",),
        )

    with gauges.engine.begin() as conn:
        register_source(
            conn,
            id="works",
            type="http",
            municipality=TOWN,
            url="https://example.org",
            options={},
            interval=timedelta(hours=1),
            managed_by="file",
        )
        events = [
            works("a", Effect.CLOSED, begins=timedelta(hours=-1)),
            works("b", Effect.RESTRICTED, begins=timedelta(hours=-1)),
            works("c", Effect.CLOSED, begins=timedelta(days=3)),
        ]
        write_events(conn, "works", events, gauges.now)
    body = visit(f"/hochwasser/{TOWN}").body
    text = plain(body)
    assert "Was ist heute gesperrt? (1) B 9: gesperrt" in text
    assert "Höhe Namedy &lt;überflutet&gt;" in text
    assert text.index("Rhein bei Andernach") < text.index("gesperrt?")
    assert "können veraltet sein" not in text
    assert "LBM Rheinland-Pfalz" in text
    everybody = plain(visit("/hochwasser").body)
    assert re.search(r"Was ist heute gesperrt\? [\w -]*Mayen-Koblenz 1\.", everybody)
    still_the_same(gauges.engine, "works", gauges.now - timedelta(hours=5))
    for path in ("/hochwasser", f"/hochwasser/{TOWN}"):
        assert "können veraltet sein" in plain(visit(path).body), path


def test_a_gauge_no_municipality_shows_is_none(gauges: Gauges, visit: Visit) -> None:
    gauges.measured("Andernach")
    with gauges.engine.begin() as connection:
        set_selections(connection, gauges.source, TOWN, [Selection("water", "mosel", "near")])
    page = visit(f"/meine-pegel?pegel={ANDERNACH}").body
    assert '<a class="name"' not in page
    assert ANDERNACH in plain(page)


def test_a_page_needs_the_same_few_queries_for_one_gauge_and_for_many(
    gauges: Gauges, visit: Visit, statements: list[str]
) -> None:
    counts = []
    for name in ("Andernach", "Koblenz", "Bonn"):
        gauges.measured(name, thresholds=[alarm(210)])
        statements.clear()
        visit("/hochwasser")
        counts.append(len(statements))
    assert len(set(counts)) == 1

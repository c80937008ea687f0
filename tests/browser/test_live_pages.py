"""A page that stays open: a value changes, the connection goes and comes back; a real server."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import create_engine, text

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.launcher.data_directory import DataDirectory
from ckanext.suedwest.launcher.services import addresses
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.query import stations
from ckanext.suedwest.store.writer import write_batch

STATION = "/station/pegel-rhein-andernach"
OTHERS = (
    "/",
    "/pegel",
    "/hochwasser/landkreis-mayen-koblenz",
    "/meine-pegel?pegel=pegel-rhein-andernach",
    "/organization/landkreis-mayen-koblenz",
    "/embed/list/pegel/landkreis-mayen-koblenz",
)

LIVE = (
    "/api/live/v1/latest.json",
    "/api/live/v1/latest.csv?municipality=landkreis-mayen-koblenz",
    f"/api/live/v1{STATION.replace('station', 'stations')}/latest.geojson",
    "/embed/pegel-rhein-andernach/W",
    "/embed/pegel-rhein-andernach/W/value",
    "/embed/karte/landkreis-mayen-koblenz",
    "/hochwasser",
    "/verkehr/landkreis-mayen-koblenz",
)


@dataclass
class Server:
    """The real server; what it says of the page can be altered on the way, as time would do it."""

    context: BrowserContext
    alter: Callable[[str], str] = staticmethod(lambda text: text)
    date: str = ""
    asked: int = 0

    def pass_on(self, route: Route) -> None:
        answer = route.fetch()
        self.asked += 1
        # A test does not wait a minute.
        text = re.sub(r'data-live="\d+"', 'data-live="1"', answer.text())
        headers = answer.headers | ({"date": self.date} if self.date else {})
        for compared in ("etag", "content-length"):
            headers.pop(compared, None)
        route.fulfill(status=answer.status, headers=headers, body=self.alter(text))


@pytest.fixture
def server(browser: Browser, site: str) -> Iterator[Server]:
    context = browser.new_context(base_url=site, locale="de-DE", timezone_id="Europe/Berlin")
    found = Server(context)
    context.route(
        lambda address: not re.search(r"\.(js|css|svg|png|ico|woff2)\b|/api/", address),
        found.pass_on,
    )
    yield found
    context.close()


def _opened(server: Server, path: str = STATION) -> Page:
    page = server.context.new_page()
    page.goto(path)
    return page


def test_a_new_value_comes_in_and_the_reader_is_not_disturbed(server: Server) -> None:
    page = _opened(server)
    summary = page.locator("details > summary").first
    summary.click()
    link = page.locator("#verlauf .ranges a").nth(2)
    link.focus()
    page.evaluate("document.querySelector('.hero-value').mark = 'the same'")
    server.alter = lambda text: re.sub(
        r'(class="hero-value"[^>]*>.*?</span>)[^<]+', r"\g<1>9,99", text, flags=re.DOTALL
    )
    expect(page.locator(".hero-value")).to_contain_text("9,99", timeout=60_000)
    # The nodes stay, and with them what somebody did to them.
    assert page.evaluate("document.querySelector('.hero-value').mark") == "the same"
    expect(page.locator("details").first).to_have_attribute("open", "")
    expect(link).to_be_focused()


def _one_centimetre_more() -> str:
    """Write a new level of the station as a poll would, and return it as pages show it."""
    data = DataDirectory(Path(os.environ["SUEDWEST_TEST_DATA"]))
    engine = create_engine(addresses(data, data.read(), data.settings()).databases.datastore_write)
    slug = STATION.rpartition("/")[2]
    (station,) = [each for each in stations(engine) if each.slug == slug]
    (level,) = [each for each in station.datastreams if each.name == "W"]
    assert level.latest_result is not None
    with engine.connect() as conn:
        source = conn.execute(
            text("SELECT source_id FROM suedwest.station WHERE id = :id"), {"id": station.id}
        ).scalar_one()
    now = datetime.now(UTC)
    more = Observation(station.key, level.name, now.replace(microsecond=0), level.latest_result + 1)
    receipt = write_batch(engine, Batch(source, now, observations=[more]), lease=None, now=now)
    engine.dispose()
    assert receipt.stored == 1
    return f"{more.result / 100:.2f}".replace(".", ",").replace("-", "\u2212")


def test_what_is_measured_now_comes_in_and_is_read_out(server: Server) -> None:
    page = _opened(server)
    shown = _one_centimetre_more()
    expect(page.locator(".hero-value")).to_contain_text(shown, timeout=60_000)
    told = page.locator("p.visually-hidden[role=status]")
    expect(told).to_contain_text(re.compile(rf"^Wasserstand {shown}\sm"))
    # Politely: what is read just now is not cut off.
    expect(told).not_to_have_attribute("aria-live", "assertive")


@pytest.mark.parametrize("path", [*LIVE, STATION, *OTHERS])
def test_who_has_the_newest_answer_gets_no_other(site: str, path: str) -> None:
    def asked_again() -> int:
        first = httpx.get(site + path, timeout=60)
        assert first.status_code == 200
        tag = {"If-None-Match": first.headers["ETag"]}
        again = httpx.get(site + path, headers=tag, timeout=60)
        assert again.status_code in (200, 304)
        assert (again.content == b"") is (again.status_code == 304)
        return again.status_code

    # A value that comes in, or an age of one minute more, changes the answer.
    assert 304 in (asked_again() for _ in range(5))


def test_a_lost_connection_is_said_and_old_values_turn_old(server: Server) -> None:
    page = _opened(server)
    lost = page.locator(".contact-lost")
    expect(lost).to_be_hidden()
    server.context.set_offline(True)
    page.route("**/station/**", lambda route: route.abort())
    expect(lost).to_have_text(re.compile(r"Keine Verbindung seit \d\d:\d\d Uhr"), timeout=60_000)
    page.unroute("**/station/**")
    # By the server's clock, whatever this computer's says.
    server.date = "Fri, 01 Jan 2100 00:00:00 GMT"
    server.context.set_offline(False)
    expect(lost).to_be_hidden(timeout=60_000)
    measured = page.locator(".station-head time[data-live-until]")
    expect(measured).to_contain_text("Nicht mehr aktuell.", timeout=60_000)
    expect(page.locator(".station-head")).to_have_class(re.compile("past"))
    server.date = ""
    expect(measured).not_to_contain_text("Nicht mehr aktuell.", timeout=60_000)


@pytest.mark.parametrize("path", OTHERS)
def test_every_live_page_looks_again(server: Server, path: str) -> None:
    page = _opened(server, path)
    first = server.asked
    server.alter = lambda text: re.sub(r"(<h1[^>]*>)", r"\g<1>Neu: ", text, count=1)
    expect(page.locator("h1")).to_contain_text("Neu: ", timeout=60_000)
    assert server.asked > first

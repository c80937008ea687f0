"""An embedded chart in a real browser: small, alone, framed only where it may be, and readable."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, expect

EMBED = "/embed/pegel-rhein-andernach/W"
LIMIT = 60 * 1024


def watch(page: Page) -> list[Response]:
    """Every answer the page gets from now on."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    return answers


def test_everything_it_loads_is_small_and_from_here(page: Page, site: str) -> None:
    answers = watch(page)
    page.goto(EMBED, wait_until="networkidle")
    # Pointing at the chart loads the rest.
    page.locator("figure.chart").hover()
    expect(page.locator("figure.chart.interactive")).to_be_visible()
    page.wait_for_load_state("networkidle")
    hosts = {urlsplit(answer.url).netloc for answer in answers}
    assert hosts == {urlsplit(site).netloc}
    assert all(answer.status == 200 for answer in answers)
    assert {urlsplit(answer.url).path.rpartition(".")[2] for answer in answers} >= {"css", "js"}
    weight = sum(len(gzip.compress(answer.body(), 6)) for answer in answers)
    assert weight <= LIMIT


def test_it_leaves_nothing_behind(page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(EMBED, wait_until="networkidle")
    page.locator("figure.chart").hover()
    expect(page.locator("figure.chart.interactive")).to_be_visible()
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert problems == []


def test_it_is_complete_without_a_script(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(EMBED)
    expect(page.locator("h1")).to_contain_text("Rhein bei Andernach")
    expect(page.locator(".fresh")).not_to_be_empty()
    expect(page.locator("figure.chart > svg:visible")).to_have_count(1)
    expect(page.locator("footer")).to_contain_text("Sandbox")
    page.goto(f"{EMBED}?range=30d")
    expect(page.locator("figure.chart > svg:visible")).to_have_count(1)
    context.close()


@pytest.mark.parametrize(
    ("width", "drawing"), [(360, "narrow"), (320, "narrow"), (900, "wide-only")]
)
def test_it_fits_its_frame(page: Page, width: int, drawing: str) -> None:
    page.set_viewport_size({"width": width, "height": 480})
    page.goto(EMBED)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("figure.chart > svg:visible")).to_have_class(drawing)
    page.locator("figure.chart").hover()
    expect(page.locator("figure.chart.interactive")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_single_values_are_read_with_the_keyboard(page: Page) -> None:
    page.goto(EMBED)
    page.locator("figure.chart").focus()
    expect(page.locator("figure.chart.interactive")).to_be_visible()
    readout = page.locator("figure.chart .readout")
    page.keyboard.press("End")
    expect(readout).to_contain_text("Uhr: ")
    newest = readout.inner_text()
    assert re.search(r"\w\w \d+\.\d+\., \d+:\d\d\sUhr: [−\d,]+\sm", newest)
    page.keyboard.press("Shift+ArrowLeft")
    expect(readout).not_to_have_text(newest)
    page.keyboard.press("End")
    expect(readout).to_have_text(newest)
    page.keyboard.press("+")
    page.keyboard.press("Escape")
    expect(readout).to_have_text(newest)


def test_ages_grow_while_the_page_is_open(page: Page) -> None:
    page.clock.install()
    page.goto(EMBED)
    age = page.locator("time[data-age]")
    # A replayed gauge may be late; then its age is not told anew.
    if age.count():
        before = age.inner_text()
        page.clock.run_for(2 * 60 * 1000)
        expect(age).not_to_have_text(before)
    else:
        expect(page.locator(".fresh")).to_contain_text(re.compile("erspätet|tumm|ngezweifelt"))


ELSEWHERE = ("www.kvmyk.de", "www.kaiserslautern.de", "elsewhere.example")


@pytest.fixture
def embedded_in(browser: Browser, site: str) -> Iterator[Callable[[str], Page]]:
    """Opens the page of another host, which frames the chart. The host is played by this machine:
    a page of the internet may not ask it unbidden."""
    html = f'<!doctype html><title>x</title><iframe src="{site}{EMBED}"></iframe>'.encode()

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(html)))
            self.end_headers()
            self.wfile.write(html)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    Thread(target=server.serve_forever, daemon=True).start()
    rules = ", ".join(f"MAP {host}:80 127.0.0.1:{server.server_port}" for host in ELSEWHERE)
    chromium = browser.browser_type.launch(
        executable_path=os.environ["SUEDWEST_TEST_CHROMIUM"],
        args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules={rules}"],
    )
    page = chromium.new_page()

    def embed(host: str) -> Page:
        page.goto(f"http://{host}/")
        page.wait_for_load_state("networkidle")
        return page

    yield embed
    chromium.close()
    server.shutdown()
    server.server_close()


def test_a_municipality_that_shows_the_gauge_may_frame_it(
    embedded_in: Callable[[str], Page],
) -> None:
    page = embedded_in(ELSEWHERE[0])
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_contain_text("Rhein bei Andernach")
    assert page.context.cookies() == []


def test_the_frame_gets_the_height_of_what_it_shows(page: Page, site: str) -> None:
    page.goto("/station/pegel-rhein-andernach")
    code = page.locator("textarea", has_text="<iframe").input_value()
    body = f"<!doctype html><title>x</title>{code}"
    page.route("**/host", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/host")
    frame = page.locator("iframe")
    height = "Math.ceil(document.querySelector('main').getBoundingClientRect().height)"
    for width in (1000, 360):
        page.set_viewport_size({"width": width, "height": 700})
        shown = page.frames[1]
        # As a function: text would be evaluated, which the page's policy forbids.
        shown.wait_for_function(f"() => innerWidth <= {width} && {height} === innerHeight")
    told = frame.evaluate("frame => frame.style.height")
    # What others say, or what no chart is as high as, changes nothing.
    page.evaluate("""() => {
        postMessage({suedwestHeight: 300}, "*");
        const frame = document.querySelector("iframe").contentWindow;
        for (const [origin, source, height] of [
            ["https://elsewhere.example", frame, 300], [location.origin, window, 300],
            [location.origin, frame, 99999], [location.origin, frame, -5],
            [location.origin, frame, "300"], [location.origin, frame, NaN],
        ]) {
            const data = {suedwestHeight: height};
            dispatchEvent(new MessageEvent("message", {data, origin, source}));
        }
        return new Promise(done => setTimeout(done));
    }""")
    assert frame.evaluate("frame => frame.style.height") == told
    page.evaluate("""() => dispatchEvent(new MessageEvent("message", {
        data: {suedwestHeight: 300}, origin: location.origin,
        source: document.querySelector("iframe").contentWindow}))""")
    assert frame.evaluate("frame => frame.style.height") == "300px"


@pytest.mark.parametrize("host", ELSEWHERE[1:])
def test_nobody_else_may_frame_it(embedded_in: Callable[[str], Page], host: str) -> None:
    page = embedded_in(host)
    assert page.frames[1].url.startswith("chrome-error:")
    assert any("frame-ancestors" in message.text for message in page.console_messages())


def test_the_station_page_offers_code_that_works(page: Page) -> None:
    page.goto("/station/pegel-rhein-andernach")
    code = page.locator("textarea", has_text="<iframe").input_value()
    source = re.search(r'src="([^"]+)"', code)
    assert source is not None
    answer = page.goto(source[1])
    assert answer is not None
    assert answer.status == 200
    assert "set-cookie" not in answer.all_headers()

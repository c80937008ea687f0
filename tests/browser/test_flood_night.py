"""A flood night: one part after the other ends, and the public goes on reading.

A real nginx with config/nginx stands before the instance that all these tests share. It is stopped
here, and started again for the tests that come after.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ckanext.suedwest.launcher import ports
from ckanext.suedwest.launcher.data_directory import DataDirectory
from ckanext.suedwest.launcher.stopping import supervisor_of
from ckanext.suedwest.portal.snapshots.files import SnapshotFolder

sys.path.append(str(Path(__file__).parents[1] / "integration" / "docker"))

from nginx_program import configure, nginx_program, running

STATION = "pegel-rhein-andernach"
TOWN = "landkreis-mayen-koblenz"
LIVE = {
    "/api/live/v1/latest.json": "api/live/v1/latest.json",
    f"/api/live/v1/latest.csv?municipality={TOWN}": f"api/live/v1/latest@{TOWN}.csv",
    f"/api/live/v1/stations/{STATION}/latest.json": f"api/live/v1/stations/{STATION}/latest.json",
}
ALL, OF_TOWN, OF_STATION = LIVE
PAGES = (
    "/",
    "/en/",
    f"/organization/{TOWN}",
    f"/embed/karte/{TOWN}",
    "/hochwasser",
    f"/hochwasser/{TOWN}",
    "/pegel",
    "/meine-pegel",
    f"/station/{STATION}",
    f"/en/station/{STATION}",
    f"/embed/list/pegel/{TOWN}",
)
# A test of the configuration needs the server; CI has it.
pytestmark = pytest.mark.skipif(
    nginx_program() is None and not os.environ.get("CI"), reason="no nginx on this machine"
)


@dataclass(frozen=True)
class Night:
    """The public's way in, and the ways to end what lies behind it."""

    address: str
    certificate: Path
    data: Path
    files: SnapshotFolder

    def get(self, path: str) -> httpx.Response:
        """An answer to a visitor."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        # Its name is that of a host, and this is an address.
        trusted.check_hostname = False
        return httpx.get(self.address + path, verify=trusted, timeout=90)

    def end(self, *programs: str) -> None:
        """End single processes and let them stay so."""
        manager = f"unix://{supervisor_of(DataDirectory(self.data)).socket}"
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-s", manager, "stop", *programs],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def end_everything(self) -> None:
        """What `./suedwest down` does."""
        _launcher("down", self.data)

    def files_are_old(self) -> None:
        """As they are some minutes after their writer ended."""
        self.files.confirm(datetime.fromtimestamp(0, UTC))


def _launcher(command: str, data: Path, *more: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ckanext.suedwest.launcher", command, "--data", str(data), *more],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _wait(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 240
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(1)


@pytest.fixture(scope="module")
def night(site: str) -> Iterator[Night]:
    data = Path(os.environ["SUEDWEST_TEST_DATA"])
    files = SnapshotFolder(data / "snapshots")
    _wait(lambda: files.confirmed(datetime.now(UTC)), "nothing was kept")
    listening: list[int] = []
    for _ in range(3):
        listening.append(ports.choose(set(listening)))
    folder = Path(tempfile.mkdtemp(prefix="suedwest-night-"))
    configure(
        folder,
        ports.HOST,
        listening,
        portal=urlsplit(site).port or 80,
        broker=listening[2],
        snapshots=files.root,
    )
    try:
        with running(folder, listening):
            certificate = folder / "secrets" / "tls_certificate"
            address = f"https://{ports.HOST}:{listening[1]}"
            yield Night(address, certificate, data, files)
    finally:
        shutil.rmtree(folder)
        _launcher("up", data, "--detach")


@pytest.fixture
def visitor(browser: Browser, night: Night) -> Iterator[Page]:
    """A page of somebody who reads through nginx."""
    context = browser.new_context(
        base_url=night.address,
        locale="de-DE",
        timezone_id="Europe/Berlin",
        ignore_https_errors=True,
    )
    yield context.new_page()
    context.close()


def _in_the_year_2100(route: Route) -> None:
    answer = route.fetch()
    headers = answer.headers | {"date": "Fri, 01 Jan 2100 00:00:00 GMT"}
    # Asked again with them, the server would answer that nothing changed, which is nothing here.
    for compared in ("etag", "last-modified"):
        headers.pop(compared, None)
    route.fulfill(response=answer, headers=headers)


def _reads_everything(visitor: Page) -> None:
    """What must be readable: values with the time of their measurement, chart, flood page."""
    visitor.goto("/hochwasser")
    assert visitor.locator(".urgent li, .urgent-groups .calm").count()
    expect(visitor.locator("p.kept")).to_contain_text("Gespeicherter Stand")
    visitor.goto(f"/hochwasser/{TOWN}")
    expect(visitor.locator(".crisis h1")).to_be_visible()
    visitor.goto(f"/station/{STATION}")
    expect(visitor.locator(".hero-value .unit")).to_have_text("m")
    # Its age comes from the value: a clock time, which stays true.
    expect(visitor.locator(".station-head .fresh").first).to_contain_text(
        re.compile(r"Gemessen .*\d{2}:\d{2}\sUhr")
    )
    figure = visitor.locator("#verlauf figure[data-series]").first
    assert figure.locator("svg path").count()
    figure.focus()
    visitor.keyboard.press("ArrowLeft")
    # The values of the seven days come from a file as well.
    expect(figure.locator(".readout")).to_contain_text(re.compile(r"\d,\d\d"))


def test_every_day_the_files_answer_the_live_endpoints(night: Night, site: str) -> None:
    def same(path: str, file: str) -> bool:
        answer = night.get(path)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
        return answer.content == (night.files.root / "now" / file).read_bytes()

    for path, file in LIVE.items():
        # Values arrive meanwhile, so a file may be replaced between the two looks.
        _wait(lambda path=path, file=file: same(path, file), path)
    asked = httpx.get(site + OF_STATION, timeout=90).json()
    assert night.get(OF_STATION).json().keys() == asked.keys()


def test_only_the_database_is_dead(night: Night, visitor: Page, site: str) -> None:
    night.end("application:snapshots", "services:postgres")
    night.files_are_old()
    assert httpx.get(site + ALL, timeout=90).status_code >= 500
    for path in (*LIVE, *PAGES):
        assert night.get(path).status_code == 200, path
    _reads_everything(visitor)


def test_everything_is_stopped(night: Night, visitor: Page, site: str) -> None:
    values = night.get(ALL).json()
    night.end_everything()
    with pytest.raises(httpx.ConnectError):
        httpx.get(site, timeout=5)
    for path in (*LIVE, *PAGES):
        assert night.get(path).status_code == 200, path
    _reads_everything(visitor)
    # Values say for how long they speak of now, and the page says it when that is over.
    assert night.get(ALL).json() == values
    assert any(each["live_until"] for each in values["values"])
    visitor.route(f"**/station/{STATION}", _in_the_year_2100)
    visitor.goto(f"/station/{STATION}")
    expect(visitor.locator("p.kept [role=status]")).to_contain_text(
        "nicht mehr aktuell", timeout=60_000
    )
    # What was not kept says that it will come back.
    assert night.get("/dataset/").status_code == 503

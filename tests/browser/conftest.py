"""Fixtures for tests in a real Chromium, against the instance `./suedwest test browser` starts."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# Nothing but the tested site is asked, and what the sandbox of a container lacks is not used.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_MUNICIPALITY = "eifelkreis-bitburg-pruem"
_SECONDS = 60


def _told(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"{variable} is not set; run `./suedwest test browser`", pytrace=False)
    return value


@pytest.fixture(scope="session")
def site() -> str:
    """Address of a running sandbox, without a slash at the end."""
    return _told("SUEDWEST_TEST_SITE")


def _ckan(*arguments: str) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ckanext.suedwest.launcher", "ckan"),
            *("--data", _told("SUEDWEST_TEST_DATA"), *arguments),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def act(site: str) -> Callable[..., Any]:
    """Call an action of CKAN's as its administrator: `act("package_show", id="name")`."""
    token = _ckan("user", "token", "add", "-q", "admin", secrets.token_hex(4)).split()[-1]

    def call(action: str, **data: Any) -> Any:
        answer = httpx.post(
            f"{site}/api/3/action/{action}",
            json=data,
            headers={"Authorization": token},
            timeout=_SECONDS,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    return call


@pytest.fixture(scope="session")
def editor(act: Callable[..., Any]) -> tuple[str, str]:
    """Name and password of an editor of one municipality, who is nothing else."""
    name, password = f"editor-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    _ckan("user", "add", name, f"email={name}@example.org", f"password={password}")
    act("organization_member_create", id=_MUNICIPALITY, username=name, role="editor")
    return name, password


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=_told("SUEDWEST_TEST_CHROMIUM"), args=list(FLAGS)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a visitor nobody knows: no cookies, no storage; addresses relative to `site`."""
    context = browser.new_context(base_url=site, locale="de-DE", timezone_id="Europe/Berlin")
    yield context.new_page()
    context.close()


@contextmanager
def _logged_in(browser: Browser, site: str, editor: tuple[str, str]) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site, locale="de-DE", timezone_id="Europe/Berlin", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(_SECONDS * 1000)
    page.goto("/user/login")
    page.locator("input[name=login]").fill(editor[0])
    page.locator("input[name=password]").fill(editor[1])
    page.locator("form [type=submit]").last.click()
    page.wait_for_url(lambda address: "/user/login" not in address)
    yield page
    context.close()


@pytest.fixture
def staff(browser: Browser, site: str, editor: tuple[str, str]) -> Iterator[Page]:
    """A page of the editor, logged in by the form."""
    with _logged_in(browser, site, editor) as page:
        yield page


@pytest.fixture(scope="module")
def staff_session(browser: Browser, site: str, editor: tuple[str, str]) -> Iterator[Page]:
    """A page of the editor that all tests of a file share."""
    with _logged_in(browser, site, editor) as page:
        yield page

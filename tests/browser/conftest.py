"""Fixtures for tests in a real Chromium, against the instance `./suedwest test browser` starts."""

from __future__ import annotations

import os
from collections.abc import Iterator

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


def _told(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"{variable} is not set; run `./suedwest test browser`", pytrace=False)
    return value


@pytest.fixture(scope="session")
def site() -> str:
    """Address of a running sandbox, without a slash at the end."""
    return _told("SUEDWEST_TEST_SITE")


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

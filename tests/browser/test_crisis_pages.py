"""The flood page and “my gauges” on a phone, on paper, by keyboard and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

TWO = "/meine-pegel?pegel=pegel-rhein-andernach,pegel-rhein-koblenz"


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A small phone whose browser runs no script."""
    context = browser.new_context(
        base_url=site, viewport={"width": 360, "height": 740}, java_script_enabled=False
    )
    yield context
    context.close()


@pytest.mark.parametrize("path", ["/hochwasser", "/hochwasser/landkreis-mayen-koblenz"])
def test_all_gauges_stand_on_one_screen_of_a_phone(phone: BrowserContext, path: str) -> None:
    page = phone.new_page()
    page.goto(path)
    last = page.locator(".urgent-groups li, .urgent-groups .calm").last.bounding_box()
    assert last
    assert last["y"] + last["height"] <= 740
    heading = page.locator("h1").bounding_box()
    assert heading
    assert heading["y"] >= 0


@pytest.mark.parametrize("path", ["/hochwasser", "/hochwasser/landkreis-mayen-koblenz", TWO])
def test_nothing_has_to_be_scrolled_sideways_and_targets_are_large(
    browser: Browser, site: str, path: str
) -> None:
    context = browser.new_context(base_url=site, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for link in page.locator(".chosen a, .towns a, .own .button").all():
        if box := link.bounding_box():
            assert box["height"] >= 40, link.inner_text()
    context.close()


@pytest.mark.parametrize("path", ["/hochwasser", "/hochwasser/landkreis-mayen-koblenz", TWO])
def test_it_is_one_sheet_of_paper_black_on_white_without_navigation(page: Page, path: str) -> None:
    page.goto(path)
    page.emulate_media(media="print")
    for hidden in ("header.site nav", "footer.foot", ".towns", "form", "textarea"):
        for element in page.locator(hidden).all():
            expect(element).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    colours = page.evaluate(
        "(() => { const style = getComputedStyle(document.body);"
        " return [style.color, style.backgroundColor]; })()"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    sheets = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True))
    assert len(sheets) == 1


def test_a_choice_is_made_kept_and_changed_without_javascript(phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto("/meine-pegel")
    page.fill("#suche", "Rhein Andernach")
    page.get_by_role("button", name="Suchen").click()
    page.locator("input[value=pegel-rhein-andernach]").first.check()
    page.locator("button.button:not(.second)").click()
    expect(page).to_have_url(re.compile(r"/meine-pegel\?pegel=pegel-rhein-andernach$"))
    expect(page.locator(".urgent .name")).to_have_text("Rhein bei Andernach")
    assert "Rhein bei Andernach" in page.title()
    assert page.locator("#link").input_value() == page.url
    page.locator(".chosen a").click()
    expect(page).to_have_url(re.compile(r"/meine-pegel$"))
    assert phone.cookies() == []


def test_the_choice_is_made_by_keyboard(page: Page) -> None:
    page.goto("/meine-pegel")
    page.locator("details.offer summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "checkbox"
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/meine-pegel\?pegel=pegel-[\w-]+$"))
    expect(page.locator(".urgent .name")).to_have_count(1)


@pytest.mark.parametrize("path", ["/hochwasser", "/hochwasser/landkreis-mayen-koblenz"])
def test_the_flood_page_is_small(page: Page, path: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert sum(sizes) <= 60_000
    # One script, which keeps an open page up to date; all of it is part of the sum above.
    assert page.locator("script[src]").count() == 1

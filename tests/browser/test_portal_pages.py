"""The pages as a visitor's browser sees them: nobody else is asked, nothing is stored, all fits."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Request, expect

PAGES = [
    "/",
    "/en/",
    "/pegel",
    "/station/pegel-rhein-andernach",
    "/station/pegel-mosel-alken",
    "/en/station/pegel-rhein-andernach",
    "/organization/landkreis-mayen-koblenz",
    "/organization/kaiserslautern",
    "/organization/",
    "/dataset/",
    "/dataset/?q=Andernach",
    "/dataset/pegel-rhein-andernach",
    "/impressum",
    "/datenschutz",
    "/barrierefreiheit",
    "/gibt-es-nicht",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_gets_no_cookie_and_asks_no_third_party(page: Page, site: str, path: str) -> None:
    strangers: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((f"{site}/", "data:", "blob:")):
            strangers.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert strangers == []
    assert errors == []
    assert page.context.cookies() == []
    # htmx of CKAN's own pages notes the path for the back button until the tab is closed
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("Object.keys(sessionStorage)") in ([], ["htmx-current-path-for-history"])


@pytest.mark.parametrize("path", PAGES)
def test_nothing_has_to_be_scrolled_sideways_on_a_phone(
    browser: Browser, site: str, path: str
) -> None:
    context = browser.new_context(base_url=site, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/gibt-es-nicht"])
def test_a_page_has_a_language_a_title_one_heading_and_named_controls(
    page: Page, path: str
) -> None:
    page.goto(path)
    assert page.locator("html").get_attribute("lang") == ("en" if path.startswith("/en") else "de")
    assert page.title().strip()
    assert page.locator("h1").count() == 1
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, select, textarea')]
            .filter(e => e.offsetParent !== null && e.type !== 'hidden')
            .filter(e => !(e.innerText || e.value || '').trim() && !e.getAttribute('aria-label')
                && !e.title && !(e.labels && e.labels.length) && !e.querySelector('img[alt]'))
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_every_page_of_the_sandbox_says_that_it_is_one(page: Page) -> None:
    for path in ("/", "/pegel", "/station/pegel-rhein-andernach", "/dataset/", "/user/login"):
        page.goto(path)
        assert "Sandbox: nachgespielte Werte" in page.inner_text("body"), path


def test_the_way_from_the_home_page_to_a_gauge_and_back(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").or_(page.locator("form input[name=q]")).first.fill("Andernach")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/dataset"))
    page.get_by_role("link", name="Rhein bei Andernach").first.click()
    page.wait_for_load_state()
    if "/dataset/" in page.url:
        page.locator("a[href*='/station/']").first.click()
    expect(page.locator("h1")).to_have_text("Rhein bei Andernach")
    page.get_by_role("link", name="24 Stunden").click()
    expect(page).to_have_url(re.compile("range=24h"))
    page.go_back()
    page.go_back()
    assert page.url


def test_a_gauge_is_complete_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/station/pegel-rhein-andernach")
    text = page.inner_text("body")
    assert re.search(r"−?\d+,\d\d\s*m", text)
    assert "Gemessen" in text
    assert page.locator("figure.chart svg path.line").count() > 0
    assert page.locator("table").count() >= 2
    assert "<iframe" in page.locator("textarea").first.input_value()
    context.close()


def test_the_keyboard_reaches_the_content(page: Page) -> None:
    page.goto("/station/pegel-rhein-andernach")
    reached: list[str] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText || ''").strip())
        outline = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; })()"
        )
        assert outline, f"no focus ring on {reached[-1]!r}"
    assert "Datensätze" in reached
    assert any("Stunden" in name or "Tage" in name for name in reached)


def test_the_table_view_of_a_live_resource_has_a_working_search_box(page: Page, site: str) -> None:
    package = page.request.get("/api/3/action/package_show?id=pegel-rhein-andernach").json()
    resource = next(r for r in package["result"]["resources"] if "(W)" in r["name"])
    views = page.request.get(f"/api/3/action/resource_view_list?id={resource['id']}").json()
    table = next(view for view in views["result"] if view["view_type"] == "datatables_view")
    page.goto(f"/dataset/{package['result']['id']}/resource/{resource['id']}/view/{table['id']}")
    rows = page.locator("#dtprv tbody tr")
    expect(rows.first).to_be_visible(timeout=20_000)
    expect(page.locator("#dtprv_info")).to_be_visible()
    before = page.locator("#dtprv_info").inner_text()
    page.locator("input[type=search]").first.fill("niemals")
    page.keyboard.press("Enter")
    expect(page.locator("#dtprv_info")).not_to_have_text(before, timeout=20_000)

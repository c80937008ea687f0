"""Every type of page against WCAG 2.1 AA: axe, keyboard, narrow windows, names and headings.

A new address of ours fails `test_every_page_of_ours_is_looked_at` until it stands in `PUBLIC`,
`STAFF` or `NO_PAGES`. A test looks at one page, and one visit answers for nearly all checks.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page

from ckanext.suedwest.charts.dashboards.staff import dashboard_staff
from ckanext.suedwest.charts.dashboards.views import dashboards
from ckanext.suedwest.charts.map_view.views import map_views
from ckanext.suedwest.charts.ranges import RANGES
from ckanext.suedwest.charts.views import charts
from ckanext.suedwest.portal.administration import administration
from ckanext.suedwest.portal.views import portal
from ckanext.suedwest.traffic.views import traffic
from ckanext.suedwest.water.views import water

STATION = "pegel-rhein-andernach"
TOWN = "landkreis-mayen-koblenz"
OWN = "eifelkreis-bitburg-pruem"
OWN_STATION = "pegel-enz-neuerburg-simulation"

# Endpoint, address. An endpoint without a dot is a variant or a page of CKAN's.
PUBLIC: tuple[tuple[str, str], ...] = (
    ("suedwest.home", "/"),
    ("suedwest_water.gauges", "/pegel"),
    ("gauges_of_a_municipality", f"/pegel?kommune={TOWN}"),
    ("suedwest_water.crisis", "/hochwasser"),
    ("suedwest_water.crisis", f"/hochwasser/{TOWN}"),
    ("suedwest_water.own_gauges", "/meine-pegel"),
    ("own_gauges_chosen", f"/meine-pegel?pegel={STATION},pegel-rhein-koblenz"),
    ("own_gauges_found", "/meine-pegel?suche=Rhein"),
    ("own_gauges_not_found", "/meine-pegel?suche=xyzzyquux"),
    ("suedwest_traffic.overview", "/verkehr"),
    ("suedwest_traffic.municipality", f"/verkehr/{TOWN}"),
    ("traffic_of_roads", "/verkehr/kaiserslautern?art=roads"),
    ("car_park", "/station/parken-mayen-tiefgarage-markt-simulation"),
    ("counter", "/station/zaehlstelle-linz-uferweg-simulation"),
    ("charging_site", "/station/laden-bitburg-schnellladepark-simulation"),
    ("sharing_station", "/station/sharing-st-wendel-leihstation-bahnhof-simulation"),
    ("suedwest_traffic.stop", "/haltestelle/landkreis-st-wendel/musterstadt-bahnhof"),
    ("embedded_traffic", f"/embed/list/verkehr/{TOWN}"),
    ("embedded_roads", "/embed/list/roads/kaiserslautern"),
    ("suedwest.station", f"/station/{STATION}"),
    ("station_of_own", f"/station/{OWN_STATION}"),
    ("municipality", f"/organization/{TOWN}"),
    ("municipality_with_a_dashboard", f"/organization/{OWN}"),
    ("municipality_search", f"/organization/{TOWN}?q=Rhein"),
    ("about_a_municipality", f"/organization/about/{TOWN}"),
    ("organizations", "/organization/"),
    ("search", "/dataset/"),
    ("search_found", "/dataset/?q=Andernach"),
    ("search_nothing", "/dataset/?q=xyzzyquux"),
    ("search_refused", "/dataset/?q=%22%22%5B"),
    ("dataset", "/dataset/{dataset}"),
    ("resource", "/dataset/{dataset}/resource/{resource}"),
    ("series", f"/dataset/{STATION}/resource/{{series}}"),
    ("view", f"/dataset/{STATION}/resource/{{series}}/view/{{view}}"),
    ("station_dataset", f"/dataset/{STATION}"),
    ("live_dataset", "/dataset/{live_dataset}"),
    ("live_resource", "/dataset/{live_dataset}/resource/{live_resource}"),
    ("suedwest_dashboards.page", f"/seiten/{OWN}/{{dashboard}}"),
    ("suedwest.interfaces", "/schnittstellen"),
    ("suedwest.legal", "/impressum"),
    ("suedwest.legal", "/datenschutz"),
    ("suedwest.legal", "/barrierefreiheit"),
    ("login", "/user/login"),
    ("reset", "/user/reset"),
    ("not_found", "/gibt-es-nicht"),
    ("forbidden", "/user/register"),
    ("suedwest_charts.embed", f"/embed/{STATION}/W"),
    ("suedwest_charts.embed_value", f"/embed/{STATION}/W/value"),
    ("suedwest_charts.embed_list", f"/embed/list/pegel/{TOWN}"),
    ("suedwest_dashboards.embed", f"/embed/seite/{OWN}/{{dashboard}}"),
    ("suedwest_maps.embed", f"/embed/karte/{TOWN}"),
    ("embed_missing", "/embed/gibt-es-nicht/W"),
)
# The same page with other values, looked at once.
ONCE = tuple(f"/embed/{STATION}/W?range={name}" for name in RANGES)

_STATION = f"/verwaltung/{OWN}/stationen/{OWN_STATION}"
STAFF: tuple[tuple[str, str], ...] = (
    ("suedwest_administration.start", "/verwaltung"),
    ("suedwest_administration.overview", f"/verwaltung/{OWN}"),
    ("suedwest_administration.quarantine", f"/verwaltung/{OWN}/quarantaene"),
    ("suedwest_administration.quarantined", "{record}"),
    ("suedwest_administration.stations", f"/verwaltung/{OWN}/stationen"),
    ("suedwest_administration.station", _STATION),
    ("suedwest_administration.threshold", f"{_STATION}/handlungsstufe"),
    ("suedwest_administration.mark", f"{_STATION}/zeitraum"),
    ("suedwest_administration.correction", f"{_STATION}/korrektur"),
    ("suedwest_administration.mounting", "{mounting}"),
    ("suedwest_administration.limits", "{limits}"),
    ("suedwest_administration.sources", f"/verwaltung/{OWN}/quellen"),
    ("suedwest_administration.source_gauge", f"/verwaltung/{OWN}/quellen/pegel"),
    ("ways", f"/verwaltung/{OWN}/quellen/pegel?weg=tts-mqtt"),
    ("suedwest_administration.source_new", f"/verwaltung/{OWN}/quellen/neu?art=mqtt"),
    ("suedwest_administration.source", "{source}"),
    ("suedwest_administration.source_edit", "{source}/aendern"),
    ("suedwest_administration.source_device", "{source}/geraet"),
    ("suedwest_administration.source_trial", "{source}/probelauf"),
    ("suedwest_administration.source_delete", "{source}/loeschen"),
    ("suedwest_administration.history", f"/verwaltung/{OWN}/einspielen"),
    ("suedwest_administration.history_file", "{file}"),
    ("suedwest_dashboard_staff.pages", f"/verwaltung/{OWN}/seiten"),
    ("suedwest_dashboard_staff.edit", f"/verwaltung/{OWN}/seiten/{{dashboard}}"),
    ("suedwest_dashboard_staff.tile", f"/verwaltung/{OWN}/seiten/{{dashboard}}/baustein/0"),
    *(
        (
            "suedwest_dashboard_staff.new_tile",
            f"/verwaltung/{OWN}/seiten/{{dashboard}}/baustein?art={kind}",
        )
        for kind in ("image", "text")
    ),
    ("suedwest_dashboard_staff.delete", f"/verwaltung/{OWN}/seiten/{{dashboard}}/loeschen"),
    ("dataset_form", "/dataset/new"),
    ("dataset_edited", "/dataset/edit/{dataset}"),
    ("dataset_resources", "/dataset/resources/{dataset}"),
    ("resource_form", "/dataset/{dataset}/resource/new"),
    ("resource_edited", "/dataset/{dataset}/resource/{resource}/edit"),
    ("views_of_a_resource", "/dataset/{dataset}/resource/{resource}/views"),
    ("my_work", "/dashboard/datasets"),
    ("my_municipalities", "/dashboard/organizations"),
    ("own_profile", "/user/{user}"),
    ("own_profile_form", "/user/edit/{user}"),
)

NO_PAGES = {
    "static",
    "suedwest.municipality",  # leads on to the organisation
    "suedwest.municipalities",
    "suedwest.map_tile",
    "suedwest_charts.embed_file",
    "suedwest_charts.embed_list_file",
    "suedwest_maps.file",
    "suedwest_charts.oembed_answer",
    "suedwest_charts.series",
}

Colours = Literal["light", "dark"]
# What is embedded is looked at on its own, and no page plays sounds, which axe would load first.
ALONE = {"iframes": False, "preload": False, "resultTypes": ["violations"]}
RULES = {**ALONE, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
# In the dark only the colours are others.
ONLY_COLOURS = {**ALONE, "runOnly": {"type": "rule", "values": ["color-contrast"]}}

AXE = """([rules, limit]) => Promise.race([
  axe.run(rules).then(found => found.violations),
  new Promise((_, fail) => setTimeout(fail, limit, new Error('axe does not end'))),
])"""

# What axe leaves to people, as far as a programme can see it. A link within a sentence, and what
# is drawn by a control of the browser's own size, need no 24 px (WCAG 2.2, 2.5.8).
FLAWS = """() => {
  const flaws = [], name = e => e.outerHTML.slice(0, 110);
  const seen = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length
    && !e.closest('[aria-hidden=true]');
  if (document.documentElement.scrollWidth > innerWidth)
    flaws.push(`scrolls sideways at ${innerWidth}: ${document.documentElement.scrollWidth}`);
  const heads = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(seen);
  if (heads.filter(e => e.tagName === 'H1').length !== 1) flaws.push('not one h1');
  heads.reduce((before, e) => {
    const level = +e.tagName[1];
    if (level > before + 1) flaws.push(`h${level} after h${before}: ${e.textContent.trim()}`);
    return level;
  }, 0);
  for (const e of document.querySelectorAll('[tabindex]'))
    if (e.tabIndex > 0) flaws.push(`own tab order: ${name(e)}`);
  for (const e of document.querySelectorAll('input, select, textarea')) {
    if (e.type === 'hidden' || !seen(e)) continue;
    const label = [...(e.labels || [])].map(l => l.textContent).join('')
      || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.title
      || (['submit', 'button'].includes(e.type) ? e.value : '');
    if (!label.trim()) flaws.push(`field without a name: ${name(e)}`);
  }
  for (const e of document.querySelectorAll(
      'button, select, textarea, input, summary, a.button, .btn')) {
    if (['hidden', 'checkbox', 'radio', 'file'].includes(e.type) || !seen(e)) continue;
    const box = e.getBoundingClientRect();
    if (box.width > 1 && (box.width < 24 || box.height < 24))
      flaws.push(`${Math.round(box.width)}x${Math.round(box.height)} px: ${name(e)}`);
  }
  return flaws;
}"""
SETTLED = """limit => new Promise(done => {
  setTimeout(done, limit);
  const look = () => document.documentElement.scrollWidth <= innerWidth
    ? done() : requestAnimationFrame(look);
  look();
})"""
START = """() => {
  // The next step of Tab begins where the focus was, also when it was taken away.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  window.reached = new Map();
  window.last = null;
  scrollTo(0, 0);
}"""
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  window.reached = window.reached || new Map();
  // The focus goes on inside a frame.
  if (e.tagName === 'IFRAME') return window.reached.set(e, true) && {ring: true};
  // Neither does the focus leave a date by one step.
  if (e === window.last) return {ring: true};
  window.last = e;
  if (window.reached.has(e)) return {again: true};
  window.reached.set(e, true);
  const s = getComputedStyle(e);
  const outlined = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
  const ring = outlined || s.boxShadow !== 'none';
  return {ring, html: e.outerHTML.slice(0, 110), first: e.matches('.skip')};
}"""
UNREACHED = """() => [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary')]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length
    && !e.disabled && e.type !== 'hidden' && e.tabIndex >= 0 && !window.reached.has(e)
    && !(e.type === 'radio' && [...window.reached.keys()].some(r => r.name === e.name)))
  .map(e => e.outerHTML.slice(0, 110))"""

_AXE = Axe().axe_script
_SETTLED_MILLISECONDS = 10_000
_MILLISECONDS = 60_000

# A page takes seconds; the first one waits for what the fixtures make.
pytestmark = pytest.mark.timeout(180)


def test_every_page_of_ours_is_looked_at() -> None:
    app = Flask("pages")
    for blueprint in (
        portal,
        administration,
        charts,
        map_views,
        dashboards,
        dashboard_staff,
        water,
        traffic,
    ):
        app.register_blueprint(blueprint)
    ours = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    listed = {end for end, _ in PUBLIC + STAFF if "." in end} | NO_PAGES
    assert ours - listed == set(), (
        "Nobody has looked at these pages: give each a row in PUBLIC or STAFF, or a line in "
        "NO_PAGES when it is no page."
    )
    assert listed - ours == set(), "These pages are gone; take them off the lists."


@pytest.fixture(scope="module")
def public_places(act: Callable[..., Any]) -> dict[str, str]:
    """What stands in braces in `PUBLIC`: a dataset, a dashboard, and what the platform made."""
    dataset = act(
        "package_create",
        name=f"spielplaetze-{secrets.token_hex(3)}",
        title="Spielplätze",
        notes="Alle Spielplätze des Kreises.",
        owner_org=OWN,
        license_id="dl-de-zero-2.0",
        tag_string="Spielplatz, Freizeit",
        resources=[{"name": "Alle", "url": "https://example.org/alle.csv", "format": "CSV"}],
    )
    dashboard = act(
        "suedwest_dashboard_create", municipality=OWN, title="Unser Wasser", template="water"
    )
    here = {"municipality": OWN, "name": dashboard["name"]}
    changed = act(
        "suedwest_dashboard_update",
        **here,
        version=dashboard["version"],
        page=dashboard["draft"],
        landing=True,
    )
    act("suedwest_dashboard_publish", **here, version=changed["version"])
    series = act("package_show", id=STATION)["resources"][0]["id"]
    live = act("package_search", fq=f"name:live-{TOWN}-*", rows=1)["results"][0]
    return {
        "dataset": dataset["name"],
        "resource": dataset["resources"][0]["id"],
        "dashboard": dashboard["name"],
        "series": series,
        "view": act("resource_view_list", id=series)[0]["id"],
        "live_dataset": live["name"],
        "live_resource": live["resources"][0]["id"],
    }


@pytest.fixture(scope="module")
def staff_places(
    staff_session: Page, editor: tuple[str, str], public_places: dict[str, str]
) -> dict[str, str]:
    """What stands in braces in `STAFF`: a source, a record it refused, a file with old values."""
    page = staff_session
    page.goto(f"/verwaltung/{OWN}/quellen/pegel?weg=chirpstack-webhook")
    page.locator("#field-device").fill(secrets.token_hex(8))
    page.locator("#field-codec").select_option("milesight-em500-swl")
    page.locator("#field-name").fill(f"Steg {secrets.token_hex(3)}")
    page.locator("#field-water").fill("Ahrbach")
    page.locator("#field-place").fill("50.0123, 6.5432")
    page.locator("#field-height_cm").fill("-20")
    page.locator(".form button[type=submit]").click()
    token = page.locator("#token").inner_text()
    address = page.locator("dd code").first.inner_text()
    source = page.url.split("?")[0].split("#")[0]
    page.locator('form[action$="/freigeben"] button').click()
    refused = httpx.post(
        f"{address}?event=up",
        content=json.dumps({"deviceInfo": "?"}),
        headers={"X-Webhook-Token": token},
        timeout=60,
    )
    assert refused.json()["quarantined"] == 1, refused.text
    page.goto(f"/verwaltung/{OWN}/quarantaene")
    record = page.locator('main a[href*="/quarantaene/"]').first.get_attribute("href") or ""
    page.goto(_STATION)
    links = {
        name: page.locator(f'main a[href*="/{word}"]')
        for name, word in (("mounting", "einbau"), ("limits", "grenzen"))
    }
    found = {name: link.first.get_attribute("href") or "" for name, link in links.items()}
    page.goto(f"/verwaltung/{OWN}/einspielen")
    page.locator("#field-resource_id").select_option(index=1)
    rows = b"Zeit;Pegel\n01.02.2020 10:00;1,20\n01.02.2020 10:15;1,21\n"
    page.locator("#field-upload").set_input_files(
        {"name": "alt.csv", "mimeType": "text/csv", "buffer": rows}
    )
    page.locator(".form button[type=submit], main form button[type=submit]").first.click()
    own = {"user": editor[0], "source": source, "record": record, "file": page.url}
    return own | found | public_places


@pytest.fixture(scope="module")
def visitor(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a visitor that all tests of this file share."""
    context = browser.new_context(
        base_url=site,
        locale="de-DE",
        timezone_id="Europe/Berlin",
        # A colour on its way from one to the other is neither.
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(_MILLISECONDS)
    yield page
    context.close()


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """Which page has a title; no other may have it."""
    return {}


def _rows(pages: tuple[tuple[str, str], ...]) -> Any:
    names = [f"{name} {address}" for name, address in pages]
    return pytest.mark.parametrize("address", [address for _, address in pages], ids=names)


@_rows(PUBLIC)
def test_a_page_of_visitors_is_accessible(
    address: str, visitor: Page, public_places: dict[str, str], titles: dict[str, str]
) -> None:
    assert list(_flaws(visitor, address.format_map(public_places), titles)) == []


@_rows(STAFF)
def test_a_page_of_staff_is_accessible(
    address: str, staff_session: Page, staff_places: dict[str, str], titles: dict[str, str]
) -> None:
    assert list(_flaws(staff_session, address.format_map(staff_places), titles)) == []


@pytest.mark.parametrize("address", ONCE)
def test_a_chart_of_any_range_is_accessible(address: str, visitor: Page) -> None:
    visitor.goto(address)
    assert list(_flaws_in(visitor, "light", 320)) == []


def _flaws(page: Page, address: str, titles: dict[str, str]) -> Iterator[str]:
    path = re.sub(r"^https?://[^/]+", "", address)
    embed = path.startswith("/embed/")
    framed = embed or "/view/" in path
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(path)
    yield from _title_flaws(page, titles)
    yield from _language_flaws(page, "de")
    yield from _flaws_in(page, "light", 1280)
    yield from _keyboard_flaws(page, skips=not framed)
    # 200 % zoom of a window of 1280 px
    for flaw in _flaws_at(page, 640):
        yield f"zoomed: {flaw}"
    yield from _flaws_in(page, "dark", 320, ONLY_COLOURS)
    page.goto(f"{path}{'&' if '?' in path else '?'}lang=en" if embed else f"/en{path}")
    yield from _language_flaws(page, "en")
    for flaw in _flaws_at(page, 320):
        yield f"in English: {flaw}"


def _title_flaws(page: Page, titles: dict[str, str]) -> Iterator[str]:
    title = page.title()
    shown = urlsplit(page.url).path
    # What stands behind `?` only changes what the same page shows; a frame is told apart by the
    # title of the `<iframe>`.
    same = titles.setdefault(title, shown)
    if not title.strip() or (same != shown and not shown.startswith("/embed/")):
        yield f"title {title!r} is that of {same}"


def _language_flaws(page: Page, expected: str) -> Iterator[str]:
    if (lang := page.locator("html").get_attribute("lang")) != expected:
        yield f"the language is said to be {lang}, not {expected}"


def _flaws_in(
    page: Page, colours: Colours, width: int, rules: dict[str, Any] = RULES
) -> Iterator[str]:
    page.emulate_media(color_scheme=colours)
    seen = _flaws_at(page, width)
    where = f"{page.locator('html').get_attribute('lang')} {colours} {width}"
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE)
    for violation in page.evaluate(AXE, [rules, _MILLISECONDS]):
        nodes = [_node(node) for node in violation["nodes"][:3]]
        yield f"{where}: {violation['id']} ({len(violation['nodes'])}): {nodes}"
    for flaw in seen:
        yield f"{where}: {flaw}"


def _flaws_at(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    # A chart is drawn again once it knows its new width; what stays too wide is a flaw below.
    page.evaluate(SETTLED, _SETTLED_MILLISECONDS)
    return page.evaluate(FLAWS)


def _node(node: dict[str, Any]) -> str:
    data = next((each["data"] for each in node["any"] if each["data"]), None)
    ratio = data.get("contrastRatio") if isinstance(data, dict) else None
    return f"{node['html'][:140]}" + (f" {ratio}" if ratio else "")


def _keyboard_flaws(page: Page, *, skips: bool) -> Iterator[str]:
    page.evaluate(START)
    for step in range(400):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or "again" in focused:
            break
        if not focused["ring"]:
            yield f"focus cannot be seen: {focused['html']}"
        if step == 0 and skips and not focused["first"]:
            yield f"first comes {focused['html']}, not the link to the content"
    for html in page.evaluate(UNREACHED):
        yield f"the keyboard does not reach {html}"

"""A chart that an editor sets up by form: tried out, saved, shown on its page and elsewhere."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from test_charts_embed import LIMIT, watch

FIRST = date(2026, 3, 20)


@pytest.fixture(scope="module")
def table(act: Callable[..., Any]) -> str:
    """Address of a table of the editor's municipality: temperatures by day, rain, a text."""
    name = f"wetter-{secrets.token_hex(4)}"
    dataset = act(
        "package_create",
        name=name,
        title="Wetter am Schulhaus",
        owner_org="eifelkreis-bitburg-pruem",
        license_id="dl-de-by-2.0",
        private=False,
    )
    rows = [
        {
            "Zeit": f"{FIRST + timedelta(days=day)}T12:00:00",
            "Lufttemperatur, größte": 5.5 + day % 4,
            "Regen": None if day == 3 else day,
            "Bemerkung": "trüb",
        }
        for day in range(14)
    ]
    made = act(
        "datastore_create",
        resource={"package_id": dataset["id"], "name": "Messwerte", "format": "CSV"},
        fields=[
            {"id": "Zeit", "type": "timestamp"},
            {"id": "Lufttemperatur, größte", "type": "numeric"},
            {"id": "Regen", "type": "numeric"},
            {"id": "Bemerkung", "type": "text"},
        ],
        records=rows,
    )
    return f"/dataset/{name}/resource/{made['resource_id']}"


def test_an_editor_tries_a_chart_out_and_publishes_it(
    staff: Page, page: Page, browser: Browser, site: str, table: str
) -> None:
    staff.goto(f"{table}/new_view?view_type=suedwest_chart")
    preview = staff.frame_locator("iframe[title=Vorschau]")
    expect(preview.locator("figure.chart > svg:visible")).to_have_count(1)
    staff.locator("#field-title").fill("Wärme und Regen")
    staff.locator("#field-unit1").fill("°C")
    expect(preview.locator("main")).to_contain_text("zuletzt 6,5\u00a0°C")
    staff.locator("#field-value2").select_option("Regen")
    staff.locator("#field-unit2").fill("mm")
    expect(preview.locator(".legend")).to_contain_text("Regen, mm (rechte Achse)")
    # What the choice leaves without meaning is put away, and comes back with it.
    expect(staff.locator("#field-bars")).to_be_hidden()
    staff.locator("#field-kind").select_option("bar")
    expect(staff.locator("#field-bars")).to_be_visible()
    expect(preview.locator("main")).to_contain_text("zusammen 88\u00a0mm")
    staff.locator("#field-kind").select_option("line")
    # What cannot be drawn is said in the preview before anybody saves it.
    staff.locator("#field-compare").select_option("last_year")
    expect(preview.locator("main")).to_contain_text("nicht mehrere")
    staff.locator("#field-compare").select_option("")
    staff.locator("button[name=save]").click()
    staff.wait_for_url(lambda address: "new_view" not in address)

    page.goto(table)
    shown = page.frame_locator(".resource-view iframe")
    expect(shown.locator("figure.chart > svg:visible")).to_have_count(1)
    summary = shown.get_by_text("In die eigene Seite einbetten")
    summary.click()
    code = shown.locator("textarea").input_value()
    address = code.partition('src="')[2].partition('"')[0]

    # Where it is embedded nothing of the portal is in the cache yet.
    with browser.new_context(base_url=site, locale="de-DE") as elsewhere:
        framed = elsewhere.new_page()
        answers = watch(framed)
        framed.goto(address, wait_until="networkidle")
        expect(framed.locator("h1")).to_have_text("Wärme und Regen")
        expect(framed.locator("footer")).to_contain_text("Eifelkreis")
        assert {urlsplit(answer.url).netloc for answer in answers} == {urlsplit(site).netloc}
        assert sum(len(gzip.compress(answer.body(), 6)) for answer in answers) <= LIMIT
        assert elsewhere.cookies() == []
        for width in (1280, 320):
            framed.set_viewport_size({"width": width, "height": 700})
            assert framed.evaluate("document.documentElement.scrollWidth") <= width
        files = framed.locator("footer a[download]")
        expect(files).to_have_count(3)
        for file in files.all():
            answer = framed.request.get(str(file.get_attribute("href")))
            assert answer.status == 200


def test_a_chart_is_set_up_without_a_script(
    staff: Page, browser: Browser, site: str, table: str
) -> None:
    context = browser.new_context(
        base_url=site,
        java_script_enabled=False,
        locale="de-DE",
        storage_state=staff.context.storage_state(),
    )
    plain = context.new_page()
    plain.goto(f"{table}/new_view?view_type=suedwest_chart")
    plain.locator("#field-title").fill("Tagesregen")
    plain.locator("#field-kind").select_option("bar")
    plain.locator("#field-value1").select_option("Regen")
    plain.locator("button[name=preview]").click()
    preview = plain.frame_locator("iframe")
    expect(preview.locator("figure.chart > svg:visible")).to_have_count(1)
    # What was chosen is still chosen.
    expect(plain.locator("#field-value1")).to_have_value("Regen")
    plain.locator("#field-per").select_option("hour")
    plain.locator("#field-range").select_option("30d")
    plain.locator("button[name=save]").click()
    expect(plain.locator("form[data-module]")).to_contain_text("höchstens sieben Tage")
    plain.locator("#field-per").select_option("day")
    plain.locator("button[name=save]").click()
    plain.goto(table)
    expect(plain.get_by_role("link", name="Tagesregen").first).to_be_visible()
    context.close()

"""Somebody who read nothing connects a gauge in the browser, and its value is public."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

RECORDED = Path(__file__).parents[1] / "data" / "lorawan" / "chirpstack_up.json"
SECONDS = 60


def uplink(minutes_ago: int) -> dict[str, Any]:
    """A recorded uplink of ChirpStack, as if it were sent some minutes ago."""
    said = json.loads(RECORDED.read_text(encoding="utf-8"))
    sent = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()
    said["time"] = sent
    said["fCnt"] += 60 - minutes_ago
    for gateway in said["rxInfo"]:
        if "nsTime" in gateway:
            gateway["nsTime"] = sent
        gateway.pop("gwTime", None)
    return said


def test_a_gauge_is_connected_tried_out_and_public_within_minutes(
    staff: Page, page: Page, site: str
) -> None:
    place = f"Brücke {secrets.token_hex(3)}"
    # The way from the portal's start, by what one sees
    staff.goto("/")
    staff.locator('a[href="/verwaltung"]').first.click()
    staff.locator('.tabs a[href$="/eifelkreis-bitburg-pruem/quellen"]').click()
    staff.locator(".staff-page a.button").first.click()
    staff.locator('a[href*="weg=chirpstack-webhook"]').click()
    staff.locator("#field-device").fill("24e1 2413 6b00 0a02")
    staff.locator("#field-codec").select_option("milesight-em500-swl")
    staff.locator("#field-name").fill(place)
    staff.locator("#field-water").fill("Ahrbach")
    staff.locator("#field-place").fill("https://www.openstreetmap.org/#map=17/50.0123/6.5432")
    staff.locator("#field-height_cm").fill("-20,5")
    staff.locator(".form button[type=submit]").click()
    # What the network server needs; the token stands here this once
    token = staff.locator("#token").inner_text()
    address = staff.locator("dd code").first.inner_text()
    assert address.startswith(f"{site}/webhook/")
    staff.reload()
    expect(staff.locator("#token")).to_have_count(0)
    # The trial run shows the level, and nothing is public
    staff.locator('a.button[href$="/probelauf"]').click()
    staff.locator("#field-payload").fill(json.dumps(uplink(16)))
    staff.locator(".form button[type=submit]").click()
    expect(staff.locator("#result + .status")).to_be_visible()
    expect(staff.get_by_role("row").filter(has_text="102,5")).to_have_count(1)
    staff.locator('form[action$="/freigeben"] button').click()
    # The network server sends
    for minutes in (31, 16, 1):
        answer = httpx.post(
            f"{address}?event=up",
            json=uplink(minutes),
            headers={"X-Webhook-Token": token},
            timeout=SECONDS,
        )
        assert (answer.status_code, answer.json()["stored"]) == (200, 1), answer.text
    # And a visitor reads it
    slug = f"pegel-ahrbach-{place.lower().replace('ü', 'ue').replace(' ', '-')}"
    for _ in range(SECONDS):
        if page.goto(f"/station/{slug}").status == 200:
            break
        page.wait_for_timeout(1000)
    expect(page.locator("main")).to_contain_text(re.compile(r"1,0[23]\s*m"))


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_of_sources_scrolls_sideways(staff: Page, width: int) -> None:
    staff.set_viewport_size({"width": width, "height": 800})
    base = "/verwaltung/eifelkreis-bitburg-pruem/quellen"
    own = staff.goto(base) and staff.locator("table a").first.get_attribute("href")
    ways = ("/pegel", "/pegel?weg=tts-mqtt", "/neu", "/neu?art=mqtt", "/neu?art=http")
    paths = [base, *(base + way for way in ways)]
    paths += [str(own) + end for end in ("", "/aendern", "/geraet", "/probelauf", "/loeschen")]
    too_wide = []
    for path in paths:
        staff.goto(path)
        if staff.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(path)
    assert too_wide == []

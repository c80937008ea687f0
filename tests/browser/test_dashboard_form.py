"""An editor arranges a page by drag, by keyboard alone, and without any script."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

TOWN = "eifelkreis-bitburg-pruem"
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def address(act: Callable[..., Any]) -> Iterator[str]:
    """The form of a new draft with three texts."""
    made = act(
        "suedwest_dashboard_create", municipality=TOWN, title=f"Probe {secrets.token_hex(3)}"
    )
    here = {"municipality": TOWN, "name": made["name"]}
    tiles = [{"kind": "text", "title": each, "text": "x" * 40} for each in ("Eins", "Zwei", "Drei")]
    page = {"title": "Die Probe", "tiles": tiles}
    act("suedwest_dashboard_update", **here, version=made["version"], page=page)
    yield f"/verwaltung/{TOWN}/seiten/{made['name']}"
    act("suedwest_dashboard_delete", **here)


def shows(page: Page, *names: str) -> None:
    """Wait until form and preview have these tiles, in this order."""
    numbered = [f"{number}. {name}" for number, name in enumerate(names, start=1)]
    expect(page.locator(".tiles h3")).to_have_text(numbered)
    expect(page.locator(".preview .tile h2")).to_have_text(list(names))


def named(what: str, tile: str) -> re.Pattern[str]:
    """The name of a tile's button; browsers differ in the space before hidden words."""
    return re.compile(rf"{what}\s*: {tile}")


def test_a_tile_is_dragged_to_another_place(staff: Page, address: str) -> None:
    # All places are in sight.
    staff.set_viewport_size({"width": 1280, "height": 1400})
    staff.goto(address)
    shows(staff, "Eins", "Zwei", "Drei")
    staff.locator(".tiles .grip").nth(2).hover()
    staff.mouse.down()
    top = staff.locator(".tiles > li").nth(0).bounding_box()
    assert top is not None
    # A drag begins with a move, and a place is taken once the pointer moves over it.
    staff.mouse.move(top["x"] + 60, top["y"] + 40, steps=10)
    staff.mouse.move(top["x"] + 60, top["y"] + 5, steps=5)
    staff.mouse.up()
    shows(staff, "Drei", "Eins", "Zwei")
    expect(staff.locator("body")).to_contain_text("„Drei“ steht jetzt an Stelle 1 von 3.")


def test_tiles_are_arranged_and_published_by_keyboard(
    staff: Page, page: Page, address: str
) -> None:
    staff.goto(address)
    staff.get_by_role("button", name=named("Nach unten", "Eins")).focus()
    staff.keyboard.press("Enter")
    shows(staff, "Zwei", "Eins", "Drei")
    # Enter in the title saves; no other button is pressed by it.
    staff.get_by_label("Titel").fill("Ganz neu")
    staff.keyboard.press("Enter")
    expect(staff.locator(".preview .lead")).to_have_text("Ganz neu")
    shows(staff, "Zwei", "Eins", "Drei")
    staff.get_by_role("button", name=named("Entfernen", "Drei")).press("Enter")
    shows(staff, "Zwei", "Eins")
    public = f"/seiten/{TOWN}/{address.rsplit('/', 1)[1]}"
    staff.get_by_role("button", name="Veröffentlichen").press("Space")
    expect(staff.get_by_role("link", name="Öffentliche Seite ansehen")).to_be_visible()
    page.goto(public)
    expect(page.locator(".tile h2")).to_have_text(["Zwei", "Eins"])


def test_a_page_is_arranged_without_a_script(
    browser: Browser, site: str, staff: Page, address: str
) -> None:
    context = browser.new_context(
        base_url=site,
        storage_state=staff.context.storage_state(),
        java_script_enabled=False,
        locale="de-DE",
    )
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name=named("Nach oben", "Drei")).click()
    shows(page, "Eins", "Drei", "Zwei")
    expect(page.locator(".tiles .grip").first).to_be_hidden()
    context.close()

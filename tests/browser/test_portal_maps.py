"""The maps of datasets: where one lies, and finding those in a box. Nobody else is asked."""

from __future__ import annotations

from playwright.sync_api import Page, expect

KUSEL = "7.2,49.4,7.6,49.7"


def test_the_filter_by_place_shows_the_municipalities_and_the_box(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/dataset/?ext_bbox={KUSEL}")
    expect(page.get_by_role("heading", name="Nach Ort eingrenzen")).to_be_visible()
    tiles = page.locator("#dataset-map-container img.leaflet-tile-loaded")
    expect(tiles.first).to_be_visible()
    assert tiles.first.evaluate("image => image.naturalWidth") == 256
    # the box that was asked for is drawn
    expect(page.locator("#dataset-map-container path.leaflet-interactive")).to_have_count(1)
    expect(page.get_by_text("© BKG (2025)")).to_be_visible()
    assert any("/karte/" in address for address in asked)
    assert [address for address in asked if not address.startswith((site, "data:"))] == []
    assert page.context.cookies() == []
    page.get_by_role("link", name="Entfernen").click()
    expect(page).not_to_have_url(f"{site}/dataset/?ext_bbox={KUSEL}")


def test_a_box_leaves_out_what_lies_elsewhere(page: Page) -> None:
    page.goto("/dataset/?q=Pegel&ext_bbox=7.3,50.4,7.5,50.5")
    stations = page.get_by_role("main")
    expect(stations.get_by_text("Rhein bei Andernach")).to_be_visible()
    expect(stations.get_by_text("Mosel bei Cochem")).to_have_count(0)


def test_the_page_of_a_dataset_shows_where_it_lies(page: Page) -> None:
    page.goto("/dataset/pegel-rhein-andernach")
    expect(page.get_by_role("heading", name="Ort", exact=True)).to_be_visible()
    expect(page.locator(".dataset-map img.leaflet-marker-icon")).to_be_visible()
    expect(page.locator(".dataset-map img.leaflet-tile-loaded").first).to_be_visible()

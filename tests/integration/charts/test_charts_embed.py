"""The embed page: complete, small, for everybody, framed only by those who may."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from charts_samples import SLUG, STATION, now_on_the_grid, poll, week
from ckan.common import config
from ckan.tests.helpers import call_action
from sqlalchemy import Engine

from ckanext.suedwest.portal.contributions import station_chart
from ckanext.suedwest.portal.stations import package_id
from ckanext.suedwest.store.query import DatastreamNow, StationRow

pytestmark = pytest.mark.usefixtures("gauge")
ADDRESS = f"/embed/{SLUG}/W"


def test_it_says_value_age_source_and_licence_without_a_script(app: Any) -> None:
    page = app.get(ADDRESS)
    assert page.status_code == 200
    assert '<html lang="de">' in page.body
    assert "<b>Rhein bei Andernach: 1,00\u00a0m</b>" in page.body
    assert "Gemessen " in page.body
    assert "WSV über PEGELONLINE" in page.body
    assert "Sandbox: nachgespielte Werte" in page.body
    assert "https://www.govdata.de/dl-de/zero-2-0" in page.body
    assert f'/station/{SLUG}" target="_top"' in page.body
    assert "2,10\u00a0m" in page.body
    assert page.body.count("<svg class=") >= 2


def test_it_speaks_english_by_address_and_by_choice(app: Any) -> None:
    for address in (f"/en{ADDRESS}", f"{ADDRESS}?lang=en"):
        page = app.get(address)
        assert '<html lang="en">' in page.body
        assert "1.00\u00a0m" in page.body
        assert "Measured" in page.body
    assert '<html lang="de">' in app.get(f"{ADDRESS}?lang=fr").body


def test_a_value_alone_is_a_page_too_and_all_is_offered_as_files(app: Any) -> None:
    page = app.get(f"{ADDRESS}/value")
    assert "<b>Rhein bei Andernach: 1,00\u00a0m</b>" in page.body
    assert "<figure" not in page.body
    assert "frame-ancestors 'self' kvmyk.de" in page.headers["Content-Security-Policy"]
    name = "pegel-rhein-andernach-wasserstand"
    for what, part in (("chart", "30-tage"), ("value", "wert")):
        for ending, kind, start in (
            ("svg", "image/svg+xml", b"<?xml"),
            ("png", "image/png", b"\x89PNG"),
            ("csv", "text/csv", b""),
        ):
            file = app.get(f"{ADDRESS}/{what}.{ending}?range=30d")
            assert file.headers["Content-Type"].startswith(kind)
            assert f'filename="{name}-{part}.{ending}"' in file.headers["Content-Disposition"]
            assert file.data.startswith(start)
            assert "Set-Cookie" not in file.headers
    picture = app.get(f"{ADDRESS}/chart.svg").data.decode()
    for told in (
        "WSV über PEGELONLINE",
        "https://www.govdata.de/dl-de/zero-2-0",
        f"/station/{SLUG}",
    ):
        assert told in picture
    assert "heute" not in picture
    rows = list(csv.DictReader(io.StringIO(app.get(f"{ADDRESS}/chart.csv").data.decode())))
    assert max(float(row["maximum"]) for row in rows if row["maximum"]) == 210.0
    # Hours without a value are left out or empty, but never 0.
    assert "0.0" not in {row["maximum"] for row in rows}
    newest = list(csv.DictReader(io.StringIO(app.get(f"{ADDRESS}/value.csv").data.decode())))
    assert [(row["result"], row["unit"]) for row in newest] == [("100.0", "cm")]
    assert app.get(f"/embed/{SLUG}/Q/chart.csv", expect_errors=True).status_code == 404
    assert app.get(f"{ADDRESS}/chart.exe", expect_errors=True).status_code == 404


def test_the_gauges_of_a_municipality_are_a_page_for_its_own_site(app: Any) -> None:
    address = "/embed/list/pegel/landkreis-mayen-koblenz"
    page = app.get(address)
    assert "Rhein bei Andernach" in page.body
    assert "1,00\u00a0m" in page.body
    assert page.body.count("WSV über PEGELONLINE") == 1
    # The portal's pages may not be framed, so links leave the frame.
    links = re.findall(r"<a [^>]+>", page.body)
    (file,) = [link for link in links if " download" in link]
    assert len(links) > 1
    assert all('target="_top"' in link for link in links if link != file)
    answer = app.get(f"{address}.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.data.decode()))
    told = ("station", "observed_property", "result", "unit", "quality")
    assert [row[key] for key in told] == [SLUG, "water_level", "100.0", "cm", "pass"]
    assert row["attribution"] == "WSV über PEGELONLINE"
    # Its own page offers the code.
    assert f"{address}&#34;" in app.get("/organization/landkreis-mayen-koblenz").body
    assert page.headers["Content-Security-Policy"].endswith(
        "frame-ancestors 'self' kvmyk.de myk10.de www.kvmyk.de www.myk10.de"
    )
    assert "Set-Cookie" not in page.headers
    english = app.get(f"{address}?lang=en")
    assert '<html lang="en">' in english.body
    assert "Gauges by urgency: Landkreis Mayen-Koblenz" in english.body
    site = config["ckan.site_url"]
    told = json.loads(app.get("/oembed", query_string={"url": f"{site}{address}"}).body)
    assert f'src="{site}{address}"' in told["html"]
    for missing in ("/embed/list/pegel/nowhere", "/embed/list/nothing/landkreis-mayen-koblenz"):
        assert app.get(missing, expect_errors=True).status_code == 404
        assert app.get(f"{missing}.csv", expect_errors=True).status_code == 404


def test_the_map_of_a_municipality_is_a_page_with_files(app: Any) -> None:
    town = "landkreis-mayen-koblenz"
    address = f"/embed/karte/{town}"
    page = app.get(address)
    assert "Set-Cookie" not in page.headers
    # Once for wide windows and once for telephones; the value stands beside the sign.
    signs = re.findall(r'<svg class="(wide|narrow)".*?</svg>', page.body, re.DOTALL)
    assert signs == ["wide", "narrow"]
    assert ">Andernach 1,00\u00a0m</text>" in page.body
    assert ">1,00\u00a0m</text>" in page.body
    assert 'id="stations-list"' in page.body
    picture = app.get(f"{address}.svg").body
    ElementTree.fromstring(picture)  # noqa: S314 - our own answer
    assert "var(--" not in picture
    assert "<a" not in picture
    assert "Rhein bei Andernach: 1,00\u00a0m" in picture
    assert "WSV über PEGELONLINE" in picture
    assert app.get(f"{address}.png").data[:4] == b"\x89PNG"
    (row,) = csv.DictReader(io.StringIO(app.get(f"{address}.csv").data.decode()))
    assert row["station"] == SLUG
    site = config["ckan.site_url"]
    told = app.get(f"/oembed?{urlencode({'url': site + address})}").json
    assert f'src="{site}{address}"' in told["html"]
    assert "Stations in" in app.get(f"{address}?lang=en").body
    assert f"{address}&#34;" in app.get(f"/organization/{town}").body
    for missing in ("", ".svg", ".csv"):
        assert app.get(f"/embed/karte/nowhere{missing}", expect_errors=True).status_code == 404


def test_oembed_tells_pages_of_stations_and_embeds(app: Any) -> None:
    site = config["ckan.site_url"]
    station = app.get(f"/station/{SLUG}").body
    links = re.findall(r'type="(?:application/json|text/xml)\+oembed" href="([^"]+)"', station)
    assert len(links) == 2
    told = json.loads(app.get(html.unescape(links[0]).removeprefix(site)).body)
    assert (told["type"], told["version"]) == ("rich", "1.0")
    assert told["title"] == "Wasserstand Rhein bei Andernach"
    assert f'src="{site}{ADDRESS}"' in told["html"]
    answer = app.get(html.unescape(links[1]).removeprefix(site))
    root = ElementTree.fromstring(answer.data)  # noqa: S314
    assert root.findtext("html") == told["html"]
    query = {"url": f"{site}/en{ADDRESS}/value?range=30d&x=y", "maxwidth": "300", "maxheight": "99"}
    small = json.loads(app.get("/oembed", query_string=query).body)
    assert (small["width"], small["height"]) == (300, 99)
    assert f'src="{site}/en{ADDRESS}/value?range=30d"' in small["html"]
    for status, wrong in (
        (404, {"url": f"https://elsewhere.example/station/{SLUG}"}),
        (404, {"url": f"{site}.elsewhere.example/station/{SLUG}"}),
        (404, {"url": f"{site}/station/nothing"}),
        (404, {"url": f"{site}/embed/{SLUG}/Q"}),
        (404, {"url": f"{site}/user/login"}),
        (404, {"url": "https://["}),
        (400, {}),
        (400, {"url": f"{site}{ADDRESS}", "maxwidth": "-1"}),
        (501, {"url": f"{site}{ADDRESS}", "format": "yaml"}),
    ):
        answer = app.get("/oembed", query_string=wrong, expect_errors=True)
        assert answer.status_code == status, wrong
        assert "Set-Cookie" not in answer.headers


def test_it_sets_no_cookie_and_may_be_cached_by_everybody(app: Any) -> None:
    page = app.get(ADDRESS)
    assert "Set-Cookie" not in page.headers
    assert "Vary" not in page.headers
    control = page.headers["Cache-Control"]
    assert "public" in control
    assert "max-age=60" in control
    assert "stale-while-revalidate" in control
    # The age is told in minutes: only two answers of one minute can be the same.
    for _attempt in range(3):
        again = app.get(ADDRESS, headers={"If-None-Match": page.headers["ETag"]})
        if again.status_code == 304:
            break
        page = again
    assert again.status_code == 304
    assert again.body == ""
    assert again.headers["Cache-Control"] == control
    assert "Set-Cookie" not in again.headers


def test_only_hosts_of_municipalities_that_show_the_gauge_may_frame_it(app: Any) -> None:
    policy = app.get(ADDRESS).headers["Content-Security-Policy"]
    ancestors = re.search(r"frame-ancestors ([^;]+)", policy)
    assert ancestors is not None
    assert "'self'" in ancestors[1].split()
    assert "www.kvmyk.de" in ancestors[1].split()
    assert "*" not in ancestors[1]
    assert "kaiserslautern" not in ancestors[1]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "X-Frame-Options" not in app.get(ADDRESS).headers


def test_a_gauge_that_nobody_shows_may_be_framed_by_nobody_else(app: Any, store: Engine) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM suedwest.station_municipality")
    policy = app.get(ADDRESS).headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self'")


def test_the_colour_is_that_of_a_municipality_that_shows_the_gauge(app: Any) -> None:
    page = app.get(f"{ADDRESS}?kommune=landkreis-mayen-koblenz")
    style = re.search(r"<style>(.*?)</style>", page.body)
    assert style is not None
    assert re.fullmatch(r":root\{--town:#[0-9a-fA-F]{6}\}", style[1])
    assert "'sha256-" in page.headers["Content-Security-Policy"]
    # Anything else gets the colour of the only municipality there is.
    for other in ("kaiserslautern", "nobody", "'];}<script>"):
        other_page = app.get(ADDRESS, query_string={"kommune": other})
        assert re.findall(r"<style>(.*?)</style>", other_page.body) == [style[1]]


def test_what_is_not_public_is_a_small_german_404(app: Any) -> None:
    for address in (
        "/embed/nothing/W",
        f"/embed/{SLUG}/X",
        # internal
        f"/embed/{SLUG}/Q",
        f"/embed/{SLUG}/%3Cscript%3E",
    ):
        page = app.get(address, expect_errors=True)
        assert page.status_code == 404, address
        assert "Diese Grafik gibt es nicht" in page.body
        assert "<script" not in page.body
        assert "Set-Cookie" not in page.headers
        assert len(page.body) < 2000


@pytest.mark.parametrize("change", ["private", "deleted"])
def test_what_editors_took_from_the_catalogue_is_not_embedded(app: Any, change: str) -> None:
    if change == "private":
        call_action("package_patch", id=package_id(STATION.key), private=True)
    else:
        call_action("package_delete", id=package_id(STATION.key))
    assert app.get(ADDRESS, expect_errors=True).status_code == 404


def test_names_of_the_source_are_escaped(app: Any, store: Engine) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE suedwest.station SET name = '<script>alert(1)</script>', "
            """licence = '{"id": "x", "title": "<b>x</b>", "url": "", """
            """"attribution": "<img src=x onerror=alert(1)>"}'"""
        )
        connection.exec_driver_sql(
            """UPDATE suedwest.threshold SET label = '"><script>alert(2)</script>'"""
        )
    page = app.get(ADDRESS)
    assert "<script>alert" not in page.body
    assert "<img" not in page.body
    assert "&lt;script&gt;alert(1)" in page.body


def test_an_old_value_is_not_shown_as_the_level_of_now(app: Any, store: Engine) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE suedwest.datastream_state SET "
            "latest_time = latest_time - interval '2 days', "
            "good_time = good_time - interval '2 days'"
        )
    page = app.get(ADDRESS)
    assert "<b>Rhein bei Andernach: 1,00" not in page.body
    assert "kein aktueller Wert" in page.body
    assert "Stumm seit" in page.body
    assert "data-age" not in page.body


def test_all_ranges_are_drawn(app: Any) -> None:
    for name in ("24h", "7d", "30d", "1y", "nonsense"):
        page = app.get(ADDRESS, query_string={"range": name})
        assert page.status_code == 200
        assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan[a-z]*", "", page.body.lower())


def test_a_gauge_without_values_says_so(app: Any, store: Engine) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql("TRUNCATE suedwest.observation, suedwest.datastream_state")
    page = app.get(ADDRESS, query_string={"range": "24h"})
    assert page.status_code == 200
    assert "noch kein Wert" in page.body
    assert "In diesem Zeitraum liegt kein Wert vor." in page.body


def test_the_code_to_copy_leads_to_the_page(
    app: Any, gauge: StationRow, level: DatastreamNow
) -> None:
    with app.flask_app.test_request_context("/"):
        chart = station_chart()
        assert chart is not None
        code = chart.embed_code(gauge, level)
        figure = chart.station_chart(gauge, level, "24h", datetime.now(UTC))
    source = re.search(r'src="https?://[^/"]+([^"]+)"', code)
    assert source is not None
    assert app.get(source[1]).status_code == 200
    assert 'title="Wasserstand Rhein bei Andernach"' in code
    assert "Die letzten 24 Stunden" in figure
    assert figure.count("<svg class=") >= 3


def test_the_newest_value_shows_at_once(app: Any, store: Engine) -> None:
    values = week(now_on_the_grid())
    before = app.get(ADDRESS).headers["ETag"]
    newest = [each for each in values if each.phenomenon_time == now_on_the_grid()]
    # as much as water rises in a quarter of an hour: a jump would be doubted
    result = round(newest[0].result) + 7.0
    poll(store, [replace(newest[0], result=result)], now=datetime.now(UTC) + timedelta(seconds=1))
    page = app.get(ADDRESS, headers={"If-None-Match": before})
    assert page.status_code == 200
    assert f"{result / 100:.2f}\u00a0m".replace(".", ",") in page.body

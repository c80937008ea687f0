"""How many bytes an embedded chart costs a visitor: the page and everything it loads, gzipped.

Asks a running instance over HTTP, the one `./suedwest bench --data` means or SUEDWEST_SITE_URL: the
page, its styles and scripts, what these import, and the series that is only fetched when
somebody points at the chart. Each file is packed by itself at gzip's usual level 6. The figure is
that of the heaviest of all ranges; single files are those of that range.

With `--compare` a Chromium also draws the same week of the same series, in turn, on a slow
connection and a slow CPU (`_first_picture.py`): our embed; the view of CKAN's datatables_view; and
Plotly as ckanext-charts brings it, from the wheel that `--charts-wheel` names (made by
`pip download --no-deps ckanext-charts`). Of ckanext-charts only that script is measured, in the
lightest page that can draw with it; the extension itself adds CKAN's page and more scripts. All
answers are packed with gzip, as nginx does.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from ckanext.suedwest.launcher.data_directory import DataDirectory
from ckanext.suedwest.launcher.environment_variables import MARK

LIMIT = 60 * 1024
RANGES = ("24h", "7d", "30d", "1y")
_TIMEOUT = 30
# What esbuild writes for a static or a lazy import of a neighbouring file.
_IMPORT = re.compile(r"""(?:import|from)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
_STYLE_URL = re.compile(r"""(?:@import\s+|url\()["']?([^"')]+)""")


class _Loads(HTMLParser):
    """Addresses a browser asks for because of a page, and those the script asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "modulepreload"):
            self._add(given.get("href"))
        elif tag in ("script", "img", "iframe"):
            self._add(given.get("src"))
        elif tag == "figure":
            self._add(given.get("data-series"))

    def _add(self, address: str | None) -> None:
        if address and not address.startswith("data:"):
            self.found.append(address)


def weigh(page: str) -> dict[str, int]:
    """Gzipped bytes of a page and of all it loads, by address without the host."""
    weights: dict[str, int] = {}
    waiting = [page]
    while waiting:
        address = waiting.pop(0)
        name = address.removeprefix(f"{urlsplit(address).scheme}://{urlsplit(address).netloc}")
        if name in weights:
            continue
        answer = requests.get(address, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"})
        answer.raise_for_status()
        weights[name] = len(gzip.compress(answer.content, 6))
        kind = answer.headers["Content-Type"].partition(";")[0]
        waiting += [urljoin(address, each) for each in _loads(kind, answer.text)]
    return weights


def _loads(kind: str, text: str) -> list[str]:
    if kind == "text/html":
        parser = _Loads()
        parser.feed(text)
        return parser.found
    if kind.endswith("javascript"):
        return _IMPORT.findall(text)
    if kind == "text/css":
        return [each for each in _STYLE_URL.findall(text) if not each.startswith("data:")]
    return []


def embed_address(site: str) -> str:
    """The embed page of the first station that has a live resource.

    Raises:
        LookupError: when the catalogue has none yet.
    """
    answer = requests.get(
        f"{site}/api/3/action/package_search",
        params={"fq": "dataset_type:station", "rows": 20, "sort": "name asc"},
        timeout=_TIMEOUT,
    )
    answer.raise_for_status()
    for package in answer.json()["result"]["results"]:
        for resource in package["resources"]:
            if resource.get("datastream_name"):
                return f"{site}/embed/{package['name']}/{resource['datastream_name']}"
    raise LookupError(f"{site} has no station yet")


def compare(embed: str, wheel: Path | None, times: int) -> dict[str, dict[str, float]]:
    """Weight and time to the first complete picture of ours and of others, by name."""
    # Only here, so that weighing needs no browser.
    from _first_picture import in_turn, packed, plotly_page
    from playwright.sync_api import sync_playwright

    parts = urlsplit(embed)
    site = f"{parts.scheme}://{parts.netloc}"
    slug, datastream = parts.path.rstrip("/").split("/")[-2:]
    resource = _resource(site, slug, datastream)
    pages = {}
    if wheel is not None:
        with zipfile.ZipFile(wheel) as opened:
            script = opened.read("ckanext/charts/assets/js/vendor/plotly.min.js")
        pages["/plotly.min.js"] = ("text/javascript", script)
        page = plotly_page(f"{slug} {datastream}", _values(site, resource))
        pages["/plotly"] = ("text/html; charset=utf-8", page)
    drawing = "document.querySelector('figure.chart > svg')?.getBoundingClientRect().width > 100"
    with packed(site, pages) as front, sync_playwright() as playwright:
        # A picture that has not its style yet is not complete.
        styled = "getComputedStyle(document.querySelector('.chart .line')).fill === 'none'"
        ours = f"{front.address}{parts.path}?range=7d"
        shown = {"ours": (ours, f"{drawing} && {styled}")}
        if wheel is not None:
            shown["plotly"] = (f"{front.address}/plotly", "document.querySelector('path.js-line')")
        table = "document.querySelector('table.dataTable tbody td:not(.dataTables_empty)')"
        view = _table_view(site, slug, resource)
        shown["datatables_view"] = (f"{front.address}{view}", table)
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
        if program is None:
            sys.exit("there is no Chromium on this machine")
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        try:
            return in_turn(browser, shown, times)
        finally:
            browser.close()


def _action(site: str, name: str, **query: object) -> Any:
    answer = requests.get(f"{site}/api/3/action/{name}", params=query, timeout=_TIMEOUT)
    answer.raise_for_status()
    return answer.json()["result"]


def _resource(site: str, slug: str, datastream: str) -> str:
    found = _action(site, "package_show", id=slug)["resources"]
    return next(each["id"] for each in found if each.get("datastream_name") == datastream)


def _table_view(site: str, slug: str, resource: str) -> str:
    views = _action(site, "resource_view_list", id=resource)
    view = next(each["id"] for each in views if each["view_type"] == "datatables_view")
    return f"/dataset/{slug}/resource/{resource}/view/{view}"


def _values(site: str, resource: str) -> list[tuple[str, float]]:
    """A week of quarter-hours, the oldest first."""
    found = _action(
        site, "datastore_search", resource_id=resource, sort="phenomenon_time desc", limit=672
    )
    return [(each["phenomenon_time"], each["result"]) for each in reversed(found["records"])]


def _site() -> str:
    told = os.environ.get("SUEDWEST_SITE_URL")
    if told:
        return told.rstrip("/")
    return DataDirectory(Path(os.environ.get(MARK, ".suedwest"))).read().address


def main() -> int:
    """Print the figure; 1 when it is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--address", help="an embed page, instead of the first station's")
    parser.add_argument("--compare", action="store_true", help="time first pictures in a Chromium")
    parser.add_argument("--charts-wheel", type=Path, help="a wheel of ckanext-charts")
    parser.add_argument("--times", type=int, default=5, help="pictures of each kind")
    options = parser.parse_args()
    address = options.address or embed_address(_site())
    by_range = {name: weigh(f"{address}?range={name}") for name in RANGES}
    totals = {name: sum(weights.values()) for name, weights in by_range.items()}
    heaviest = max(totals, key=lambda name: totals[name])
    figures: dict[str, Any] = {
        "embed_gzip_bytes": totals[heaviest],
        "limit": LIMIT,
        "address": address,
        "ranges": totals,
        "files": by_range[heaviest],
    }
    if options.compare:
        figures["pictures"] = compare(address, options.charts_wheel, options.times)
        figures["load_average"] = os.getloadavg()
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print(f"{address}: {totals[heaviest]:,} bytes of {LIMIT:,}, gzipped ({heaviest})")
        for name, size in by_range[heaviest].items():
            print(f"  {size:>7,}  {name}")
        for name, found in figures.get("pictures", {}).items():
            print(
                f"{name:16} {found['bytes']:>9,} bytes, picture after"
                f" {found['picture_ms_median']:>6,} ms (worst {found['picture_ms_worst']:,})"
            )
        if options.compare:
            print("load average", *(f"{each:.2f}" for each in os.getloadavg()))
    return int(totals[heaviest] > LIMIT)


if __name__ == "__main__":
    sys.exit(main())

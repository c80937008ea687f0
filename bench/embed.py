"""How many bytes an embedded chart costs a visitor: the page and everything it loads, gzipped.

Asks a running instance over HTTP, the one `./suedwest bench --data` means or SUEDWEST_SITE_URL: the
page, its styles and scripts, what these import, and the series that is only fetched when
somebody points at the chart. Each file is packed by itself at gzip's usual level 6. The figure is
that of the heaviest of all ranges; single files are those of that range.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
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
    options = parser.parse_args()
    address = options.address or embed_address(_site())
    by_range = {name: weigh(f"{address}?range={name}") for name in RANGES}
    totals = {name: sum(weights.values()) for name, weights in by_range.items()}
    heaviest = max(totals, key=lambda name: totals[name])
    figures = {
        "embed_gzip_bytes": totals[heaviest],
        "limit": LIMIT,
        "address": address,
        "ranges": totals,
        "files": by_range[heaviest],
    }
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print(f"{address}: {totals[heaviest]:,} bytes of {LIMIT:,}, gzipped ({heaviest})")
        for name, size in by_range[heaviest].items():
            print(f"  {size:>7,}  {name}")
    return int(totals[heaviest] > LIMIT)


if __name__ == "__main__":
    sys.exit(main())

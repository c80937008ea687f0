"""Weight of pages and time to their first complete picture, in a Chromium on a slow connection."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import Any

import requests
from playwright.sync_api import Browser

# A phone with weak reception: 1.6 Mbit/s down, 0.75 Mbit/s up, 150 ms; a quarter of this CPU.
DOWN, UP, LATENCY_MS, CPU_RATE = 1_600_000 / 8, 750_000 / 8, 150, 4
_TIMEOUT_MS = 90_000
_KEPT = ("content-type", "content-security-policy", "access-control-allow-origin")
_PACKED = ("text/", "application/json", "application/javascript", "image/svg+xml")


@dataclass
class Front:
    """Packs what a site answers, as nginx does in front of it; `pages` are answered by itself."""

    site: str
    address: str = ""
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _known: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    def answer(
        self, method: str, path: str, body: bytes, content_type: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and packed body; what was asked for once is known from then on."""
        key = f"{method} {path} {body!r}"
        if key not in self._known:
            self._known[key] = self._ask(method, path, body, content_type)
        return self._known[key]

    def _ask(
        self, method: str, path: str, body: bytes, content_type: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        if path in self.pages:
            kind, content = self.pages[path]
            return 200, {"content-type": kind, "content-encoding": "gzip"}, gzip.compress(content)
        sent = {"Content-Type": content_type} if content_type else {}
        found = requests.request(
            method, f"{self.site}{path}", data=body or None, headers=sent, timeout=60
        )
        headers = {name: found.headers[name] for name in _KEPT if name in found.headers}
        content = found.content
        if headers.get("content-type", "").startswith(_PACKED):
            # Addresses with a host lead here as well.
            content = content.replace(self.site.encode(), self.address.encode())
            content, headers["content-encoding"] = gzip.compress(content, 6), "gzip"
        return found.status_code, headers, content


@contextmanager
def packed(site: str, pages: dict[str, tuple[str, bytes]]) -> Iterator[Front]:
    """A front of `site` with these pages of its own, listening on this machine."""
    front = Front(site, pages=pages)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = self.headers.get("Content-Type")
            status, headers, content = front.answer(self.command, self.path, body, kind)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                self.wfile.write(content)
            except ConnectionError:
                # The browser has its picture and left.
                self.close_connection = True

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    front.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()


def measure(browser: Browser, address: str, drawn: str) -> tuple[int, float]:
    """Bytes over the wire and milliseconds until the picture that `drawn` finds is painted.

    `drawn` is a JavaScript expression. Each call is a visitor with an empty cache.
    """
    context = browser.new_context(viewport={"width": 800, "height": 700}, locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(_TIMEOUT_MS)
    session = context.new_cdp_session(page)
    weights: list[float] = []

    def finished(event: dict[str, Any]) -> None:
        weights.append(event["encodedDataLength"])

    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": DOWN,
            "uploadThroughput": UP,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
    # Two frames after it is there it has been painted.
    page.add_init_script(
        f"""(() => {{
            const look = () => {{
                let found = false;
                try {{ found = Boolean({drawn}); }} catch {{ }}
                if (!found) return requestAnimationFrame(look);
                requestAnimationFrame(() => requestAnimationFrame(
                    () => {{ window.pictureAfter = performance.now(); }}));
            }};
            requestAnimationFrame(look);
        }})()"""
    )
    page.goto(address, wait_until="commit")
    # As a function: text would be evaluated, which the pages' policies forbid.
    page.wait_for_function("() => window.pictureAfter > 0")
    after = page.evaluate("window.pictureAfter")
    page.wait_for_load_state("networkidle")
    context.close()
    return round(sum(weights)), float(after)


def in_turn(
    browser: Browser, pages: dict[str, tuple[str, str]], times: int
) -> dict[str, dict[str, float]]:
    """Weight and median time of each page, all in turn so that other work falls on all."""
    weights: dict[str, int] = {}
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    for turn in range(times + 1):
        for name, (address, drawn) in pages.items():
            weights[name], after = measure(browser, address, drawn)
            if turn:  # the first one warms the server up
                seconds[name].append(after)
    return {
        name: {
            "bytes": weights[name],
            "picture_ms_median": round(median(seconds[name])),
            "picture_ms_worst": round(max(seconds[name])),
        }
        for name in pages
    }


def plotly_page(title: str, values: list[tuple[str, float]]) -> bytes:
    """The least a page with Plotly can be: its script, and the chart's settings in the page."""
    trace = {"type": "scatter", "mode": "lines", "x": [t for t, _ in values]}
    settings = {
        "data": [{**trace, "y": [value for _, value in values]}],
        "layout": {"title": title},
    }
    told = json.dumps(settings, ensure_ascii=False).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="de"><meta charset="utf-8"><title>Plotly</title>'
        '<div id="chart" style="height:400px"></div><script src="/plotly.min.js"></script>'
        f'<script>Plotly.newPlot(document.getElementById("chart"), {told})</script>'
    ).encode()

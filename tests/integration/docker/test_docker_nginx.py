"""config/nginx/nginx.conf in the real nginx, before a portal and a broker that only take notes."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import socketserver
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from nginx_program import configure, running

from ckanext.suedwest.launcher import ports
from ckanext.suedwest.portal.snapshots.files import SnapshotFolder

NAME = "daten.example.org"


@dataclass
class Portal:
    """Answers every request and keeps what it was asked."""

    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    answers_with: int = 200

    def requests(self, path: str) -> list[dict[str, str]]:
        """Headers of the requests for `path`."""
        return [headers for _, asked, headers in self.asked if asked == path]


def handler(portal: Portal) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            portal.asked.append((self.command, self.path, dict(self.headers.items())))
            body = json.dumps({"values": list(range(1000))}).encode()
            self.send_response(portal.answers_with)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", "default-src 'self'")
            self.send_header("X-Content-Type-Options", "nosniff")
            if self.path.startswith(("/embed/", "/en/embed/", "/api/suedwest/series/", "/karte/")):
                self.send_header("Cache-Control", "public, max-age=60")
            else:
                self.send_header("Cache-Control", "private")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


class Broker(socketserver.BaseRequestHandler):
    """Gives back what it is sent."""

    def handle(self) -> None:
        while told := self.request.recv(1024):
            self.request.sendall(told)


@dataclass(frozen=True)
class Nginx:
    http: int
    https: int
    mqtts: int
    certificate: Path
    portal: Portal

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    @contextlib.contextmanager
    def connected(self) -> Iterator[http.client.HTTPConnection]:
        """A connection over TLS, of a browser that trusts the certificate."""
        plain = socket.create_connection((ports.HOST, self.https), timeout=30)
        # As http.client does: else a body waits until its head is acknowledged.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = http.client.HTTPConnection(NAME)
        connection.sock = self.tls.wrap_socket(plain, server_hostname=NAME)
        try:
            yield connection
        finally:
            connection.close()

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One request; a header's name is written with _ for -."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.connected() as connection:
            connection.request(method, path, body, names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()


@pytest.fixture(scope="module")
def portal() -> Iterator[tuple[Portal, ThreadingHTTPServer]]:
    notes = Portal()
    server = ThreadingHTTPServer((ports.HOST, 0), handler(notes))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield notes, server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def broker_port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer((ports.HOST, 0), Broker) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder of nginx' own account."""
    path = Path(tempfile.mkdtemp(prefix="suedwest-nginx-"))
    SnapshotFolder(path / "snapshots")
    if os.geteuid() == 0:
        shutil.chown(path, "nobody", "nogroup")
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def nginx(
    folder: Path, portal: tuple[Portal, ThreadingHTTPServer], broker_port: int
) -> Iterator[Nginx]:
    """The configuration as it is, with the addresses and paths of this machine."""
    notes, server = portal
    chosen: list[int] = []
    for _ in range(3):
        chosen.append(ports.choose(set(chosen)))
    configure(
        folder,
        NAME,
        chosen,
        portal=server.server_address[1],
        broker=broker_port,
        snapshots=folder / "snapshots",
    )
    with running(folder, chosen, "nobody" if os.geteuid() == 0 else None):
        yield Nginx(*chosen, folder / "secrets" / "tls_certificate", notes)


def test_plain_http_leads_to_tls_and_answers_the_health_check(nginx: Nginx) -> None:
    connection = http.client.HTTPConnection(ports.HOST, nginx.http, timeout=30)
    connection.request("GET", "/kommunen?lang=de", headers={"Host": NAME})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 308
    assert answer.headers["Location"] == f"https://{NAME}/kommunen?lang=de"
    connection.request("GET", "/nginx-health")
    assert connection.getresponse().status == 204
    connection.close()


def test_the_portal_learns_who_asks_and_nobody_can_pretend(nginx: Nginx) -> None:
    status, _, _ = nginx.ask(
        "/who", X_Forwarded_For="203.0.113.7", X_Forwarded_Proto="http", Cookie="suedwest=1"
    )
    assert status == 200
    (headers,) = nginx.portal.requests("/who")
    assert headers["X-Forwarded-For"] == ports.HOST
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Host"] == NAME
    assert headers["Cookie"] == "suedwest=1"


def test_security_headers_come_once(nginx: Nginx) -> None:
    for path in ("/headers", "/embed/boppard/w"):
        _, headers, _ = nginx.ask(path)
        for name in (
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "Strict-Transport-Security",
            "Cache-Control",
        ):
            assert len(headers.get_all(name, [])) == 1, f"{path}: {name}"
        assert "nginx/" not in (headers["Server"] or "")


@pytest.mark.parametrize(
    "path",
    [
        "/embed/mainz/w?range=week",
        "/en/embed/mainz/w",
        "/api/suedwest/series/1?range=day",
        "/karte/9/266/173.svg",
    ],
)
def test_embeds_are_fetched_once_for_everybody(nginx: Nginx, path: str) -> None:
    first = nginx.ask(path, Cookie="suedwest=secret", Authorization="token")
    second = nginx.ask(path)
    assert first[0] == second[0] == 200
    assert first[2] == second[2]
    (headers,) = nginx.portal.requests(path)
    assert "Cookie" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize("path", ["/", "/api/3/action/package_search", "/embedded/x", "/en/pegel"])
def test_nothing_else_is_kept(nginx: Nginx, path: str) -> None:
    for _ in range(2):
        assert nginx.ask(path, Authorization="token")[0] == 200
    asked = nginx.portal.requests(path)
    assert [headers["Authorization"] for headers in asked] == ["token", "token"]


def test_answers_are_compressed_for_who_can_read_it(nginx: Nginx) -> None:
    for path in ("/values", "/embed/compressed/w"):
        _, headers, body = nginx.ask(path, Accept_Encoding="gzip")
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Vary"] == "Accept-Encoding"
        assert json.loads(gzip.decompress(body))["values"][-1] == 999
        assert nginx.ask(path)[1]["Content-Encoding"] is None


def test_a_password_is_tried_out_slowly_while_pages_go_on(nginx: Nginx) -> None:
    tried = [nginx.ask("/user/login", "POST", b"password=x")[0] for _ in range(15)]
    assert tried[0] == 200
    assert 429 in tried
    assert [nginx.ask("/user/login")[0] for _ in range(15)] == [200] * 15


def test_an_upload_that_is_too_large_is_refused_at_once(nginx: Nginx) -> None:
    status, _, _ = nginx.ask("/dataset/new", "POST", Content_Length=str(200 * 1024**2))
    assert status == 413
    assert nginx.portal.requests("/dataset/new") == []


def test_a_network_server_may_send_what_many_gauges_say(nginx: Nginx) -> None:
    with nginx.connected() as connection:
        for _ in range(500):
            connection.request("POST", "/webhook/lorawan/up", b"{}")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
    assert len(nginx.portal.requests("/webhook/lorawan/up")) == 500
    assert nginx.ask("/webhook/lorawan", "POST", Content_Length=str(2 * 1024**2))[0] == 413


def test_devices_reach_the_broker_through_tls_only(nginx: Nginx) -> None:
    with (
        socket.create_connection((ports.HOST, nginx.mqtts), timeout=30) as plain,
        nginx.tls.wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        connection.sendall(b"CONNECT")
        assert connection.recv(1024) == b"CONNECT"
    with socket.create_connection((ports.HOST, nginx.mqtts), timeout=30) as plain:
        plain.sendall(b"CONNECT")
        with contextlib.suppress(ConnectionResetError):
            assert plain.recv(1024) != b"CONNECT"


def test_the_log_tells_little_of_visitors(nginx: Nginx, folder: Path) -> None:
    nginx.ask("/search?q=diagnosis", User_Agent="Browser/1.0", Referer="https://elsewhere.example/")
    text = (folder / "access.log").read_text(encoding="utf-8")
    assert re.search(r"GET /search 200", text)
    for told in ("diagnosis", "Browser/1.0", "elsewhere"):
        assert told not in text


KEPT = {
    "/": "/index.html",
    "/en/": "/en/index.html",
    "/hochwasser": "/hochwasser.html",
    "/verkehr": "/verkehr.html",
    "/en/verkehr/kusel": "/en/verkehr/kusel.html",
    "/embed/list/verkehr/kusel": "/embed/list/verkehr/kusel.html",
    "/organization/kusel": "/organization/kusel.html",
    "/seiten/kusel/wasser": "/seiten/kusel/wasser.html",
    "/embed/karte/kusel?lang=de": "/embed/karte/kusel.html",
    "/en/station/pegel-a": "/en/station/pegel-a.html",
    "/embed/pegel-a/W": "/embed/pegel-a/W.html",
    "/embed/pegel-a/W?range=7d": "/embed/pegel-a/W.html",
    "/embed/pegel-a/W?lang=en": "/en/embed/pegel-a/W.html",
    "/api/live/v1/latest.geojson": "/api/live/v1/latest.geojson",
    "/api/live/v1/latest.csv?municipality=kusel": "/api/live/v1/latest@kusel.csv",
    "/api/suedwest/series/0a-b?range=7d": "/api/suedwest/series/0a-b.json",
    "/suedwest/pages.css": "/suedwest/pages.css",
}


@pytest.fixture
def kept(folder: Path) -> Iterator[SnapshotFolder]:
    """Files of all the addresses, each saying its name; fresh, unless a test ages them."""
    files = SnapshotFolder(folder / "snapshots")
    for file in KEPT.values():
        files.write(file, file.encode() * 100)
    files.confirm(datetime.now(UTC))
    yield files
    files.switch(flood_mode=False)
    files.remove_all_but(())
    files.confirm(datetime.fromtimestamp(0, UTC))


def test_fresh_files_answer_visitors_and_the_portal_everybody_else(
    nginx: Nginx, kept: SnapshotFolder
) -> None:
    for address, file in KEPT.items():
        before = len(nginx.portal.requests(address))
        status, headers, body = nginx.ask(address, Accept_Encoding="identity")
        assert (status, body) == (200, file.encode() * 100), address
        assert headers["ETag"]
        status, _, body = nginx.ask(address, If_None_Match=headers["ETag"])
        assert (status, body) == (304, b""), address
        assert len(nginx.portal.requests(address)) == before
        compressed = nginx.ask(address, Accept_Encoding="gzip")
        assert compressed[1]["Content-Encoding"] == "gzip"
        assert gzip.decompress(compressed[2]) == file.encode() * 100
    for name, value in {"Cookie": "session=1", "Authorization": "token"}.items():
        nginx.ask("/hochwasser", **{name: value})
        assert nginx.portal.requests("/hochwasser")[-1][name] == value
    for other in ("/hochwasser?kommune=kusel", "/hochwasser/nobody", "/api/live/v1/latest.json"):
        nginx.ask(other)
        assert nginx.portal.requests(other), other


def test_a_file_has_the_headers_that_the_portal_gives(nginx: Nginx, kept: SnapshotFolder) -> None:
    embed = nginx.ask("/embed/pegel-a/W")[1]
    assert embed["Content-Type"] == "text/html; charset=utf-8"
    assert embed["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert embed["Cache-Control"] == "public, max-age=60, stale-while-revalidate=120"
    assert embed["Access-Control-Allow-Origin"] is None
    data = nginx.ask("/api/live/v1/latest.geojson")[1]
    assert data["Content-Type"] == "application/geo+json"
    assert data["Access-Control-Allow-Origin"] == "*"
    assert "frame-ancestors 'self'" in nginx.ask("/hochwasser")[1]["Content-Security-Policy"]


def test_what_could_not_be_made_anew_answers_only_where_the_portal_cannot(
    nginx: Nginx, kept: SnapshotFolder
) -> None:
    for language in ("", "/en"):
        kept.set_aside(f"{language}/station/pegel-a.html", datetime.now(UTC))
    assert b"values" in nginx.ask("/en/station/pegel-a")[2]
    assert nginx.ask("/hochwasser")[2].startswith(b"/hochwasser.html")
    nginx.portal.answers_with = 500
    try:
        status, _, body = nginx.ask("/en/station/pegel-a")
        assert (status, body[:24]) == (200, b"/en/station/pegel-a.html")
    finally:
        nginx.portal.answers_with = 200


def test_old_files_answer_only_in_flood_mode(nginx: Nginx, kept: SnapshotFolder) -> None:
    kept.confirm(datetime.fromtimestamp(0, UTC))
    before = len(nginx.portal.requests("/hochwasser"))
    assert b"values" in nginx.ask("/hochwasser")[2]
    assert len(nginx.portal.requests("/hochwasser")) == before + 1
    kept.switch(flood_mode=True)
    assert nginx.ask("/hochwasser")[2].startswith(b"/hochwasser.html")
    for absent in ("/dataset/", "/station/pegel-unknown", "/embed/pegel-a/W?range=1y"):
        assert nginx.ask(absent)[0] == 503, absent
        assert not nginx.portal.requests(absent)
    nginx.ask("/dataset/", Cookie="session=1")
    assert nginx.portal.requests("/dataset/")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_portal_that_only_fails_is_replaced_too(
    nginx: Nginx, kept: SnapshotFolder, status: int
) -> None:
    kept.confirm(datetime.fromtimestamp(0, UTC))
    nginx.portal.answers_with = status
    try:
        for address, file in KEPT.items():
            found, _, body = nginx.ask(address, Accept_Encoding="identity")
            assert (found, body) == (200, file.encode() * 100), address
        # Staff read the files as well, and what has no file says that it will come back.
        assert nginx.ask("/hochwasser", Cookie="session=1")[0] == 200
        assert "Gleich wieder da" in nginx.ask("/station/pegel-unknown")[2].decode()
        # Elsewhere the portal's own words stay.
        found, _, body = nginx.ask("/dataset/")
        assert found == status
        assert b"values" in body
    finally:
        nginx.portal.answers_with = 200


def test_a_portal_that_is_away_is_announced_and_embeds_stay(
    nginx: Nginx, portal: tuple[Portal, ThreadingHTTPServer]
) -> None:
    """Last in this file: the portal is gone afterwards."""
    kept = nginx.ask("/embed/stays/w")[2]
    _, server = portal
    server.shutdown()
    server.server_close()
    status, headers, body = nginx.ask("/")
    assert status == 503
    assert "Gleich wieder da" in body.decode()
    assert headers["Retry-After"] == "60"
    assert len(headers.get_all("Strict-Transport-Security", [])) == 1
    assert len(headers.get_all("Content-Security-Policy", [])) == 1
    assert nginx.ask("/embed/stays/w")[2] == kept


def test_the_last_state_is_read_while_the_portal_is_away(
    nginx: Nginx, kept: SnapshotFolder, portal: tuple[Portal, ThreadingHTTPServer]
) -> None:
    # The test before has ended the portal.
    kept.confirm(datetime.fromtimestamp(0, UTC))
    for address, file in KEPT.items():
        status, _, body = nginx.ask(address, Accept_Encoding="identity")
        assert (status, body) == (200, file.encode() * 100), address
    assert nginx.ask("/station/pegel-unknown")[0] == 503

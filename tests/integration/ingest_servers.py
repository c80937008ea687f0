"""Small servers the ingest tests ask: one that misbehaves, and the sandbox's replay."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ckanext.suedwest.ingest.replay.__main__ import make_server

Answer = Callable[[BaseHTTPRequestHandler], None]


def plain(
    body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str
) -> Answer:
    """An orderly answer."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def truncated(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'[{"uuid": ')


def truncated_gzip(handler: BaseHTTPRequestHandler) -> None:
    body = gzip.compress(b"[" + b"1," * 5000 + b"1]")[:-9]
    plain(body, Content_Encoding="gzip")(handler)


def broken_gzip(handler: BaseHTTPRequestHandler) -> None:
    plain(b"this is no gzip", Content_Encoding="gzip")(handler)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Three gigabytes announced, and sent as long as somebody listens."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(3 * 1024**3))
    handler.end_headers()
    piece = b" " * 65536
    for _ in range(3 * 1024**3 // len(piece)):
        handler.wfile.write(piece)


_BOMB = gzip.compress(b" " * 20 * 1024**2, compresslevel=1)


def gzip_bomb(handler: BaseHTTPRequestHandler) -> None:
    """20 MB of blanks in 100 KB."""
    plain(_BOMB, Content_Encoding="gzip")(handler)


def slow_body(handler: BaseHTTPRequestHandler) -> None:
    """A byte every tenth of a second, for ever."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def slow_headers(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(600):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.1)


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(5)


class Server:
    """Answers every request with `answer`, and keeps what was asked."""

    def __init__(self) -> None:
        self.answer: Answer = plain(b"[]")
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers.items())))
                try:
                    outer.answer(self)
                except OSError:
                    self.close_connection = True  # whoever asked has gone

            def log_message(self, format: str, *args: object) -> None:
                """Tests look at `asked`."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    @contextmanager
    def serving(self) -> Iterator[Server]:
        with running(self._http):
            yield self


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[str]:
    """Serve beside the test; gives the address."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def replay() -> Iterator[str]:
    """The sandbox's server."""
    with running(make_server("127.0.0.1", 0)) as url:
        yield url

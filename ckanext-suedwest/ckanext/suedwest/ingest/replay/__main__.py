"""`python -m ckanext.suedwest.ingest.replay --port PORT`: serve the recordings on loopback."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ..ending import hold_back_signals, wait_for_end
from ..simulator import traffic_feeds, transit
from .service import Service

ROOT = "/webservices/rest-api/v2"
MAX_AGE_SECONDS = 15


def make_server(host: str, port: int) -> ThreadingHTTPServer:
    """The server, listening but not yet serving; port 0 takes a free one.

    It answers below the path of the real service, and at its own root as well; the feeds of
    simulated traffic lie below `/traffic`.
    """
    service = Service.recorded()

    class Handler(BaseHTTPRequestHandler):
        """Answers like the real service, and says of itself that it is simulated."""

        protocol_version = "HTTP/1.1"
        server_version = "suedwest-replay"
        sys_version = ""

        def do_GET(self) -> None:
            now = datetime.now(UTC)
            feed = transit.answer(self.path, now) or traffic_feeds.answer(self.path, now)
            if feed is None:
                status, body = service.answer(self.path.removeprefix(ROOT), now)
                content_type = "application/json;charset=UTF-8"
                content = json.dumps(body, ensure_ascii=False).encode("utf-8")
            else:
                status, content_type = 200, feed[0]
                content = feed[1]
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            if status == 200 and self.headers.get("If-None-Match") == etag:
                status, content = 304, b""
            self.send_response(status)
            self.send_header("X-Suedwest-Simulated", "1")
            self.send_header("ETag", etag)
            self.send_header("Cache-Control", f"max-age={MAX_AGE_SECONDS}")
            self.send_header("Vary", "Accept-Encoding")
            if status != 304:
                self.send_header("Content-Type", content_type)
                if "gzip" in self.headers.get("Accept-Encoding", ""):
                    content = gzip.compress(content, mtime=0)
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            print(f"replay: {format % args}", file=sys.stderr, flush=True)

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="suedwest replay", description="Serve recorded PEGELONLINE replies, moved to today."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    arguments = parser.parse_args(argv)
    hold_back_signals()
    server = make_server(arguments.host, arguments.port)
    worker = threading.Thread(target=server.serve_forever, name="replay", daemon=True)
    with server:
        worker.start()
        print(f"replay: http://{arguments.host}:{server.server_port}{ROOT} (simulated)", flush=True)
        if not wait_for_end(worker):
            return 1
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

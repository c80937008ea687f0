"""How fast nginx answers with the files kept for a flood night, against one static file.

Run it while nginx serves the files, once with the portal running and once with it stopped:

    python bench/floodday.py http://127.0.0.1:8090 --static /nginx-test.txt

asyncio over raw connections, since no load tool comes as a package from PyPI; what it measures is
bounded by this program too, for both alike, so only the ratio of two rows is to be quoted.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from urllib.parse import urlsplit

LIVE = ("/hochwasser", "/pegel", "/api/live/v1/latest.json")
CONNECTIONS = 32


async def _ask(host: str, port: int, path: str, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    question = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    while time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(question)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if not head.startswith("http/1.1 200"):
            raise SystemExit(f"{path}: {head.splitlines()[0]}")
        length = next(line for line in head.splitlines() if line.startswith("content-length:"))
        await reader.readexactly(int(length.split(":")[1]))
        took.append(time.perf_counter() - start)
        # nginx ends a connection after a thousand answers.
        if "\r\nconnection: close" in head:
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()


async def _measure(base: str, path: str, seconds: float) -> tuple[float, float]:
    """Requests a second, and the 99th percentile in milliseconds."""
    parts = urlsplit(base)
    took: list[float] = []
    start = time.perf_counter()
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    asking = (_ask(host, port, path, start + seconds, took) for _ in range(CONNECTIONS))
    await asyncio.gather(*asking)
    took.sort()
    return len(took) / (time.perf_counter() - start), took[int(len(took) * 0.99)] * 1000


def main() -> None:
    """Measure the live addresses and the static file, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("base", help="address of nginx, plain HTTP")
    parser.add_argument("--static", required=True, help="path of a file that nginx serves as it is")
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    print("| path | requests/s | p99 ms | of static |\n| --- | --- | --- | --- |")
    base = 0.0
    for path in (asked.static, *LIVE):
        rate, slowest = asyncio.run(_measure(asked.base, path, asked.seconds))
        base = base or rate
        print(f"| `{path}` | {rate:.0f} | {slowest:.1f} | {rate / base:.2f} |")


if __name__ == "__main__":
    main()

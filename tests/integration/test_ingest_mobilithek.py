"""The Mobilithek: a TLS server that asks for a certificate, hands out packets one by one."""

from __future__ import annotations

import base64
import gzip
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from store_samples import empty, rows
from test_ingest_mqtt_tls import Identity, make_identity

from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.ingest.certificates import certificates
from ckanext.suedwest.ingest.mobilithek import unpacked
from ckanext.suedwest.ingest.runner import Runner
from ckanext.suedwest.store.sources import read_source, register_source

GZIP = {"Content-Encoding": "gzip", "Content-Type": "text/xml"}
NOW = datetime.now(UTC).replace(microsecond=0)
OPERATED: dict[str, Any] = {
    "trusted_address": True,
    "connector": "datex2-parking",
    "operator": {"name": "Stadt Kaiserslautern"},
    "licence": {
        "id": "dl-de-zero-2.0",
        "title": "Zero",
        "url": "https://www.govdata.de/dl-de/zero-2-0",
        "attribution": "Kaiserslautern",
    },
    "devices": {"7": {"name": "Am Markt", "kind": "parking"}},
}


def packet(free: int, time: datetime) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><d2LogicalModel><parkingRecordStatus>'
        '<parkingRecordReference id="7" version="1"/>'
        f"<parkingStatusOriginTime>{time.isoformat()}</parkingStatusOriginTime>"
        "<parkingOccupancy><parkingNumberOfSpacesOverride>100</parkingNumberOfSpacesOverride>"
        f"<parkingNumberOfVacantSpaces>{free}</parkingNumberOfVacantSpaces></parkingOccupancy>"
        "</parkingRecordStatus></d2LogicalModel>"
    ).encode()


class Broker:
    """Hands out the next packet that is newer than `If-Modified-Since`."""

    def __init__(self) -> None:
        self.packets: list[tuple[datetime, bytes]] = []
        self.asked: list[str | None] = []
        self.nothing_new = 304
        self.says_when = True
        self.forgets = False

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        since = handler.headers["If-Modified-Since"]
        self.asked.append(since)
        after = parsedate_to_datetime(since) if since and not self.forgets else None
        found = next((one for one in self.packets if after is None or one[0] > after), None)
        if handler.headers["Accept-Encoding"] != "gzip":
            handler.send_error(406)
            return
        if found is None:
            handler.send_response(self.nothing_new)
            handler.end_headers()
            return
        body = gzip.compress(found[1])
        handler.send_response(200)
        handler.send_header("Content-Type", "text/xml")
        handler.send_header("Content-Encoding", "gzip")
        if self.says_when:
            handler.send_header("Last-Modified", format_datetime(found[0], usegmt=True))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class Tls:
    """The server, and an identity it lets in."""

    def __init__(self, folder: Path) -> None:
        self.authority = make_identity("authority")
        self.client = make_identity("client", self.authority)
        mine = make_identity("127.0.0.1", self.authority)
        self.broker = Broker()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.authority.certificate)
        file = folder / "server.pem"
        file.write_text(mine.certificate + mine.key, "ascii")
        context.load_cert_chain(file)
        broker = self.broker

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                broker.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    @property
    def url(self) -> str:
        port = self.server.server_address[1]
        return f"https://127.0.0.1:{port}/mobilithek/api/v1.0/subscription?subscriptionID=1"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tls]:
    monkeypatch.setenv(secrets.KEY_VARIABLE, "k" * 40)
    made = Tls(tmp_path)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    with store_engine.begin() as conn:
        conn.execute(text("DELETE FROM suedwest.source"))
    return store_engine


def register(engine: Engine, tls: Tls, client: Identity, url: str | None = None) -> None:
    options = {
        **OPERATED,
        "client_certificate": client.certificate,
        "client_key": client.key,
        "ca_certificate": tls.authority.certificate,
    }
    with engine.begin() as conn:
        register_source(
            conn,
            id="subscription",
            type="mobilithek",
            municipality="kaiserslautern",
            url=url or tls.url,
            options=secrets.seal_options(options),
            interval=timedelta(minutes=5),
            managed_by="file",
        )


def poll(engine: Engine) -> str | None:
    """One poll; what the source says of its failure."""
    with engine.begin() as conn:
        conn.execute(text("UPDATE suedwest.source SET next_poll_at = '-infinity'"))
    assert Runner(engine, stop=threading.Event()).work_once()
    return read_source(engine, "subscription").last_error


def free(engine: Engine) -> list[float]:
    return [
        row[0]
        for row in rows(
            engine,
            "SELECT result FROM suedwest.observation JOIN suedwest.datastream d "
            "ON d.id = datastream_id WHERE d.name = 'free' ORDER BY phenomenon_time",
        )
    ]


@pytest.mark.parametrize("nothing_new", [304, 204])
def test_packets_are_pulled_until_there_is_nothing_new(
    engine: Engine, tls: Tls, nothing_new: int
) -> None:
    tls.broker.nothing_new = nothing_new
    times = [NOW - timedelta(minutes=minutes) for minutes in (15, 10, 5)]
    tls.broker.packets = [(time, packet(n, time)) for n, time in enumerate(times[:2], start=10)]
    register(engine, tls, tls.client)
    assert poll(engine) is None
    assert free(engine) == [10, 11]
    marks = [format_datetime(time, usegmt=True) for time in times]
    assert tls.broker.asked == [None, *marks[:2]]
    assert poll(engine) is None
    tls.broker.packets.append((times[2], packet(12, times[2])))
    assert poll(engine) is None
    assert free(engine) == [10, 11, 12]
    assert tls.broker.asked[3:] == [marks[1], marks[1], marks[2]]


def test_a_packet_that_comes_again_and_again_ends_the_loop(engine: Engine, tls: Tls) -> None:
    tls.broker.forgets = True
    tls.broker.packets = [(NOW, packet(10, NOW))]
    register(engine, tls, tls.client)
    assert poll(engine) is None
    assert len(tls.broker.asked) == 2
    assert free(engine) == [10]


def test_a_packet_of_no_use_is_passed_over_and_kept_as_refused(engine: Engine, tls: Tls) -> None:
    earlier = NOW - timedelta(minutes=5)
    tls.broker.packets = [(earlier, b"<a><broken"), (NOW, packet(10, NOW))]
    register(engine, tls, tls.client)
    assert poll(engine) is None
    assert free(engine) == [10]
    assert "not valid XML" in rows(engine, "SELECT reason FROM suedwest.quarantine")[0][0]


def test_a_container_holds_its_packet_packed_twice(engine: Engine, tls: Tls) -> None:
    inner = base64.encodebytes(gzip.compress(packet(10, NOW))).decode()
    tls.broker.packets = [
        (NOW, f"<container><body><binary>{inner}</binary></body></container>".encode())
    ]
    register(engine, tls, tls.client, tls.url.replace("/subscription", "/container/subscription"))
    assert poll(engine) is None
    assert free(engine) == [10]


def test_what_does_not_follow_the_protocol_fails_and_says_why(engine: Engine, tls: Tls) -> None:
    tls.broker.packets = [(NOW, packet(10, NOW))]
    tls.broker.says_when = False
    register(engine, tls, tls.client)
    assert "no Last-Modified" in (poll(engine) or "")
    tls.broker.says_when = True
    register(engine, tls, make_identity("a stranger"))
    assert "connection failed" in (poll(engine) or "")
    assert free(engine) == []


def test_the_end_of_a_certificate_is_known(engine: Engine, tls: Tls) -> None:
    register(engine, tls, tls.client)
    (shown,) = certificates(engine)
    assert shown.source_id == "subscription"
    assert shown.stage(NOW) == 7
    assert shown.expires_at is not None
    assert [shown.stage(shown.expires_at - timedelta(days=days)) for days in (8, 31, 61)] == [
        30,
        60,
        None,
    ]
    assert shown.stage(shown.expires_at) == 0


TOKEN, HASH = secrets.make_token()
PUSHED = "/mobilithek/pushed"


@pytest.fixture
def pushed(store: Engine) -> Engine:
    """A source that packets are pushed to, in the store of the portal."""
    with store.begin() as conn:
        register_source(
            conn,
            id="pushed",
            type="mobilithek-push",
            municipality="kaiserslautern",
            url="",
            options={**OPERATED, secrets.TOKEN_OPTION: HASH},
            interval=timedelta(minutes=5),
            managed_by="file",
        )
    return store


def test_pushed_packets_are_stored_packed_or_not(pushed: Engine, app: Any) -> None:
    address = f"{PUSHED}/{TOKEN}"
    first = app.post(address, data=gzip.compress(packet(10, NOW)), headers=GZIP)
    assert first.status_code == 200
    later = NOW + timedelta(minutes=1)
    assert app.post(address, data=packet(11, later), content_type="text/xml").status_code == 200
    assert free(pushed) == [10, 11]
    # Whoever looks at what is kept does not find the key.
    assert app.post(address, data=b"<a><broken").status_code == 200
    kept = rows(pushed, "SELECT reason, topic FROM suedwest.quarantine")
    assert [topic for _reason, topic in kept] == [PUSHED]


@pytest.mark.parametrize(
    ("key", "data", "encoding", "status"),
    [
        ("wrong", gzip.compress(b"x"), "gzip", 401),
        # A stranger's bomb is not even unpacked.
        ("wrong", b"no gzip at all", "gzip", 401),
        (TOKEN, b"no gzip at all", "gzip", 400),
        (TOKEN, gzip.compress(b"x" * 1000)[:-9], "gzip", 400),
        (TOKEN, b"x", "br", 415),
    ],
)
def test_what_cannot_be_taken_is_told(
    pushed: Engine, app: Any, key: str, data: bytes, encoding: str, status: int
) -> None:
    headers = {"Content-Encoding": encoding}
    answer = app.post(f"{PUSHED}/{key}", data=data, headers=headers, status=status)
    assert answer.status_code == status
    assert free(pushed) == []


def test_a_bomb_is_not_unpacked_further_than_allowed() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    assert len(bomb) < 6000
    with pytest.raises(PayloadRefused, match="larger than 1,000 bytes"):
        unpacked(bomb, 1000)
    assert unpacked(bomb, 5_000_000) == b"0" * 5_000_000

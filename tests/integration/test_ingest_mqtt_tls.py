"""MQTT over TLS with a client certificate, on Mosquitto."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ingest_processes import KEY, Mosquitto

from ckanext.suedwest.domain.errors import SuedwestError
from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.ingest.mqtt_connection import BrokerAway, Connection, Settings
from ckanext.suedwest.store.sources import SourceRow

HOST = ipaddress.ip_address("127.0.0.1")


class Identity(NamedTuple):
    """A certificate and its key, both PEM."""

    certificate: str
    key: str


def make_identity(name: str, issuer: Identity | None = None) -> Identity:
    """A certificate for a day; without an issuer one that may sign others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, issued_by = key, subject
    if issuer is not None:
        loaded = serialization.load_pem_private_key(issuer.key.encode(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signer = loaded
        issued_by = x509.load_pem_x509_certificate(issuer.certificate.encode()).subject
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(HOST)]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return Identity(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )


@pytest.fixture(scope="module")
def authority() -> Identity:
    return make_identity("authority of the tests")


@pytest.fixture
def broker(tmp_path: Path, authority: Identity) -> Iterator[Mosquitto]:
    own = make_identity("broker", authority)
    for name, text in (("ca", authority.certificate), ("cert", own.certificate), ("key", own.key)):
        (tmp_path / f"{name}.pem").write_text(text)
    made = Mosquitto(
        tmp_path,
        f"cafile {tmp_path}/ca.pem\ncertfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem\n"
        "require_certificate true\n",
    )
    made.start()
    yield made
    made.end()


def connect(broker: Mosquitto, **options: str) -> str:
    source = SourceRow(
        id="test-tls",
        type="mqtt",
        municipality=None,
        url=broker.url.replace("mqtt://nobody:nothing@", "mqtts://"),
        options=secrets.seal_options({"topic": "a", "trusted_address": True, **options}),
        interval=timedelta(minutes=15),
        enabled=True,
        state={},
        generation=1,
        last_attempt_at=None,
        last_success_at=None,
        last_error=None,
        failures=0,
    )
    connection = Connection(Settings.of(source), lambda _message: None)
    try:
        return connection.open()
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(secrets.KEY_VARIABLE, KEY)


def test_a_client_certificate_lets_us_in(broker: Mosquitto, authority: Identity) -> None:
    own = make_identity("pegel", authority)
    assert connect(
        broker,
        ca_certificate=authority.certificate,
        client_certificate=own.certificate,
        client_key=own.key,
    ) in ("5", "3.1.1")


def test_without_a_certificate_the_broker_refuses_us(
    broker: Mosquitto, authority: Identity
) -> None:
    with pytest.raises(SuedwestError):
        connect(broker, ca_certificate=authority.certificate)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_broker_nobody_vouches_for_is_not_told_anything(broker: Mosquitto, trusted: bool) -> None:
    stranger = make_identity("another authority")
    options = {"ca_certificate": stranger.certificate} if trusted else {}
    with pytest.raises(BrokerAway, match="certificate verify failed"):
        connect(broker, **options)

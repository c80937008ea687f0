"""Which addresses may be asked, and when a source is asked next."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from ckanext.suedwest.ingest.http import AddressRefused, fetch, is_public
from ckanext.suedwest.ingest.schedule import next_regular_poll, next_retry

CHANCE = random.Random(1)  # noqa: S311


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("141.17.30.1", True),
        ("2a00:1450:4001::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "scheme 'file'"),
        ("ftp://example.org/", "scheme 'ftp'"),
        ("stations.json", "scheme ''"),
        ("http://", "no host"),
        ("https://user:secret@example.org/", "password"),
        ("http://127.0.0.1:6379/", "not a public address"),
        ("http://[::1]/", "not a public address"),
        ("http://2130706433/", "not a public address"),
        ("http://169.254.169.254/latest/meta-data", "not a public address"),
    ],
)
def test_addresses_that_are_refused(url: str, reason: str) -> None:
    with pytest.raises(AddressRefused, match=reason):
        fetch(url)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("12:00:00", "12:02"),
        ("12:02:00", "12:17"),
        ("12:16:59", "12:17"),
        ("12:17:10", "12:32"),
        ("23:50:00", "00:02"),
    ],
)
def test_a_poll_comes_two_minutes_after_each_step(now: str, due: str) -> None:
    instant = datetime.fromisoformat(f"2026-11-20T{now}+00:00")
    planned = next_regular_poll(instant, timedelta(minutes=15), CHANCE)
    assert f"{planned:%H:%M}" == due
    assert instant < planned <= instant + timedelta(minutes=15, seconds=20)


def test_a_failing_source_is_asked_less_often_but_every_quarter_of_an_hour() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    delays = [next_retry(now, failures, CHANCE) - now for failures in range(1, 40)]
    assert delays[0] <= timedelta(seconds=30)
    assert delays[4] > timedelta(minutes=7)
    assert max(delays) <= timedelta(minutes=15)
    assert delays[-1] > timedelta(minutes=13)


def test_a_source_that_asks_for_patience_gets_it() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    delay = next_retry(now, 1, CHANCE, timedelta(minutes=5)) - now
    assert timedelta(minutes=4) < delay <= timedelta(minutes=5)

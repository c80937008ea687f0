"""XML of strangers: what is read, and what is refused before it can do harm."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.suedwest.connectors.traffic import xml_payload
from ckanext.suedwest.domain.errors import PayloadRefused

LAUGHS = b"""<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"""
OUTSIDE = b"""<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"""


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"{}", "not valid XML"),
        (b"<a><b></a>", "not valid XML"),
        (b"<a>&undeclared;</a>", "not valid XML"),
        (LAUGHS, "document type"),
        (OUTSIDE, "document type"),
        (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>', "document type"),
        (b"<a>" * 100, "nested deeper"),
        (b'<a b="' + b"x" * 20_000 + b'"/>', "attribute"),
        (b"<a " + b" ".join(b'b%d="1"' % n for n in range(100)) + b"/>", "attributes"),
        (b"<a>" + b"x" * 1_100_000 + b"</a>", "characters of text"),
        (b"<a>" + b"<b/>" * 200_001 + b"</a>", "elements"),
        (b'<?xml version="1.0" encoding="made-up"?><a/>', "encoding"),
        ("<a>ä</a>".encode("latin-1"), "not valid XML"),
    ],
)
def test_hostile_or_broken_xml_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        xml_payload.parse(payload)


@pytest.mark.parametrize(
    "payload",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>Straße</a>'.encode("latin-1"),
        '<?xml version="1.0" encoding="windows-1252"?><a>Straße</a>'.encode("cp1252"),
        '<?xml version="1.0" encoding="UTF-16"?><a>Straße</a>'.encode("utf-16"),
        "<a>Straße</a>".encode("utf-8-sig"),
        b"<a>Stra&#223;e</a>",
    ],
)
def test_the_declared_encoding_counts(payload: bytes) -> None:
    assert xml_payload.parse(payload).text == "Straße"


def test_records_are_found_whatever_the_prefix_and_know_what_is_around_them() -> None:
    payload = b'<p:a xmlns:p="urn:x" id="7"><p:b><p:c>1</p:c></p:b><p:d/><p:b/></p:a>'
    found = list(xml_payload.records(payload, frozenset({"b"})))
    assert [one.value("c") for one in found] == ["1", None]
    assert found[0].parent is not None
    assert (found[0].parent.attributes, found[0].namespace) == ({"id": "7"}, "urn:x")
    assert found[0].parent.children == []


def test_a_long_feed_is_read_in_bounded_memory() -> None:
    payload = b"<a>" + b"<b><c>text</c><d>other</d></b>" * 60_000 + b"</a>"
    tracemalloc.start()
    assert sum(1 for _ in xml_payload.records(payload, frozenset({"b"}))) == 60_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("MÃ¼nchen", "München"),
        ("HeimstraÃŸe", "Heimstraße"),
        ("München", "München"),
        ("São Ângelo", "São Ângelo"),
    ],
)
def test_texts_that_were_encoded_twice_are_mended(written: str, meant: str) -> None:
    assert xml_payload.mended(written) == meant


@given(st.one_of(st.binary(max_size=300), st.text(alphabet="<>/ab=\"' &;!?", max_size=80)))
def test_nothing_but_its_own_refusal_comes_out(payload: bytes | str) -> None:
    with contextlib.suppress(PayloadRefused):
        xml_payload.parse(payload if isinstance(payload, bytes) else payload.encode())

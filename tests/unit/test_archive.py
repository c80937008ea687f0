"""ZIP archives from outside: what a stranger may try is refused before it is unpacked."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import pytest

from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.ingest import archive
from ckanext.suedwest.ingest.archive import Archive


def packed(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files:
            made.writestr(name, data)
    return content.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


def claiming(content: bytes, size: int) -> bytes:
    """The archive with another size for its first file in the directory at its end."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def encrypted(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02")
    return content[: at + 8] + struct.pack("<H", 1) + content[at + 10 :]


def test_files_are_read_line_by_line_and_again() -> None:
    found = Archive(packed(("feed/stops.txt", "\ufeffa,b\nÄ,ö\n".encode()), ("feed/", b"")))
    assert found.names() == {"stops.txt"}
    assert list(found.lines("stops.txt")) == ["a,b\n", "Ä,ö\n"]
    assert list(found.lines("stops.txt")) == ["a,b\n", "Ä,ö\n"]


def test_texts_of_old_systems_are_read() -> None:
    assert list(Archive(packed(("a.txt", "Straße\n".encode("cp1252")))).lines("a.txt")) == [
        "Straße\n"
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no ZIP archive"),
        (b"PK\x05\x06" + b"\x00" * 10, "no ZIP archive"),
        (packed(("../../etc/passwd", b"x")), "leads out of it"),
        (packed(("/etc/passwd", b"x")), "leads out of it"),
        (packed(("C:\\stops.txt", b"x")), "leads out of it"),
        (packed(("a\\..\\..\\stops.txt", b"x")), "leads out of it"),
        (packed((link("stops.txt"), b"/etc/passwd")), "a link in it"),
        (packed(("stops.txt", b"x"), ("feed/stops.txt", b"y")), "twice"),
        (packed(("stops.txt", b"0" * 30_000_000)), "packed too tightly"),
        (claiming(packed(("stops.txt", b"x" * 100)), 3 * 1024**3), "claims 3,221,225,472 bytes"),
        (encrypted(packed(("stops.txt", b"x"))), "encrypted"),
        (packed(*((f"{number}.txt", b"") for number in range(501))), "more than 500 files"),
    ],
)
def test_what_is_hostile_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(PayloadRefused, match=reason):
        Archive(content)


def test_a_file_that_is_larger_than_it_claims_is_not_read_on() -> None:
    found = Archive(claiming(packed(("stops.txt", b"a,b\n" * 1000)), 10))
    with pytest.raises(PayloadRefused, match=r"larger than it claims|broken"):
        list(found.lines("stops.txt"))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_bytes_are_changed_it_is_read_or_refused(seed: int) -> None:
    content = packed(("stops.txt", b"a,b\n" * 50), ("routes.txt", bytes(range(256))))
    chance = random.Random(seed)  # noqa: S311
    for _turn in range(1500):
        changed = bytearray(content)
        for _byte in range(chance.choice((1, 2, 4))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            found = Archive(bytes(changed))
            read = [line for name in found.names() for line in found.lines(name)]
        except PayloadRefused:
            continue
        assert sum(map(len, read)) <= 50 * 4 + 256


def test_a_file_without_a_name_is_refused() -> None:
    content = bytearray(packed(("a", b"x")))
    at = content.index(b"PK\x01\x02")
    content[at + 46] = 0
    with pytest.raises(PayloadRefused, match="without a name"):
        Archive(bytes(content))


def test_a_broken_file_is_told() -> None:
    content = bytearray(packed(("stops.txt", bytes(range(256)) * 50)))
    content[60:80] = b"\xff" * 20
    with pytest.raises(PayloadRefused, match="broken"):
        list(Archive(bytes(content)).lines("stops.txt"))


def test_an_endless_line_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LONGEST_LINE", 1000)
    found = Archive(packed(("stops.txt", b"x" * 5000)))
    with pytest.raises(PayloadRefused, match="a line of more than 1000 bytes"):
        list(found.lines("stops.txt"))

"""ZIP archives from outside: looked through before anything is unpacked, read as streams.

Nothing is ever written to a disk by a name of the archive, so no name leads anywhere; a name that
tries is refused all the same, for such an archive was not made by whom it says.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator

from ..domain.errors import PayloadRefused

MOST_ENTRIES = 500
LARGEST_ENTRY = 2 * 1024**3
LARGEST_WHOLE = 4 * 1024**3
MOST_RATIO = 200
"""How many times its packed size an entry may have; tables of numbers reach 30."""
RATIO_FROM = 1024**2
"""Smaller ones are harmless whatever their ratio."""
LONGEST_LINE = 64 * 1024
_ENCRYPTED = 0x1
_ENTRY = b"PK\x01\x02"
"""How each entry of the directory begins."""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What `zipfile` raises over bytes that are not what they say."""


class Archive:
    """The files of an archive, by name; each can be read again.

    Raises:
        PayloadRefused: no archive, or one that may not be opened; the message says why.
    """

    def __init__(self, content: bytes) -> None:
        # Counted before the directory is read: it may be all there is of a large archive.
        if content.count(_ENTRY) > MOST_ENTRIES:
            raise PayloadRefused(f"the archive has more than {MOST_ENTRIES} files")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except _BROKEN as error:
            raise PayloadRefused(f"this is no ZIP archive: {error}") from None
        entries = self._zip.infolist()
        if not all(entry.filename for entry in entries):
            raise PayloadRefused("the archive has a file without a name")
        if sum(entry.file_size for entry in entries) > LARGEST_WHOLE:
            raise PayloadRefused(f"the archive claims more than {LARGEST_WHOLE:,} bytes")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            if not entry.is_dir():
                self._take(entry)

    def _take(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        shown = ascii(name[:60])
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in name:
            raise PayloadRefused(f"the archive has a name that leads out of it: {shown}")
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise PayloadRefused(f"the archive has a link in it: {shown}")
        if entry.flag_bits & _ENCRYPTED:
            raise PayloadRefused(f"{shown} is encrypted")
        if entry.file_size > LARGEST_ENTRY:
            raise PayloadRefused(f"{shown} claims {entry.file_size:,} bytes")
        packed = max(entry.compress_size, 1)
        if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * packed:
            raise PayloadRefused(f"{shown} is packed too tightly to be honest")
        # Some producers put everything into one folder.
        base = parts[-1]
        if base in self._entries:
            raise PayloadRefused(f"the archive has {ascii(base[:60])} twice")
        self._entries[base] = entry

    def names(self) -> frozenset[str]:
        """Names of the files, without their folder."""
        return frozenset(self._entries)

    def lines(self, name: str) -> Iterator[str]:
        """The lines of a file in UTF-8, with their ends; what is no UTF-8 is read as Windows-1252.

        Raises:
            PayloadRefused: it is larger than it claims, broken, or has an endless line.
        """
        entry = self._entries[name]
        left = entry.file_size
        try:
            with self._zip.open(entry) as file:
                first = True
                while line := file.readline(LONGEST_LINE + 1):
                    left -= len(line)
                    if left < 0:
                        raise PayloadRefused(f"{name} is larger than it claims")
                    if len(line) > LONGEST_LINE:
                        raise PayloadRefused(f"{name} has a line of more than {LONGEST_LINE} bytes")
                    text = _decoded(line)
                    yield text.removeprefix("\ufeff") if first else text
                    first = False
        except _BROKEN as error:
            raise PayloadRefused(f"{name} is broken: {error}") from None


def _decoded(line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", errors="replace")
    return text.replace("\x00", "")

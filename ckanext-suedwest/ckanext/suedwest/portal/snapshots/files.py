"""A folder of files that a web server reads while they are replaced.

now/…           the answers, each with a `.gz` beside it
at/<period>     leads to `now`; exists for the hundreds of seconds since 1970 for which the files
                are known to be the newest, so that a server without a clock of its own can
                tell fresh files from old ones by whether a name exists
at/always       leads to `now` and does not end
flood-mode      when it exists, the server asks nothing but these files
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from ...domain.errors import SuedwestError

PERIOD = timedelta(seconds=100)
_ALWAYS = "always"
_SMALLEST_COMPRESSED = 1024


class WrongName(SuedwestError):
    """A file's name would lie outside of its folder."""


class SnapshotFolder:
    """The folder at `root`, made when it is missing and readable by everybody."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._now = root / "now"
        self._at = root / "at"
        for folder in (root, self._now, self._at):
            _make(folder)
        self._lead(_ALWAYS)

    def write(self, file: str, content: bytes) -> bool:
        """Replace a file at once or not at all; whether it changed.

        A reader never sees half of it: it is written beside its place, brought to the disk and
        renamed.

        Raises:
            WrongName: `file` leads outside of the folder.
        """
        path = self._path(file)
        if path.is_file() and path.read_bytes() == content:
            return False
        for folder in reversed(path.relative_to(self._now).parents[:-1]):
            _make(self._now / folder)
        compressed = path.with_name(f"{path.name}.gz")
        if len(content) >= _SMALLEST_COMPRESSED:
            # First, because its absence only costs time: an old one beside a new file would be old.
            compressed.unlink(missing_ok=True)
            _replace(path, content)
            _replace(compressed, gzip.compress(content, 6, mtime=0))
        else:
            compressed.unlink(missing_ok=True)
            _replace(path, content)
        return True

    def remove_all_but(self, files: Collection[str]) -> int:
        """Remove what is no longer kept, such as the page of a station that is gone."""
        kept = {self._path(file) for file in files}
        kept |= {path.with_name(f"{path.name}.gz") for path in kept}
        gone = [path for path in self._now.rglob("*") if path.is_file() and path not in kept]
        for path in gone:
            path.unlink()
        return len(gone)

    def remove(self, file: str) -> None:
        """Remove one file, if it exists."""
        path = self._path(file)
        path.with_name(f"{path.name}.gz").unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def confirm(self, now: datetime) -> None:
        """Say that the files are the newest now and until the period after this one ends."""
        period = int(now.timestamp() // PERIOD.total_seconds())
        wanted = {str(period), str(period + 1)}
        for name in wanted:
            self._lead(name)
        for each in self._at.iterdir():
            if each.name not in wanted and each.name != _ALWAYS:
                each.unlink(missing_ok=True)

    def confirmed(self, now: datetime) -> bool:
        """Whether the files are known to be the newest."""
        return (self._at / str(int(now.timestamp() // PERIOD.total_seconds()))).exists()

    def switch(self, *, flood_mode: bool) -> None:
        """Serve nothing but files, or no longer."""
        switch = self.root / "flood-mode"
        if flood_mode:
            switch.touch(mode=0o644)
        else:
            switch.unlink(missing_ok=True)

    def _lead(self, name: str) -> None:
        link = self._at / name
        if not link.is_symlink():
            link.symlink_to(Path("..") / "now")

    def _path(self, file: str) -> Path:
        parts = file.removeprefix("/").split("/")
        if not all(parts) or any(part in (".", "..") or "\0" in part for part in parts):
            raise WrongName(f"{file!r} is no name of a file to keep")
        return self._now.joinpath(*parts)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Whatever the umask is: the web server runs under another account.
    folder.chmod(0o755)


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

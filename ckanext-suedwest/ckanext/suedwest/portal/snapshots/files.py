"""A folder of files that a web server reads while they are replaced.

now/…           the answers, each with a `.gz` beside it
late/…          the last answers where no newer ones could be made, for when the portal fails too
at/<period>     leads to `now`; exists for the hundreds of seconds since 1970 for which the files
                are known to be the newest, so that a server without a clock of its own can
                tell fresh files from old ones by whether a name exists
at/always       leads to `now` and does not end
confirmed       when the files were last known to be the newest, as ISO 8601
frame-ancestors.map  who may frame what (portal/frame_ancestors.py)
flood-mode      when it exists, the server asks nothing but these files
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ...domain.errors import SuedwestError

PERIOD = timedelta(seconds=100)
_ALWAYS = "always"
_SMALLEST_COMPRESSED = 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """How the files do: aware instants, None before anything was kept.

    `oldest` is when the oldest answer was last known to be right; `set_aside` counts the answers
    that could not be made anew since.
    """

    confirmed: datetime | None
    oldest: datetime | None
    set_aside: int


class WrongName(SuedwestError):
    """A file's name would lie outside of its folder."""


class SnapshotFolder:
    """The folder at `root`, made when it is missing and readable by everybody."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._now = root / "now"
        self._late = root / "late"
        self._at = root / "at"
        self._confirmed = root / "confirmed"
        self.frame_ancestors = root / "frame-ancestors.map"
        for folder in (root, self._now, self._late, self._at):
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
        _make_parents(path, self._now)
        compressed = _compressed(path)
        if len(content) >= _SMALLEST_COMPRESSED:
            # First, because its absence only costs time: an old one beside a new file would be old.
            compressed.unlink(missing_ok=True)
            _replace(path, content)
            _replace(compressed, gzip.compress(content, 6, mtime=0))
        else:
            compressed.unlink(missing_ok=True)
            _replace(path, content)
        _remove(self._aside(path))
        return True

    def set_aside(self, file: str, now: datetime) -> None:
        """No newer answer could be made: keep the last one, but not among those that are right."""
        path = self._path(file)
        if not path.is_file():
            return
        aside = self._aside(path)
        _make_parents(aside, self._late)
        _compressed(aside).unlink(missing_ok=True)
        os.replace(path, aside)
        if _compressed(path).is_file():
            os.replace(_compressed(path), _compressed(aside))
        # Until now it was right; how old its values are, they say themselves.
        os.utime(aside, (now.timestamp(), now.timestamp()))

    def standing(self) -> Standing:
        """How the files do."""
        aside = [path for path in self._late.rglob("*") if path.is_file() and path.suffix != ".gz"]
        if not self._confirmed.is_file():
            return Standing(None, None, len(aside))
        confirmed = datetime.fromisoformat(self._confirmed.read_text(encoding="ascii"))
        since = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in aside]
        return Standing(confirmed, min([confirmed, *since]), len(aside))

    def remove_all_but(self, files: Collection[str]) -> int:
        """Remove what is no longer kept, such as the page of a station that is gone."""
        kept = {self._path(file) for file in files}
        kept |= {self._aside(path) for path in kept}
        kept |= {_compressed(path) for path in kept}
        gone = [
            path
            for folder in (self._now, self._late)
            for path in folder.rglob("*")
            if path.is_file() and path not in kept
        ]
        for path in gone:
            path.unlink()
        return len(gone)

    def remove(self, file: str) -> None:
        """Remove one file, if it exists."""
        path = self._path(file)
        _remove(path)
        _remove(self._aside(path))

    def confirm(self, now: datetime) -> None:
        """Say that the files are the newest now and until the period after this one ends."""
        period = int(now.timestamp() // PERIOD.total_seconds())
        wanted = {str(period), str(period + 1)}
        _replace(self._confirmed, now.isoformat().encode("ascii"))
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

    def _aside(self, path: Path) -> Path:
        return self._late / path.relative_to(self._now)

    def _path(self, file: str) -> Path:
        parts = file.removeprefix("/").split("/")
        if not all(parts) or any(part in (".", "..") or "\0" in part for part in parts):
            raise WrongName(f"{file!r} is no name of a file to keep")
        return self._now.joinpath(*parts)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Whatever the umask is: the web server runs under another account.
    folder.chmod(0o755)


def _make_parents(path: Path, root: Path) -> None:
    for folder in reversed(path.relative_to(root).parents[:-1]):
        _make(root / folder)


def _compressed(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def _remove(path: Path) -> None:
    # Its compressed copy first: nginx would answer with that.
    _compressed(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


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

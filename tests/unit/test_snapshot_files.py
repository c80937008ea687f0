"""Files that a web server reads while they are replaced."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ckanext.suedwest.portal import formats
from ckanext.suedwest.portal.snapshots.files import PERIOD, SnapshotFolder, WrongName
from ckanext.suedwest.portal.snapshots.making import marked

NOW = datetime(2026, 11, 23, 9, 50, tzinfo=UTC)


def test_a_file_is_replaced_when_it_changed_and_has_its_compressed_copy(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    long = b"<p>Pegel</p>" * 200
    assert folder.write("/embed/a/W.html", long)
    assert not folder.write("/embed/a/W.html", long)
    kept = tmp_path / "now" / "embed" / "a"
    assert gzip.decompress((kept / "W.html.gz").read_bytes()) == long
    assert (kept / "W.html").stat().st_mode & 0o777 == 0o644
    assert kept.stat().st_mode & 0o777 == 0o755
    assert folder.write("/embed/a/W.html", b"short")
    assert [each.name for each in kept.iterdir()] == ["W.html"]


def test_files_of_stations_that_are_gone_are_removed(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    folder.write("/station/gone.html", b"x" * 2000)
    folder.write("/station/here.html", b"x" * 2000)
    assert folder.remove_all_but({"/station/here.html"}) == 2
    names = {each.name for each in (tmp_path / "now" / "station").iterdir()}
    assert names == {"here.html", "here.html.gz"}


@pytest.mark.parametrize("file", ["/../x", "/a/../../x", "//x", "/a//b", "/a/./b", "", "/a\0b"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, file: str) -> None:
    with pytest.raises(WrongName):
        SnapshotFolder(tmp_path).write(file, b"")


def test_files_count_as_the_newest_for_one_to_two_periods(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    assert not folder.confirmed(NOW)
    folder.confirm(NOW)
    folder.write("/pegel.html", b"x")
    assert folder.confirmed(NOW + PERIOD)
    assert not folder.confirmed(NOW + 2 * PERIOD)
    assert (tmp_path / "at" / "always" / "pegel.html").read_bytes() == b"x"
    folder.confirm(NOW + 5 * PERIOD)
    assert len(list((tmp_path / "at").iterdir())) == 3


def test_a_kept_page_says_when_it_was_made_and_until_when_it_holds() -> None:
    page = '<html><main id="content"><h1>\\1</h1></main></html>'
    told = marked(page, NOW, NOW + timedelta(minutes=30), "de")
    assert told.startswith('<html><main id="content"><p class="kept"')
    assert "Gespeicherter Stand: Mo 23.11.2026, 10:50\u00a0Uhr\u00a0MEZ." in told
    assert 'data-live-until="2026-11-23T10:20:00Z"' in told
    assert told.endswith("<h1>\\1</h1></main></html>")
    assert "data-live-until" not in marked(page, NOW, None, "en")


@pytest.mark.parametrize(
    ("minutes", "lang", "words"),
    [
        (5, "de", "Mo 23.11.2026, 10:45\u00a0Uhr\u00a0MEZ"),
        (5, "en", "Mon 23 Nov 2026, 10:45\u00a0CET"),
        (60 * 24, "de", "So 22.11.2026, 10:50\u00a0Uhr\u00a0MEZ"),
    ],
)
def test_words_of_a_kept_page_do_not_depend_on_when_they_are_read(
    minutes: int, lang: str, words: str
) -> None:
    measured = NOW - timedelta(minutes=minutes)
    with formats.absolute_times():
        assert formats.age_words(measured, NOW, lang) == words
        assert formats.moment(measured, NOW, lang) == words
    assert formats.age_words(measured, NOW, lang) != words

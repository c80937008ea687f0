"""Files that a web server reads while they are replaced."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from ckanext.suedwest.portal import formats
from ckanext.suedwest.portal.interfaces import Snapshot
from ckanext.suedwest.portal.snapshots.contents import together
from ckanext.suedwest.portal.snapshots.files import PERIOD, SnapshotFolder, Standing, WrongName
from ckanext.suedwest.portal.snapshots.following import renewed
from ckanext.suedwest.portal.snapshots.making import LOADED, Made, SnapshotMaker, marked
from ckanext.suedwest.portal.snapshots.metrics import FolderCollector

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


def test_what_cannot_be_made_anew_is_set_aside_until_it_can(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    assert folder.standing() == Standing(None, None, 0)
    folder.write("/station/a.html", b"old" * 1000)
    folder.write("/station/b.html", b"new")
    folder.set_aside("/station/a.html", NOW)
    folder.set_aside("/station/never.html", NOW)
    later = NOW + timedelta(hours=2)
    folder.confirm(later)
    assert folder.confirmed(later)
    assert folder.standing() == Standing(later, NOW, 1)
    kept = sorted(str(each.relative_to(tmp_path)) for each in tmp_path.glob("*/station/*"))
    assert kept == ["late/station/a.html", "late/station/a.html.gz", "now/station/b.html"]
    assert folder.remove_all_but({"/station/a.html", "/station/b.html"}) == 0
    folder.write("/station/a.html", b"new")
    assert folder.standing() == Standing(later, later, 0)
    folder.set_aside("/station/a.html", NOW)
    assert folder.remove_all_but({"/station/b.html"}) == 1


def test_a_page_that_fails_stops_no_other_and_comes_back(tmp_path: Path) -> None:
    app = Flask(__name__)
    broken: set[str] = set()

    @app.get("/<name>")
    def page(name: str) -> str:
        if name in broken:
            raise LookupError("the reason")
        return f"<main>{name}</main>"

    folder = SnapshotFolder(tmp_path)
    maker = SnapshotMaker(app, folder)
    snapshots = [
        Snapshot(f"/{name}", f"/{name}.html", frozenset(), languages=False) for name in "abc"
    ]

    def standing() -> tuple[list[str], list[str]]:
        done = Made()
        for each in snapshots:
            maker.make(each, {}, done)
        assert done.seen == 3
        return sorted(done.failed), sorted(each.name for each in (tmp_path / "now").iterdir())

    everything = ["a.html", "b.html", "c.html"]
    assert standing() == ([], everything)
    broken.add("a")
    assert standing() == (["/a"], ["b.html", "c.html"])
    assert (tmp_path / "late" / "a.html").read_text("utf-8").endswith("</main>")
    broken.clear()
    assert standing() == ([], everything)
    assert list((tmp_path / "late").iterdir()) == []


def test_a_page_of_two_plugins_is_made_anew_when_either_part_changes() -> None:
    town = Snapshot("/organization/kusel", "/organization/kusel.html", frozenset({1, 2}))
    tiles = replace(town, stations=frozenset({2, 3}), version="wasser 1")
    both = together(town, tiles)
    assert both == replace(tiles, stations=frozenset({1, 2, 3}))
    before = {both.file: both}
    assert renewed({}, before) == {both.file}
    assert renewed(before, before) == set()
    assert renewed(before, {both.file: replace(both, stations=frozenset())}) == set()
    assert renewed(before, {both.file: replace(both, version="wasser 2")}) == {both.file}
    assert renewed(before, {both.file: town}) == {both.file}


def test_figures_for_prometheus(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path)
    assert [len(each.samples) for each in FolderCollector(folder).collect()] == [1, 0, 0]
    folder.write("/pegel.html", b"x")
    folder.set_aside("/pegel.html", NOW)
    folder.confirm(NOW + PERIOD)
    told = {each.name: each.samples[0].value for each in FolderCollector(folder).collect()}
    assert told == {
        "suedwest_snapshots_set_aside": 1,
        "suedwest_snapshots_confirmed_timestamp_seconds": (NOW + PERIOD).timestamp(),
        "suedwest_snapshots_oldest_timestamp_seconds": NOW.timestamp(),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<script type="module" src="/suedwest/live.js"></script>', "/suedwest/live.js"),
        ('import { applyChanges } from "./live-changes.js";', "./live-changes.js"),
        ('import("./plot-A1.js")', "./plot-A1.js"),
        ('import{a}from"./chunk.js";', "./chunk.js"),
        ("src:url(../fonts/a.woff2)", "../fonts/a.woff2"),
    ],
)
def test_what_pages_and_scripts_load_is_found(text: str, found: str) -> None:
    assert LOADED.findall(text) == [found]


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

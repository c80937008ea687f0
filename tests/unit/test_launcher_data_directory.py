"""A data directory: decided once, private, worked on by one command at a time."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckanext.suedwest.launcher.data_directory import (
    PORTS,
    SECRETS,
    SETTINGS,
    DataDirectory,
    with_all_secrets,
    write_private,
)
from ckanext.suedwest.launcher.errors import StepFailed


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    """Not made yet; its name has what paths of real people have."""
    found = DataDirectory(tmp_path / "Daten über Pegel")
    yield found
    shutil.rmtree(found.sockets, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


def test_what_is_made_is_read_again(directory: DataDirectory) -> None:
    made = directory.make("live", 5210)
    assert directory.read() == made
    assert (made.mode, made.port, made.address) == ("live", 5210, "http://127.0.0.1:5210")
    assert set(made.secrets) == set(SECRETS)
    assert len(set(made.secrets.values())) == len(SECRETS)
    assert len({5210, *made.ports.values()}) == len(PORTS) + 1


def test_secrets_are_readable_by_their_owner_only_and_not_printed(
    directory: DataDirectory,
) -> None:
    made = directory.make("sandbox", 5210)
    mode = (directory.path / "instance.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert not directory.path.stat().st_mode & (stat.S_IRWXO & ~stat.S_IXOTH)
    assert made.secrets["ckan"] not in repr(made)


def test_an_instance_of_an_older_version_gets_the_secrets_it_lacks() -> None:
    older = {name: f"secret {name}" for name in SECRETS[1:]}
    completed = with_all_secrets(older)
    assert completed.items() >= older.items()
    assert len(completed[SECRETS[0]]) == 48
    assert list(completed) == list(SECRETS)


def test_a_change_is_kept(directory: DataDirectory) -> None:
    made = directory.make("sandbox", 5210)
    changed = directory.update(made, port=5211, prepared="abc")
    assert directory.read() == changed
    assert (changed.port, changed.prepared, changed.id) == (5211, "abc", made.id)


def test_a_directory_with_something_else_in_it_is_left_alone(directory: DataDirectory) -> None:
    directory.path.mkdir()
    (directory.path / "thesis.odt").write_text("years of work", encoding="utf-8")
    with pytest.raises(StepFailed, match="is not empty"):
        directory.make("sandbox", 5210)
    assert [child.name for child in directory.path.iterdir()] == ["thesis.odt"]


def test_a_path_ckan_cannot_read_is_refused_at_once(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "100 %")
    with pytest.raises(StepFailed, match="percent sign"):
        directory.make("sandbox", 5210)
    assert not directory.path.exists()


def test_where_nothing_is_there_is_nothing_to_read(directory: DataDirectory) -> None:
    with pytest.raises(StepFailed, match="There is no instance in .*Daten über Pegel"):
        directory.read()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 1, "mode": "x"}'])
def test_a_damaged_file_is_named(directory: DataDirectory, content: str) -> None:
    directory.make("sandbox", 5210)
    (directory.path / "instance.json").write_text(content, encoding="utf-8")
    with pytest.raises(StepFailed, match=r"instance\.json is damaged"):
        directory.read()


def test_the_second_command_is_told_who_is_at_work(directory: DataDirectory) -> None:
    with (
        directory.locked("suedwest up"),
        pytest.raises(StepFailed, match=r"`suedwest up` \(process \d+\) is working on"),
        directory.locked("suedwest down"),
    ):
        pytest.fail("both hold the lock")
    with directory.locked("suedwest down"):
        pass


def test_a_socket_directory_of_someone_else_is_refused(directory: DataDirectory) -> None:
    directory.sockets.symlink_to("/")
    try:
        with pytest.raises((StepFailed, FileExistsError)):
            directory.make_socket_directory()
    finally:
        directory.sockets.unlink()


def test_sockets_have_short_plain_paths(directory: DataDirectory) -> None:
    longest = directory.make_socket_directory() / "postgres" / ".s.PGSQL.5432.lock"
    assert len(bytes(longest)) < 100
    assert str(longest).isascii()
    assert " " not in str(longest)
    assert DataDirectory(directory.path / "other").sockets != directory.sockets


def test_settings_come_from_the_file_and_the_environment_goes_first(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.path.mkdir()
    directory.settings_file.write_text(
        'SUEDWEST_REDIS_URL = "redis://file/0"\nSUEDWEST_SOLR_URL = "http://solr/ckan"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("SUEDWEST_REDIS_URL", "redis://environment/0")
    assert directory.settings() == {
        "SUEDWEST_REDIS_URL": "redis://environment/0",
        "SUEDWEST_SOLR_URL": "http://solr/ckan",
    }
    # An operator may write it before the first start.
    directory.make("sandbox", 5210)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("SUEDWEST_REDIS = 'redis://x'", "“SUEDWEST_REDIS” is not a setting"),
        ("SUEDWEST_REDIS_URL = 6379", "“SUEDWEST_REDIS_URL” is not a setting"),
        ("SUEDWEST_REDIS_URL = redis://x", "is not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named(directory: DataDirectory, content: str, said: str) -> None:
    directory.path.mkdir()
    directory.settings_file.write_text(content, encoding="utf-8")
    with pytest.raises(StepFailed, match=said):
        directory.settings()


def test_a_private_file_is_replaced_wholly(tmp_path: Path) -> None:
    path = tmp_path / "ckan.ini"
    path.write_text("old and longer", encoding="utf-8")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]

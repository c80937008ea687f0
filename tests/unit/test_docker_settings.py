"""What a container is told: which variables and files are accepted, and what is said otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.suedwest.launcher.container import __main__ as entry
from ckanext.suedwest.launcher.container import commands, health
from ckanext.suedwest.launcher.container.settings import SECRETS, Settings, read, with_password
from ckanext.suedwest.launcher.errors import StepFailed
from ckanext.suedwest.launcher.progress import Progress

URL = {"SUEDWEST_SITE_URL": "https://daten.example.org"}
SECRET = 48 * "a"


def told(folder: Path, secret: str = SECRET, **more: str) -> Settings:
    """Settings with a file for every secret."""
    files = {}
    for name in SECRETS:
        path = folder / name
        path.write_text(secret + "\n", encoding="utf-8")
        files[f"{name}_FILE"] = str(path)
    return read({**URL, **files, **more})


def test_addresses_get_their_passwords_from_files(tmp_path: Path) -> None:
    found = told(tmp_path, SUEDWEST_SITE_ID="cluster")
    assert found.admin_url == f"postgresql://postgres:{SECRET}@database/postgres"
    assert found.databases.catalogue == f"postgresql://cluster:{SECRET}@database/cluster_ckan"
    assert found.databases.datastore_read == (
        f"postgresql://cluster_read:{SECRET}@database/cluster_datastore"
    )
    assert found.redis_url == f"redis://:{SECRET}@redis:6379/0"
    assert found.broker_url == f"mqtt://suedwest:{SECRET}@broker:1883"


def test_services_without_a_password_are_used_without_one() -> None:
    found = read(URL)
    assert found.redis_url == "redis://redis:6379/0"
    assert found.broker_url == "mqtt://broker:1883"
    assert found.solr_url is None
    assert found.mode == "live"


def test_no_secret_is_shown_where_settings_are(tmp_path: Path) -> None:
    assert SECRET not in repr(told(tmp_path))


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "SUEDWEST_SITE_URL must be the address of the portal"),
        ({"SUEDWEST_SITE_URL": "daten.example.org"}, "SUEDWEST_SITE_URL must be"),
        ({"SUEDWEST_SITE_URL": "ftp://daten.example.org"}, "SUEDWEST_SITE_URL must be"),
        ({"SUEDWEST_SITE_URL": "https://example.org/daten"}, "without a path"),
        ({**URL, "SUEDWEST_SITE_UL": "x"}, "SUEDWEST_SITE_UL is not a setting"),
        ({**URL, "SUEDWEST_SECRET_KEY": "x"}, "does not belong into the environment"),
        ({**URL, "SUEDWEST_MODE": "test"}, "must be live or sandbox"),
        ({**URL, "SUEDWEST_MODE": "sandbox"}, "SUEDWEST_REPLAY_URL belongs to"),
        ({**URL, "SUEDWEST_REPLAY_URL": "http://replay:5000"}, "SUEDWEST_REPLAY_URL belongs to"),
        ({**URL, "SUEDWEST_SITE_ID": "Süd"}, "SUEDWEST_SITE_ID must be"),
        ({**URL, "SUEDWEST_SITE_ID": "a; DROP TABLE x"}, "SUEDWEST_SITE_ID must be"),
        ({**URL, "SUEDWEST_WAIT_SECONDS": "soon"}, "must be a number"),
        ({**URL, "SUEDWEST_WAIT_SECONDS": "-1"}, "must be a number"),
        ({**URL, "SUEDWEST_WAIT_SECONDS": "nan"}, "must be a number"),
    ],
)
def test_what_cannot_be_meant_is_refused(environment: dict[str, str], said: str) -> None:
    with pytest.raises(StepFailed) as refused:
        read(environment)
    assert said in f"{refused.value.reason} {refused.value.advice}"


def test_other_variables_are_none_of_ours() -> None:
    assert read({**URL, "PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128"}).site_url == (
        "https://daten.example.org"
    )
    assert read({"SUEDWEST_SITE_URL": "https://daten.example.org/"}) == read(URL)


@pytest.mark.parametrize(
    "content", ["", "short", 48 * "a" + "/", 48 * "a" + "%", "a\nb", 48 * "ä", 40 * "a" + "@host"]
)
def test_a_secret_that_would_break_an_address_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(StepFailed, match="at least 32 letters, digits") as refused:
        _ = told(tmp_path, content).admin_url
    assert "openssl rand -hex 24" in refused.value.advice
    assert not content or content not in refused.value.reason


def test_a_secret_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="SUEDWEST_BROKER_PASSWORD_FILE is not set"):
        read(URL).secret("SUEDWEST_BROKER_PASSWORD")
    away = read({**URL, "SUEDWEST_BROKER_PASSWORD_FILE": str(tmp_path / "away")})
    with pytest.raises(StepFailed, match="away of SUEDWEST_BROKER_PASSWORD_FILE cannot be read"):
        away.secret("SUEDWEST_BROKER_PASSWORD")
    (tmp_path / "away").write_bytes(b"\xff\xfe")
    with pytest.raises(StepFailed, match="cannot be read"):
        away.secret("SUEDWEST_BROKER_PASSWORD")


@pytest.mark.parametrize(
    ("content", "accepted"),
    [
        ("Brücke über die Mosel", True),
        ("12345678", True),
        ("1234567", False),
        ("  spaces  ", False),
    ],
)
def test_the_administrators_password_is_a_persons_choice(
    tmp_path: Path, content: str, accepted: bool
) -> None:
    found = told(tmp_path, content)
    if accepted:
        assert found.secret("SUEDWEST_ADMIN_PASSWORD") == content
    else:
        with pytest.raises(StepFailed, match="at least 8 characters"):
            found.secret("SUEDWEST_ADMIN_PASSWORD")


@pytest.mark.parametrize(
    ("url", "user", "expected"),
    [
        ("redis://redis:6379/0", "", "redis://:p@redis:6379/0"),
        ("postgresql://me@/x?host=/run/pg", "", "postgresql://me:p@/x?host=/run/pg"),
        ("mqtts://broker:8883", "us", "mqtts://us:p@broker:8883"),
        ("mqtt://other@broker:1883", "us", "mqtt://other:p@broker:1883"),
    ],
)
def test_a_password_is_put_where_addresses_have_it(url: str, user: str, expected: str) -> None:
    assert with_password(url, "p", user) == expected


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(StepFailed, match="has a password in it") as refused:
        with_password("postgresql://postgres:hidden@database/postgres", "p")
    assert "hidden" not in refused.value.reason


def test_a_service_that_does_not_come_is_waited_for_no_longer_than_told() -> None:
    tried: list[int] = []

    def attempt() -> None:
        tried.append(1)
        raise StepFailed("PostgreSQL takes no connections")

    impatient = read({**URL, "SUEDWEST_WAIT_SECONDS": "0"})
    with pytest.raises(StepFailed, match="takes no connections"):
        commands.wait(impatient, Progress(), "PostgreSQL", attempt)
    assert tried == [1]


def test_a_service_that_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_PAUSE_SECONDS", 0)
    answers = iter([StepFailed("not yet"), StepFailed("not yet"), None])

    def attempt() -> None:
        if failure := next(answers):
            raise failure

    commands.wait(read(URL), Progress(), "PostgreSQL", attempt)
    assert list(answers) == []


@pytest.mark.parametrize(
    ("listen", "asked"),
    [
        ("0.0.0.0:5000", "127.0.0.1:5000"),
        ("127.0.0.1:5210", "127.0.0.1:5210"),
        ("web:80", "web:80"),
    ],
)
def test_a_health_check_asks_the_container_itself(listen: str, asked: str) -> None:
    assert health._own(listen) == asked


def test_a_failure_is_told_in_one_sentence_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry.os, "environ", {**URL, "SUEDWEST_LISTEN": "127.0.0.1:1"})
    assert entry.main(["health", "web"]) == entry.FAILED
    said = capsys.readouterr().err
    assert said == "suedwest: The portal does not answer at 127.0.0.1:1.\n"


@pytest.mark.parametrize("arguments", [[], ["webs"], ["health"], ["health", "redis"]])
def test_a_command_that_cannot_be_meant_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        entry.main(arguments)
    assert ended.value.code == 2

"""The files in docker/, as far as they can be checked without building an image."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from ckanext.suedwest.launcher import places
from ckanext.suedwest.launcher.container import __main__ as entry
from ckanext.suedwest.launcher.container import commands, health, settings

CHECKOUT = Path(__file__).parents[2]
DOCKER = CHECKOUT / "docker"
PROGRAMS = Path(sys.executable).parent
PINNED = re.compile(r"[a-z0-9/.-]+:[A-Za-z0-9][A-Za-z0-9._-]*@sha256:[0-9a-f]{64}")
OURS = re.compile(r"suedwest/(application|solr):\$\{SUEDWEST_VERSION:-local\}")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, lines joined."""
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def stages() -> dict[str, list[tuple[str, str]]]:
    """Instructions by stage; the first one of each is its FROM."""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word, rest in instructions():
        if word == "FROM":
            name = rest.split()[-1]
            found[name] = []
        found[name].append((word, rest))
    return found


def compose() -> dict[str, Any]:
    return yaml.safe_load((DOCKER / "compose.yml").read_text(encoding="utf-8"))


SERVICES: dict[str, dict[str, Any]] = compose()["services"]


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAMS / program), *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = run("hadolint", "docker/Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    scripts = ("make-secrets", "redis/start.sh", "solr/take-over-core.sh")
    done = run("shellcheck", *(f"docker/{script}" for script in scripts))
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_follows_the_compose_specification(tmp_path: Path) -> None:
    check = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")
    done = run(*check, "docker/compose.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "wrong.yml").write_text("services: {web: {imag: x}}", encoding="utf-8")
    assert run(*check, str(tmp_path / "wrong.yml")).returncode == 1


def test_every_image_is_pinned_by_version_and_digest() -> None:
    known = set(stages())
    for name, (first, *_) in stages().items():
        base = first[1].split()[0]
        assert base in known or PINNED.fullmatch(base), f"{name}: {base}"
    for name, service in SERVICES.items():
        image = service["image"]
        if "build" in service:
            assert OURS.fullmatch(image), f"{name}: {image}"
        else:
            assert PINNED.fullmatch(image), f"{name}: {image}"


@pytest.mark.parametrize(
    "image",
    ["nginx", "nginx:latest", "nginx:1.30.5", "nginx@sha256:" + 64 * "0", "nginx:1@sha256:00"],
)
def test_the_rule_for_pins_sees_what_is_not_pinned(image: str) -> None:
    assert not PINNED.fullmatch(image)


def copied() -> Iterator[tuple[str, str]]:
    """Where from and what each COPY takes; the checkout is called an empty stage."""
    for word, rest in instructions():
        if word != "COPY":
            continue
        parts = shlex.split(rest)
        options = [part for part in parts if part.startswith("--")]
        stage = next((o.removeprefix("--from=") for o in options if o.startswith("--from=")), "")
        *sources, _ = [part for part in parts if not part.startswith("--")]
        yield from ((stage, source) for source in sources)


def test_what_is_copied_exists_and_reaches_the_build() -> None:
    allowed = [
        line.removeprefix("!")
        for line in (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    seen = list(copied())
    for stage, source in seen:
        if stage:
            assert stage in stages(), source
        else:
            assert (CHECKOUT / source).exists(), source
            assert any(source == name or source.startswith(f"{name}/") for name in allowed), source
    assert len(seen) > 10


def test_nothing_but_what_is_copied_reaches_the_build() -> None:
    lines = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    taken = {source.split("/")[0] for stage, source in copied() if not stage}
    assert {rule[1:].split("/")[0] for rule in rules if rule.startswith("!")} == taken


def test_the_images_do_not_run_as_root() -> None:
    for target in ("application", "solr"):
        users = [rest for word, rest in stages()[target] if word == "USER"]
        assert re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", users[-1]), target


def test_python_packages_are_installed_by_hash_only() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and " install " in rest]
    of_pip = [command for command in installs if "pip" in command]
    assert len(of_pip) == 2
    for command in of_pip:
        assert "--require-hashes" in command or "--no-deps" in command, command


def test_the_image_is_laid_out_as_the_program_expects_it() -> None:
    """`places` finds configuration and programs relative to the package."""
    entry = next(rest for word, rest in stages()["application"] if word == "ENTRYPOINT")
    assert '"/opt/suedwest/.venv/bin/python", "-m"' in entry
    assert commands.__name__.removesuffix(".commands") in entry
    assert places.PACKAGE == places.CHECKOUT / "ckanext-suedwest/ckanext/suedwest"
    assert places.CONFIG == places.CHECKOUT / "config"
    assert ("", "config") in copied()


def test_the_entry_point_needs_nothing_that_is_taken_out_of_the_image() -> None:
    removed = next(
        re.findall(r"[a-z-]+", rest.split("--yes")[1].split("&&")[0])
        for word, rest in instructions()
        if word == "RUN" and "uninstall" in rest
    )
    modules = [
        module for module, names in packages_distributions().items() if {*names} & {*removed}
    ]
    assert len(removed) == 3 <= len(modules)
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({modules!r}));"
        f"import {commands.__name__}, {entry.__name__}"
    )
    done = run("python", "-c", program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_hardened_restarted_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    if name == "prepare":
        assert service["restart"] == "on-failure:3"
        assert service["healthcheck"] == {"disable": True}
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    if "build" not in service:
        assert service["user"].split(":")[0] != "0"


def test_only_nginx_publishes_ports() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert compose()["networks"]["inside"]["internal"] is True
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"proxy", "ingest"}


def test_no_secret_is_in_an_environment() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY|TOKEN", variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert value.startswith("/run/secrets/"), f"{name}: {variable}"
            assert "@" not in str(value).replace("postgresql://postgres@database", "")
    for word, rest in instructions():
        if word in ("ARG", "ENV"):
            assert not re.search("PASSWORD|SECRET|KEY|TOKEN", rest)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_gets_the_secrets_it_reads_and_no_others(name: str) -> None:
    service = SERVICES[name]
    given = set(service.get("secrets", []))
    assert given <= set(compose()["secrets"])
    text = str(service.get("environment", {})) + str(service["healthcheck"])
    for path in (DOCKER / "redis/start.sh", CHECKOUT / "config/nginx/nginx.conf"):
        if path.name in str(service.get("volumes", "")):
            text += path.read_text(encoding="utf-8")
    assert set(re.findall(r"/run/secrets/(\w+)", text)) == given


def test_every_secret_is_made_by_the_script_and_is_kept_out_of_git() -> None:
    script = (DOCKER / "make-secrets").read_text(encoding="utf-8")
    for name, secret in compose()["secrets"].items():
        assert secret == {"file": f"secrets/{name}"}
        assert re.search(rf"\b{name}\b", script), name
    ignored = (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/docker/secrets/", "/docker/.env"} <= set(ignored)


OWN = {name: service for name, service in SERVICES.items() if "application" in service["image"]}


@pytest.mark.parametrize("name", OWN)
def test_the_entry_point_knows_what_a_service_asks_of_it(name: str) -> None:
    service = OWN[name]
    assert service["command"] == [name]
    assert name in (*commands.LISTEN, *commands.BACKGROUND, "prepare")
    if name != "prepare":
        assert service["healthcheck"]["test"][-2:] == ["health", name]
        assert name in health.CHECKS
    environment = {key: str(value) for key, value in service["environment"].items()}
    environment["SUEDWEST_SITE_URL"] = "https://daten.example.org"
    found = settings.read(environment)
    assert found.mode == "live"
    assert str(found.data / ("broker" if name == "broker" else "storage")) in {
        volume.split(":")[1] for volume in service["volumes"]
    }
    assert any(mount.startswith(f"{found.runtime}:") for mount in service["tmpfs"])


def test_every_program_of_the_platform_has_a_service() -> None:
    assert set(OWN) == {*commands.LISTEN, *commands.BACKGROUND, "prepare"}
    # The tmpfs of a container belongs to the account its image runs as.
    user = [rest for word, rest in stages()["application"] if word == "USER"][-1]
    number = user.split(":")[0]
    for service in OWN.values():
        assert all(f"uid={number}," in mount for mount in service["tmpfs"])


def test_services_wait_for_what_they_need() -> None:
    for name in ("web", "worker", "catalogue", "ingest"):
        waits = OWN[name]["depends_on"]
        assert waits["prepare"] == {"condition": "service_completed_successfully"}, name
        assert waits["database"] == waits["redis"] == {"condition": "service_healthy"}, name
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"], f"{name} waits for {other}"


def test_what_is_mounted_exists_and_volumes_are_named() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DOCKER / source).exists(), f"{name}: {source}"
                assert volume.endswith(":ro"), f"{name}: {source}"
            else:
                assert source in compose()["volumes"], f"{name}: {source}"


def test_the_example_of_settings_names_what_compose_reads() -> None:
    read = set(re.findall(r"\$\{(\w+)", (DOCKER / "compose.yml").read_text(encoding="utf-8")))
    told = (DOCKER / "env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#?(SUEDWEST_\w+)=", told, re.MULTILINE)) == read

"""`test search-conformance`: the tests that CKAN and its extensions ship, with one search engine.

They run as they lie in the installed wheels, in a portal that has nothing of ours but the search;
with `--solr` not even that. `tests/conformance/` says which, and which cannot pass.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import requests

from . import databases, environment_variables, ports, preparation, pytest_reports
from .configuration import SEARCH_ON_POSTGRESQL, SEARCH_PLUGIN
from .data_directory import write_private
from .errors import StepFailed
from .places import CHECKOUT
from .progress import Progress
from .pytest_reports import Result
from .temporary import TemporaryServices, temporary_services

_FOLDER = CHECKOUT / "tests" / "conformance"
_SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
# What pytest returns when all passed, some failed, or a filter left nothing of a suite.
_RAN = (0, 1)
_NOTHING_COLLECTED = 5
_SECONDS_FOR_A_TEST = 120
_SOLR_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one project: paths below `root`, plugins of CKAN to turn on."""

    name: str
    root: Path
    paths: Sequence[str]
    plugins: Sequence[str]


def run(solr_url: str | None, more: Sequence[str]) -> int:
    """Run all suites with the search on PostgreSQL, or with the core at `solr_url`.

    With Solr our own searches are compared in both engines, too. `more` goes to pytest. Returns 0
    when nothing failed but what `excluded.toml` names.

    Raises:
        StepFailed: when Solr does not answer.
    """
    engine: pytest_reports.Engine = "postgresql" if solr_url is None else "solr"
    excluded = pytest_reports.read_excluded(_FOLDER / "excluded.toml", engine)
    suites = _suites()
    if solr_url is not None:
        _check_solr(solr_url)
        suites.append(
            Suite(
                "both engines",
                CHECKOUT,
                ["tests/conformance"],
                ["spatial_metadata", "spatial_query"],
            )
        )
    results: list[Result] = []
    with temporary_services() as temporary:
        environment = _prepare(temporary, suites, solr_url)
        for suite in suites:
            print(f"\n=== {suite.name}, search by {engine} ===", flush=True)
            results += _run(suite, temporary.directory.path, environment, more)
    print()
    print("\n".join(pytest_reports.table(results, excluded, whole=not more)))
    return 1 if pytest_reports.failures(results, excluded) or not results else 0


def _suites() -> list[Suite]:
    content = tomllib.loads((_FOLDER / "suites.toml").read_text(encoding="utf-8"))
    return [
        Suite(entry["name"], _SITE_PACKAGES, entry["paths"], entry["plugins"])
        for entry in content["suite"]
    ]


def _check_solr(url: str) -> None:
    try:
        reply = requests.get(f"{url}/select", params={"q": "*:*", "rows": 0}, timeout=_SOLR_SECONDS)
        reply.raise_for_status()
    except requests.RequestException as error:
        raise StepFailed(
            f"There is no Solr core at {url} ({error}).",
            "Start one with `./suedwest solr up`; it prints the address.",
        ) from error


def _prepare(
    temporary: TemporaryServices, suites: Sequence[Suite], solr_url: str | None
) -> dict[str, str]:
    directory, at = temporary.directory, temporary.services.addresses
    for suite in suites:
        compares = suite.root == CHECKOUT
        search = SEARCH_ON_POSTGRESQL if solr_url is None or compares else solr_url
        ours = [SEARCH_PLUGIN] if search == SEARCH_ON_POSTGRESQL else []
        storage = directory.path / "storage"
        storage.mkdir(mode=0o700, exist_ok=True)
        values = {
            "plugins": " ".join((*ours, *suite.plugins)),
            "storage": str(storage),
            "smtp_port": str(ports.choose(set())),
            "catalogue_url": at.databases.catalogue,
            "datastore_write_url": at.databases.datastore_write,
            "datastore_read_url": at.databases.datastore_read,
            "redis_url": at.redis_url,
            "solr_url": search,
        }
        template = Template((_FOLDER / "ckan.ini").read_text(encoding="utf-8"))
        # The reader of the file takes a single % for the start of a reference.
        escaped = {name: value.replace("%", "%%") for name, value in values.items()}
        write_private(_ini(directory.path, suite), template.substitute(escaped))
    write_private(directory.path / "pytest.ini", "[pytest]\n")
    environment = environment_variables.of_services(directory)
    if solr_url is not None:
        environment["SUEDWEST_TEST_SOLR_URL"] = solr_url
    with Progress().step("Databases for the tests"):
        databases.create(at.admin_url, at.databases)
        databases.set_permissions(at.databases)
        told = {**environment, "CKAN_INI": str(_ini(directory.path, suites[0]))}
        preparation.run_ckan(told, "db", "init")
    return environment


def _run(
    suite: Suite, folder: Path, environment: Mapping[str, str], more: Sequence[str]
) -> list[Result]:
    ini = _ini(folder, suite)
    report = ini.with_suffix(".xml")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pylibmagic"),
            *("-c", str(folder / "pytest.ini"), f"--rootdir={suite.root}", f"--ckan-ini={ini}"),
            *("--disable-warnings", "--tb=no", "-rN", f"--timeout={_SECONDS_FOR_A_TEST}"),
            *("-o", "junit_family=xunit1", f"--junit-xml={report}"),
            *(str(suite.root / path) for path in suite.paths),
            *more,
        ],
        cwd=suite.root,
        env={**environment, "CKAN_INI": str(ini)},
        check=False,
    )
    if done.returncode == _NOTHING_COLLECTED and more:
        return []
    results = pytest_reports.read(report) if report.exists() else []
    if done.returncode not in _RAN:
        # What the other suites say is worth having all the same.
        results.append(Result(suite.name, "pytest", "failed", f"broke off ({done.returncode})"))
    return results


def _ini(folder: Path, suite: Suite) -> Path:
    return folder / f"{suite.name.replace(' ', '-')}.ini"

"""`solr up`, `down` and `status`: a real Solr 9 on this machine, to compare our search with.

It is made of the jars on Maven Central, so that neither a container nor an archive is needed, and
starts with an empty index each time: it is for tests and measurements, not for a portal.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import xmlrpc.client
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import environment_variables, ports, solr_core
from .data_directory import DataDirectory
from .errors import StepFailed
from .places import CHECKOUT, CONFIG, fingerprint
from .progress import Progress, duration
from .stopping import stop, supervisor_of
from .supervision import Program, Supervisor, last_lines

DEFAULT_DATA = CHECKOUT / ".suedwest-solr"
DEFAULT_PORT = 8983
RUNS, RUNS_NOT = 0, 3
_FILES = CONFIG / "solr" / "server"
_SERVER = "solr"
_MEMORY = "1g"
_START_SECONDS = 90
_REPLY_SECONDS = 30
_CORE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_PROGRAMS = {
    "java": "Debian and Ubuntu: sudo apt-get install openjdk-17-jre-headless",
    "mvn": "Debian and Ubuntu: sudo apt-get install maven",
}


def up(path: Path, port: int, cores: Sequence[str]) -> int:
    """Start Solr in the directory `path` and print the address of each of `cores`.

    Where it runs already it stays as it is, and only cores that it lacks are added.

    Raises:
        StepFailed: when a program, the jars or the port cannot be had, or Solr does not start.
    """
    for core in cores:
        if not _CORE_NAME.fullmatch(core):
            raise StepFailed(
                f"“{core}” cannot be the name of a core.",
                "Take small letters, digits, - and _, beginning with a letter.",
            )
    directory = DataDirectory(path)
    progress = Progress()
    with directory.locked("suedwest solr up"):
        address = _running(directory)
        if address is None:
            address = f"http://{ports.HOST}:{port}/solr"
            _start(directory, port, address, progress)
        known = _ask(f"{address}/admin/cores", action="STATUS")["status"]
        for core in cores:
            if core not in known:
                with progress.step(f"Core {core}"):
                    _make_core(directory, address, core)
            print(f"{address}/{core}")
    return 0


def down(path: Path) -> int:
    """End what `up` started in `path`, and delete its index; the jars stay."""
    directory = DataDirectory(path)
    with directory.locked("suedwest solr down"), Progress().step("Stopping Solr"):
        stopped = stop(directory)
        shutil.rmtree(_home(directory), ignore_errors=True)
    if not stopped:
        print("It was not running.")
    return 0


def status(path: Path) -> int:
    """Print the addresses of the cores and their documents; 3 when Solr does not run."""
    address = _running(DataDirectory(path))
    if address is None:
        print("Solr is not running.")
        return RUNS_NOT
    for core, about in _ask(f"{address}/admin/cores", action="STATUS")["status"].items():
        seconds = about["uptime"] / 1000
        print(f"{address}/{core}: {about['index']['numDocs']} documents, for {duration(seconds)}")
    return RUNS


def _start(directory: DataDirectory, port: int, address: str, progress: Progress) -> None:
    for name, advice in _PROGRAMS.items():
        if shutil.which(name) is None:
            raise StepFailed(f"A Solr on this machine needs {name}, and there is none.", advice)
    if not ports.is_free(port):
        raise StepFailed(f"Port {port} is in use.", "Name another one with --port.")
    libraries = _libraries(directory, progress)
    home = _home(directory)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    shutil.copyfile(_FILES / "solr.xml", home / "solr.xml")
    command = (
        *("java", f"-Xmx{_MEMORY}", "-cp", f"{libraries}/*"),
        *(str(_FILES / "SolrServer.java"), str(home), str(port)),
    )
    supervisor = supervisor_of(directory)
    program = Program(_SERVER, "services", command)
    with progress.step("Solr"):
        supervisor.write([program])
        supervisor.start(environment_variables.of_services(directory))
        try:
            supervisor.start_program(program)
            _wait(supervisor, address)
        except BaseException:
            stop(directory)
            raise
    _address_file(directory).write_text(address, encoding="ascii")


def _wait(supervisor: Supervisor, address: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(address):
        failing = any(state.failing for state in supervisor.states())
        if failing or time.monotonic() > deadline:
            raise supervisor.failure(_SERVER)
        time.sleep(0.2)


def _libraries(directory: DataDirectory, progress: Progress) -> Path:
    """Folder with the jars, fetched when pom.xml names others than last time."""
    pom = _FILES / "pom.xml"
    folder = directory.path / "libraries" / fingerprint([pom])[:12]
    if folder.exists():
        return folder
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    log = directory.path / "maven.log"
    with progress.step("Solr's jars from Maven Central (about 80 MB)"):
        with log.open("wb") as output:
            done = subprocess.run(
                [
                    *("mvn", "--batch-mode", "--file", str(pom)),
                    *("dependency:copy-dependencies", f"-DoutputDirectory={fresh}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            raise StepFailed(
                f"Maven could not fetch Solr's jars:\n{last_lines(log)}",
                "Check network, proxy and Maven's settings, then run the command again.",
            )
        fresh.rename(folder)
    return folder


def _make_core(directory: DataDirectory, address: str, name: str) -> None:
    folder = _home(directory) / name
    shutil.rmtree(folder, ignore_errors=True)
    solr_core.write(folder)
    # Solr writes this file itself for a core made while it runs, and refuses a folder with one.
    (folder / "core.properties").unlink()
    _ask(f"{address}/admin/cores", action="CREATE", name=name, instanceDir=str(folder))


def _running(directory: DataDirectory) -> str | None:
    """The address of the Solr of this directory, None when it does not run."""
    try:
        address = _address_file(directory).read_text(encoding="ascii")
        states = supervisor_of(directory).states()
    except (OSError, xmlrpc.client.Error):
        return None
    running = any(state.running for state in states) and _answers(address)
    return address if running else None


def _answers(address: str) -> bool:
    try:
        _ask(f"{address}/admin/info/system")
    except StepFailed:
        return False
    return True


def _ask(url: str, **parameters: str) -> dict[str, Any]:
    # No proxy: the address is this machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    query = urllib.parse.urlencode({**parameters, "wt": "json"})
    try:
        with opener.open(f"{url}?{query}", timeout=_REPLY_SECONDS) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")
        raise StepFailed(f"Solr refused {url}: {said}") from error
    except OSError as error:
        raise StepFailed(f"Solr does not answer at {url} ({error}).") from error


def _home(directory: DataDirectory) -> Path:
    return directory.path / "home"


def _address_file(directory: DataDirectory) -> Path:
    return directory.path / "address"

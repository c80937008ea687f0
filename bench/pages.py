"""How fast ordinary pages of the portal are, beside those of CKAN 2.12 without our pages.

Two web servers with the same settings (workers, threads, configuration file) stand before the same
databases in a temporary folder: one with all plugins, one with CKAN's own (`datastore`,
`datatables_view`) and the catalogue search, which on this machine replaces Solr for both. The data
are the six municipalities and as many datasets as `--datasets` says, with a file each. Both are
asked for the same pages in turn, as visitors without a cookie; milliseconds until the last byte of
the page. What its styles and scripts cost is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests
from _german_datasets import documents
from _many_gauges import percentiles

from ckanext.suedwest.launcher import (
    configuration,
    environment_variables,
    ports,
    preparation,
)
from ckanext.suedwest.launcher.data_directory import write_private
from ckanext.suedwest.launcher.programs import ckan_command, web_command
from ckanext.suedwest.launcher.progress import Progress
from ckanext.suedwest.launcher.temporary import TemporaryServices, temporary_services

STOCK = f"{configuration.SEARCH_PLUGIN} datatables_view datastore"
ORGANIZATION = "landkreis-kusel"
PATIENCE_SECONDS = 120
_PLUGINS = re.compile(r"^ckan\.plugins = .*$", re.MULTILINE)
_VIEWS = re.compile(r"^ckan\.views\.default_views = .*$", re.MULTILINE)


def _environment(running: TemporaryServices) -> dict[str, str]:
    directory, instance = running.directory, running.instance
    told = environment_variables.of_instance(directory, instance, running.services.addresses)
    return {**os.environ, **told}


def _stock_configuration(running: TemporaryServices) -> Path:
    """The same file with CKAN's own plugins."""
    text = running.directory.ini.read_text(encoding="utf-8")
    text = _PLUGINS.sub(f"ckan.plugins = {STOCK}", text)
    text = _VIEWS.sub("ckan.views.default_views = datatables_view", text)
    path = running.directory.path / "stock.ini"
    write_private(path, text)
    return path


@contextmanager
def _web(environment: dict[str, str], port: int, heartbeats: Path) -> Iterator[str]:
    web = subprocess.Popen(
        web_command(f"{ports.HOST}:{port}", str(heartbeats)),
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://{ports.HOST}:{port}"
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while not ports.answers_requests(address):
            if web.poll() is not None or time.monotonic() > end:
                sys.exit("the web server does not answer")
            time.sleep(0.2)
        yield address
    finally:
        web.terminate()
        web.wait()


def _token(environment: dict[str, str]) -> str:
    """A token of somebody who may do everything."""

    def ckan(*arguments: str) -> str:
        command = ckan_command(*arguments)
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout

    ckan("user", "add", "bench", "email=bench@example.org", "password=bench-bench")
    ckan("sysadmin", "add", "bench")
    return ckan("user", "token", "add", "-q", "bench", "bench").split()[-1]


def _fill(address: str, token: str, count: int) -> str:
    """Make the datasets; the name of one of them."""
    session = requests.Session()
    session.headers["Authorization"] = token
    name = ""
    for number, each in enumerate(documents(count, site="bench")):
        name = f"bench-{number}"
        dataset = {
            "name": name,
            "title": each["title"],
            "notes": each["notes"],
            "owner_org": ORGANIZATION,
            "license_id": "dl-de-zero-2.0",
            "tags": [{"name": "bench"}],
            "resources": [
                {"name": "Werte", "format": "CSV", "url": f"https://daten.example.org/{name}.csv"}
            ],
        }
        made = session.post(f"{address}/api/3/action/package_create", json=dataset, timeout=60)
        if made.status_code != 200:
            sys.exit(made.text)
    return name


def measure(addresses: dict[str, str], dataset: str, times: int) -> dict[str, float]:
    """Median and 95th percentile by page and server, all asked in turn."""
    pages = {
        "home": "/",
        "datasets": "/dataset/",
        "dataset": f"/dataset/{dataset}",
        "organisation": f"/organization/{ORGANIZATION}",
    }
    seconds: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    for turn in range(times + 5):
        for page, path in pages.items():
            for server, address in addresses.items():
                start = time.perf_counter()
                answer = requests.get(f"{address}{path}", timeout=PATIENCE_SECONDS)
                took = time.perf_counter() - start
                if answer.status_code != 200:
                    sys.exit(f"{address}{path} answers {answer.status_code}")
                sizes[f"{page}_{server}"] = len(answer.content)
                if turn >= 5:  # the first ones warm up
                    seconds.setdefault(f"{page}_{server}", []).append(took)
    figures: dict[str, float] = {}
    for name, each in seconds.items():
        figures[f"{name}_p50_ms"], figures[f"{name}_p95_ms"] = percentiles(each)
        figures[f"{name}_bytes"] = sizes[name]
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--times", type=int, default=40, help="requests of each page and server")
    parser.add_argument("--datasets", type=int, default=200)
    arguments = parser.parse_args()
    with temporary_services() as running, ExitStack() as servers:
        directory, instance = running.directory, running.instance
        addresses = running.services.addresses
        configuration.write(directory, instance, addresses)
        environment = _environment(running)
        preparation.prepare(directory, instance, addresses, environment, Progress())
        token = _token(environment)
        ours = servers.enter_context(_web(environment, instance.port, directory.path))
        dataset = _fill(ours, token, arguments.datasets)
        stock_environment = {**environment, "CKAN_INI": str(_stock_configuration(running))}
        port = ports.choose({instance.port})
        stock = servers.enter_context(_web(stock_environment, port, directory.path))
        figures = measure({"ours": ours, "stock": stock}, dataset, arguments.times)
        figures["load_average"] = round(os.getloadavg()[0], 2)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:28} {figure}")


if __name__ == "__main__":
    main()

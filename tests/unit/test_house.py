"""The house of docs/architecture.md: who may import whom. Read from the source, nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "ckanext.suedwest"
ROOT = Path(__file__).parents[2] / "ckanext-suedwest" / "ckanext" / "suedwest"
# From the roof down: a room may import what stands behind it.
ROOMS = (
    "launcher",
    "water",
    "traffic",
    "charts",
    "portal",
    "search",
    "observations",
    "ingest",
    "store",
    "connectors",
    "domain",
)
TOPICS = ("water", "traffic")
WITHOUT_CKAN = ("ingest", "store", "connectors", "domain")
ALONE = ("search",)
PURE = ("connectors", "domain")
# What reaches outside the process, or tells the time.
NOT_PURE = {
    "asyncio",
    "http",
    "httpx",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "psycopg2",
    "redis",
    "requests",
    "shutil",
    "signal",
    "socket",
    "sqlalchemy",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
# Taking an address apart reads nothing.
HARMLESS = {"urllib.parse"}
CLOCKS = {"now", "utcnow", "today"}
OPENING = {"open", "print", "input"}


def sources(room: str) -> list[Path]:
    found = sorted((ROOT / room).rglob("*.py"))
    assert found, f"the room {room} is empty"
    return found


def imported(path: Path) -> Iterator[str]:
    """Full names of all modules a file imports, wherever in the file it does."""
    package = [*PACKAGE.split("."), *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if module.startswith(f"{PACKAGE}.") else None


def offenders(room: str, forbidden: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(room)
        for module in imported(path)
        if room_of(module) in forbidden
    ]


def test_every_folder_is_a_room_of_the_house() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert folders == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_downward_only(room: str) -> None:
    above = set(ROOMS[: ROOMS.index(room)])
    assert offenders(room, above) == []


def test_topics_do_not_know_each_other() -> None:
    for room in TOPICS:
        assert offenders(room, set(TOPICS) - {room}) == []


@pytest.mark.parametrize("room", WITHOUT_CKAN)
def test_below_observations_nothing_knows_ckan(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(room)
        for module in imported(path)
        if module.split(".")[0] in ("ckan", "ckanext", "flask")
        and not module.startswith(f"{PACKAGE}.")
    ]
    assert found == []


@pytest.mark.parametrize("room", ALONE)
def test_search_can_be_taken_out_of_the_house(room: str) -> None:
    assert offenders(room, set(ROOMS) - {room}) == []


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_reach_for_nothing_outside(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(room)
        for module in imported(path)
        if module.split(".")[0] in NOT_PURE
        and not any(module.startswith(harmless) for harmless in HARMLESS)
    ]
    assert found == []


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_ask_no_clock_and_open_nothing(room: str) -> None:
    found = []
    for path in sources(room):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            clock = isinstance(called, ast.Attribute) and called.attr in CLOCKS
            opening = isinstance(called, ast.Name) and called.id in OPENING
            if clock or opening:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_the_check_sees_what_it_looks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative, absolute and late imports are all found."""
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    room = tmp_path / "store" / "deep"
    room.mkdir(parents=True)
    (room / "module.py").write_text(
        "from ...portal import plugin\n"
        "from ... import water\n"
        "def late():\n    import ckanext.suedwest.charts.series\n",
        encoding="utf-8",
    )
    assert offenders("store", {"portal", "water", "charts"}) == [
        "store/deep/module.py imports ckanext.suedwest.portal.plugin",
        "store/deep/module.py imports ckanext.suedwest.water",
        "store/deep/module.py imports ckanext.suedwest.charts.series",
    ]

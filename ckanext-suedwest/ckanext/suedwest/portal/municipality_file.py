"""`config/municipalities/*.yaml` and `platform.yaml` as checked values; nothing is changed here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from .contributions import file_pages
from .source_entries import SourceEntry, read_sources
from .yaml_file import FilesRefused, YamlFile

PLATFORM_FILE = "platform.yaml"


@dataclass(frozen=True, slots=True)
class StationSelection:
    """What a municipality shows of a source: one station by its id, or all of a water."""

    source: str
    selects: Literal["id", "water"]
    value: str
    relation: Literal["inside", "near"]


@dataclass(frozen=True, slots=True)
class MunicipalityFile:
    """One municipality; `boundary` is a GeoJSON geometry in WGS 84, `area` in km²."""

    name: str
    title: str
    short_title: str
    kind: str
    ags: tuple[str, ...]
    ars: tuple[str, ...]
    nuts3: str | None
    state: str
    population: int | None
    area: float | None
    statistics_date: str | None
    statistics_attribution: str | None
    boundary: dict[str, Any]
    boundary_attribution: str
    colour: str
    website: str
    contact_name: str
    contact_email: str | None
    embed_hosts: tuple[str, ...]
    programme: str | None
    stations: tuple[StationSelection, ...]
    sources: tuple[SourceEntry, ...]
    dashboards: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PlatformFile:
    """The platform: its title, its own organisation, and the sources it polls for all."""

    title: str
    organization_name: str
    organization_title: str
    organization_description: str
    sources: tuple[SourceEntry, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a set of files says; `platform` is None when none of them was platform.yaml."""

    platform: PlatformFile | None
    municipalities: tuple[MunicipalityFile, ...]


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files behind files and folders, sorted.

    A folder stands for its `*.yaml`, and for the `platform.yaml` beside it.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            beside = path.parent / PLATFORM_FILE
            found += [beside] if beside.is_file() else []
            found += sorted(path.glob("*.yaml"))
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def read_configuration(
    paths: Sequence[Path], *, known_sources: Iterable[str] = ()
) -> Configuration:
    """Read and check all files.

    `known_sources` are the ids of sources that exist without these files.

    Raises:
        FilesRefused: with every fault of every file.
    """
    platforms = [YamlFile(path, "platform") for path in paths if path.name == PLATFORM_FILE]
    towns = [YamlFile(path, "municipality") for path in paths if path.name != PLATFORM_FILE]
    readable = [file for file in (*platforms, *towns) if file.data is not None]
    sources = set(known_sources) | set(_check_source_ids(readable))
    entries = {file.path: read_sources(file) for file in readable}
    boundaries = {file.path: _boundary(file) for file in towns if file.data is not None}
    for file in towns:
        if file.data is not None:
            _check_stations(file, sources)
            _check_dashboards(file)
    _check_names(towns)
    problems = [problem for file in (*platforms, *towns) for problem in file.problems]
    if problems:
        raise FilesRefused(problems)
    platform = None
    if platforms:
        platform = _platform(platforms[0].data or {}, entries[platforms[0].path])
    municipalities = (
        _municipality(file.data or {}, boundaries[file.path] or {}, entries[file.path])
        for file in towns
    )
    return Configuration(platform, tuple(municipalities))


def _check_source_ids(files: Sequence[YamlFile]) -> list[str]:
    """Ids of the sources in these files, after checking that each is new."""
    seen: dict[str, Path] = {}
    for file in files:
        for position, source in _entries(file, "sources"):
            name = source.get("id")
            if not isinstance(name, str):
                continue
            if name in seen:
                file.report(
                    ["sources", position, "id"], f"“{name}” is already used in {seen[name]}"
                )
            seen.setdefault(name, file.path)
    return list(seen)


def _check_stations(file: YamlFile, sources: set[str]) -> None:
    seen: set[tuple[object, object, object]] = set()
    for position, entry in _entries(file, "stations"):
        path: list[str | int] = ["stations", position]
        chosen = [key for key in ("id", "water") if key in entry]
        if len(chosen) != 1:
            reason = "both are given" if chosen else "neither is given"
            file.report(path, f"a station is chosen by id or by water; {reason}")
            continue
        source = entry.get("source")
        if isinstance(source, str) and source not in sources:
            file.report([*path, "source"], _unknown(source, sorted(sources)))
        identity = (source, chosen[0], entry[chosen[0]])
        if identity in seen:
            file.report([*path, chosen[0]], f"“{entry[chosen[0]]}” is listed twice")
        seen.add(identity)


def _check_dashboards(file: YamlFile) -> None:
    pages = [page for _position, page in _entries(file, "dashboards")]
    plugin = file_pages()
    # What the schema refused already is told once.
    if pages and plugin is not None and not file.problems:
        for fault in plugin.page_faults(pages):
            file.report(["dashboards", *fault.path], fault.message)


def _check_names(files: Sequence[YamlFile]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        name = file.data.get("name") if file.data else None
        if not isinstance(name, str):
            continue
        if name in seen:
            file.report(["name"], f"“{name}” is already used in {seen[name]}")
        seen.setdefault(name, file.path)


def _entries(file: YamlFile, key: str) -> list[tuple[int, dict[str, Any]]]:
    listed = file.data.get(key) if file.data else None
    if not isinstance(listed, list):
        return []
    return [(position, entry) for position, entry in enumerate(listed) if isinstance(entry, dict)]


def _boundary(file: YamlFile) -> dict[str, Any] | None:
    """The geometry of the boundary file as one Polygon or MultiPolygon."""
    name = file.data.get("boundary") if file.data else None
    if not isinstance(name, str):
        return None
    path = file.path.parent / name
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        geometry = _polygons(content)
    except OSError as error:
        file.report(["boundary"], f"the file {name} cannot be read: {error.strerror}")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, ShapelyError):
        file.report(["boundary"], f"the file {name} is not GeoJSON with a polygon")
    else:
        west, south, east, north = geometry.bounds
        if west < -180 or east > 180 or south < -90 or north > 90:
            file.report(
                ["boundary"], f"the coordinates in {name} are not longitude and latitude (WGS 84)"
            )
        elif not geometry.is_valid:
            file.report(["boundary"], f"the polygon in {name} crosses itself")
        else:
            return dict(mapping(geometry))
    return None


def _polygons(content: dict[str, Any]) -> BaseGeometry:
    if content["type"] == "FeatureCollection":
        if len(content["features"]) != 1:
            raise ValueError("one feature is expected")
        content = content["features"][0]
    geometry = shape(content["geometry"] if content["type"] == "Feature" else content)
    if geometry.geom_type not in ("Polygon", "MultiPolygon") or geometry.is_empty:
        raise ValueError("no polygon")
    return geometry


def _unknown(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"“{name}” is not known; did you mean “{close[0]}”?"
    return f"“{name}” is not known; known are: {', '.join(known) or 'none'}"


def _platform(data: dict[str, Any], sources: tuple[SourceEntry, ...]) -> PlatformFile:
    organization = data["organization"]
    return PlatformFile(
        title=data["title"],
        organization_name=organization["name"],
        organization_title=organization["title"],
        organization_description=organization.get("description", ""),
        sources=sources,
    )


def _municipality(
    data: dict[str, Any], boundary: dict[str, Any], sources: tuple[SourceEntry, ...]
) -> MunicipalityFile:
    stations = tuple(
        StationSelection(
            source=entry["source"],
            selects="id" if "id" in entry else "water",
            value=entry.get("id") or entry["water"],
            relation=entry.get("relation", "near"),
        )
        for entry in data.get("stations", [])
    )
    return MunicipalityFile(
        name=data["name"],
        title=data["title"],
        short_title=data.get("short_title", data["title"]),
        kind=data["kind"],
        ags=tuple(data.get("ags", [])),
        ars=tuple(data["ars"]),
        nuts3=data.get("nuts3"),
        state=data["state"],
        population=data.get("population"),
        area=data.get("area"),
        statistics_date=data.get("statistics_date"),
        statistics_attribution=data.get("statistics_attribution"),
        boundary=boundary,
        boundary_attribution=data["boundary_attribution"],
        colour=data["colour"].lower(),
        website=data["website"],
        contact_name=data["contact"]["name"],
        contact_email=data["contact"].get("email"),
        embed_hosts=tuple(data.get("embed_hosts", [])),
        programme=data.get("programme"),
        stations=stations,
        sources=sources,
        dashboards=tuple(data.get("dashboards", [])),
    )

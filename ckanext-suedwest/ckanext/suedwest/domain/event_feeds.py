"""Events as others read them: GeoJSON (RFC 7946) and the closures feed CIFS of navigation apps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .event import Direction, Effect, Event, Place, Position, Span
from .time import BERLIN

_SIX_DECIMALS = 6
"""A decimetre; more is noise."""
_CIFS_DIRECTIONS = {Direction.BOTH: "BOTH_DIRECTIONS", Direction.ONE: "ONE_DIRECTION"}


def geojson(events: Iterable[Event]) -> dict[str, object]:
    """A FeatureCollection; times in UTC, `end` null where nobody knows it.

    `spans` holds all spans of validity, `start` and `end` the first beginning and last end.
    """
    return {"type": "FeatureCollection", "features": [_feature(event) for event in events]}


def _feature(event: Event) -> dict[str, object]:
    return {
        "type": "Feature",
        "id": event.key,
        "geometry": geometry(event.place),
        "properties": {
            "effect": str(event.effect),
            "direction": str(event.direction),
            "roads": list(event.roads),
            "description": event.description,
            "start": _utc(event.spans[0])[0],
            "end": _utc(event.spans[-1])[1],
            "spans": [_utc(span) for span in event.spans],
            "intermittent": event.intermittent,
            "operator": event.operator.name,
            "licence": event.licence.id,
            "attribution": event.licence.attribution,
        },
    }


def _utc(span: Span) -> list[str | None]:
    ends = (span.start, span.end)
    return [None if one is None else one.isoformat().replace("+00:00", "Z") for one in ends]


def _rounded(position: Position) -> list[float]:
    return [round(degrees, _SIX_DECIMALS) for degrees in position]


def geometry(place: Place) -> dict[str, object]:
    """A place as a geometry of GeoJSON; several parts are a GeometryCollection."""
    parts: list[dict[str, object]] = [
        *({"type": "Point", "coordinates": _rounded(point)} for point in place.points),
        *(
            {"type": "LineString", "coordinates": [_rounded(one) for one in line]}
            for line in place.lines
        ),
        *(
            {"type": "Polygon", "coordinates": [[_rounded(one) for one in area]]}
            for area in place.areas
        ),
    ]
    return parts[0] if len(parts) == 1 else {"type": "GeometryCollection", "geometries": parts}


def place_of(drawn: Mapping[str, Any]) -> Place:
    """The place of a geometry as `geometry` writes it.

    Raises:
        ValueError: another geometry.
    """
    points: list[Position] = []
    lines: list[tuple[Position, ...]] = []
    areas: list[tuple[Position, ...]] = []
    for part in drawn.get("geometries", [drawn]):
        match part["type"]:
            case "Point":
                points.append(_position(part["coordinates"]))
            case "LineString":
                lines.append(tuple(_position(one) for one in part["coordinates"]))
            case "Polygon":
                areas.append(tuple(_position(one) for one in part["coordinates"][0]))
            case other:
                raise ValueError(f"a place is drawn as points, lines and areas, not as a {other}")
    return Place(tuple(points), tuple(lines), tuple(areas))


def _position(pair: Sequence[float]) -> Position:
    return pair[0], pair[1]


def cifs(events: Iterable[Event]) -> dict[str, object]:
    """The closures as CIFS (“Closure and Incident Feed Specification”).

    Only what a navigation app can act upon without a guess: closed for all, along a line, with
    the name of the road and the direction known, and not only at certain hours. The polyline is
    latitude and longitude in turn; a point is not made a line. Each line and span of an event
    is an incident of its own.
    """
    return {"incidents": [incident for event in events for incident in _incidents(event)]}


def _incidents(event: Event) -> list[dict[str, object]]:
    direction = _CIFS_DIRECTIONS.get(event.direction)
    if event.effect is not Effect.CLOSED or event.intermittent or not event.roads or not direction:
        return []
    incidents: list[dict[str, object]] = []
    for number, line in enumerate(event.place.lines, start=1):
        for turn, span in enumerate(event.spans, start=1):
            end = {} if span.end is None else {"endtime": span.end.astimezone(BERLIN).isoformat()}
            incidents.append(
                {
                    "id": f"{event.key}:{number}:{turn}",
                    "type": "ROAD_CLOSED",
                    "location": {
                        "street": ", ".join(event.roads),
                        "polyline": " ".join(f"{lat:.6f} {lon:.6f}" for lon, lat in line),
                        "direction": direction,
                    },
                    "starttime": span.start.astimezone(BERLIN).isoformat(),
                    **end,
                    "description": event.description,
                    "reference": event.operator.name,
                }
            )
    return incidents

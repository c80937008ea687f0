"""Gauges whose values end just now, written as a poll would write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datastream, Datum, Licence, Operator, Station
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.selection import Selection
from ckanext.suedwest.store.sources import register_source, set_selections
from ckanext.suedwest.store.writer import write_batch

SOURCE = "test"
TOWN = "landkreis-mayen-koblenz"
QUARTER = timedelta(minutes=15)
OPERATOR = Operator("WSA Mosel-Saar-Lahn", "https://www.wsa-mosel-saar-lahn.wsv.de")
LICENCE = Licence(
    "dl-de-zero-2.0",
    "Datenlizenz Deutschland – Zero – Version 2.0",
    "https://www.govdata.de/dl-de/zero-2-0",
    "WSV, PEGELONLINE, ungeprüfte Rohdaten",
)


def alarm(level: float, label: str = "Marke_I", code: str = "M_I", **changes: Any) -> Threshold:
    return Threshold(
        **{
            "level": level,
            "direction": Direction.ABOVE,
            "code": code,
            "label": label,
            "kind": ThresholdKind.OFFICIAL,
            "source": "WSV, PEGELONLINE",
            **changes,
        }
    )


def mark(level: float, code: str) -> Threshold:
    return alarm(level, code, code, kind=ThresholdKind.STATISTICAL, direction=Direction.BELOW)


@dataclass
class Gauges:
    """Writes gauges into the store; each address is `/station/pegel-rhein-<name>`."""

    engine: Engine
    source: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        with self.engine.begin() as conn:
            register_source(
                conn,
                id=self.source,
                type="pegelonline",
                municipality=None,
                url="http://127.0.0.1:9/",
                options={},
                interval=timedelta(minutes=5),
                managed_by="file",
            )
            set_selections(
                conn,
                self.source,
                TOWN,
                [Selection("water", "rhein", "inside"), Selection("water", "mosel", "near")],
            )

    def add(
        self,
        name: str,
        values: Iterable[Observation] = (),
        *,
        thresholds: Sequence[Threshold] = (),
        streams: Sequence[Datastream] = (),
        complete: bool = False,
        **changes: Any,
    ) -> Station:
        """A gauge on the Rhine with what it measured."""
        station = replace(
            Station(
                key=f"test:{name.casefold()}",
                kind="water",
                name=name,
                operator=OPERATOR,
                licence=LICENCE,
                water="Rhein",
                number="27100400",
                longitude=7.39,
                latitude=50.44,
            ),
            **changes,
        )
        level = Datastream(
            station.key,
            "W",
            "water_level",
            "cm",
            interval=QUARTER,
            datum=Datum("m ü. NHN", 51.504),
            thresholds=tuple(thresholds),
        )
        batch = Batch(
            self.source,
            self.now,
            [station],
            [level, *streams],
            list(values),
            complete=complete,
        )
        write_batch(self.engine, batch, lease=None, now=self.now)
        return station

    def values(
        self,
        name: str,
        level: float = 124,
        *,
        rate: float = 0,
        age: timedelta = timedelta(minutes=5),
        count: int = 13,
        quality: Quality = Quality.NOT_EVALUATED,
    ) -> list[Observation]:
        """Quarter-hourly levels that end at `level`, `age` before now, at `rate` cm an hour.

        `quality` is that of the last one.
        """
        last = (self.now - age).replace(second=0, microsecond=0)
        return [
            Observation(
                f"test:{name.casefold()}",
                "W",
                last - step * QUARTER,
                level - rate * step / 4,
                quality if step == 0 else Quality.NOT_EVALUATED,
            )
            for step in range(count)
        ]

    def measured(self, name: str, level: float = 124, **how: Any) -> Station:
        """A gauge with `values`; `thresholds` and fields of the station may be given, too."""
        described = {
            key: how.pop(key)
            for key in tuple(how)
            if key not in ("rate", "age", "count", "quality")
        }
        return self.add(name, self.values(name, level, **how), **described)

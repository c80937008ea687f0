"""A gauge on the Rhine with a week of quarter-hours, and a datastream nobody may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.quality import Quality
from ckanext.suedwest.domain.station import Datastream, Licence, Operator, Station, Visibility
from ckanext.suedwest.domain.threshold import Direction, Threshold, ThresholdKind
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.writer import write_batch

CONFIG = Path(__file__).parents[3] / "config"
FILES = (CONFIG / "platform.yaml", CONFIG / "municipalities" / "landkreis-mayen-koblenz.yaml")
STEP = timedelta(minutes=15)
SLUG = "pegel-rhein-andernach"
STATION = Station(
    key="pegelonline:5735892a-ec65-4b29-97c5-50939aa9584e",
    kind="water",
    name="Andernach",
    operator=Operator("WSA Rhein", "https://www.wsa-rhein.wsv.de"),
    licence=Licence(
        "dl-de-zero-2.0",
        "Datenlizenz Deutschland – Zero – Version 2.0",
        "https://www.govdata.de/dl-de/zero-2-0",
        "WSV über PEGELONLINE",
    ),
    water="Rhein",
    number="27100400",
    longitude=7.39,
    latitude=50.44,
    properties={"simulated": "true"},
)
THRESHOLDS = (
    Threshold(
        71, Direction.BELOW, "MNW", "Mittleres Niedrigwasser", ThresholdKind.STATISTICAL, "WSV"
    ),
    Threshold(550, Direction.ABOVE, "M_I", "Marke I", ThresholdKind.OFFICIAL, "WSV"),
)


def now_on_the_grid() -> datetime:
    """The last full quarter of an hour, so that the newest value is fresh."""
    now = datetime.now(UTC)
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


def week(end: datetime, *, peak: float = 210.0) -> list[Observation]:
    """Seven days of 100 to 119 cm in quarter-hours, with a wave three days ago, one doubted value
    two days ago, and five and a half hours without values four days ago."""
    values: list[Observation] = []
    for index in range(7 * 96):
        time = end - index * STEP
        age = end - time
        if timedelta(days=4) < age < timedelta(days=4, hours=5.5):
            continue
        level, quality = 100.0 + index % 20, Quality.PASS
        # Forty centimetres in a quarter of an hour: a flood, not a spike.
        level = max(level, peak - 40 * abs(age - timedelta(days=3)) / STEP)
        if age == timedelta(days=2):
            level, quality = 900.0, Quality.SUSPECT
        values.append(Observation(STATION.key, "W", time, level, quality))
    return values


def poll(
    engine: Engine,
    values: Sequence[Observation],
    *,
    station: Station = STATION,
    now: datetime | None = None,
) -> None:
    """What one poll writes: the gauge, its level, and an internal datastream."""
    received = now or datetime.now(UTC)
    streams = [
        Datastream(station.key, "W", "water_level", "cm", interval=STEP, thresholds=THRESHOLDS),
        Datastream(
            station.key,
            "Q",
            "discharge",
            "m³/s",
            interval=STEP,
            visibility=Visibility.INTERNAL,
        ),
    ]
    batch = Batch("pegelonline", received, [station], streams, list(values), complete=True)
    write_batch(engine, batch, lease=None, now=received)

"""Which gauges the simulator plays: two for each municipality, at places where none stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LICENCE = {
    "id": "cc-zero",
    "title": "CC0 1.0",
    "url": "https://creativecommons.org/publicdomain/zero/1.0/deed.de",
    "attribution": "Simulierte Werte, keine Messung",
}
REMARK = (
    "Diese Messstelle gibt es nicht: Ihre Werte sind erfunden, damit die Sandbox zeigt, wie ein "
    "eigener Pegel aussieht."
)
MOUNTED_SINCE = "2020-01-01T00:00:00+01:00"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A simulated sensor.

    `longitude` and `latitude` are WGS 84 degrees. `sensor_mm` is how high the sensor hangs above
    the gauge's zero. The level is `usual_cm` in dry weather, and up to `flood_cm` more when a
    wave passes, `behind_hours` after the rain.
    """

    municipality: str
    place: str
    water: str
    longitude: float
    latitude: float
    sensor_mm: int
    usual_cm: float
    flood_cm: float
    behind_hours: float

    @property
    def device_id(self) -> str:
        """As The Things Stack names devices: small letters, digits and hyphens."""
        folded = self.place.lower().translate(str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae"}))
        return "simulator-" + "".join(sign if sign.isalnum() else "-" for sign in folded)

    @property
    def dev_eui(self) -> str:
        """An identifier of the block that belongs to nobody (locally administered)."""
        return f"0200000000000{GAUGES.index(self):03X}".upper()

    @property
    def application(self) -> str:
        """The application its network knows it by."""
        return f"pegel-{self.municipality}"

    def registered(self) -> dict[str, Any]:
        """What its source's option `devices` says of it."""
        return {
            "name": f"{self.place} (Simulation)",
            "water": self.water,
            "longitude": self.longitude,
            "latitude": self.latitude,
            "remark": REMARK,
            "interval": 15,
            "codec": "dragino-ldds75",
            "mounting": [{"valid_from": MOUNTED_SINCE, "height_mm": self.sensor_mm}],
        }


GAUGES = (
    Gauge("kaiserslautern", "Lampertsmühle", "Lauter", 7.7290, 49.4640, 3500, 38, 110, 4),
    Gauge("kaiserslautern", "Eselsfürth", "Eselsbach", 7.8010, 49.4560, 2500, 16, 60, 2),
    Gauge("landkreis-kusel", "Altenglan", "Glan", 7.4650, 49.5500, 5500, 74, 240, 8),
    Gauge("landkreis-kusel", "Kusel", "Kuselbach", 7.4080, 49.5400, 3000, 22, 95, 3),
    Gauge("landkreis-mayen-koblenz", "Mayen", "Nette", 7.2240, 50.3270, 4000, 41, 130, 6),
    Gauge("landkreis-mayen-koblenz", "Sayn", "Saynbach", 7.5780, 50.4400, 3500, 29, 105, 5),
    Gauge("eifelkreis-bitburg-pruem", "Neuerburg", "Enz", 6.2950, 50.0110, 4000, 33, 150, 4),
    Gauge("eifelkreis-bitburg-pruem", "Rittersdorf", "Nims", 6.5040, 49.9950, 4500, 47, 160, 6),
    Gauge("landkreis-st-wendel", "Oberthal", "Blies", 7.0850, 49.5120, 3500, 26, 120, 3),
    Gauge("landkreis-st-wendel", "Nonnweiler", "Prims", 6.9710, 49.6070, 4500, 52, 170, 5),
    Gauge("linz-am-rhein", "Linz", "Sternerbach", 7.2860, 50.5690, 2500, 12, 70, 2),
    Gauge("linz-am-rhein", "Kasbach", "Kasbach", 7.2660, 50.5880, 2500, 14, 75, 2),
)

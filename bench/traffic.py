"""How fast large traffic files are read, and in how much memory, beside a parser that only reads.

Two files are made, each about as large as asked for (`--megabytes`, 50 unless given): situations of
DATEX II 2, and a timetable in GTFS whose `stop_times.txt` is that large. Each is read by us and by
the limit, in turn, each time in a process of its own:

- `datex2_*`: the connector `datex2-situations`; the limit is `lxml.etree.iterparse` that frees
  every situation and looks at nothing.
- `gtfs_*`: archive and `read_timetable`, all stops; `gtfs_clipped_*`: a fiftieth of the stops. The
  limit is `csv.reader` over the largest table, unpacked by `zipfile`, that counts rows.

`…_megabytes_per_second` are of the file as unpacked, medians of three; `…_peak_megabytes` is the
most memory the process had, of which `idle_peak_megabytes` is a process that has read nothing.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from lxml import etree

from ckanext.suedwest.connectors.base import Context, find_connector
from ckanext.suedwest.connectors.traffic.gtfs import GtfsOptions, read_timetable
from ckanext.suedwest.ingest.archive import Archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STOPS = 5000
STOPS_OF_A_TRIP = 25
TURNS = 3
SITUATION = (
    '<situation id="s{n}" version="1"><headerInformation>'
    "<confidentiality>noRestriction</confidentiality>"
    "<informationStatus>real</informationStatus></headerInformation>"
    '<situationRecord xsi:type="RoadOrCarriagewayOrLaneManagement" id="r{n}" version="1">'
    "<situationRecordCreationTime>2026-11-01T08:00:00+01:00</situationRecordCreationTime>"
    "<validity><validityStatus>active</validityStatus><validityTimeSpecification>"
    "<overallStartTime>2026-11-01T08:00:00+01:00</overallStartTime>"
    "<overallEndTime>2026-12-01T08:00:00+01:00</overallEndTime>"
    "</validityTimeSpecification></validity>"
    '<generalPublicComment><comment><values><value lang="de">Fahrbahn {n} wird erneuert</value>'
    "</values></comment></generalPublicComment>"
    '<groupOfLocations xsi:type="Point"><pointByCoordinates><pointCoordinates>'
    "<latitude>49.{n:05d}</latitude><longitude>7.{n:05d}</longitude>"
    "</pointCoordinates></pointByCoordinates></groupOfLocations>"
    "<roadOrCarriagewayOrLaneManagementType>roadClosed</roadOrCarriagewayOrLaneManagementType>"
    "</situationRecord></situation>\n"
)
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<d2LogicalModel modelBaseVersion="2" '
    'xmlns="http://datex2.eu/schema/2/2_0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<payloadPublication xsi:type="SituationPublication" lang="de">\n'
)
TAIL = "</payloadPublication></d2LogicalModel>\n"


def make_datex2(path: Path, size: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        number = 0
        while file.tell() < size:
            for _record in range(1000):
                file.write(SITUATION.format(n=number % 100_000))
                number += 1
        file.write(TAIL)


def make_gtfs(path: Path, size: int) -> None:
    stops = [(f"{n % 50:02d}:{n}", f"Halt {n}", 49 + n / 1e4, 7 + n / 1e4) for n in range(STOPS)]
    tables: dict[str, list[tuple[object, ...]]] = {
        "agency.txt": [("agency_name", "agency_timezone"), ("Verkehrsbund", "Europe/Berlin")],
        "stops.txt": [("stop_id", "stop_name", "stop_lat", "stop_lon"), *stops],
        "routes.txt": [
            ("route_id", "route_short_name", "route_type"),
            *((number, number, 3) for number in range(100)),
        ],
        "calendar_dates.txt": [("service_id", "date", "exception_type"), ("d", "20261123", 1)],
    }
    times = io.StringIO("trip_id,arrival_time,departure_time,stop_id,stop_sequence\n")
    times.seek(0, io.SEEK_END)
    trips: list[tuple[object, ...]] = [("trip_id", "route_id", "service_id", "trip_headsign")]
    while times.tell() < size:
        trip = f"t{len(trips)}"
        trips.append((trip, len(trips) % 100, "d", "Ziel"))
        for at in range(STOPS_OF_A_TRIP):
            stop = (len(trips) * 7 + at) % STOPS
            clock = f"{6 + at // 60:02d}:{at % 60:02d}:00"
            times.write(f"{trip},{clock},{clock},{stop % 50:02d}:{stop},{at}\n")
    tables["trips.txt"] = trips
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stop_times.txt", times.getvalue())
        for name, rows in tables.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows)
            archive.writestr(name, text.getvalue())


def read_datex2(path: Path) -> int:
    decoded = find_connector("datex2-situations")(path.read_bytes(), Context(received_at=NOW))
    return len(decoded.events)


def read_datex2_limit(path: Path) -> int:
    count = 0
    content = io.BytesIO(path.read_bytes())
    for _event, element in etree.iterparse(content, tag="{*}situation", resolve_entities=False):
        count += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return count


def read_gtfs(path: Path) -> int:
    return len(read_timetable(Archive(path.read_bytes()), GtfsOptions()).timetable.calls)


def read_gtfs_clipped(path: Path) -> int:
    options = GtfsOptions(stop_prefixes=("07:",))
    return len(read_timetable(Archive(path.read_bytes()), options).timetable.calls)


def read_gtfs_limit(path: Path) -> int:
    with zipfile.ZipFile(path) as archive, archive.open("stop_times.txt") as file:
        return sum(1 for _row in csv.reader(io.TextIOWrapper(file, "utf-8")))


READERS: dict[str, Callable[[Path], int]] = {
    "idle": lambda _path: 0,
    "datex2": read_datex2,
    "datex2_limit": read_datex2_limit,
    "gtfs": read_gtfs,
    "gtfs_clipped": read_gtfs_clipped,
    "gtfs_limit": read_gtfs_limit,
}


def alone(name: str, path: Path) -> dict[str, float]:
    """One reading in a process of its own: seconds, the most memory (MB), and what was found."""
    done = subprocess.run(
        [sys.executable, __file__, "--reader", name, "--file", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def read_alone(name: str, path: Path) -> None:
    """What such a process does."""
    begun = time.perf_counter()
    found = READERS[name](path)
    seconds = time.perf_counter() - begun
    # Not `ru_maxrss`: a process inherits that of the one that started it, which made the files.
    said = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert said is not None
    peak = int(said[1]) / 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "found": found}))


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.reader:
        read_alone(asked.reader, asked.file)
        return
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {"datex2": Path(folder) / "situations.xml", "gtfs": Path(folder) / "feed.zip"}
        make_datex2(files["datex2"], asked.megabytes * 1024**2)
        make_gtfs(files["gtfs"], asked.megabytes * 1024**2)
        with zipfile.ZipFile(files["gtfs"]) as archive:
            sizes = {
                "datex2": files["datex2"].stat().st_size / 1024**2,
                "gtfs": archive.getinfo("stop_times.txt").file_size / 1024**2,
            }
        figures["idle_peak_megabytes"] = alone("idle", files["gtfs"])["peak"]
        for name in READERS.keys() - {"idle"}:
            kind = name.partition("_")[0]
            turns = [alone(name, files[kind]) for _turn in range(TURNS)]
            figures[f"{name}_megabytes_per_second"] = sizes[kind] / median(
                turn["seconds"] for turn in turns
            )
            figures[f"{name}_peak_megabytes"] = max(turn["peak"] for turn in turns)
            figures[f"{name}_found"] = turns[0]["found"]
    rounded = {name: round(value, 1) for name, value in sorted(figures.items())}
    if asked.json:
        print(json.dumps(rounded, indent=1))
    else:
        print("\n".join(f"{name:40} {value:>12,}" for name, value in rounded.items()))


if __name__ == "__main__":
    main()

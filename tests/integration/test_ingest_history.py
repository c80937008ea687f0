"""History from a table: the trial stores nothing and tells exactly what storing will do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from store_samples import LEVEL, NOW, QUARTER, counts, empty, rows, value, write

from ckanext.suedwest.domain.errors import PayloadRefused
from ckanext.suedwest.domain.station import Visibility
from ckanext.suedwest.ingest.history import (
    LARGEST_FILE,
    MOST_LINES,
    Imported,
    Layout,
    Trial,
    import_history,
    try_history,
)
from ckanext.suedwest.store.history import Target, history_target, history_targets
from ckanext.suedwest.store.marks import correct_value

LAYOUT = Layout(
    encoding="utf-8",
    separator=";",
    decimal=",",
    header=True,
    skip_lines=0,
    time_columns=(1,),
    time_format="%d.%m.%Y %H:%M",
    zone="+01:00",
    value_column=2,
    unit="cm",
)
TABLES = ("observation", "observation_revision", "observation_hour", "observation_day")
TABLES += ("receipt", "quarantine", "outbox", "datastream_state")


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    empty(store_engine)
    write(store_engine, [value(100.0)])
    return store_engine


@pytest.fixture
def target(engine: Engine) -> Target:
    (found,) = history_targets(engine, None)
    return found


def table(*lines: str) -> bytes:
    return "\n".join(("Zeit;Wert", *lines)).encode()


def tried(engine: Engine, target: Target, payload: bytes, **changes: Any) -> Trial:
    return try_history(engine, target, payload, replace(LAYOUT, **changes), now=NOW)


def imported(
    engine: Engine, target: Target, payload: bytes, *, replaces: bool = False, **changes: Any
) -> Imported:
    return import_history(
        engine,
        target,
        payload,
        replace(LAYOUT, **changes),
        replaces=replaces,
        file_name="bach.csv",
        now=NOW,
    )


def held(engine: Engine) -> dict[str, int]:
    return {name: rows(engine, f"SELECT count(*) FROM suedwest.{name}")[0][0] for name in TABLES}


MIXED = table(
    "20.11.2020 10:00;12,5",
    "20.11.2020 10:15;-",
    "20.11.2020 10:30;12,7",
    "20.11.2020 10:30;12,7",
    "morgen;1",
    "20.11.2020 11:00;viel",
    "20.11.2020 11:15;-777",
    "20.11.2020 11:30;1",
    "20.11.2020 11:30;2",
    "20.11.2020 18:00;900",
    "20.11.2020 18:15;13",
    "20.11.2036 10:00;12",
    "20.11.1970 10:00;12",
    "20.11.2026 13:00;99",
)


def test_a_trial_stores_nothing_and_accounts_for_every_line(engine: Engine, target: Target) -> None:
    before = held(engine)
    trial = tried(engine, target, MIXED)
    assert held(engine) == before
    assert (trial.rows, trial.new, trial.unchanged, trial.differing) == (14, 4, 1, 1)
    assert (trial.without_value, trial.refused) == (1, 7)
    assert trial.rows == (
        trial.new + trial.unchanged + trial.differing + trial.without_value + trial.refused
    )
    assert (trial.first, trial.last) == (
        datetime(2020, 11, 20, 9, tzinfo=UTC),
        datetime(2026, 11, 20, 12, tzinfo=UTC),
    )
    assert (trial.minimum, trial.maximum) == (12.5, 900.0)
    assert trial.gap_count == 2
    assert trial.gaps[0] == (
        datetime(2020, 11, 20, 17, 15, tzinfo=UTC),
        datetime(2026, 11, 20, 12, tzinfo=UTC),
    )


def test_refused_lines_are_told_with_number_and_reason(engine: Engine, target: Target) -> None:
    told = {line.line: line.reason for line in tried(engine, target, MIXED).refusals}
    assert sorted(told) == [6, 7, 8, 9, 10, 13, 14]
    for line, words in {
        6: "not of the form",
        7: "not a number",
        8: "sentinel",
        9: "different",
    }.items():
        assert words in told[line]
    assert "future" in told[13]
    assert "before 1990" in told[14]


def test_the_first_lines_are_shown_as_understood_and_doubted(
    engine: Engine, target: Target
) -> None:
    trial = tried(
        engine,
        target,
        table(
            *(
                f"20.11.2020 1{m // 60}:{m % 60:02};{v}"
                for m, v in ((0, 10), (15, 11), (30, 700), (45, 12), (60, 13))
            )
        ),
    )
    assert [(line.line, f"{line.time:%H:%M}", line.result) for line in trial.shown[:3]] == [
        (2, "09:00", 10.0),
        (3, "09:15", 11.0),
        (4, "09:30", 700.0),
    ]
    assert trial.shown[2].doubts == ("spike",)
    assert (trial.doubted, trial.doubts) == (1, {"spike": 1})
    assert trial.shown_doubted == [trial.shown[2]]


def test_what_the_trial_said_is_what_is_stored(engine: Engine, target: Target) -> None:
    trial = tried(engine, target, MIXED)
    done = imported(engine, target, MIXED)
    assert (done.stored, done.unchanged, done.corrected) == (trial.new, trial.unchanged, 0)
    assert done.quarantined == trial.refused + trial.differing
    again = imported(engine, target, MIXED)
    assert (again.stored, again.unchanged, again.corrected) == (0, 5, 0)
    assert rows(
        engine,
        "SELECT received, stored, unchanged, corrected, quarantined FROM suedwest.receipt"
        " ORDER BY id",
    )[1:] == [(12, 4, 0, 0, 8), (12, 0, 4, 0, 8)]


def test_the_quarantine_names_file_and_line(engine: Engine, target: Target) -> None:
    imported(engine, target, MIXED)
    found = dict(rows(engine, "SELECT record, payload FROM suedwest.quarantine"))
    assert found["bach.csv line 7"] == "20.11.2020 11:00;viel"
    assert len(found) == 8


def test_a_live_value_is_only_replaced_on_demand(engine: Engine, target: Target) -> None:
    other = table("20.11.2026 13:00;99", "20.11.2026 12:45;98")
    imported(engine, target, other)
    query = "SELECT result FROM suedwest.observation ORDER BY phenomenon_time"
    assert rows(engine, query) == [(98.0,), (100.0,)]
    trial = tried(engine, target, other)
    assert [(line.line, line.held) for line in trial.shown_differing] == [(2, 100.0)]
    done = imported(engine, target, other, replaces=True)
    assert (done.unchanged, done.corrected) == (1, 1)
    assert rows(engine, query) == [(98.0,), (99.0,)]
    assert rows(engine, "SELECT result FROM suedwest.observation_revision") == [(100.0,)]


def test_a_value_that_comes_between_comparing_and_storing_stays(engine: Engine) -> None:
    receipt = write(engine, [value(5.0), value(6.0, NOW - QUARTER)], replaces=False)
    assert counts(receipt) == (1, 0, 0, 1)
    assert rows(engine, "SELECT result FROM suedwest.observation ORDER BY 1") == [(6.0,), (100.0,)]


def test_what_staff_corrected_stays(engine: Engine, target: Target) -> None:
    correct_value(engine, target.datastream_id, NOW, 101.0, author="anna", note="Latte", now=NOW)
    payload = table("20.11.2026 13:00;99")
    assert tried(engine, target, payload).differing == 0
    imported(engine, target, payload, replaces=True)
    assert rows(engine, "SELECT result FROM suedwest.observation") == [(101.0,)]


def test_thirty_years_have_their_partitions_and_right_days(engine: Engine, target: Target) -> None:
    first = date(1996, 1, 1)
    days = [first + timedelta(days=number) for number in range(30 * 365 + 7)]
    # 23:30 UTC is the next day at a gauge.
    lines = [f"{day:%d.%m.%Y} 00:30;{number % 500}" for number, day in enumerate(days)]
    lines += [f"{day:%d.%m.%Y} 23:45;{number % 500 + 2}" for number, day in enumerate(days)]
    done = imported(engine, target, table(*lines))
    assert done.stored == len(lines)
    assert done.batches == 5
    assert rows(engine, "SELECT count(*) FROM suedwest.observation_day") == [(len(days) + 1,)]
    wrong = rows(
        engine,
        """
        SELECT day, good_min, good_max, good_count, good_mean FROM suedwest.observation_day
        WHERE day < '2026-01-01'
          AND (good_min, good_max, good_count, good_mean)
              <> ((day - :first) % 500, (day - :first) % 500 + 2, 2, (day - :first) % 500 + 1)
        """,
        first=first,
    )
    assert wrong == []
    # The newest value is still the one that came live.
    assert rows(
        engine, "SELECT latest_result, first_time, total FROM suedwest.datastream_state"
    ) == [(100.0, datetime(1995, 12, 31, 23, 30, tzinfo=UTC), len(lines) + 1)]


def test_the_doubled_hour_is_told_by_the_order_or_refused(engine: Engine, target: Target) -> None:
    night = [f"25.10.2020 0{m // 60}:{m % 60:02};{m}" for m in range(0, 180, 30)]
    again = [f"25.10.2020 02:{m:02};{m + 200}" for m in (0, 30)]
    after = ["25.10.2020 03:00;300", "25.10.2020 03:30;301"]
    trial = tried(engine, target, table(*night, *again, *after), zone="Europe/Berlin")
    assert (trial.new, trial.refused) == (10, 0)
    assert (trial.last or NOW) - (trial.first or NOW) == timedelta(hours=4, minutes=30)
    alone = tried(engine, target, table(*night, *after), zone="Europe/Berlin")
    assert {line.line for line in alone.refusals} == {6, 7}
    assert all("happens twice" in line.reason for line in alone.refusals)
    spring = tried(engine, target, table("29.03.2020 02:30;1"), zone="Europe/Berlin")
    assert "does not exist" in spring.refusals[0].reason


def test_a_unit_is_converted_and_a_wrong_one_refused(engine: Engine, target: Target) -> None:
    payload = table("20.11.2020 10:00;1,25")
    assert tried(engine, target, payload, unit="m").maximum == 125.0
    with pytest.raises(PayloadRefused):
        tried(engine, target, payload, unit="m³/s")


def test_one_station_of_many(engine: Engine, target: Target) -> None:
    payload = b"Nr;Zeit;Wert\n1;20.11.2020 10:00;5\n2;20.11.2020 10:00;7\n"
    trial = tried(
        engine,
        target,
        payload,
        time_columns=(2,),
        value_column=3,
        where_column="Nr",
        where_text="2",
    )
    assert (trial.rows, trial.new, trial.maximum) == (1, 1, 7.0)


def test_a_file_that_is_too_large_is_refused(engine: Engine, target: Target) -> None:
    with pytest.raises(PayloadRefused, match="larger than 10 MB"):
        tried(engine, target, b"x" * (LARGEST_FILE + 1))
    with pytest.raises(PayloadRefused, match="more than 100,000 lines"):
        tried(engine, target, b"\n" * (MOST_LINES + 1))


def test_targets_are_those_of_the_own_sources(engine: Engine, target: Target) -> None:
    write(engine, streams=[replace(LEVEL, name="raw", visibility=Visibility.INTERNAL)])
    assert [each.name for each in history_targets(engine, None)] == ["W", "raw"]
    assert history_targets(engine, "linz") == []
    assert history_target(engine, target.resource_id) == target
    assert history_target(engine, "no id") is None

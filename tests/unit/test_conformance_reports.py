"""The table of `test search-conformance`: what it counts, names and lets pass."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ckanext.suedwest.launcher import ports, pytest_reports
from ckanext.suedwest.launcher.cli import main
from ckanext.suedwest.launcher.places import CHECKOUT
from ckanext.suedwest.launcher.pytest_reports import Result

FOLDER = CHECKOUT / "tests" / "conformance"
REPORT = """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest">
<testcase classname="pkg.tests.test_a" name="test_one" file="pkg/tests/test_a.py" time="0.1"/>
<testcase classname="pkg.tests.test_a.TestB" name="test_two[x.y]" file="pkg/tests/test_a.py">
  <failure message="AssertionError: assert 1 == 2&#10; +  where 1">trace</failure></testcase>
<testcase classname="pkg.tests.test_c" name="test_three" file="pkg/tests/test_c.py">
  <error message="failed on setup">trace</error></testcase>
<testcase classname="pkg.tests.test_c" name="test_four" file="pkg/tests/test_c.py">
  <skipped message="needs more">trace</skipped></testcase>
<testcase classname="pkg.tests.test_c" name="test_five" file="pkg/tests/test_c.py"/>
<testcase classname="pkg.tests.test_c" name="test_five" file="pkg/tests/test_c.py">
  <error message="failed on teardown">trace</error></testcase>
</testsuite></testsuites>
"""
A, C = "pkg/tests/test_a.py", "pkg/tests/test_c.py"
RESULTS = [
    Result(A, "test_one", "passed"),
    Result(A, "TestB::test_two[x.y]", "failed", "AssertionError: assert 1 == 2", "trace"),
    Result(C, "test_three", "failed", "failed on setup", "trace"),
    Result(C, "test_four", "skipped", "needs more", "trace"),
    Result(C, "test_five", "failed", "failed on teardown", "trace"),
]


def test_a_report_is_read_with_the_names_pytest_uses(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT, encoding="utf-8")
    assert pytest_reports.read(tmp_path / "report.xml") == RESULTS


@pytest.mark.parametrize(
    ("excluded", "failed"),
    [
        ({}, ["TestB::test_two[x.y]", "test_three", "test_five"]),
        ({f"{A}::TestB::test_two[x.y]": "why"}, ["test_three", "test_five"]),
        ({f"{C}::test_one": "another file"}, ["TestB::test_two[x.y]", "test_three", "test_five"]),
        ({result.test: "why" for result in RESULTS}, []),
    ],
)
def test_only_failures_that_are_named_pass(excluded: dict[str, str], failed: list[str]) -> None:
    assert [result.name for result in pytest_reports.failures(RESULTS, excluded)] == failed


def test_the_table_names_each_failure_and_each_excluded_test() -> None:
    excluded = {
        f"{C}::test_three": "its file is not shipped",
        f"{A}::test_one": "asserts an internal",
        f"{A}::gone": "was there once",
    }
    assert pytest_reports.table(RESULTS, excluded, whole=True) == [
        "file                  passed   failed excluded  skipped",
        f"{A}        1        1        0        0",
        f"{C}        0        1        1        1",
        f"FAILED {A}::TestB::test_two[x.y]: AssertionError: assert 1 == 2",
        "    trace",
        f"FAILED {C}::test_five: failed on teardown",
        "    trace",
        f"excluded, but it passed: {A}::test_one: asserts an internal",
        f"excluded: {C}::test_three: its file is not shipped",
        f"excluded, but there is no such test: {A}::gone",
        "1 passed, 2 failed, 1 excluded, 1 skipped",
    ]


def test_a_part_of_the_tests_does_not_miss_the_others() -> None:
    lines = pytest_reports.table(RESULTS[:1], {f"{C}::test_three": "why"}, whole=False)
    assert lines[-1] == "1 passed, 0 failed, 0 excluded, 0 skipped"
    assert len(lines) == 3


def test_an_excluded_test_may_be_about_one_engine(tmp_path: Path) -> None:
    (tmp_path / "excluded.toml").write_text(
        """
        [[excluded]]
        tests = ["a", "b"]
        reason = "both"
        [[excluded]]
        engine = "solr"
        tests = ["c"]
        reason = "one"
        """,
        encoding="utf-8",
    )
    read = pytest_reports.read_excluded
    assert read(tmp_path / "excluded.toml", "postgresql") == {"a": "both", "b": "both"}
    assert read(tmp_path / "excluded.toml", "solr") == {"a": "both", "b": "both", "c": "one"}


def test_each_entry_of_the_lists_is_whole() -> None:
    excluded = tomllib.loads((FOLDER / "excluded.toml").read_text(encoding="utf-8"))["excluded"]
    named = [test for entry in excluded for test in entry["tests"]]
    assert len(named) == len(set(named))
    for entry in excluded:
        assert entry.keys() <= {"tests", "reason", "engine"}
        assert entry.get("engine", "solr") in ("postgresql", "solr")
        assert len(entry["reason"]) > 20
    searches = tomllib.loads((FOLDER / "searches.toml").read_text(encoding="utf-8"))["search"]
    assert len({search["name"] for search in searches}) == len(searches) >= 100
    assert all(
        search.keys() <= {"name", "ask", "differs", "sysadmin", "nothing"} for search in searches
    )


def test_a_solr_that_is_not_there_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = ports.choose(set())
    url = f"http://127.0.0.1:{port}/solr/ckan"
    assert main(["test", "search-conformance", "--solr", url, "--", "-k", "word"]) == 1
    said = capsys.readouterr().err
    assert f"There is no Solr core at {url}" in said
    assert "./suedwest solr up" in said

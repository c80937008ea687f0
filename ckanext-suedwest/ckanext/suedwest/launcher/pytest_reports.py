"""What pytest's JUnit files say, judged by a list of tests that cannot pass."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

Outcome = Literal["passed", "failed", "skipped"]
Engine = Literal["postgresql", "solr"]
_REASON_LENGTH = 160
_TRACE_LINES = 40


@dataclass(frozen=True, slots=True)
class Result:
    """How one test ended; `reason` is one line, empty for a test that passed, `trace` the whole."""

    file: str
    name: str
    outcome: Outcome
    reason: str = ""
    trace: str = ""

    @property
    def test(self) -> str:
        """What pytest calls it: file, classes and function."""
        return f"{self.file}::{self.name}"


def read(path: Path) -> list[Result]:
    """The results in a file of `--junit-xml` of the family xunit1."""
    found: dict[str, Result] = {}
    for case in etree.parse(path).iter("testcase"):
        file = case.get("file", "")
        module = ".".join(PurePosixPath(file).with_suffix("").parts)
        classes = case.get("classname", "").removeprefix(module).strip(".")
        name = "::".join((*filter(None, classes.split(".")), case.get("name", "")))
        result = Result(file, name, *_ended(case))
        # A test whose tearing down fails as well stands there twice: its first word counts.
        known = found.get(result.test)
        if known is None or known.outcome == "passed":
            found[result.test] = result
    return list(found.values())


def read_excluded(path: Path, engine: Engine) -> dict[str, str]:
    """Tests that cannot pass with `engine`, each with its reason."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("excluded", [])
    return {
        test: entry["reason"]
        for entry in entries
        if entry.get("engine", engine) == engine
        for test in entry["tests"]
    }


def failures(results: Iterable[Result], excluded: Mapping[str, str]) -> list[Result]:
    """Those that failed and are not excluded."""
    return [
        result for result in results if result.outcome == "failed" and result.test not in excluded
    ]


def table(results: Sequence[Result], excluded: Mapping[str, str], *, whole: bool) -> list[str]:
    """Lines: a row for each file, each failure with its reason, and the sum as the last one.

    `whole` says that all tests ran, so that an excluded one must be among the results.
    """
    by_file: dict[str, list[Result]] = {}
    for result in results:
        by_file.setdefault(result.file, []).append(result)
    width = max((len(file) for file in by_file), default=0)
    lines = [_row("file", ("passed", "failed", "excluded", "skipped"), width)]
    lines += [_row(file, _counts(found, excluded), width) for file, found in by_file.items()]
    for result in failures(results, excluded):
        lines.append(f"FAILED {result.test}: {result.reason}")
        lines += [f"    {line}" for line in result.trace.splitlines()[-_TRACE_LINES:]]
    for result in results:
        if result.test in excluded:
            passed = result.outcome == "passed"
            verdict = "excluded, but it passed" if passed else "excluded"
            lines.append(f"{verdict}: {result.test}: {excluded[result.test]}")
    ran = {result.test for result in results}
    if whole:
        lines += [
            f"excluded, but there is no such test: {test}" for test in excluded if test not in ran
        ]
    passed, failed, left_out, skipped = _counts(results, excluded)
    lines.append(f"{passed} passed, {failed} failed, {left_out} excluded, {skipped} skipped")
    return lines


def _counts(results: Sequence[Result], excluded: Mapping[str, str]) -> tuple[int, int, int, int]:
    def count(outcome: Outcome) -> int:
        return sum(result.outcome == outcome for result in results)

    failed = len(failures(results, excluded))
    return count("passed"), failed, count("failed") - failed, count("skipped")


def _row(file: str, cells: Iterable[object], width: int) -> str:
    return " ".join((f"{file:<{width}}", *(f"{cell:>8}" for cell in cells)))


def _ended(case: etree._Element) -> tuple[Outcome, str, str]:
    for tag in ("failure", "error", "skipped"):
        found = case.find(tag)
        if found is not None:
            lines = (found.get("message") or found.text or "").strip().splitlines()
            said = lines[0].strip() if lines else "no reason given"
            outcome = "skipped" if tag == "skipped" else "failed"
            return outcome, said[:_REASON_LENGTH], (found.text or "").strip()
    return "passed", "", ""

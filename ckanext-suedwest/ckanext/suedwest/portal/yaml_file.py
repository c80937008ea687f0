"""A YAML file checked against a JSON Schema, with every fault named by file, line and field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ..domain.errors import SuedwestError

_KINDS = {
    dict: "a group of keys",
    list: "a list",
    str: "a text",
    bool: "yes or no",
    int: "a whole number",
    float: "a number",
    type(None): "empty",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault; `field` is the path of keys, `stations[2].id`, and empty for the whole file."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        field = f", {self.field}" if self.field else ""
        return f"{self.file}, line {self.line}{field}: {self.message}"


class FilesRefused(SuedwestError):
    """At least one file has faults; nothing of any of them was used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class YamlFile:
    """The plain content of a file (`data`, None when it cannot be read) and its faults."""

    def __init__(self, path: Path, schema: str) -> None:
        """Read `path` and check it against `schemas/<schema>.json`."""
        self.path = path
        self.problems: list[Problem] = []
        self._tree: Any = None
        self.data: dict[str, Any] | None = None
        self._read()
        if self.problems:
            return
        if not isinstance(self._tree, CommentedMap):
            self.report([], "the file holds no keys; it starts with `name: …`")
            return
        self.data = _plain(self._tree)
        for error in sorted(_validator(schema).iter_errors(self.data), key=self._position):
            self._report_schema_error(error)

    def report(self, path: Sequence[str | int], message: str) -> None:
        """Note a fault at a field, given by its path of keys and positions."""
        self.problems.append(Problem(str(self.path), self._line(path), _field(path), message))

    def _read(self) -> None:
        yaml = YAML(typ="rt")
        try:
            self._tree = yaml.load(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            self.report([], f"the file cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            self.report([], "the file is not UTF-8 text")
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            reason = (error.problem or "").splitlines()[0] if error.problem else "cannot be read"
            self.problems.append(Problem(str(self.path), line, "", f"not valid YAML: {reason}"))
        except YAMLError as error:
            self.report([], f"not valid YAML: {str(error).splitlines()[0]}")

    def _position(self, error: ValidationError) -> tuple[int, str]:
        return self._line(list(error.absolute_path)), _field(list(error.absolute_path))

    def _report_schema_error(self, error: ValidationError) -> None:
        path = list(error.absolute_path)
        schema: Mapping[str, Any] = error.schema  # type: ignore[assignment]
        instance: Any = error.instance
        if error.validator == "additionalProperties":
            for key in instance:
                if key not in schema["properties"]:
                    self.report([*path, key], _unknown_key(key, schema["properties"]))
        elif error.validator == "required":
            for key in schema["required"]:
                if key not in instance:
                    wanted = schema["properties"][key].get("description", "a value")
                    self._report_missing(path, key, wanted)
        else:
            wanted = schema.get("description", "something else")
            self.report(path, f"{_shown(instance)} does not fit; write {wanted}{_hint(error)}")

    def _report_missing(self, path: list[str | int], key: str, wanted: str) -> None:
        problem = Problem(
            str(self.path),
            self._line(path),
            _field([*path, key]),
            f"is missing; write {wanted}",
        )
        if problem not in self.problems:  # jsonschema says it once for each missing key
            self.problems.append(problem)

    def _line(self, path: Sequence[str | int]) -> int:
        """The line of a field, or of the nearest thing around it that has one."""
        node, line = self._tree, 1
        for step in path:
            try:
                if isinstance(node, CommentedMap):
                    line = node.lc.key(step)[0] + 1
                elif isinstance(node, CommentedSeq):
                    line = node.lc.item(step)[0] + 1
                node = node[step]
            except (KeyError, IndexError, TypeError):
                break
        return line


def _validator(name: str) -> Draft202012Validator:
    text = (
        files("ckanext.suedwest.portal")
        .joinpath("schemas", f"{name}.json")
        .read_text(encoding="utf-8")
    )
    return Draft202012Validator(json.loads(text))


def _plain(node: Any) -> Any:
    """The content without the reader's own types; a day written without quotes as its text."""
    if isinstance(node, Mapping):
        return {_plain(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if isinstance(node, date):
        return node.isoformat()
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _field(path: Sequence[str | int]) -> str:
    return "".join(_steps(path))


def _steps(path: Sequence[str | int]) -> Iterator[str]:
    for position, step in enumerate(path):
        if isinstance(step, int):
            yield f"[{step + 1}]"
        else:
            yield f".{step}" if position else str(step)


def _unknown_key(key: object, known: Mapping[str, Any]) -> str:
    close = get_close_matches(str(key), known, n=1)
    hint = f"; did you mean “{close[0]}”?" if close else f"; known are {', '.join(sorted(known))}"
    return f"this key is not known{hint}"


def _shown(value: object) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        text = str(value)
        return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
    return _KINDS.get(type(value), "this")


def _hint(error: ValidationError) -> str:
    if error.validator != "type" or isinstance(error.instance, bool):
        return ""
    if error.validator_value == "string" and isinstance(error.instance, int | float):
        return " (in quotes: a bare number loses its leading zeros)"
    if error.validator_value in ("integer", "number") and isinstance(error.instance, str):
        return " (without quotes, with a point for decimals)"
    return ""

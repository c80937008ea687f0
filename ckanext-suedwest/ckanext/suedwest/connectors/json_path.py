"""Paths into JSON (JSONPath, RFC 9535) as the options of a source give them."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

from ..domain.errors import PayloadRefused
from .json_payload import FieldRefused
from .options import OptionsRefused

ABSENT = object()
"""What a path finds where nothing stands: not even null."""


class _Environment(JSONPathEnvironment):
    """RFC 9535 without functions: a regular expression of an option could take for ever."""

    max_recursion_depth = 50

    def setup_function_extensions(self) -> None:
        """None are set up."""


_ENVIRONMENT = _Environment(strict=True)


@lru_cache(maxsize=1024)
def compiled(path: str) -> JSONPath:
    """The path, ready to be followed.

    Raises:
        ValueError: it is none, or could take too long.
    """
    try:
        found = _ENVIRONMENT.compile(path)
    except (JSONPathError, RecursionError) as error:
        raise ValueError(f"{path[:100]!r} is no JSON path: {str(error)[:200]}") from None
    if not isinstance(found, JSONPath) or len(path) > 500 or path.count("..") > 1:
        raise ValueError(f"{path[:100]!r} is no plain JSON path, or looks too far around")
    return found


def only_one(path: str, value: object) -> object:
    """What a path finds, `ABSENT` when that is nothing.

    Raises:
        FieldRefused: it finds several values.
    """
    found = [match for _, match in matches(path, value)]
    if len(found) > 1:
        raise FieldRefused(f"{len(found)} values stand at {path!r}, not one")
    return found[0] if found else ABSENT


def matches(path: str, value: object) -> list[tuple[tuple[int | str, ...], object]]:
    """Everything a path finds, with the names and positions that lead there.

    Raises:
        PayloadRefused: it cannot be followed in this value.
    """
    if path == "$":
        return [((), value)]
    if not isinstance(value, dict | list):
        return []
    try:
        found = compiled(path).finditer(cast("dict[str, object] | list[object]", value))
        return [(tuple(match.parts), match.obj) for match in found]
    except JSONPathError as error:
        raise PayloadRefused(f"the path {path!r} cannot be followed: {error}") from None
    except ValueError as error:
        raise OptionsRefused(str(error)) from None

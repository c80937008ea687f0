"""The options a source gives its connector, checked against a frozen dataclass."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast, final

import msgspec

from ..domain.errors import PayloadRefused

MOST_REMEMBERED = 4096
"""Sources and devices whose options are kept as they were read."""
_Options = TypeVar("_Options")


class OptionsRefused(PayloadRefused):
    """The options do not say what the connector has to know; the message names the option.

    No payload of the source can be read until they are mended.
    """


@final
class SteadyOptions(Mapping[str, Any]):
    """Options nobody changes any more, so that what was read of them can be kept.

    They are told apart by being the same object, not by what they hold.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = dict(options)

    def __getitem__(self, name: str) -> Any:
        return self._options[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def read_options(kind: type[_Options], options: Mapping[str, Any]) -> _Options:
    """The options of a source as the dataclass of its connector.

    Options the dataclass does not name belong to others (`devices`, `operator`) and are left
    alone at the top; within an option an unknown name is refused as a slip of the pen. What the
    dataclass refuses in `__post_init__` by a ValueError is told too.

    Raises:
        OptionsRefused: an option is missing, unknown, of another type, or out of its choices.
    """
    if isinstance(options, SteadyOptions):
        return cast("_Options", _read_once(cast("type[object]", kind), options))
    return _read(kind, options)


@lru_cache(maxsize=MOST_REMEMBERED)
def _read_once(kind: type[object], options: SteadyOptions) -> object:
    return _read(kind, options)


def _read(kind: type[_Options], options: Mapping[str, Any]) -> _Options:
    try:
        converted = msgspec.convert(dict(options), kind)
    except UnicodeEncodeError:
        raise OptionsRefused("an option holds half a surrogate pair, which is no text") from None
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        where = path.rstrip("`").removeprefix("$").removeprefix(".")
        raise OptionsRefused(
            f"the option {where}: {problem}" if where else f"the options: {problem}"
        ) from None
    for field in dataclasses.fields(cast("Any", converted)):
        _refuse_unknown(field.name, getattr(converted, field.name), options.get(field.name))
    return converted


def _refuse_unknown(where: str, converted: object, written: object) -> None:
    """Compare what was written with what was taken of it."""
    if dataclasses.is_dataclass(converted) and isinstance(written, Mapping):
        names = [field.name for field in dataclasses.fields(converted)]
        for name, part in cast("Mapping[str, object]", written).items():
            if name not in names:
                raise OptionsRefused(
                    f"the option {where}: {name!r} is unknown; known are {', '.join(names)}"
                )
            _refuse_unknown(f"{where}.{name}", getattr(converted, name), part)
    elif isinstance(converted, Mapping) and isinstance(written, Mapping):
        taken = cast("Mapping[str, object]", converted)
        for name, part in cast("Mapping[str, object]", written).items():
            _refuse_unknown(f"{where}.{name}", taken.get(name), part)
    elif isinstance(converted, tuple) and isinstance(written, list | tuple):
        pairs = zip(
            cast("Sequence[object]", converted), cast("Sequence[object]", written), strict=False
        )
        for position, (one, part) in enumerate(pairs):
            _refuse_unknown(f"{where}[{position}]", one, part)

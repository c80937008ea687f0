"""The options a source gives its connector, checked against a frozen dataclass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from ..domain.errors import PayloadRefused

_Options = TypeVar("_Options")


class OptionsRefused(PayloadRefused):
    """The options do not say what the connector has to know; the message names the option.

    No payload of the source can be read until they are mended.
    """


def read_options(kind: type[_Options], options: Mapping[str, Any]) -> _Options:
    """The options of a source as the dataclass of its connector.

    Options the dataclass does not name belong to others (`devices`, `operator`) and are left
    alone at the top; what the dataclass refuses in `__post_init__` by a ValueError is told too.

    Raises:
        OptionsRefused: an option is missing, of another type, or out of its choices.
    """
    try:
        return msgspec.convert(dict(options), kind)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        where = path.rstrip("`").removeprefix("$").removeprefix(".")
        raise OptionsRefused(
            f"the option {where}: {problem}" if where else f"the options: {problem}"
        ) from None

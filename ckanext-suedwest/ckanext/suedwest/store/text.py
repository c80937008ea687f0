"""Makes foreign text storable: PostgreSQL takes neither NUL nor half a surrogate pair."""

from __future__ import annotations

from collections.abc import Mapping

NAME_LENGTH = 200
REMARK_LENGTH = 2_000
PAYLOAD_LENGTH = 4_000
REASON_LENGTH = 500

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(value: str, length: int) -> str:
    """`value` with a replacement character for each that cannot be stored, at most `length` long.

    A text that was cut ends in an ellipsis.
    """
    if not value.isascii():
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\x00" in value:
        value = value.replace("\x00", _REPLACEMENT)
    return value if len(value) <= length else value[: length - 1] + "…"


def clean_or_none(value: str | None, length: int) -> str | None:
    """`clean` where there may be no text; an empty one counts as none."""
    return clean(value, length) if value else None


def clean_mapping(values: Mapping[str, str]) -> dict[str, str]:
    """Keys and values cleaned."""
    return {
        clean(str(key), NAME_LENGTH): clean(str(value), REMARK_LENGTH)
        for key, value in values.items()
    }


def identifies(value: str) -> bool:
    """Whether a text can be a key as it is: cleaning it would make two keys one."""
    return bool(value) and clean(value, NAME_LENGTH) == value

"""Who wrote a value last decides."""

from __future__ import annotations

import pytest

from ckanext.suedwest.portal.three_way import merge


@pytest.mark.parametrize(
    ("current", "written", "wanted", "changed", "kept"),
    [
        ("", None, "a", True, False),  # new
        ("a", "a", "a", False, False),  # nothing happened
        ("a", "a", "b", True, False),  # the machine has news
        ("edited", "a", "a", False, True),
        ("edited", "a", "b", False, True),
        ("b", "a", "b", False, False),  # both say the same
        ("edited", None, "a", False, True),  # somebody was there before the machine
        ("", "a", "a", False, True),  # emptied by an editor
    ],
)
def test_merge(current: str, written: str | None, wanted: str, changed: bool, kept: bool) -> None:
    memory = {} if written is None else {"field": written}
    result = merge({"field": current}, memory, {"field": wanted})
    assert result.changes == ({"field": wanted} if changed else {})
    assert result.kept == (("field",) if kept else ())
    assert result.written.get("field") == (written if kept else wanted)


def test_a_value_put_back_follows_the_machine_again() -> None:
    edited = merge({"title": "mine"}, {"title": "old"}, {"title": "new"})
    back = merge({"title": "old"}, edited.written, {"title": "newer"})
    assert back.changes == {"title": "newer"}

"""What every dataset of traffic says of the people in it, without asking any service."""

from __future__ import annotations

import pytest

from ckanext.suedwest.domain.privacy import DEFAULT_RULE
from ckanext.suedwest.portal.open_datasets import KINDS, privacy_in_words


@pytest.mark.parametrize("kind", ["parking", "sharing", "charging"])
def test_kinds_without_a_rule_of_their_own_say_what_is_not_stored(kind: str) -> None:
    assert "nicht" in KINDS[kind].privacy or "nichts" in KINDS[kind].privacy


def test_numbers_are_those_of_the_rule_in_force() -> None:
    assert f"ab {DEFAULT_RULE.smallest_group} Stellplätzen" in KINDS["parking"].privacy
    assert f"in Gebieten ab {DEFAULT_RULE.smallest_cell}" in KINDS["sharing"].privacy
    assert "Schritten von 15 Minuten" in privacy_in_words(DEFAULT_RULE)

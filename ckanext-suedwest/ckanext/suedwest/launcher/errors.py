"""What the launcher says when a step cannot be done."""

from __future__ import annotations


class StepFailed(Exception):
    """A step failed: `reason` says what happened, `advice` what the operator can do.

    This module and `progress` are imported before the virtual environment exists, so they use
    the standard library only.
    """

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice

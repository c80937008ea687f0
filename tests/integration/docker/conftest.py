"""nginx comes in no package from PyPI, so its tests need a machine that has it; CI does."""

from __future__ import annotations

import os

import pytest
from nginx_program import ADVICE, nginx_program

_ABSENT = nginx_program() is None and not os.environ.get("CI")
collect_ignore = ["test_docker_nginx.py"] if _ABSENT else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly what was not tested."""
    if _ABSENT:
        terminalreporter.write_line(f"No nginx here, so its configuration was not tested. {ADVICE}")

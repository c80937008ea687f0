"""Commands that other rooms answer: they are only told which instance is meant."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import launcher
from ..ingest.decode import main as decode_main
from . import environment_variables, services
from .data_directory import DataDirectory, with_all_secrets
from .errors import StepFailed
from .places import CHECKOUT, PROGRAMS

_BENCHES = CHECKOUT / "bench"
_CKAN = f"{launcher.__name__}.ckan_command"


def ckan(path: Path, arguments: Sequence[str]) -> int:
    """Run CKAN's command line with the configuration of an instance; returns its status."""
    return subprocess.run(
        [str(PROGRAMS / "python"), "-m", _CKAN, *arguments],
        env=_environment(DataDirectory(path)),
        check=False,
    ).returncode


def decode(arguments: Sequence[str]) -> int:
    """Print what a connector reads from a file; needs no instance."""
    return decode_main(list(arguments))


def bench(path: Path, name: str, arguments: Sequence[str]) -> int:
    """Run a script of `bench/`; one that needs an instance finds it in its environment.

    Raises:
        StepFailed: when there is no such script; says which there are.
    """
    known = sorted(script.stem for script in _BENCHES.glob("[!_]*.py"))
    if name not in known:
        raise StepFailed(f"There is no bench “{name}”.", f"There are: {', '.join(known) or 'none'}")
    directory = DataDirectory(path)
    environment = (
        _environment(directory)
        if directory.exists
        else environment_variables.of_services(directory)
    )
    return subprocess.run(
        [sys.executable, str(_BENCHES / f"{name}.py"), *arguments],
        env=environment,
        check=False,
    ).returncode


def _environment(directory: DataDirectory) -> dict[str, str]:
    instance = directory.read()
    if instance.secrets.keys() != with_all_secrets(instance.secrets).keys():
        raise StepFailed(
            f"{directory.path} was made by an older version.",
            "Run `./suedwest up` once; it brings the instance up to date.",
        )
    planned = services.addresses(directory, instance, directory.settings())
    return environment_variables.of_instance(directory, instance, planned)

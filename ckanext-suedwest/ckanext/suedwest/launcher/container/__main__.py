"""`python -m ckanext.suedwest.launcher.container`: the entry point of the image."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ..errors import StepFailed
from . import commands, health, settings

FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Do what the container was started for; 1 when it could not be done, and why on stderr."""
    parser = argparse.ArgumentParser(prog="suedwest-container", description=__doc__)
    actions = parser.add_subparsers(dest="command", required=True)
    actions.add_parser("prepare", help="bring databases, catalogue and search index up to date")
    for name in (*commands.LISTEN, *commands.BACKGROUND):
        actions.add_parser(name, help=f"run the program {name}")
    asked = actions.add_parser("health", help="check the program of this container")
    asked.add_argument("program", choices=tuple(health.CHECKS))
    ckan = actions.add_parser("ckan", help="CKAN's command line")
    ckan.add_argument("arguments", nargs=argparse.REMAINDER)
    told = parser.parse_args(arguments)
    try:
        found = settings.read(os.environ)
        if told.command == "prepare":
            commands.prepare(found)
        elif told.command == "health":
            commands.check(told.program, found)
        elif told.command == "ckan":
            commands.ckan(found, told.arguments)
        else:
            commands.run(told.command, found)
    except StepFailed as failure:
        print(f"suedwest: {failure.reason}\n{failure.advice}".rstrip(), file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"suedwest: {error.strerror} ({error.filename})", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

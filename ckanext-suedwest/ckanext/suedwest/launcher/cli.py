"""The command line of `./suedwest`, inside the virtual environment."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from . import checks, conformance, passing_on, removal, reporting, solr_core, solr_server, starting
from .data_directory import DataDirectory
from .errors import StepFailed
from .places import CHECKOUT
from .progress import Progress
from .stopping import stop

FAILED, INTERRUPTED = 1, 130
_CONFORMANCE = "search-conformance"
_DEFAULT_DATA = CHECKOUT / ".suedwest"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a failed step is told in plain words and gives the status 1."""
    # Whoever ends the launcher wants what it started to end, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except StepFailed as failure:
        print(f"\nsuedwest: {failure.reason}", file=sys.stderr)
        if failure.advice:
            print(failure.advice, file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"\nsuedwest: {_plain(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nsuedwest: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    # argparse takes what stands behind `--` only where no option stands before it.
    more: list[str] = []
    if arguments[:1] == ["test"] and "--" in arguments:
        at = arguments.index("--")
        arguments, more = arguments[:at], arguments[at + 1 :]
    options = _parser().parse_args(arguments)
    match options.command:
        case "up":
            return starting.up(options.data, options.port, options.mode, detach=options.detach)
        case "down":
            return _down(options.data)
        case "status":
            return reporting.status(options.data, as_json=options.json)
        case "reset":
            return removal.reset(options.data, asked=options.yes)
        case "test" if options.suite == _CONFORMANCE:
            return conformance.run(options.solr, more)
        case "test":
            return checks.run(options.suite, browser=not options.no_browser, more=more)
        case "solr":
            return _solr(options)
        case "municipality":
            files = [str(file.resolve()) for file in options.files]
            return passing_on.ckan(options.data, ["suedwest", "municipality", "load", *files])
        case "ckan":
            return passing_on.ckan(options.data, options.arguments)
        case "decode":
            return passing_on.decode(options.arguments)
        case _:
            return passing_on.bench(options.data, options.name, options.arguments)


def _down(path: Path) -> int:
    directory = DataDirectory(path)
    instance = directory.read()
    with directory.locked("suedwest down"), Progress().step(f"Stopping {instance.address}"):
        stopped = stop(directory)
    if not stopped:
        print("Nothing of it was running.")
    return 0


def _solr(options: argparse.Namespace) -> int:
    match options.verb:
        case "up":
            return solr_server.up(options.data, options.port, options.core or [solr_core.NAME])
        case "down":
            return solr_server.down(options.data)
        case _:
            return solr_server.status(options.data)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="suedwest", description="Data platform of the Südwest-Cluster, on this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start everything and print the address")
    _data(up)
    up.add_argument(
        "--port", type=_port, help=f"port of the portal (default {starting.DEFAULT_PORT})"
    )
    up.add_argument("--detach", action="store_true", help="return when it is ready")
    mode = up.add_mutually_exclusive_group()
    for name, said in (
        ("sandbox", "replayed values (the default of a new data directory)"),
        ("live", "values of the real services"),
    ):
        mode.add_argument(f"--{name}", action="store_const", dest="mode", const=name, help=said)

    _data(commands.add_parser("down", help="stop what `up` started"))

    status = commands.add_parser("status", help="how each part does; 3 when not all run")
    _data(status)
    _json(status)

    reset = commands.add_parser("reset", help="delete a data directory, after asking")
    _data(reset)
    reset.add_argument("--yes", action="store_true", help="do not ask")

    test = commands.add_parser(
        "test", help="run the checks", usage="suedwest test [SUITE] [OPTIONS] [-- PYTEST ARGUMENTS]"
    )
    test.add_argument(
        "suite", nargs="?", choices=("all", *checks.SUITES, _CONFORMANCE), default="all"
    )
    test.add_argument("--no-browser", action="store_true", help="leave the tests in Chromium out")
    test.add_argument(
        "--solr", metavar="URL", help=f"{_CONFORMANCE}: a Solr core, instead of our own search"
    )

    solr = commands.add_parser("solr", help="a real Solr to compare our search with")
    solr_verbs = solr.add_subparsers(dest="verb", required=True, metavar="up|down|status")
    solr_up = solr_verbs.add_parser("up", help="start it with an empty index, print its address")
    solr_up.add_argument("--port", type=_port, default=solr_server.DEFAULT_PORT)
    solr_up.add_argument(
        "--core", action="append", help="name of a core to make (default ckan); repeatable"
    )
    for solr_verb in (
        solr_up,
        solr_verbs.add_parser("down", help="end it and delete its index"),
        solr_verbs.add_parser("status", help="its cores; 3 when it does not run"),
    ):
        _data(solr_verb, solr_server.DEFAULT_DATA)

    municipality = commands.add_parser("municipality", help="add or update municipalities")
    verbs = municipality.add_subparsers(dest="verb", required=True, metavar="load")
    load = verbs.add_parser("load", help="load files or folders")
    _data(load)
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")

    ckan = commands.add_parser("ckan", help="CKAN's own command line")
    _data(ckan)
    ckan.add_argument("arguments", nargs=argparse.REMAINDER)

    decode = commands.add_parser(
        "decode", help="print what a connector reads from a file", add_help=False
    )
    decode.add_argument("arguments", nargs=argparse.REMAINDER)

    bench = commands.add_parser("bench", help="measure what the documentation claims")
    _data(bench)
    bench.add_argument("name", metavar="NAME")
    bench.add_argument("arguments", nargs=argparse.REMAINDER, metavar="[--json]")
    return parser


def _data(parser: argparse.ArgumentParser, default: Path = _DEFAULT_DATA) -> None:
    parser.add_argument(
        "--data",
        type=lambda text: Path(text).absolute(),
        default=default,
        metavar="DIR",
        help=f"where all state lives (default {default.name} in the checkout)",
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is no port (1 to 65535)")
    return number


def _plain(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}. Make room and run the command again; nothing is lost."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"No permission to write or read{where}. Use a directory of your own: --data DIR, "
            "and a clone that belongs to you."
        )
    return f"{error.strerror or error}{where}"

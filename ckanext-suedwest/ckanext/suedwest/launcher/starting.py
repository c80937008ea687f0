"""`up`: from whatever is there to a platform that answers."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from . import configuration, environment_variables, frontend, ports, preparation, services
from .data_directory import PORTS, DataDirectory, Instance, Mode, with_all_secrets
from .errors import StepFailed
from .foreground import follow
from .ports import HOST
from .preparation import ADMIN
from .programs import WEB, programs
from .progress import Progress, duration
from .stopping import marked, stop, supervisor_of
from .supervision import Supervisor

DEFAULT_PORT = 5000
_DEFAULT_MODE: Mode = "sandbox"
_ANSWER_SECONDS = 120
# A first start writes about 300 MB; below this PostgreSQL would stop in the middle of something.
_LEAST_FREE_BYTES = 500 * 1024 * 1024


def up(path: Path, port: int | None, mode: Mode | None, *, detach: bool) -> int:
    """Start an instance; without `detach` stay until Ctrl-C or until it is stopped elsewhere."""
    progress = Progress()
    directory = DataDirectory(path)
    with directory.locked("suedwest up"):
        instance = _open(directory, port, mode)
        supervisor = supervisor_of(directory)
        if _runs(supervisor):
            progress.say(f"Already running ({instance.mode}): {instance.address}")
            return 0
        if marked(directory):
            with progress.step("Ending what an interrupted start left behind"):
                stop(directory)
        if port is not None:
            instance = directory.update(instance, port=port)
        _check_room(directory.path)
        _check_port(instance.port)
        try:
            instance, password = _start(directory, instance, supervisor, progress)
        except BaseException:
            stop(directory)
            raise
    _say_ready(instance, password, progress)
    if detach:
        return 0
    return follow(directory, supervisor)


def _open(directory: DataDirectory, port: int | None, mode: Mode | None) -> Instance:
    if not directory.exists:
        _check_room(directory.path)
        return directory.make(mode or _DEFAULT_MODE, port or DEFAULT_PORT)
    instance = directory.read()
    if mode is not None and mode != instance.mode:
        raise StepFailed(
            f"{directory.path} was made for --{instance.mode} and stays so: replayed and real "
            "values must never mix.",
            f"Use another directory for --{mode}: --data DIR.",
        )
    if port is not None and port != instance.port and _runs(supervisor_of(directory)):
        raise StepFailed(
            f"{directory.path} already runs at {instance.address}.",
            "Stop it first (`./suedwest down`), or use another directory: --data DIR.",
        )
    return instance


def _start(
    directory: DataDirectory, instance: Instance, supervisor: Supervisor, progress: Progress
) -> tuple[Instance, str | None]:
    frontend.build(progress, directory.path / "npm-cache")
    settings = directory.settings()
    with progress.step("Services: PostgreSQL, Redis, message broker"):
        instance = _with_ports_and_secrets(directory, instance)
        planned = services.plan(directory, instance, settings)
        if planned.cluster is not None:
            instance = directory.update(instance, postgres=str(planned.cluster.data))
        addresses = planned.addresses
        configuration.write(directory, instance, addresses)
        environment = environment_variables.of_instance(directory, instance, addresses)
        application = programs(directory, instance)
        supervisor.write([*planned.programs, *application])
        supervisor.start(environment)
        services.start(planned, supervisor)
    instance = preparation.prepare(directory, instance, addresses, environment, progress)
    with progress.step("Web server"):
        for program in application:
            supervisor.start_program(program)
            if program.name == WEB:
                # The others load CKAN as well; on few cores the pages shall come first.
                _wait_for_answer(instance, supervisor)
    return preparation.make_first_account(directory, instance, environment, progress)


def _with_ports_and_secrets(directory: DataDirectory, instance: Instance) -> Instance:
    """Loopback ports nobody was told may change when something else took them meanwhile.

    An instance that an older version made lacks some ports and secrets; it gets them now.
    """
    chosen = dict(instance.ports)
    for name in PORTS:
        port = chosen.get(name)
        if port is None or port == instance.port or not ports.is_free(port):
            chosen[name] = ports.choose({instance.port, *chosen.values()})
    return directory.update(instance, ports=chosen, secrets=with_all_secrets(instance.secrets))


def _wait_for_answer(instance: Instance, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + _ANSWER_SECONDS
    while not ports.answers_requests(instance.address):
        if any(state.name == WEB and state.failing for state in supervisor.states()):
            raise supervisor.failure(WEB)
        if time.monotonic() > deadline:
            failure = supervisor.failure(WEB)
            failure.reason = f"The web server does not answer. {failure.reason}"
            raise failure
        time.sleep(0.1)


def _runs(supervisor: Supervisor) -> bool:
    return supervisor.is_running() and all(state.running for state in supervisor.states())


def _check_port(port: int) -> None:
    if ports.is_free(port):
        return
    raise StepFailed(
        f"Port {port} on {HOST} is in use by another program.",
        f"End that program, or choose another port: ./suedwest up --port {port + 1}",
    )


def _check_room(path: Path) -> None:
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < _LEAST_FREE_BYTES:
        raise StepFailed(
            f"The disk of {path} has only {free // 1024**2} MB left; "
            f"{_LEAST_FREE_BYTES // 1024**2} MB are needed.",
            "Make room, or put the data elsewhere: --data DIR.",
        )


def _say_ready(instance: Instance, password: str | None, progress: Progress) -> None:
    progress.say("")
    progress.say(
        f"Ready after {duration(progress.elapsed())} ({instance.mode}): {instance.address}"
    )
    if password is not None:
        progress.say(f"Log in at {instance.address}/user/login as “{ADMIN}” with this password:")
        progress.say(f"    {password}")
        progress.say("It is shown this once and stored nowhere; change it after logging in.")

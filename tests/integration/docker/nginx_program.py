"""Where this machine's nginx is, and how it runs with config/nginx beside a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ckanext.suedwest.launcher import ports

ADVICE = "Debian: apt-get install nginx libnginx-mod-stream"
CONFIGURATION = Path(__file__).parents[3] / "config" / "nginx"
_MAKE_SECRETS = Path(__file__).parents[3] / "docker" / "make-secrets"
# Debian's lies where an ordinary account does not look.
_PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
# Debian's nginx loads as a module what the image's has built in.
_STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
_INCLUDED = ("frame_ancestors.conf", "snapshots.conf", "snapshot_headers.conf")


def nginx_program() -> str | None:
    """Its full path; None when there is none."""
    return shutil.which("nginx", path=_PLACES)


def configure(
    folder: Path,
    name: str,
    listening: Sequence[int],
    *,
    portal: int,
    broker: int,
    snapshots: Path,
) -> None:
    """config/nginx as it is, with the addresses and paths of this machine, in `folder`.

    `listening` are the ports for HTTP, HTTPS and MQTT over TLS, the latter two as the host `name`.
    """
    shutil.copy(_MAKE_SECRETS, folder)
    subprocess.run([folder / "make-secrets", name], check=True, capture_output=True)
    (folder / "secrets").chmod(0o755)
    shutil.copytree(CONFIGURATION / "pages", folder / "pages")
    for each in _INCLUDED:
        text = (CONFIGURATION / each).read_text(encoding="utf-8")
        text = text.replace(" /srv/suedwest/snapshots/", f" {snapshots}/")
        (folder / each).write_text(text, encoding="utf-8")
    text = (CONFIGURATION / "nginx.conf").read_text(encoding="utf-8")
    replaced = {
        # First: the folder itself may lie there.
        " /tmp/": f" {folder}/",
        "listen 8080 ": f"listen {ports.HOST}:{listening[0]} ",
        "listen 8443 ": f"listen {ports.HOST}:{listening[1]} ",
        "listen 8883 ": f"listen {ports.HOST}:{listening[2]} ",
        " web:5000;": f" {ports.HOST}:{portal};",
        " broker:1883;": f" {ports.HOST}:{broker};",
        "/run/secrets/": f"{folder}/secrets/",
        "/etc/nginx/pages": f"{folder}/pages",
        **{f"/etc/nginx/{each}": f"{folder}/{each}" for each in _INCLUDED},
        "/srv/suedwest/snapshots": str(snapshots),
        "/dev/stdout": f"{folder}/access.log",
        "/dev/stderr": f"{folder}/error.log",
    }
    for before, after in replaced.items():
        assert before in text, before
        text = text.replace(before, after)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")


@contextmanager
def running(folder: Path, listening: Sequence[int], account: str | None = None) -> Iterator[None]:
    """nginx with the configuration in `folder` until the block ends; as `account`, if named."""
    program = nginx_program()
    assert program is not None, ADVICE
    orders = "daemon off;"
    if account is None and os.geteuid() == 0:
        # Its workers then read what only the account of the tests may read.
        orders += " user root;"
    if _STREAM_MODULE.exists():
        orders += f" load_module {_STREAM_MODULE};"
    command = [program, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf", "-g", orders]
    log = folder / "error.log"
    checked = subprocess.run(
        [*command, "-t"], capture_output=True, text=True, check=False, user=account
    )
    assert checked.returncode == 0, checked.stderr + log.read_text(encoding="utf-8")
    with subprocess.Popen(command, user=account) as process:
        try:
            deadline = time.monotonic() + 30
            while not all(map(ports.answers, listening)):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            assert process.wait(30) == 0

"""config/nginx/frame_ancestors.conf in the real nginx, with words made of municipalities."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nginx_program import ADVICE, nginx_program

from ckanext.suedwest.launcher import ports
from ckanext.suedwest.portal.frame_ancestors import WrongHost, write_frame_ancestors

CONFIGURATION = Path(__file__).parents[3] / "config" / "nginx" / "frame_ancestors.conf"
SERVER = """
pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    include {folder}/frame_ancestors.conf;
    server {{
        listen {host}:{port};
        add_header Content-Security-Policy "frame-ancestors $frame_ancestors" always;
        location / {{ return 200 ok; }}
    }}
}}
"""


def town(name: str, *hosts: str) -> Any:
    return SimpleNamespace(name=name, embed_hosts=hosts)


def gauge(slug: str, *towns: str) -> Any:
    return SimpleNamespace(slug=slug, municipalities=[(name, "shows") for name in towns])


KUSEL = town("landkreis-kusel", "www.landkreis-kusel.de", "landkreis-kusel.de")
LINZ = town("linz-am-rhein", "www.vg-linz.de:8443")
BOTH = "landkreis-kusel.de www.landkreis-kusel.de www.vg-linz.de:8443"
GAUGES = [gauge("pegel-glan-odenbach", "landkreis-kusel", "linz-am-rhein"), gauge("pegel-nahe")]


@pytest.fixture(scope="module")
def asked() -> Iterator[Any]:
    """What nginx answers as policy for a path, with the words of two municipalities."""
    program = nginx_program()
    assert program is not None, ADVICE
    folder = Path(tempfile.mkdtemp(prefix="suedwest-frames-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    assert write_frame_ancestors(folder / "frame-ancestors.map", [KUSEL, LINZ], GAUGES)
    text = CONFIGURATION.read_text(encoding="utf-8")
    assert " /srv/suedwest/snapshots/" in text
    text = text.replace(" /srv/suedwest/snapshots/", f" {folder}/")
    (folder / "frame_ancestors.conf").write_text(text, encoding="utf-8")
    port = ports.choose(set())
    server = SERVER.format(folder=folder, host=ports.HOST, port=port)
    (folder / "nginx.conf").write_text(server, encoding="utf-8")
    account = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    command = [program, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    with subprocess.Popen(command, **account) as process:
        try:
            deadline = time.monotonic() + 30
            while not ports.answers(port):
                assert process.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline
                time.sleep(0.1)

            def ask(path: str) -> str | None:
                connection = http.client.HTTPConnection(ports.HOST, port, timeout=30)
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                connection.close()
                return answer.headers["Content-Security-Policy"]

            yield ask
        finally:
            process.terminate()
            process.wait(30)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("path", "hosts"),
    [
        ("/embed/pegel-glan-odenbach/W", BOTH),
        ("/en/embed/pegel-glan-odenbach/W/value", BOTH),
        ("/embed/list/pegel/linz-am-rhein", "www.vg-linz.de:8443"),
        ("/embed/list/verkehr/linz-am-rhein", "www.vg-linz.de:8443"),
        ("/embed/karte/linz-am-rhein", "www.vg-linz.de:8443"),
        ("/en/embed/seite/linz-am-rhein/wasser", "www.vg-linz.de:8443"),
        ("/hochwasser/landkreis-kusel", "landkreis-kusel.de www.landkreis-kusel.de"),
        ("/embed/pegel-nahe/W", ""),
        ("/embed/pegel-unknown/W", ""),
        ("/", ""),
    ],
)
def test_only_hosts_of_those_who_show_it_may_frame_it(asked: Any, path: str, hosts: str) -> None:
    assert asked(path) == f"frame-ancestors 'self' {hosts}".rstrip()


def test_a_map_that_did_not_change_is_left_alone_and_a_wrong_host_changes_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "frame-ancestors.map"
    assert write_frame_ancestors(path, [KUSEL, LINZ], GAUGES)
    before = path.read_bytes()
    assert not write_frame_ancestors(path, [LINZ, KUSEL], reversed(GAUGES))
    for wrong in ('x.de"; evil', "x.de;", "a b", "x.de\n", "https://x.de", "*", "$uri"):
        with pytest.raises(WrongHost, match="is no host"):
            write_frame_ancestors(path, [town("landkreis-kusel", wrong)], [])
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]

"""The embedded message broker: NATS with its MQTT listener, durable before it acknowledges."""

from __future__ import annotations

import json
from pathlib import Path

from . import ports
from .data_directory import Instance, write_private
from .places import PROGRAMS

USER = "suedwest"


def url(instance: Instance) -> str:
    """Address for MQTT clients."""
    password = instance.secrets["broker"]
    return f"mqtt://{USER}:{password}@{ports.HOST}:{instance.ports['broker_mqtt']}"


def command(configuration: Path) -> list[str]:
    """What to run."""
    return [str(PROGRAMS / "nats-server"), "--config", str(configuration)]


def write_configuration(path: Path, instance: Instance, data: Path) -> None:
    """Write the configuration of an instance's broker."""
    write_settings(
        path,
        name=f"suedwest-{instance.id}",
        listen=f"{ports.HOST}:{instance.ports['broker']}",
        listen_mqtt=f"{ports.HOST}:{instance.ports['broker_mqtt']}",
        password=instance.secrets["broker"],
        data=data,
    )


def write_settings(
    path: Path,
    *,
    name: str,
    listen: str,
    listen_mqtt: str,
    password: str,
    data: Path,
) -> None:
    """Write a configuration, readable by nobody else; NATS reads JSON as its own format.

    The addresses are `host:port`; with port -1 NATS takes a free one.
    """
    settings = {
        "server_name": name,
        "listen": listen,
        "authorization": {"user": USER, "password": password},
        # A message is on the disk before its sender hears that it arrived.
        "jetstream": {"store_dir": str(data), "sync_interval": "always"},
        # What a listener that went away did not acknowledge comes again after `ack_wait`, not
        # when the next one connects; and no listener shall wait for more than it has in work.
        "mqtt": {"listen": listen_mqtt, "ack_wait": "5s", "max_ack_pending": 2000},
    }
    data.mkdir(mode=0o700, exist_ok=True)
    write_private(path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n")

"""`ckan suedwest …`: load municipalities, keep the catalogue in step with the store."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..domain.errors import SuedwestError
from ..observations.store_access import write_engine
from ..store.query import stations
from . import municipality as loader
from . import reconcile as reconciler
from .frame_ancestors import write_frame_ancestors
from .open_dataset_package import publish
from .organizations import profiles
from .snapshots import metrics
from .snapshots.files import SnapshotFolder
from .snapshots.following import Follower, folder_path, follow


@click.group()
def suedwest() -> None:
    """Data platform of the Südwest-Cluster."""


@suedwest.group()
def municipality() -> None:
    """Municipalities and what they show."""


@municipality.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def load(paths: tuple[Path, ...]) -> None:
    """Load files or folders of municipalities; repeating it changes nothing."""
    try:
        outcomes = loader.load(paths)
    except SuedwestError as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    for outcome in outcomes:
        click.echo(str(outcome))


@suedwest.command()
@click.option("--follow", is_flag=True, help="Stay and follow the store's changes.")
def reconcile(follow: bool) -> None:
    """Bring stations and datasets of live data in step with the observation store."""
    if follow:
        reconciler.follow()
        return
    result = reconciler.full_pass()
    click.echo(str(result))
    published = publish(write_engine())
    click.echo(str(published))
    if result.failed or published.failed:
        raise SystemExit(1)


@suedwest.command()
@click.option("--follow", "stay", is_flag=True, help="Stay and follow the store's changes.")
@click.option("--flood-mode", type=click.Choice(["on", "off"]), help="Serve only files, or not.")
@click.pass_context
def snapshots(ctx: click.Context, stay: bool, flood_mode: str | None) -> None:
    """Keep what the public reads on a flood night as files for nginx."""
    folder = SnapshotFolder(folder_path())
    if flood_mode is not None:
        folder.switch(flood_mode=flood_mode == "on")
        click.echo(f"Flood mode is {flood_mode}: {folder.root}")
        return
    app = ctx.meta["flask_app"]
    if stay:
        if port := os.environ.get(metrics.PORT_VARIABLE):
            metrics.serve(folder, int(port))
        follow(app, folder)
        return
    made = Follower(app, folder).full_pass()
    click.echo(str(made))
    if made.failed:
        raise SystemExit(1)


@suedwest.command("frame-ancestors")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def frame_ancestors(path: Path) -> None:
    """Write for nginx which sites may frame static copies of embeds."""
    try:
        changed = write_frame_ancestors(path, profiles(), stations(write_engine()))
    except SuedwestError as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    click.echo(f"{path} {'written, reload nginx' if changed else 'is as it was'}")


def get_commands() -> list[click.Command]:
    return [suedwest]

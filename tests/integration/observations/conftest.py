"""A gauge with values in the store and in the catalogue, for the tests of live resources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from observations_samples import START, STATION, STEP, Gauge, platform_context
from sqlalchemy import Engine, make_url, text

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Visibility
from ckanext.suedwest.observations import store_access
from ckanext.suedwest.observations.live import URL_TYPE, drop_view, ensure_view
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.migrate import upgrade
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch


@pytest.fixture
def store(with_plugins: None) -> Iterator[Engine]:
    """The store's owner engine, over empty tables."""
    read_role = make_url(tk.config["ckan.datastore.read_url"]).username
    upgrade(tk.config["ckan.datastore.write_url"], read_role=str(read_role))
    engine = store_access.write_engine()
    _empty(engine)
    yield engine
    _empty(engine)


@pytest.fixture
def gauge(clean_db: None, clean_index: None, store: Engine) -> Gauge:
    """500 quarter-hours from 1 November 2026, results 0.5, 1.5, … 499.5 cm."""
    with store.begin() as connection:
        register_source(
            connection,
            id="glan",
            type="pegelonline",
            municipality="landkreis-kusel",
            url="https://source.example/",
            options={},
            interval=STEP,
            managed_by="file",
        )

    def write(
        results: list[float], *, start: datetime = START, step: timedelta = STEP, name: str = "W"
    ) -> None:
        now = datetime(2026, 12, 1, tzinfo=UTC)
        write_batch(
            store,
            Batch(
                source_id="glan",
                received_at=now,
                stations=[STATION],
                datastreams=[
                    Datastream(STATION.key, "W", "water_level", "cm", interval=STEP),
                    Datastream(
                        STATION.key, "Q", "discharge", "m³/s", visibility=Visibility.INTERNAL
                    ),
                ],
                observations=[
                    Observation(STATION.key, name, start + number * step, result)
                    for number, result in enumerate(results)
                ],
            ),
            lease=None,
            now=now,
        )

    write([number + 0.5 for number in range(500)])
    write([7.0], name="Q")
    with store.connect() as connection:
        streams = {
            row.name: row
            for row in connection.execute(
                text("SELECT id, name, resource_id::text FROM suedwest.datastream")
            )
        }
    organization = factories.Organization(name="landkreis-kusel")
    public = streams["W"]
    package = call_action(
        "package_create",
        platform_context(),
        name="pegel-kuselbach-kusel",
        title="Kuselbach bei Kusel",
        notes="Pegel",
        owner_org=organization["id"],
        resources=[
            {
                "id": public.resource_id,
                "name": "Wasserstand (W)",
                "url": f"/datastore/dump/{public.resource_id}",
                "url_type": URL_TYPE,
                "format": "CSV",
            }
        ],
    )
    ensure_view(store, public.id, public.resource_id)
    return Gauge(
        resource_id=public.resource_id,
        datastream_id=public.id,
        internal_resource_id=streams["Q"].resource_id,
        internal_datastream_id=streams["Q"].id,
        package=package,
        organization=organization,
        write=write,
    )


def _empty(engine: Engine) -> None:
    with engine.connect() as connection:
        resource_ids = connection.execute(
            text("SELECT resource_id::text FROM suedwest.datastream")
        ).scalars()
        for resource_id in list(resource_ids):
            drop_view(resource_id, engine=engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "TRUNCATE suedwest.source, suedwest.outbox, suedwest.observation,"
                " suedwest.observation_hour, suedwest.observation_day,"
                " suedwest.observation_revision CASCADE"
            )
        )

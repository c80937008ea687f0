"""A gauge with values in the store and in the catalogue, for the tests of live resources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action
from observations_samples import START, STATION, STEP, Gauge, platform_context
from sqlalchemy import Engine, text

from ckanext.suedwest.domain.observation import Observation
from ckanext.suedwest.domain.station import Datastream, Visibility
from ckanext.suedwest.observations.live import URL_TYPE, ensure_view
from ckanext.suedwest.store.batch import Batch
from ckanext.suedwest.store.sources import register_source
from ckanext.suedwest.store.writer import write_batch


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

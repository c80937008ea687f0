"""The sample gauge of the tests of live resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ckan.plugins import toolkit as tk
from sqlalchemy import Engine, text

from ckanext.suedwest.domain.station import Licence, Operator, Station

START = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
STATION = Station(
    key="test:glan",
    kind="water",
    name="Kusel",
    water="Kuselbach",
    operator=Operator("Landkreis Kusel"),
    licence=Licence("dl-de-zero-2.0", "Datenlizenz", "https://www.govdata.de/dl-de/zero-2-0", "LK"),
)


@dataclass(frozen=True)
class Gauge:
    """A live resource in a dataset of `organization`, and the internal series beside it."""

    resource_id: str
    datastream_id: int
    internal_resource_id: str
    internal_datastream_id: int
    package: dict[str, Any]
    organization: dict[str, Any]
    write: Callable[..., None]


def platform_context() -> dict[str, Any]:
    """The context the reconciler calls with."""
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    return {"user": user["name"], "ignore_auth": True}


def views(engine: Engine) -> list[str]:
    """Names of the views in the DataStore's schema, CKAN's own left out."""
    with engine.connect() as connection:
        return list(
            connection.execute(
                text(
                    "SELECT viewname FROM pg_views"
                    " WHERE schemaname = 'public' AND NOT starts_with(viewname, '_')"
                )
            ).scalars()
        )

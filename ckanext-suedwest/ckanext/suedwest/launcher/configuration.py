"""Writes CKAN's configuration of a portal from the template `config/ckan.ini`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from .data_directory import DataDirectory, Instance, Mode, write_private
from .databases import Databases
from .places import CKAN_TEMPLATE
from .services import Addresses

PLUGINS = (
    "suedwest_water",
    "suedwest_traffic",
    "suedwest_charts",
    "suedwest",
    "datatables_view",
    "datastore",
    "suedwest_observations",
    "scheming_datasets",
    "scheming_organizations",
    "spatial_metadata",
    "spatial_query",
    "dcat",
    "structured_data",
)
SEARCH_PLUGIN = "suedwest_search"
SEARCH_ON_POSTGRESQL = "postgresql:"


@dataclass(frozen=True, slots=True)
class Portal:
    """What is different in the configuration of each portal.

    `solr_url` is None where PostgreSQL searches the catalogue; `storage` is an existing folder.
    """

    id: str
    url: str
    mode: Mode
    storage: Path
    databases: Databases = field(repr=False)
    redis_url: str = field(repr=False)
    solr_url: str | None
    secret_key: str = field(repr=False)
    api_token_secret: str = field(repr=False)


def write(directory: DataDirectory, instance: Instance, services: Addresses) -> None:
    """Write `ckan.ini` of an instance; its secrets stay the same at every start."""
    storage = directory.path / "storage"
    storage.mkdir(mode=0o700, exist_ok=True)
    portal = Portal(
        id=f"suedwest-{instance.id}",
        url=instance.address,
        mode=instance.mode,
        storage=storage,
        databases=services.databases,
        redis_url=services.redis_url,
        solr_url=services.solr_url,
        secret_key=instance.secrets["ckan"],
        api_token_secret=instance.secrets["api_token"],
    )
    write_portal(directory.ini, portal)


def write_portal(path: Path, portal: Portal) -> None:
    """Write the configuration of `portal`, readable by nobody else."""
    plugins = PLUGINS if portal.solr_url else (SEARCH_PLUGIN, *PLUGINS)
    values = {
        "site_id": portal.id,
        "site_url": portal.url,
        "mode": portal.mode,
        "plugins": " ".join(plugins),
        "catalogue_url": portal.databases.catalogue,
        "datastore_write_url": portal.databases.datastore_write,
        "datastore_read_url": portal.databases.datastore_read,
        "redis_url": portal.redis_url,
        "solr_url": portal.solr_url or SEARCH_ON_POSTGRESQL,
        "secret_key": portal.secret_key,
        "api_token_secret": portal.api_token_secret,
        # A browser sends a secure cookie back through TLS only; a portal without it has none.
        "secure_cookies": str(portal.url.startswith("https://")).lower(),
        "storage": str(portal.storage),
    }
    template = Template(CKAN_TEMPLATE.read_text(encoding="utf-8"))
    # The reader of the file takes a single % for the start of a reference.
    escaped = {name: value.replace("%", "%%") for name, value in values.items()}
    write_private(path, template.substitute(escaped))

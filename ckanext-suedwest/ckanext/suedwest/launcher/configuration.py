"""Writes CKAN's configuration of an instance from the template `config/ckan.ini`."""

from __future__ import annotations

from string import Template

from .data_directory import DataDirectory, Instance, write_private
from .places import CKAN_TEMPLATE
from .services import Addresses

PLUGINS = (
    "suedwest_water",
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


def write(directory: DataDirectory, instance: Instance, services: Addresses) -> None:
    """Write `ckan.ini`, readable by nobody else; secrets stay the same at every start."""
    storage = directory.path / "storage"
    storage.mkdir(mode=0o700, exist_ok=True)
    plugins = PLUGINS if services.solr_url else (SEARCH_PLUGIN, *PLUGINS)
    values = {
        "site_id": f"suedwest-{instance.id}",
        "site_url": instance.address,
        "mode": instance.mode,
        "plugins": " ".join(plugins),
        "catalogue_url": services.databases.catalogue,
        "datastore_write_url": services.databases.datastore_write,
        "datastore_read_url": services.databases.datastore_read,
        "redis_url": services.redis_url,
        "solr_url": services.solr_url or SEARCH_ON_POSTGRESQL,
        "secret_key": instance.secrets["ckan"],
        "api_token_secret": instance.secrets["api_token"],
        "storage": str(storage),
    }
    template = Template(CKAN_TEMPLATE.read_text(encoding="utf-8"))
    # The reader of the file takes a single % for the start of a reference.
    escaped = {name: value.replace("%", "%%") for name, value in values.items()}
    write_private(directory.ini, template.substitute(escaped))

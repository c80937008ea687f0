"""The plugin: live resources in the DataStore, and the state of their sources."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.common import CKANConfig
from ckan.types import Action, AuthFunction
from ckanext.datastore.backend import DatastoreBackend, DatastoreException
from ckanext.datastore.interfaces import IDatastoreBackend
from flask import Blueprint

from .backend import LiveDatastoreBackend
from .live import URL_TYPE
from .logic import (
    action,
    auth,
    history,
    history_auth,
    limits,
    marking,
    mounting,
    quarantine,
    quarantine_auth,
    source_trial,
    sources,
    sources_auth,
    stations,
    stations_auth,
    status,
)
from .open_data.views import open_data
from .webhook_views import webhook

_ACTIONS = (
    action,
    history,
    limits,
    marking,
    mounting,
    quarantine,
    source_trial,
    sources,
    stations,
    status,
)
"""Modules whose `__all__` names actions, and in the same order those that authorize them."""
_AUTH_FUNCTIONS = (auth, history_auth, quarantine_auth, sources_auth, stations_auth)


class ObservationsPlugin(p.SingletonPlugin):
    """Makes the observation store's public datastreams native DataStore resources."""

    p.implements(IDatastoreBackend, inherit=True)
    p.implements(p.IActions)
    p.implements(p.IAuthFunctions)
    p.implements(p.IBlueprint)
    p.implements(p.IConfigurable)
    p.implements(p.IResourceController, inherit=True)

    # IDatastoreBackend

    def register_backends(self) -> dict[str, type[DatastoreBackend]]:
        """Ours for both names of PostgreSQL; the plugin listed last in `ckan.plugins` wins."""
        return {"postgresql": LiveDatastoreBackend, "postgres": LiveDatastoreBackend}

    # IActions

    def get_actions(self) -> dict[str, Action]:
        return {name: getattr(module, name) for module in _ACTIONS for name in module.__all__}

    # IAuthFunctions

    def get_auth_functions(self) -> dict[str, AuthFunction]:
        return {
            name: getattr(module, name) for module in _AUTH_FUNCTIONS for name in module.__all__
        }

    # IBlueprint

    def get_blueprint(self) -> list[Blueprint]:
        """Where network servers send their messages, and where programmes read values."""
        return [webhook, open_data]

    # IConfigurable

    def configure(self, config: CKANConfig) -> None:
        """Refuse to run where live resources would be handled as ordinary tables."""
        if not p.plugin_loaded("datastore"):
            raise DatastoreException("the plugin suedwest_observations needs datastore as well")
        if not isinstance(DatastoreBackend.get_active_backend(), LiveDatastoreBackend):
            raise DatastoreException("ckan.plugins must list suedwest_observations after datastore")

    # IResourceController

    def before_resource_show(self, resource_dict: dict[str, Any]) -> dict[str, Any]:
        """Link a live resource to its download, whatever address this site has now."""
        if resource_dict.get("url_type") == URL_TYPE:
            resource_dict["url"] = tk.url_for(
                "datastore.dump", resource_id=resource_dict["id"], qualified=True
            )
        return resource_dict

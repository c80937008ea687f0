"""Plugin `suedwest`: brings the portal's parts together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
import click
from ckan.common import CKANConfig
from flask import Blueprint, Flask

from ..store.query import StationRow
from . import catalogue, cli, helpers, validators, views
from .administration import administration
from .conditional import answer_municipality_conditionally
from .installed_profiles import find_once
from .interfaces import ISnapshots, Snapshot
from .security import protect
from .snapshots import contents

_HERE = Path(__file__).parent


@tk.blanket.config_declarations
class PortalPlugin(plugins.SingletonPlugin):
    """Municipalities, schemas, theme and pages. Stands before scheming and dcat in the list."""

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IMiddleware, inherit=True)
    plugins.implements(plugins.IBlueprint)
    plugins.implements(plugins.IClick)
    plugins.implements(plugins.ITemplateHelpers)
    plugins.implements(plugins.IValidators)
    plugins.implements(plugins.ITranslation)
    plugins.implements(plugins.IPackageController, inherit=True)
    plugins.implements(plugins.IFacets, inherit=True)
    plugins.implements(plugins.IActions)
    plugins.implements(plugins.IAuthFunctions)
    plugins.implements(ISnapshots)

    # IConfigurer

    def update_config(self, config: CKANConfig) -> None:
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")
        if not config["licenses_group_url"]:
            config["licenses_group_url"] = (_HERE / "schemas" / "licenses.json").as_uri()
        # The page of datasets counts datasets; stations that fit stand above them.
        config["ckan.search.show_all_types"] = "false"
        # Else the pictures of editors would be asked from a third party.
        config["ckan.gravatar_default"] = "disabled"

    # IMiddleware

    def make_middleware(self, app: Flask, config: CKANConfig) -> Flask:
        protect(app)
        app.after_request(answer_municipality_conditionally)
        # Here all plugins are loaded; `update_config` comes before ckanext-dcat's turn.
        find_once()
        return app

    # IBlueprint

    def get_blueprint(self) -> list[Blueprint]:
        return [views.portal, administration]

    # IClick

    def get_commands(self) -> list[click.Command]:
        return cli.get_commands()

    # ITemplateHelpers

    def get_helpers(self) -> dict[str, Callable[..., Any]]:
        return helpers.get_helpers()

    # IValidators

    def get_validators(self) -> dict[str, Callable[..., Any]]:
        return {
            "suedwest_colour": validators.suedwest_colour,
            "suedwest_web_address": validators.suedwest_web_address,
            "suedwest_host_names": validators.suedwest_host_names,
            "suedwest_positive_number": validators.suedwest_positive_number,
            "suedwest_boundary": validators.suedwest_boundary,
        }

    # ITranslation: one catalogue for all plugins of the bundle

    def i18n_directory(self) -> str:
        return str(_HERE.parent / "i18n")

    def i18n_locales(self) -> list[str]:
        return ["de"]

    def i18n_domain(self) -> str:
        return "ckanext-suedwest"

    # IPackageController

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        return catalogue.add_index_fields(pkg_dict)

    def after_dataset_search(
        self, search_results: dict[str, Any], search_params: dict[str, Any]
    ) -> dict[str, Any]:
        return catalogue.name_facets(search_results)

    # IFacets

    def dataset_facets(self, facets_dict: dict[str, Any], package_type: str) -> dict[str, Any]:
        return catalogue.facets()

    def organization_facets(
        self, facets_dict: dict[str, Any], organization_type: str, package_type: str | None
    ) -> dict[str, Any]:
        return catalogue.organization_facets()

    # IActions

    def get_actions(self) -> dict[str, Callable[..., Any]]:
        return catalogue.get_actions()

    # IAuthFunctions

    def get_auth_functions(self) -> dict[str, Callable[..., Any]]:
        return catalogue.get_auth_functions()

    # ISnapshots

    def snapshots(
        self, stations: Sequence[StationRow], municipalities: Sequence[str]
    ) -> Iterable[Snapshot]:
        return contents.of_portal(stations, municipalities)

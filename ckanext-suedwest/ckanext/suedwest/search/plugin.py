"""Plugin `suedwest_search`: CKAN's catalogue search without Solr."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import ckan.lib.search as search
import ckan.lib.search.common as search_common
import ckan.model as model
import ckan.plugins as plugins
import pysolr
from ckan.common import CKANConfig, _, config
from ckan.lib.search.common import SearchQueryError

from .engine import PostgresqlSearch
from .query import LONGEST_QUERY
from .session import changed, watch

MOST_BLANKS = 100


class SearchPlugin(plugins.SingletonPlugin):
    """Chooses the engine by the scheme of `solr_url`: `http…` is Solr, anything else is ours.

    CKAN reaches its engine through one attribute, `ckan.lib.search.common.pysolr`, looked up at
    call time. That attribute is replaced, once for each process; everything above it, from
    permission labels to facets, stays CKAN's own. It stays replaced when the plugin is unloaded,
    of which CKAN does not tell a plugin itself: with an `http…` address it is Solr's own anyway,
    and with any other there is no Solr to give it back to.
    """

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IConfigurable)
    plugins.implements(plugins.IDomainObjectModification)
    plugins.implements(plugins.IPackageController, inherit=True)

    def update_config(self, config: CKANConfig) -> None:
        """Take the seam before CKAN checks the schema of its search engine."""
        plugins.toolkit.add_template_directory(config, "templates")
        if isinstance(search_common.pysolr, _Chooser):
            return
        search_common.pysolr = _Chooser()  # pyright: ignore[reportAttributeAccessIssue]
        search._get_schema_from_solr = _schema_of_the_engine

    def configure(self, config: CKANConfig) -> None:
        """CKAN's session exists now."""
        watch()

    def notify(self, entity: Any, operation: str) -> None:
        """Something is about to be committed; CKAN tells its dataset too, as changed."""
        if isinstance(entity, model.Package) and not _is_solr(config["solr_url"]):
            changed(entity)

    def before_dataset_search(self, search_params: dict[str, Any]) -> dict[str, Any]:
        """Refuse text for which CKAN itself would take minutes, whatever the engine.

        CKAN looks for forbidden syntax with an expression that takes a time that grows with the
        square of the blanks in a row.

        Raises:
            SearchQueryError: too many blanks in a row, or too long a text.
        """
        for value in _texts(search_params):
            if len(value) > LONGEST_QUERY:
                raise SearchQueryError(
                    _("The query is longer than {number} characters.").format(number=LONGEST_QUERY)
                )
            if any(len(blanks[0]) > MOST_BLANKS for blanks in re.finditer(r"\s+", value)):
                raise SearchQueryError(
                    _("More than {number} blanks stand in a row.").format(number=MOST_BLANKS)
                )
        return search_params


def _texts(search_params: dict[str, Any]) -> Iterator[str]:
    for value in search_params.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield each


class _Chooser(types.ModuleType):
    """`pysolr` with a `Solr` that chooses by the URL."""

    def __init__(self) -> None:
        super().__init__("pysolr")

    def __getattr__(self, name: str) -> Any:
        return getattr(pysolr, name)

    @staticmethod
    def Solr(url: str, *arguments: Any, **options: Any) -> Any:  # noqa: N802 - pysolr's name
        """A connection to Solr, or the search on PostgreSQL."""
        if _is_solr(url):
            return pysolr.Solr(url, *arguments, **options)
        return PostgresqlSearch(url, *arguments, **options)


_schema_from_solr = search._get_schema_from_solr


class _PackagedSchema:
    """CKAN's own schema file in the shape of an answer of Solr: it is what the engine follows."""

    @property
    def text(self) -> str:
        """The schema as XML."""
        return (files("ckan") / "config" / "solr" / "schema.xml").read_text(encoding="utf-8")

    def raise_for_status(self) -> None:
        """A file has no status."""


def _schema_of_the_engine(offset: str) -> Any:
    if _is_solr(config["solr_url"]):
        return _schema_from_solr(offset)
    return _PackagedSchema()


def _is_solr(url: str | None) -> bool:
    return (url or "").startswith(("http://", "https://"))

"""What is internal appears nowhere for those without the right: every page, file, feed and action.

Three ways of looking: links are followed from the home page; every route and every read-only
action is asked with what may be known of internal things; and an internal id has to be answered
like one that does not exist.
"""

from __future__ import annotations

import re
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode, urljoin, urlsplit

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic, model
from ckan.logic import get_action
from ckan.tests import factories
from ckan.tests.helpers import call_action
from internal_samples import PUBLIC_VALUE, SECRETS, SHOWN, TOWN, Internal, fill
from sqlalchemy import Engine

from ckanext.suedwest.domain.station import Visibility
from ckanext.suedwest.portal import reconcile
from ckanext.suedwest.portal.open_dataset_package import publish
from ckanext.suedwest.portal.snapshots.files import SnapshotFolder
from ckanext.suedwest.portal.snapshots.following import Follower

_LINK = re.compile(r"""(?:href|src|action|data-[\w-]*url)\s*=\s*["']([^"'#]+)""")
_ADDRESS = re.compile(r'"(?:url|href|next|self)":\s*"([^"]+)"')
_MOST_PAGES = 150
# They change something, or only repeat what another address says in another language.
_NOT_FOLLOWED = re.compile(
    r"^/(webassets|base|vendor|suedwest|fonts|karte|user/(logged_out|_logout)|en/|util/redirect)"
)
_RULE_VALUE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@pytest.fixture(params=["anonymous", "editor of another municipality"])
def reader(request: Any, platform: Engine) -> Any:
    """The headers of somebody without the right."""
    if request.param == "anonymous":
        return lambda: {}
    return _editor


def _editor() -> dict[str, str]:
    user = factories.UserWithToken()
    call_action(
        "organization_member_create", id="kaiserslautern", username=user["name"], role="editor"
    )
    return {"Authorization": user["token"]}


class Visitor:
    """Asks for addresses and remembers where something internal was told."""

    def __init__(self, web: Any, headers: dict[str, str], secrets: Iterable[str]) -> None:
        self._client = web.test_client()
        self._headers = headers
        self._secrets = tuple(secret.lower() for secret in secrets)
        self.seen: dict[str, int] = {}
        self.told: dict[str, list[str]] = {}
        self.bodies = ""

    def ask(self, address: str, *, method: str = "GET", **sent: Any) -> str:
        """The body of the answer; what the address itself says does not count as told."""
        answer = self._client.open(address, method=method, headers=self._headers, **sent)
        # A picture is no text; it is made from the drawing, whose address is asked as well.
        body = answer.get_data().decode(errors="replace") + str(answer.headers)
        what = f"{method} {address} {sent.get('json') or ''}".strip()
        self.seen[what] = answer.status_code
        lowered = unescape(body).lower()
        for echoed in _spellings(what.lower()):
            lowered = lowered.replace(echoed, "")
        found = [secret for secret in self._secrets if secret in lowered]
        if found:
            self.told[what] = found
        return body


def _spellings(what: str) -> set[str]:
    """Every long word of a request, as an answer may repeat it."""
    words = set(re.findall(r"[\w.,:-]{6,}", f"{what} {unquote_plus(what)}"))
    return words | {quote(word, safe="") for word in words}


def _crawl(visitor: Visitor, start: Iterable[str]) -> None:
    waiting = deque(start)
    known = set(waiting)
    while waiting and len(visitor.seen) < _MOST_PAGES:
        address = waiting.popleft()
        body = visitor.ask(address)
        for link in [*_LINK.findall(body), *_ADDRESS.findall(body)]:
            parts = urlsplit(urljoin(address, unescape(link)))
            site = urlsplit(tk.config["ckan.site_url"]).netloc
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            if (
                parts.netloc in ("", site)
                and parts.scheme in ("", "http", "https")
                and path not in known
                # Several filters at once show no more than each of them.
                and "&" not in path
                and not _NOT_FOLLOWED.match(parts.path)
            ):
                known.add(path)
                waiting.append(path)


def _routes(web: Any, ids: Internal) -> Iterator[str]:
    """Every route that can be looked at, with ids of public and of internal things."""
    package = model.Session.query(model.Package.name).filter_by(type="station").limit(1).scalar()
    values = [*zip(ids.resources, ids.slugs, ids.datastreams, strict=True), ids.public]
    for rule in web.flask_app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or _NOT_FOLLOWED.match(rule.rule):
            continue
        names = _RULE_VALUE.findall(rule.rule)
        for resource, slug, datastream in values if names else values[:1]:
            known = {
                "resource_id": resource,
                "slug": slug,
                "station": slug,
                "municipality": TOWN,
                "extension": "csv",
                "month": "2026-11",
                "datastream": "W" if resource == ids.public[0] else "verborgenstrom",
                "datastream_id": str(datastream),
                "id": TOWN if "organization" in rule.rule else package,
                **dict.fromkeys(("ver", "zoom", "column", "row", "page"), "3"),
            }
            yield _RULE_VALUE.sub(
                lambda found, known=known: quote(known.get(found[1], package), safe=""), rule.rule
            )


def _readable_actions() -> list[str]:
    get_action("package_search")  # reads in all there are
    return sorted(
        name
        for name, function in logic._actions.items()
        if getattr(function, "side_effect_free", False)
    )


def _questions(ids: Internal) -> list[dict[str, Any]]:
    """What somebody may ask an action who guesses what there is."""
    asked: list[dict[str, Any]] = [
        {},
        {"q": "verborgenstrom", "include_private": True, "include_drafts": True},
        {"id": TOWN, "municipality": TOWN, "include_datasets": True},
    ]
    for resource, datastream, slug in zip(ids.resources, ids.datastreams, ids.slugs, strict=True):
        asked += [
            {"id": resource, "resource_id": resource},
            {"id": slug, "station": slug, "slug": slug, "datastream_id": datastream},
        ]
    return asked


def _statements(ids: Internal) -> Iterator[str]:
    tables = (
        *("observation", "observation_2026", "observation_hour", "observation_day", "datastream"),
        *("datastream_state", "observation_revision", "station", "source", "device", "quarantine"),
        *("receipt", "outbox", "mark", "correction", "derivation", "device_report"),
    )
    for table in tables:
        yield f"SELECT * FROM suedwest.{table}"
        yield f"SELECT * FROM {table}"
    for resource in ids.resources:
        yield f'SELECT * FROM "{resource}"'
    for stream in ids.datastreams:
        yield f"SELECT * FROM suedwest.live_resource({stream})"
    yield "SELECT query FROM pg_stat_activity"
    yield "SELECT * FROM pg_views"
    yield "SELECT table_to_xml('suedwest.observation', true, true, '')"


def _everything(web: Any, visitor: Visitor, ids: Internal) -> None:
    """Look everywhere."""
    _crawl(visitor, ["/", "/sitemap.xml", "/robots.txt", "/catalog.ttl", "/catalog.jsonld"])
    for address in _routes(web, ids):
        visitor.ask(address)
    for word in ("verborgenstrom", "Hohlweide", "Talgrundbach", "4321.987", "4321,987"):
        for page in ("/dataset/", "/organization/", "/pegel", "/api/3/action/package_search"):
            visitor.ask(f"{page}?{urlencode({'q': word})}")
    for action in _readable_actions():
        for question in _questions(ids):
            visitor.ask(f"/api/3/action/{action}", method="POST", json=question)
    for statement in _statements(ids):
        visitor.ask(f"/api/3/action/datastore_search_sql?{urlencode({'sql': statement})}")
    for resource, datastream in zip(ids.resources, ids.datastreams, strict=True):
        for path in (
            f"/datastore/dump/{resource}?format=json",
            f"/api/suedwest/series/{resource}?from=2026-01-01&to=2027-01-01",
            f"/api/live/v1/datastreams/{datastream}/observations.csv",
            f"/api/3/action/datastore_search?resource_id={resource}&include_total=true",
            f"/api/3/action/datastore_info?id={resource}",
        ):
            visitor.ask(path)


@pytest.fixture
def ids(platform: Engine) -> Internal:
    found = fill(platform)
    assert reconcile.full_pass().failed == {}
    assert publish(platform).failed == {}
    return found


@pytest.fixture
def web(ids: Internal, make_app: Any) -> Any:
    return _site(make_app)


def _site(make_app: Any) -> Any:
    """The web application as visitors meet it: also the page that says that something failed."""
    web = make_app()
    web.flask_app.config["PROPAGATE_EXCEPTIONS"] = False
    return web


def test_nothing_internal_is_told_to_those_without_the_right(web, ids, reader):
    visitor = Visitor(web, reader(), (*SECRETS, *ids.resources))
    _everything(web, visitor, ids)
    assert visitor.told == {}
    # The walk came along where the public series of the same station is told.
    assert len(visitor.seen) > 300


def test_nothing_internal_gets_into_a_file_for_a_flood_night(web, ids, tmp_path):
    made = Follower(web.flask_app, SnapshotFolder(tmp_path)).full_pass()
    assert made.failed == {}
    kept = {
        path: unescape(path.read_text(encoding="utf-8")).lower()
        for path in (tmp_path / "now").rglob("*")
        if path.suffix in (".html", ".json", ".csv", ".geojson")
    }
    assert any(SHOWN.name.lower() in text for text in kept.values())
    secrets = [secret.lower() for secret in (*SECRETS, *ids.resources)]
    told = [str(path) for path in kept for each in secrets if each in kept[path] + str(path)]
    assert told == []


def test_what_is_public_of_the_same_station_is_told(web, ids):
    public = Visitor(web, {}, (SHOWN.name, str(PUBLIC_VALUE), f"{PUBLIC_VALUE}".replace(".", ",")))
    _everything(web, public, ids)
    told = " ".join(public.told)
    for place in ("/station/", "/pegel", "/datastore/dump/", "package_search", "/api/suedwest/"):
        assert place in told, place


def test_the_walk_finds_what_becomes_public(platform, make_app):
    """Proof that the walk can fail: the same gauges, with the same values, made public."""
    ids = fill(platform, visibility=Visibility.PUBLIC)
    assert reconcile.full_pass().failed == {}
    assert publish(platform).failed == {}
    web = _site(make_app)
    visitor = Visitor(web, {}, (*SECRETS, *ids.resources))
    _everything(web, visitor, ids)
    found = {secret for secrets in visitor.told.values() for secret in secrets}
    assert {"verborgenstrom", "hohlweide", "talgrundbach", *ids.resources} <= found
    assert found & {"4321.987", "4321,987", "4.321,987"}
    assert len(visitor.told) > 20


def test_an_internal_id_is_answered_like_one_that_does_not_exist(web, ids):
    client = web.test_client()
    unknown = (str(uuid.uuid4()), 2_000_000_000, "pegel-nirgends-nichts")
    given_ids = zip(ids.resources, ids.datastreams, ids.slugs, strict=True)
    for resource, datastream, slug in given_ids:
        for path in (
            "/datastore/dump/{0}",
            "/api/suedwest/series/{0}",
            "/api/3/action/datastore_search?resource_id={0}",
            "/api/3/action/datastore_info?id={0}",
            "/api/3/action/resource_show?id={0}",
            "/api/3/action/suedwest_mark_list?resource_id={0}",
            "/api/3/action/suedwest_history_trial?resource_id={0}",
            "/api/live/v1/datastreams/{1}/observations.csv",
        ):
            answers = []
            for given in ((resource, datastream, slug), unknown):
                asked = path.format(*given)
                answer = client.get(asked)
                # Of the id itself nothing is said that the address does not say.
                echoed = str(given[0] if "{0}" in path else given[1])
                answers.append(
                    (
                        answer.status_code,
                        answer.get_data().decode(errors="replace").replace(echoed, ""),
                    )
                )
            assert answers[0][0] in (403, 404), path
            assert answers[0] == answers[1], path

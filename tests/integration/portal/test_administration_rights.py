"""Who gets in: every action of ours and every staff page, asked by everybody who should not.

A new action `suedwest_…` or a new staff page fails here until it has a row. Texts of a row may
name things of `World` in braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ckan.plugins as plugins
import pytest
from accounting_rows import ACCOUNTING_ACTIONS, ACCOUNTING_PAGES, refuse_record
from ckan.config.middleware.flask_app import csrf
from ckan.tests import factories
from ckan.tests.helpers import call_action
from dashboard_rows import DASHBOARD_ACTIONS, DASHBOARD_PAGES, make_dashboard
from history_rows import HISTORY_ACTIONS, HISTORY_PAGES
from source_rows import SOURCE_ACTIONS, SOURCE_PAGES, make_source
from station_rows import STATION_ACTIONS, STATION_PAGES, make_station

OWN = "landkreis-kusel"
OTHER = "kaiserslautern"
AREA = "suedwest_administration"
NAMES = re.compile(r"{(\w+)}")

PUBLIC_ACTIONS: frozenset[str] = frozenset()
"""Read-only actions that anybody may call: they show what is public."""


@dataclass(frozen=True)
class World:
    """What the rows speak of; everything belongs to the municipality `OWN`."""

    municipality: str = OWN
    station: str = ""
    source: str = ""
    second_source: str = ""
    level: str = ""
    sensor: str = ""
    mark: int = 0
    second_mark: int = 0
    record: int = 0
    dashboard: str = ""


@dataclass(frozen=True)
class ActionRow:
    """The least an action needs; with it the own editor is not refused."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PageRow:
    """A staff page, or a form's address when `method` is POST."""

    endpoint: str
    path: str
    method: str = "GET"
    data: Mapping[str, Any] = field(default_factory=dict)


# What deletes stands last: the own editor's calls are made in this order.
ACTIONS = (
    *(ActionRow(*row) for row in ACCOUNTING_ACTIONS),
    *(ActionRow(*row) for row in DASHBOARD_ACTIONS),
    *(ActionRow(*row) for row in HISTORY_ACTIONS),
    *(ActionRow(*row) for row in STATION_ACTIONS),
    *(ActionRow(*row) for row in SOURCE_ACTIONS),
)
PAGES = (
    *(PageRow(*row) for row in ACCOUNTING_PAGES),
    *(PageRow(*row) for row in DASHBOARD_PAGES),
    *(PageRow(*row) for row in HISTORY_PAGES),
    *(PageRow(*row) for row in STATION_PAGES),
    *(PageRow(*row) for row in SOURCE_PAGES),
)
FOR_ALL_STAFF = (PageRow("start", "/verwaltung"),)


@pytest.fixture
def world(platform: Any) -> World:
    return World(
        **make_source(platform, OWN),
        **make_station(platform, OWN),
        **refuse_record(platform, "own"),
        **make_dashboard(OWN),
    )


@pytest.fixture
def web(world: World, make_app: Any) -> Any:
    return make_app()


def of(organization: str, role: str) -> dict[str, str]:
    user = factories.UserWithToken()
    call_action("organization_member_create", id=organization, username=user["name"], role=role)
    return {"Authorization": user["token"]}


def filled(data: Mapping[str, Any], world: World) -> dict[str, Any]:
    names = asdict(world)
    return {
        key: value.format_map(names) if isinstance(value, str) else value
        for key, value in data.items()
    }


def answers(
    web: Any, world: World, headers: dict[str, str], pages: tuple[PageRow, ...] = PAGES
) -> Iterator[tuple[str, Any]]:
    for row in ACTIONS:
        address = f"/api/3/action/{row.name}"
        yield row.name, web.post(address, headers=headers, json=filled(row.data, world))
    for page in pages:
        path = page.path.format_map(asdict(world))
        if page.method == "GET":
            answer = web.get(path, headers=headers, follow_redirects=False)
        else:
            data = filled(page.data, world)
            answer = web.post(path, headers=headers, data=data, follow_redirects=False)
        yield f"{page.method} {path}", answer


def test_every_action_and_every_page_has_a_row(web):
    ours = {
        name
        for plugin in plugins.PluginImplementations(plugins.IActions)
        for name in plugin.get_actions()
        if name.startswith("suedwest_")
    }
    assert ours == {row.name for row in ACTIONS} | PUBLIC_ACTIONS
    routes = {
        (rule.endpoint.removeprefix(f"{AREA}."), method)
        for rule in web.flask_app.url_map.iter_rules()
        if rule.rule.startswith("/verwaltung")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(page.endpoint, page.method) for page in (*PAGES, *FOR_ALL_STAFF)}


@pytest.mark.parametrize(
    ("organization", "role"), [(OTHER, "editor"), (OTHER, "admin"), (OWN, "member")]
)
def test_staff_of_others_are_refused_everywhere(web, world, organization, role):
    passed = {
        what: answer.status_code
        for what, answer in answers(web, world, of(organization, role))
        if answer.status_code != 403
    }
    assert passed == {}


def test_visitors_are_refused_by_actions_and_sent_to_log_in_by_pages(web, world):
    wrong = {}
    for what, answer in answers(web, world, {}, (*PAGES, *FOR_ALL_STAFF)):
        if what.startswith("suedwest_"):
            right = answer.status_code == 403
        else:
            path = what.split(" ", 1)[1]
            to = urlsplit(answer.headers.get("Location", ""))
            right = (answer.status_code, to.path, parse_qs(to.query)) == (
                302,
                "/user/login",
                {"came_from": [path]},
            )
        if not right:
            wrong[what] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_the_own_staff_pass(web, world, role):
    """A row's data may be too little for the action (409), but whoever sent it has the right."""
    refused = {
        what: answer.status_code
        for what, answer in answers(web, world, of(OWN, role), (*PAGES, *FOR_ALL_STAFF))
        if answer.status_code not in (200, 302, 409)
    }
    assert refused == {}


def test_pages_of_no_municipality_do_not_exist(web, world):
    staff = of(OWN, "editor")
    for page in PAGES:
        path = page.path.format_map({**asdict(world), "municipality": "nowhere"})
        ask = web.get if page.method == "GET" else web.post
        ask(path, headers=staff, status=404)


def test_things_of_others_are_not_reached_through_the_own_pages(web, world):
    """With the own municipality in the address, and somebody else's station, source or record."""
    stranger = of(OTHER, "editor")
    own = World(**{**asdict(world), "municipality": OTHER})
    reached = {}
    for page in PAGES:
        named = f"{page.path} {' '.join(str(value) for value in page.data.values())}"
        things = {name: str(getattr(world, name)) for name in NAMES.findall(named)}
        things.pop("municipality", None)
        if not things:
            continue
        path = page.path.format_map(asdict(own))
        if page.method == "GET":
            answer = web.get(path, headers=stranger, follow_redirects=False)
        else:
            data = filled(page.data, own)
            answer = web.post(path, headers=stranger, data=data, follow_redirects=False)
        # What succeeds redirects; a form whose choices lack the thing is only shown again.
        shown_again = (page.method, answer.status_code) == ("POST", 200) and not any(
            thing in answer.body for thing in things.values()
        )
        if answer.status_code not in (403, 404) and not shown_again:
            reached[f"{page.method} {path}"] = answer.status_code
    assert reached == {}


def test_no_form_is_accepted_without_its_token(world, make_app, monkeypatch):
    """Who is logged in by cookie could be made to send a form by another site."""
    # CKAN keeps for the whole process which views visitors asked for, also in earlier tests.
    monkeypatch.setattr(csrf, "_exempt_views", set())
    web = make_app()
    user = factories.User(password="correct horse battery")
    call_action("organization_member_create", id=OWN, username=user["name"], role="editor")
    client = web.test_client(use_cookies=True)
    login = {"login": user["name"], "password": "correct horse battery"}
    assert client.post("/user/login", data=login, follow_redirects=False).status_code == 302
    forms = [page for page in PAGES if page.method == "POST"]
    statuses = {
        page.endpoint: client.post(
            page.path.format_map(asdict(world)), data=filled(page.data, world)
        ).status_code
        for page in forms
    }
    assert forms
    assert statuses == dict.fromkeys(statuses, 400)


def test_all_staff_look_at_the_platform_and_nobody_else(web):
    path = "/verwaltung/suedwest-cluster"
    web.get(path, headers=of(OTHER, "editor"), status=200)
    web.get(path, headers=of(OTHER, "member"), status=403)


def test_no_cache_keeps_a_staff_page(web):
    answer = web.get(f"/verwaltung/{OWN}", headers=of(OWN, "editor"), status=200)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_start_page_leads_to_the_only_municipality_or_lists_the_own(web):
    one = of(OWN, "editor")
    answer = web.get("/verwaltung", headers=one, follow_redirects=False)
    assert answer.headers["Location"].endswith(f"/verwaltung/{OWN}")
    everything = {"Authorization": factories.SysadminWithToken()["token"]}
    body = web.get("/verwaltung", headers=everything, status=200).body
    assert "/verwaltung/landkreis-kusel" in body
    assert "/verwaltung/kaiserslautern" in body
    assert 'href="/verwaltung"' in web.get("/", headers=one).body
    assert 'href="/verwaltung"' not in web.get("/").body
    assert 'href="/verwaltung"' not in web.get("/", headers=of(OWN, "member")).body

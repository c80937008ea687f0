"""The pages: what they show, in which language, with which headers, and never with a cookie."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from portal_samples import ANDERNACH

from ckanext.suedwest.portal import helpers
from ckanext.suedwest.portal.stations import package_id

SLUG = "pegel-rhein-andernach"


def editor_of(organization: str, role: str = "editor") -> dict[str, Any]:
    user = factories.UserWithToken(password="correct horse battery")
    call_action("organization_member_create", id=organization, username=user["name"], role=role)
    return user


URLS = [
    "/",
    "/en/",
    "/dataset/",
    "/dataset/?q=Rhein&tags=Rhein",
    "/dataset/schulen",
    f"/dataset/{SLUG}",
    f"/station/{SLUG}",
    "/station/nowhere",
    "/organization/",
    "/organization/landkreis-mayen-koblenz",
    "/organization/landkreis-mayen-koblenz?q=Schulen",
    "/organization/suedwest-cluster",
    "/organization/about/kaiserslautern",
    "/kommune/kaiserslautern",
    "/kommune/nowhere",
    "/impressum",
    "/datenschutz",
    "/barrierefreiheit",
    "/schnittstellen",
    "/en/datenschutz",
    "/user/login",
    "/user/reset",
    "/nowhere",
    "/dataset/nowhere",
    "/dataset/new",
    "/dashboard/datasets",
    "/user/edit",
    "/organization/nowhere",
    "/group/",
    "/about",
    "/catalog.ttl",
    "/feeds/dataset.atom",
    "/api/3/action/package_search",
    "/suedwest/frame.css",
]


def test_visitors_get_no_cookie(site: Any) -> None:
    answers = {url: site.get(url, follow_redirects=False) for url in URLS}
    assert {url: each.status_code for url, each in answers.items() if each.status_code >= 500} == {}
    assert [url for url, each in answers.items() if "Set-Cookie" in each.headers] == []
    assert [url for url, each in answers.items() if "_csrf_token" in each.body] == []


def test_the_cookie_free_table_view_still_answers(site: Any) -> None:
    resource = call_action("package_show", id=SLUG)["resources"][0]
    (view,) = (
        each
        for each in call_action("resource_view_list", id=resource["id"])
        if each["view_type"] == "datatables_view"
    )
    answer = site.post(
        f"/datatables/ajax/{view['id']}",
        data={"draw": "1", "start": "0", "length": "5", "search[value]": ""}
        | {"order[0][column]": "0", "order[0][dir]": "desc"},
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_every_answer_has_security_headers(site: Any) -> None:
    for url in ("/", "/dataset/", "/user/login", "/nowhere", "/catalog.ttl"):
        headers = site.get(url).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'self'" in policy
        assert not re.search(r"https?://|\*", policy)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_no_page_loads_anything_from_elsewhere(site: Any) -> None:
    loads = re.compile(
        r"""<(?:script|img|iframe|link)[^>]+(?:src|href)=["'](?:https?:)?//([^/"']+)"""
    )
    for url in ("/", "/dataset/", f"/dataset/{SLUG}", "/organization/kaiserslautern"):
        hosts = set(loads.findall(site.get(url).body)) - {"test.ckan.net"}
        assert hosts == set(), url


def login(site: Any, user: dict[str, Any]) -> Any:
    client = site.test_client(use_cookies=True)
    answer = client.post(
        "/user/login",
        data={"login": user["name"], "password": "correct horse battery"},
        follow_redirects=False,
    )
    assert answer.status_code == 302
    return client


def token_of(page: Any) -> str:
    return re.search(r'name="_csrf_token" (?:content|value)="([^"]+)"', page.text).group(1)


def test_a_form_without_its_token_is_refused_whatever_visitors_did_before(site: Any) -> None:
    editor = editor_of("landkreis-mayen-koblenz")
    client = login(site, editor)
    url = "/dataset/edit/schulen"
    visitor = site.test_client(use_cookies=True)
    visitor.get(url)
    visitor.post(url, data={})
    dataset = call_action("package_show", id="schulen")
    form = {
        "name": "schulen",
        "title": "Forged",
        "owner_org": dataset["owner_org"],
        "save": "",
        "_ckan_phase": "",
    }
    forged = client.post(url, data=form)
    assert forged.status_code == 400
    assert call_action("package_show", id="schulen")["title"] == "Schulen"
    page = client.get(url)
    honest = client.post(
        url,
        data={**form, "title": "Schulen neu", "_csrf_token": token_of(page)},
        follow_redirects=False,
    )
    assert honest.status_code == 302
    assert call_action("package_show", id="schulen")["title"] == "Schulen neu"


def test_an_api_token_needs_no_form_token(site: Any) -> None:
    editor = editor_of("landkreis-mayen-koblenz")
    answer = site.post(
        "/api/3/action/package_patch",
        json={"id": "schulen", "title": "By token"},
        headers={"Authorization": editor["token"]},
    )
    assert answer.status_code == 200
    assert call_action("package_show", id="schulen")["title"] == "By token"


def test_logging_out_needs_the_token_too(site: Any) -> None:
    client = login(site, editor_of("kaiserslautern"))
    site.get("/user/_logout")
    assert client.post("/user/_logout").status_code == 400
    page = client.get("/")
    answer = client.post(
        "/user/_logout", data={"_csrf_token": token_of(page)}, follow_redirects=False
    )
    assert answer.status_code == 302


def test_an_editor_works_in_the_own_municipality_only(site: Any) -> None:
    editor = editor_of("kaiserslautern")
    headers = {"Authorization": editor["token"]}
    foreign = site.post(
        "/api/3/action/package_patch", json={"id": "schulen", "title": "x"}, headers=headers
    )
    assert foreign.status_code == 403
    for owner, status in (("kaiserslautern", 200), ("landkreis-kusel", 403)):
        organization = call_action("organization_show", id=owner)
        answer = site.post(
            "/api/3/action/package_create",
            json={"name": f"von-{owner}", "title": "Neu", "owner_org": organization["id"]},
            headers=headers,
        )
        assert answer.status_code == status
    assert (
        site.post(
            "/api/3/action/package_delete", json={"id": "von-kaiserslautern"}, headers=headers
        ).status_code
        == 200
    )
    assert (
        site.post(
            "/api/3/action/organization_patch",
            json={"id": "landkreis-kusel", "colour": "#000000"},
            headers=headers,
        ).status_code
        == 403
    )


def test_nobody_makes_a_station_by_hand(site: Any) -> None:
    editor = editor_of("suedwest-cluster", "admin")
    answer = site.post(
        "/api/3/action/package_create",
        json={
            "name": "meine",
            "title": "Meine",
            "type": "station",
            "owner_org": "suedwest-cluster",
        },
        headers={"Authorization": editor["token"]},
    )
    assert answer.status_code == 403


def test_the_form_of_a_station_keeps_what_it_does_not_show(site: Any) -> None:
    client = login(site, editor_of("suedwest-cluster"))
    url = f"/dataset/edit/{SLUG}"
    page = client.get(url)
    assert page.status_code == 200
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    form: dict[str, Any] = {}
    for name, value in fields:
        form.setdefault(name, []).append(value.replace("&#34;", '"').replace("&quot;", '"'))
    before = call_action("package_show", id=SLUG)
    form |= {"title": "Andernach", "owner_org": before["owner_org"], "save": "", "notes": "Neu"}
    assert client.post(url, data=form, follow_redirects=False).status_code == 302
    after = call_action("package_show", id=SLUG)
    assert (after["title"], after["notes"]) == ("Andernach", "Neu")
    for field in ("station_key", "municipalities", "spatial", "operator_name", "license_id"):
        assert after[field] == before[field], field
    assert len(after["resources"]) == 1


def test_home(site: Any) -> None:
    page = site.get("/").body
    assert "Alken" in page  # the topic's tile
    for town in ("Stadt Kaiserslautern", "Landkreis Kusel", "Landkreis St. Wendel"):
        assert town in page
    assert page.count('class="area"') == 6
    assert "9 Pegel gezeigt" not in page
    assert "2 Pegel gezeigt." in page
    assert "Schulen" in page
    assert "© BKG (2025)" in page


def test_a_municipality(site: Any) -> None:
    page = site.get("/organization/landkreis-mayen-koblenz").body
    assert "--town: #b8860b" in page
    assert "2 Pegel gezeigt." in page
    assert page.count('class="pin') == 2
    assert 'href="/station/pegel-mosel-alken"' in page
    assert "219.001" in page
    assert "817,66 km²" in page
    assert "Schulen" in page
    searched = site.get("/organization/landkreis-mayen-koblenz?q=Schulen").body
    assert "search-results" in searched


def test_a_municipality_without_stations(site: Any) -> None:
    page = site.get("/organization/kaiserslautern")
    assert page.status_code == 200
    assert 'class="area"' in page.body
    assert "plain-names" not in page.body


def test_a_station(site: Any) -> None:
    page = site.get(f"/station/{SLUG}").body
    assert '<p class="plain-station">Andernach: 1</p>' in page
    assert f'href="/dataset/{SLUG}"' in page
    assert f'href="/station/{SLUG}"' in site.get(f"/dataset/{SLUG}").body
    redirected = site.get("/kommune/kaiserslautern", follow_redirects=False)
    assert redirected.headers["Location"].endswith("/organization/kaiserslautern")


def test_stations_are_found_but_not_exported(site: Any) -> None:
    found = call_action("package_search", fq="dataset_type:station")
    assert found["count"] == 2
    catalogue = site.get("/catalog.ttl").body
    assert "schulen" in catalogue.lower()
    assert package_id(ANDERNACH.key) not in catalogue
    assert SLUG not in catalogue


def test_german_first_and_english(site: Any) -> None:
    for url, german, english in [
        ("/", "Was möchten Sie wissen?", "What would you like to know?"),
        ("/organization/kaiserslautern", "Einwohner", "Population"),
        ("/nowhere", "Diese Seite gibt es nicht", "This page does not exist"),
        ("/datenschutz", "kein Cookie", "no cookie"),
        ("/schnittstellen", "Für Programme", "For programmes"),
        ("/dataset/", "Kommune", "Municipality"),
    ]:
        in_german, in_english = site.get(url), site.get(f"/en{url}")
        assert german in in_german.body, url
        assert '<html lang="de"' in in_german.body
        assert english in in_english.body, url
        assert '<html lang="en"' in in_english.body


def test_errors_lead_back(site: Any) -> None:
    for url, status in [("/nowhere", 404), ("/station/nowhere", 404), ("/dataset/new", 403)]:
        answer = site.get(url)
        assert answer.status_code == status
        assert "Zur Startseite" in answer.body


def test_an_unexpected_error_is_said_in_german(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_now: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("ckanext.suedwest.portal.pages.home", broken)
    site.flask_app.config["PROPAGATE_EXCEPTIONS"] = False
    site.flask_app.testing = False
    try:
        answer = site.get("/")
    finally:
        site.flask_app.testing = True
    assert answer.status_code == 500
    assert "Hier ist etwas schiefgegangen" in answer.body
    assert "secret detail" not in answer.body


def test_a_sandbox_says_so_on_every_page(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "_sandbox_as_of", None)
    monkeypatch.setitem(tk.config, "suedwest.mode", "live")
    for url in ("/", "/dataset/", "/user/login", "/nowhere"):
        assert "nachgespielte Werte" not in site.get(url).body
    monkeypatch.setitem(tk.config, "suedwest.mode", "sandbox")
    for url in ("/", "/dataset/", f"/station/{SLUG}", "/user/login", "/nowhere"):
        assert "Sandbox: nachgespielte Werte, Stand 20.\u00a0November 2026" in site.get(url).body


def test_texts_of_others_are_escaped(site: Any) -> None:
    call_action("organization_patch", id="kaiserslautern", contact_name="<script>alert(1)</script>")
    page = site.get("/organization/kaiserslautern").body
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)" in page

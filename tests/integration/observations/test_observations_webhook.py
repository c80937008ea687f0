"""`POST /webhook/<source>` in the portal: size, header, and the answer's form."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ckanext.suedwest.ingest import secrets
from ckanext.suedwest.ingest.webhook import LARGEST_REQUEST
from ckanext.suedwest.store.sources import register_source

TOKEN, HASH = secrets.make_token()
EUI = "70B3D57ED0000001"
UPLINK = {
    "end_device_ids": {"device_id": "bach-1", "dev_eui": EUI},
    "received_at": "2026-11-01T12:00:01Z",
    "uplink_message": {
        "f_port": 2,
        "f_cnt": 7,
        "frm_payload": "DLwEQgAAAAE=",
        "received_at": "2026-11-01T12:00:00Z",
    },
}


@pytest.fixture
def path(store) -> str:
    with store.begin() as connection:
        register_source(
            connection,
            id="hook",
            type="webhook",
            municipality="landkreis-kusel",
            url="",
            options={
                "connector": "tts",
                "operator": {"name": "Landkreis Kusel"},
                "licence": {"id": "cc-zero", "title": "CC0", "attribution": "LK Kusel"},
                "devices": {EUI: {"name": "Bach", "codec": "dragino-ldds75"}},
                secrets.TOKEN_OPTION: HASH,
            },
            interval=timedelta(minutes=15),
            managed_by="file",
        )
    return "/webhook/hook"


@pytest.mark.parametrize("more", ["", "/uplink"])
def test_an_uplink_is_stored_and_answered_without_a_cookie(app, path, more):
    answer = app.post(path + more, json=UPLINK, headers={"X-Webhook-Token": TOKEN}, status=200)
    assert answer.json["stored"] >= 1
    assert answer.json["quarantined"] == 0
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("headers", [{}, {"X-Webhook-Token": "wrong"}, {"Authorization": TOKEN}])
def test_without_the_token_nobody_gets_in(app, path, headers):
    answer = app.post(path, json=UPLINK, headers=headers, status=401)
    assert answer.json["message"].startswith("The token is missing")


def test_a_message_that_is_too_large_is_not_read(app, path):
    body = b"x" * (LARGEST_REQUEST + 1)
    answer = app.post(path, data=body, headers={"X-Webhook-Token": TOKEN}, status=413)
    assert answer.json["message"] == "The message is larger than 1,048,576 bytes."

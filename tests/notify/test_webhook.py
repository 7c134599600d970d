"""The webhook: what a program of the community's own gets, and how it knows whom it is from."""

from __future__ import annotations

import base64
import dataclasses
import json
import re

import pytest
from notify import kit
from notify.servers import Says, http_service

from lovebell.notify.sender import BadChannelError, Secrets, make_sender

URL = "https://hook.example/x"


async def test_the_signature_is_what_openssl_makes_of_id_time_and_body() -> None:
    async with http_service() as service:
        await kit.send(kit.channel("webhook", service.url), "webhook")
        asked = service.asked[0]
    headers = {name.lower(): value for name, value in asked.headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + asked.body
    key = base64.b64decode(kit.ENVIRONMENT["T_HOOK"])
    assert headers["webhook-signature"] == f"v1,{kit.hmac_by_openssl(key, signed)}"


async def test_the_body_is_json_with_everything_in_the_message() -> None:
    async with http_service() as service:
        await kit.send(kit.channel("webhook", service.url), "webhook")
        asked = service.asked[0]
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == {
        "type": "lovebell.call",
        "data": {
            "to": "13800000000",
            "subject": kit.MESSAGE.subject,
            "text": kit.MESSAGE.text,
            "link": kit.MESSAGE.link,
            "fields": dict(kit.MESSAGE.fields),
        },
    }


async def test_a_retry_has_the_same_id_and_body_and_another_message_another_id() -> None:
    async with http_service() as service:
        service.behaviour = Says("", 503)
        sender = kit.channel("webhook", service.url)
        other = dataclasses.replace(kit.MESSAGE, key="b-01/7-4")
        for message in (kit.MESSAGE, kit.MESSAGE, other):
            await sender.send(message, "")
        await sender.close()
        first, again, second = service.asked
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    assert first.headers["webhook-id"] != second.headers["webhook-id"]


@pytest.mark.parametrize("key", ["plain-1", "with.stop", "new\r\nX-Evil: 1", "按铃 1", "k" * 500])
async def test_an_id_is_safe_in_a_header_and_has_no_full_stop(key: str) -> None:
    async with http_service() as service:
        message = dataclasses.replace(kit.MESSAGE, key=key)
        await kit.send(kit.channel("webhook", service.url), "webhook", message)
        headers = service.asked[0].headers
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", headers["webhook-id"])
    assert "X-Evil" not in headers


async def test_the_token_goes_into_the_url_or_else_into_a_header() -> None:
    token = kit.ENVIRONMENT["T_BEARER"]
    async with http_service() as service:
        await kit.send(kit.channel("webhook", service.url), "webhook")
        await kit.send(kit.channel("webhook", service.url, url=f"{service.url}/plain"), "webhook")
        in_url, in_header = service.asked
    assert in_url.path == "/hook/SECRETbearer%2B%2F%3Dand%3Fmore"
    assert "Authorization" not in in_url.headers
    assert in_header.headers["Authorization"] == f"Bearer {token}"
    assert in_header.path == "/plain"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "https://user:password@a.example/",
        "https://",
        "a.example",
        "http://a.example/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "https://a.example/#part",
        "https://a.example/with space",
        "https://a.example/\r\nX: y",
        "https://evil.example\\@a.example/",
    ],
)
def test_a_url_that_would_tell_others_is_refused_by_name(url: str) -> None:
    with pytest.raises(BadChannelError, match="option url"):
        make_sender("webhook", {"url": url, "secret": "env:T_HOOK"}, kit.secrets())


def test_plain_http_has_to_be_asked_for() -> None:
    options = {"url": "http://192.168.1.5:8123/api/webhook/bell", "secret": "env:T_HOOK"}
    with pytest.raises(BadChannelError, match="plain_http=yes"):
        make_sender("webhook", options, kit.secrets())
    assert make_sender("webhook", options | {"plain_http": "yes"}, kit.secrets())


@pytest.mark.parametrize(
    "secret", ["tooshort", "not base64 at all, however long it may be", "Zg=="]
)
def test_a_weak_key_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(BadChannelError, match="option secret") as told:
        make_sender("webhook", {"url": URL, "secret": "env:S"}, Secrets({"S": secret}))
    assert secret not in told.value.say("en") + told.value.say("zh")


def test_a_key_may_be_written_as_the_standard_has_it() -> None:
    secrets = Secrets({"S": "whsec_" + kit.ENVIRONMENT["T_HOOK"]})
    assert make_sender("webhook", {"url": URL, "secret": "env:S"}, secrets)


def test_a_ca_that_is_not_there_is_named() -> None:
    options = {"url": URL, "secret": "env:T_HOOK", "ca": "/nowhere/ca.pem"}
    with pytest.raises(BadChannelError, match="/nowhere/ca"):
        make_sender("webhook", options, kit.secrets())

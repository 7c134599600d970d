"""A webhook: the message as signed JSON, for a program of the community's own.

Signed as "Standard Webhooks" 1.0.0 has it (standard-webhooks/standard-webhooks on GitHub,
spec/standard-webhooks.md), so that libraries in many languages verify it: the headers
webhook-id, webhook-timestamp (seconds) and webhook-signature ("v1," and the base64 of the
HMAC-SHA256 over "{id}.{timestamp}.{body}", by a key of 24 to 64 bytes).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from lovebell.notify.errors import wrong
from lovebell.notify.http import Http, by_status, json_bytes
from lovebell.notify.options import ANY_URL, CA, SAFE_URL, TIMEOUT, URL_RULE, tls_of
from lovebell.notify.sender import Answer, Kind, Limit, Message, Option
from lovebell.notify.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lovebell.notify.secrets import Secret

PREFIX: Final = "whsec_"
TOKEN: Final = "{token}"  # noqa: S105 - a place for one
# The parts of what is signed are joined by full stops, so an id must not have one.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_KEY_RULE: Final = (
    "一行 `openssl rand -base64 32` 的输出，前面可加 whsec_",
    "a line from `openssl rand -base64 32`, with or without whsec_ before it",
)


def message_id(key: str) -> str:
    """The idempotency key as a header may carry it: the same for the same key, always."""
    if _ID.match(key):
        return key
    return "msg_" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:40]


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002
    """The value of webhook-signature for this body, sent at this second of Unix time."""
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def payload(message: Message, address: str) -> bytes:
    """The body. The same message gives the same bytes."""
    fields: dict[str, Any] = {
        clean(name): clean(value) if isinstance(value, str) else value
        for name, value in message.fields.items()
    }
    data = {
        "to": clean(address),
        "subject": one_line(message.subject),
        "text": clean(message.text),
        "link": clean(message.link),
        "fields": fields,
    }
    return json_bytes({"type": f"lovebell.{message.kind}", "data": data})


class Webhook:
    """POSTs to one URL."""

    limit: Limit | None = None

    def __init__(self, url: str, key: bytes, token: Secret | None, http: Http) -> None:
        self._url = url
        self._key = key
        self._token = token
        self._http = http

    async def send(self, message: Message, address: str) -> Answer:
        """2xx is sent; the status says the rest."""
        body = payload(message, address)
        id, now = message_id(message.key), int(time.time())  # noqa: A001
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(self._key, id, now, body),
        }
        url = self._url
        if self._token is not None and TOKEN in url:
            url = url.replace(TOKEN, quote(self._token.reveal(), safe=""))
        elif self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return await self._http.post(url, body, headers, by_status)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def _make(options: Mapping[str, str], secrets: Mapping[str, Secret]) -> Webhook:
    token = secrets.get("token")
    if token is not None and not re.fullmatch(r"[\x21-\x7e]+", token.reveal()):
        zh, en = "一行没有空格的 ASCII 字符", "ASCII characters on one line, without spaces"
        raise wrong("bad_secret", name="token", rule_zh=zh, rule=en)
    known = tuple(secrets.values())
    http = Http(known, timeout_s=int(options["timeout_s"]), tls=tls_of(options))
    return Webhook(options["url"], _key(secrets["secret"]), token, http)


def _check(options: Mapping[str, str]) -> None:
    url = options["url"]
    if options["plain_http"] == "no" and not re.fullmatch(SAFE_URL, url):
        zh, en = URL_RULE
        zh, en = f"{zh}，或加上 plain_http=yes", f"{en}, or add plain_http=yes"
        raise wrong("bad_option", name="url", value=url[:80], rule_zh=zh, rule=en)


def _key(secret: Secret) -> bytes:
    try:
        key = base64.b64decode(secret.reveal().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        zh, en = _KEY_RULE
        raise wrong("bad_secret", name="secret", rule_zh=zh, rule=en)
    return key


KIND: Final = Kind(
    name="webhook",
    about=("带签名的 JSON，发给自己的程序", "signed JSON, to a program of your own"),
    address=("给程序看的任意文字，可留空", "any text, for the program; may be empty"),
    options=(
        Option(
            "url",
            ("网址；其中的 {token} 换成 token", "the URL; {token} in it becomes the token"),
            is_required=True,
            value_is=ANY_URL,
            rule=URL_RULE,
        ),
        Option(
            "plain_http",
            (
                "yes：网址可以是 http://，途中看得到内容",
                "yes: the URL may be http://, and be read on its way",
            ),
            value_is=r"yes|no",
            rule=("yes 或 no", "yes or no"),
            default="no",
        ),
        Option(
            "secret",
            ("签名的密钥", "the key of the signature"),
            is_required=True,
            is_secret=True,
        ),
        Option(
            "token",
            (
                "网址里的，或作 Bearer 的令牌",
                "a token for the URL, or else sent as a Bearer token",
            ),
            is_secret=True,
        ),
        CA,
        TIMEOUT,
    ),
    make=_make,
    check=_check,
)

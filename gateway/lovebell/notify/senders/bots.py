"""What the group bots of WeCom, DingTalk and Feishu share: they POST a text and answer 200 with
the error in the body.

Owns how a bot's token is read and its sender put together; what is theirs alone stands in a
module each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from lovebell.notify.errors import wrong
from lovebell.notify.http import Http, json_bytes
from lovebell.notify.options import SAFE_URL, TIMEOUT, URL_RULE
from lovebell.notify.sender import Answer, Limit, Message, Option, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lovebell.notify.http import Reply

MINUTE_MS: Final = 60_000
#: A mobile number as a chat service knows it: 11 digits, or + and a country code.
PHONE: Final = r"\+?[0-9]{5,15}"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8,128}\Z")
_TOKEN_RULE: Final = (
    "机器人的 Webhook 地址，或其中的密钥",
    "the bot's webhook address, or the key in it",
)


def token_option(about: tuple[str, str]) -> Option:
    """The option `token`, the secret by which a bot is known."""
    return Option("token", about, is_required=True, is_secret=True)


def sign_option() -> Option:
    """The option `secret`, for bots that ask for signatures."""
    return Option("secret", ("“加签”的密钥", "the secret of signed requests"), is_secret=True)


def url_option(default: str) -> Option:
    """The option `url`, for services that run elsewhere."""
    about = ("私有部署的接口地址", "the address of a private installation")
    return Option("url", about, default=default, value_is=SAFE_URL, rule=URL_RULE)


def token_of(secret: Secret, parameter: str) -> Secret:
    """The token in a secret that holds it, or that holds the whole address as the app shows it:
    there it is the value of `parameter`, or with "" the last part of the path.

    Raises BadChannelError for anything else.
    """
    text = secret.reveal()
    if text.startswith(("https://", "http://")):
        parts = urlsplit(text)
        found = parse_qs(parts.query).get(parameter, [""])[0]
        text = found if parameter else parts.path.rpartition("/")[2]
    if not _TOKEN.match(text):
        zh, en = _TOKEN_RULE
        raise wrong("bad_secret", name="token", rule_zh=zh, rule=en)
    return Secret(text)


class Bot:
    """Posts to a group. `write` makes URL and body of a message for an address."""

    def __init__(
        self,
        http: Http,
        limit: Limit,
        write: Callable[[Message, str], tuple[str, Mapping[str, object]]],
        judge: Callable[[Reply], Answer],
    ) -> None:
        self.limit = limit
        self._http = http
        self._write = write
        self._judge = judge

    async def send(self, message: Message, address: str) -> Answer:
        """Post once; the code in the body says what became of it."""
        url, body = self._write(message, address)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return await self._http.post(url, json_bytes(body), headers, self._judge)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def http_of(options: Mapping[str, str], *secrets: Secret | None) -> Http:
    """The client of a bot, which blots these secrets out."""
    known = tuple(secret for secret in secrets if secret is not None)
    return Http(known, timeout_s=int(options[TIMEOUT.name]))

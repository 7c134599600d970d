"""A custom group bot of Feishu (飞书自定义机器人), or of Lark.

Its rules: open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN (100 messages a minute and
bot, 5 a second; a body of at most 20 kB; 11232 too often, 19021 wrong signature, 19022 wrong
network, 19024 no keyword; the signature: the base64 of the HMAC-SHA256 over nothing, by the key
seconds, line feed, secret; at most an hour old). 19001, no such bot, has the text of
sansan0/TrendRadar issue 278.
"""

from __future__ import annotations

import base64
import hmac
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lovebell.notify.http import by_code
from lovebell.notify.options import TIMEOUT
from lovebell.notify.sender import Kind, Limit, Message, Secret
from lovebell.notify.senders.bots import (
    MINUTE_MS,
    Bot,
    http_of,
    sign_option,
    token_of,
    token_option,
    url_option,
)
from lovebell.notify.text import composed

if TYPE_CHECKING:
    from collections.abc import Mapping

# A character may take twice its bytes in JSON, and the whole body may have 20 kB.
MOST_BYTES: Final = 8_000
LIMIT: Final = Limit(100, MINUTE_MS)
EVERYBODY: Final = "all"
WAITS: Final = {11232: 2_000}
REFUSED: Final = frozenset({19001, 19021, 19022, 19024})
# Whoever writes <at …> in a home's notes would mention the whole group.
_MENTION: Final = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)


def signature(secret: str, now_s: int) -> str:
    """The sign of a request at this second. The secret is in the key, and what is signed is
    empty."""
    return base64.b64encode(hmac.digest(f"{now_s}\n{secret}".encode(), b"", "sha256")).decode()


def body(message: Message, address: str) -> dict[str, Any]:
    """The message as the bot takes it. `address` is "", Open IDs, or all."""
    people = [one.strip() for one in address.split(",")] if address else []
    mentions = "".join(f'<at user_id="{person}"></at>' for person in people)
    text = _MENTION.sub("＜", composed(message, MOST_BYTES))
    return {"msg_type": "text", "content": {"text": mentions + text}}


def _make(options: Mapping[str, str], secrets: Mapping[str, Secret]) -> Bot:
    token = token_of(secrets["token"], "")
    secret = secrets.get("secret")
    url = f"{options['url']}/{token.reveal()}"

    def write(message: Message, address: str) -> tuple[str, dict[str, Any]]:
        if secret is None:
            return url, body(message, address)
        now_s = int(time.time())
        sign = signature(secret.reveal(), now_s)
        return url, {"timestamp": str(now_s), "sign": sign, **body(message, address)}

    judge = partial(by_code, names=("code", "StatusCode"), waits=WAITS, refused=REFUSED)
    return Bot(http_of(options, token, secrets["token"], secret), LIMIT, write, judge)


KIND: Final = Kind(
    name="feishu",
    about=("飞书群自定义机器人", "a custom group bot of Feishu or Lark"),
    address=(
        "要提醒的人的 Open ID（ou_…），多个用逗号分开；all 为所有人；可留空",
        "Open IDs (ou_…) to mention, parted by commas; all for everybody; or empty",
    ),
    options=(
        token_option(("机器人地址的末段", "the last part of the bot's address")),
        sign_option(),
        url_option("https://open.feishu.cn/open-apis/bot/v2/hook"),
        TIMEOUT,
    ),
    make=_make,
    address_is=rf"|{EVERYBODY}|ou_[A-Za-z0-9]+(, ?ou_[A-Za-z0-9]+)*",
)

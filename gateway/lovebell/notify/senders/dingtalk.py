"""A custom group bot of DingTalk (钉钉自定义机器人).

Its rules: open.dingtalk.com/document/orgapp/custom-robot-access (20 messages a minute and bot, or
it is silenced for ten minutes; mentions by mobile number, which the text must hold as @number
too) and …/customize-robot-security-settings (the signature: the base64 of the HMAC-SHA256, by the
secret, over milliseconds, line feed, secret; at most an hour old). At most 5000 in a text: code
34016 of its global codes. Codes: 130101, too often (blog.csdn.net, jialiuyang, 118615052); 300001,
no such token (timonwong/prometheus-webhook-dingtalk issue 91); 310000 for signature, keyword and
clock alike (x-cold/dingtalk-robot issue 7, jenkinsci/dingtalk-plugin issue 116). 300005 says that
there is no such token, too, but now and then of one that works (prometheus-webhook-dingtalk issue
226), so it is tried again.
"""

from __future__ import annotations

import base64
import hmac
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from lovebell.notify.http import Reply, by_code
from lovebell.notify.options import TIMEOUT
from lovebell.notify.sender import Answer, Kind, Limit, Message, Secret, Verdict
from lovebell.notify.senders.bots import (
    MINUTE_MS,
    PHONE,
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

MOST_BYTES: Final = 5000
LIMIT: Final = Limit(20, MINUTE_MS)
EVERYBODY: Final = "@all"
UNVERIFIED: Final = 310000
#: The bot may be silent for ten minutes; asking each minute finds out for how long.
WAITS: Final = {130101: MINUTE_MS}
REFUSED: Final = frozenset({300001, UNVERIFIED})


def signature(secret: str, now_ms: int) -> str:
    """The sign of a request at this time, not yet encoded for the URL."""
    signed = hmac.digest(secret.encode(), f"{now_ms}\n{secret}".encode(), "sha256")
    return base64.b64encode(signed).decode()


def body(message: Message, address: str) -> dict[str, Any]:
    """The message as the bot takes it. `address` is "", mobile numbers, or @all."""
    numbers = [one.strip() for one in address.split(",")] if address else []
    everybody = numbers == [EVERYBODY]
    mentions = "" if everybody else "".join(f" @{number}" for number in numbers)
    room = MOST_BYTES - len(mentions.encode())
    return {
        "msgtype": "text",
        "text": {"content": composed(message, room) + mentions},
        "at": {"atMobiles": [] if everybody else numbers, "isAtAll": everybody},
    }


def judge(reply: Reply) -> Answer:
    """What an answer means. A wrong time of day is refused like a wrong secret, but the clock is
    set in a minute, when the network is back."""
    answer = by_code(reply, ("errcode",), WAITS, REFUSED)
    if answer.said.startswith(f"{UNVERIFIED} ") and "timestamp" in answer.said:
        return replace(answer, verdict=Verdict.LATER)
    return answer


def _make(options: Mapping[str, str], secrets: Mapping[str, Secret]) -> Bot:
    token = token_of(secrets["token"], "access_token")
    secret = secrets.get("secret")
    url = f"{options['url']}?access_token={token.reveal()}"

    def write(message: Message, address: str) -> tuple[str, dict[str, Any]]:
        if secret is None:
            return url, body(message, address)
        now_ms = time.time_ns() // 1_000_000
        sign = quote(signature(secret.reveal(), now_ms), safe="")
        return f"{url}&timestamp={now_ms}&sign={sign}", body(message, address)

    return Bot(http_of(options, token, secrets["token"], secret), LIMIT, write, judge)


KIND: Final = Kind(
    name="dingtalk",
    about=("钉钉群自定义机器人", "a custom group bot of DingTalk"),
    address=(
        "要提醒的手机号，多个用逗号分开；@all 为所有人；可留空",
        "mobile numbers to mention, parted by commas; @all for everybody; or empty",
    ),
    options=(
        token_option(("机器人的 access_token", "the bot's access_token")),
        sign_option(),
        url_option("https://oapi.dingtalk.com/robot/send"),
        TIMEOUT,
    ),
    make=_make,
    address_is=rf"|{EVERYBODY}|{PHONE}(, ?{PHONE})*",
)

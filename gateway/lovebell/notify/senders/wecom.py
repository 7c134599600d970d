"""A group bot of WeCom (企业微信群机器人).

Its rules: developer.work.weixin.qq.com/document/path/91770 (20 messages a minute and bot; a text
of at most 2048 bytes; mentions by mobile number). Codes: 45009, too often (WecomTeam/
wecom-openclaw-plugin issue 48, and path/90455); 93000, no such bot (wes-lin/Cloud189Checkin issue
175). Codes of a wrong form are tried again: on 2021-08-16 WeCom answered 40008 to every bot for
hours (developers.weixin.qq.com, answers of oCJUsw7st0Vdrv8MYMff0M9xuWOg).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lovebell.notify.http import by_code
from lovebell.notify.options import TIMEOUT
from lovebell.notify.sender import Kind, Limit, Message, Secret
from lovebell.notify.senders.bots import (
    MINUTE_MS,
    PHONE,
    Bot,
    http_of,
    token_of,
    token_option,
    url_option,
)
from lovebell.notify.text import composed

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 2048
LIMIT: Final = Limit(20, MINUTE_MS)
EVERYBODY: Final = "@all"
WAITS: Final = {45009: MINUTE_MS}
REFUSED: Final = frozenset({93000})


def body(message: Message, address: str) -> dict[str, Any]:
    """The message as the bot takes it. `address` is "", mobile numbers, or @all."""
    text: dict[str, Any] = {"content": composed(message, MOST_BYTES)}
    if address:
        text["mentioned_mobile_list"] = [one.strip() for one in address.split(",")]
    return {"msgtype": "text", "text": text}


def _make(options: Mapping[str, str], secrets: Mapping[str, Secret]) -> Bot:
    token = token_of(secrets["token"], "key")
    url = f"{options['url']}?key={token.reveal()}"
    judge = partial(by_code, names=("errcode",), waits=WAITS, refused=REFUSED)
    http = http_of(options, token, secrets["token"])
    return Bot(http, LIMIT, lambda message, address: (url, body(message, address)), judge)


KIND: Final = Kind(
    name="wecom",
    about=("企业微信群机器人", "a group bot of WeCom"),
    address=(
        "要提醒的手机号，多个用逗号分开；@all 为所有人；可留空",
        "mobile numbers to mention, parted by commas; @all for everybody; or empty",
    ),
    options=(
        token_option(("机器人的 key", "the bot's key")),
        url_option("https://qyapi.weixin.qq.com/cgi-bin/webhook/send"),
        TIMEOUT,
    ),
    make=_make,
    address_is=rf"|{EVERYBODY}|{PHONE}(, ?{PHONE})*",
)

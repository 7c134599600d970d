"""Enrolment over the network, as a technician's laptop asks for it.

Owns HTTP: who may come at all, how often somebody may guess, and how a refusal is said. Every
answer is JSON; a refusal is `error`, `zh` and `en`. What is allowed is asked of the `Desk`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import web

from lovebell.domain.enrolment import RefusedError, is_private
from lovebell.domain.pacing import Window
from lovebell.domain.records import DiskError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger("lovebell.web")

PATH: Final = "/technician/v1/{verb}"
VERBS: Final = ("enrol", "confirm", "result", "given")
#: Wrong tokens answered in a minute, whoever asks: behind a proxy all are one. A flood of wrong
#: ones keeps nobody out who has a right one.
WRONG: Final = 30
#: What one right token may do in a minute. Eight boards at once ask 32 times; what is done is on
#: disk, and a token that was found is not to fill it.
RIGHT: Final = 120
MINUTE_MS: Final = 60_000
MOST_TOKEN: Final = 64

#: (Chinese, English, status) of every refusal.
REFUSALS: Final[Mapping[str, tuple[str, str, int]]] = {
    "not_private": (
        "令牌是明文送来的，路上谁都读得到：请管理员吊销它（lovebell technician token revoke），"
        "再从 https 网址设置；网关设了 public_url，在它自己的机器上也要这样",
        "the token came in the clear, where anybody could read it: have the operator revoke it "
        "(lovebell technician token revoke), and use the https address, also on the gateway's own "
        "machine if it has a public_url",
        403,
    ),
    "too_many": (
        "错误的令牌太多；请过一分钟再试",
        "there were too many wrong tokens; try again in a minute",
        429,
    ),
    "too_often": (
        "这个令牌一分钟内用得太多；请过一分钟再试，别的电脑上若也在用，请管理员吊销它",
        "this token was used too often within a minute; try again in a minute, and have the "
        "operator revoke it if it is not you who uses it",
        429,
    ),
    "bad_token": (
        "令牌不对；请照抄管理员给的，或请他另开一个（lovebell technician token create）",
        "this token is wrong; type it as the operator gave it, or ask for another (lovebell "
        "technician token create)",
        401,
    ),
    "revoked_token": (
        "令牌已吊销；请管理员另开一个（lovebell technician token create）",
        "this token has been revoked; ask the operator for another (lovebell technician token "
        "create)",
        401,
    ),
    "expired_token": (
        "令牌已过期；请管理员另开一个（lovebell technician token create）",
        "this token has expired; ask the operator for another (lovebell technician token create)",
        401,
    ),
    "bad_field": (
        "字段 {field} 不对；请用与网关同一版的 lovebell-tech",
        "the field {field} is wrong; use the lovebell-tech of the gateway's own release",
        400,
    ),
    "wrong_role": (
        "这个令牌只能做 {roles}，不能做 {role}；请改 --kind，或请管理员另开一个令牌",
        "this token is for {roles} and not for {role}; change --kind, or ask the operator for "
        "another token",
        403,
    ),
    "other_role": (
        "板子 {mac} 已经是 {device}（{is_role}），不能再做成 {role}；请先由管理员 "
        "lovebell device revoke {device}",
        "the board {mac} is {device} already, a {is_role}, and cannot be made a {role}; first have "
        "the operator do lovebell device revoke {device}",
        409,
    ),
    "not_yours": (
        "板子 {mac} 已经是 {device}，是别人做的；要给它换密码，请管理员开一个带 --renew 的令牌，"
        "或先 lovebell device revoke {device}",
        "the board {mac} is {device} already, and was set up by somebody else; to give it a new "
        "secret ask the operator for a token made with --renew, or for lovebell device revoke "
        "{device}",
        409,
    ),
    "none_left": (
        "这个令牌的 {count} 块板子已经用完；请管理员另开一个",
        "all {count} boards of this token have been set up; ask the operator for another",
        409,
    ),
    "unknown_board": (
        "网关没有给板子 {mac} 留名字；请再运行 setup",
        "the gateway has reserved nothing for the board {mac}; run setup again",
        409,
    ),
    "superseded": (
        "板子 {mac}（{device}）后来又要过一次身份，这一次不算数；请再运行 setup",
        "the board {mac} ({device}) has been asked for again since, so this time does not count; "
        "run setup again",
        409,
    ),
    "no_rights": (
        "网关不管服务器上的权限（设置项 broker_folder），不能在线登记；请用身份包",
        "the gateway does not keep the rights at the broker (key broker_folder), so nothing can "
        "be enrolled here; use a bundle",
        409,
    ),
    "busy": (
        "网关现在写不了数据库；什么也没有改，请过一会儿再试",
        "the gateway cannot write to its database just now; nothing was changed, try again later",
        503,
    ),
}


class Desk(Protocol):
    """The gateway, as a technician's laptop needs it."""

    async def check(self, token: str) -> None:
        """Whether whoever comes with this may ask at all. Raises RefusedError and DiskError."""
        ...

    async def do(self, verb: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked, if it may be. Raises RefusedError and DiskError; then nothing was
        changed."""
        ...


def routes(desk: Desk, steady: Callable[[], int], public_url: str) -> list[web.RouteDef]:
    """What the web server is to answer. `steady` gives milliseconds that only go forward,
    `public_url` is where the gateway's pages are seen from outside, "" for nowhere."""
    wrong = Window(WRONG, MINUTE_MS)
    right: dict[str, Window] = {}  # by token, of which there are as many as the operator made
    one_at_a_time = asyncio.Lock()  # guessing may take no more than one look at the disk at once

    async def ask(request: web.Request) -> web.Response:
        try:
            _check_way(request, public_url)
            token = _token(request)
            # First of all: who has no token is told nothing, and nothing that he sends is read.
            async with one_at_a_time:
                await desk.check(token)
            _check_pace(right.get(token), steady())
            body = await _body(request)
            async with one_at_a_time:
                now = steady()
                _check_pace(right.get(token), now)
                done = await desk.do(request.match_info["verb"], token, body)
                right.setdefault(token, Window(RIGHT, MINUTE_MS)).take(now)
            return web.json_response(done)
        except RefusedError as why:
            if why.code == "bad_token":
                now = steady()
                if wrong.opens(now) > now:
                    return _refusal(RefusedError("too_many"))
                wrong.take(now)
                log.warning("a wrong technician's token")
            return _refusal(why)
        except DiskError as why:
            log.error("cannot enrol", extra={"why": str(why)})
            return _refusal(RefusedError("busy"))

    return [web.post(PATH.replace("{verb}", f"{{verb:{'|'.join(VERBS)}}}"), ask)]


def _check_way(request: web.Request, public_url: str) -> None:
    scheme = request.headers.get("X-Forwarded-Proto")
    if not is_private(request.remote or "", request.host, scheme, public_url):
        raise RefusedError("not_private")


def _check_pace(window: Window | None, now: int) -> None:
    if window is not None and window.opens(now) > now:
        raise RefusedError("too_often")


def _token(request: web.Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not 0 < len(token) <= MOST_TOKEN:
        raise RefusedError("bad_token")
    return token


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        # Not by the charset that the request names: there may be none of that name.
        body = json.loads(await request.read())
    except (ValueError, RecursionError, web.RequestPayloadError):
        body = None
    if not isinstance(body, dict):
        raise RefusedError("bad_field", field="body")
    return body  # pyright: ignore[reportUnknownVariableType]


def _refusal(why: RefusedError) -> web.Response:
    zh, en, status = REFUSALS[why.code]
    said = {"error": why.code, "zh": zh.format_map(why.needs), "en": en.format_map(why.needs)}
    return web.json_response(said, status=status)

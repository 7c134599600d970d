"""The gateway's web server: the page by which a responder answers a message.

By aiohttp: it is the HTTP library of the senders already, and it serves on the gateway's own loop
and leaves signals alone. Bound to loopback unless told otherwise: a reverse proxy with TLS stands
before it. Looking (GET) never acknowledges, since chat programs and virus scanners fetch every
link they see; only the button (POST) does. Owns HTTP; what a link shows and does it asks its
`Door`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from typing import TYPE_CHECKING, Final, Protocol, cast

from aiohttp import web

from lovebell.domain.pacing import Window
from lovebell.domain.records import DiskError
from lovebell.web.crowd import PATIENCE_S, bind
from lovebell.web.noise import http_log
from lovebell.web.pages import STYLE, page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from lovebell.domain.visit import Visit

log = logging.getLogger("lovebell.web")

PATH: Final = "/a/{token}"
#: Wrong links answered in a minute, whoever asks: behind a proxy all are one. A right link is
#: always answered, so a flood of wrong ones keeps no responder out.
WRONG: Final = 60
WRONG_MS: Final = 60_000
MOST_BYTES: Final = 4_096
#: How long until a port that was taken is tried again.
AGAIN_S: Final = 10.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address of the page is the right to answer
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Server": "lovebell",
}


class Door(Protocol):
    """The gateway, as the page needs it."""

    def look(self, token: str) -> Visit | None:
        """What a link shows; None for one that is unknown or has expired. Raises DiskError."""
        ...

    async def use(self, token: str) -> Visit | None:
        """Acknowledge if the link still may, and what it shows then. Raises DiskError."""
        ...


def application(
    door: Door, steady: Callable[[], int], more: Iterable[web.RouteDef] = ()
) -> web.Application:
    """The pages, and what `more` answers. `steady` gives milliseconds that only go forward."""
    wrong = Window(WRONG, WRONG_MS)

    async def look(request: web.Request) -> web.Response:
        return await _answer(request, _looked)

    async def use(request: web.Request) -> web.Response:
        return await _answer(request, door.use)

    async def _looked(token: str) -> Visit | None:
        return door.look(token)

    async def _answer(
        request: web.Request, ask: Callable[[str], Awaitable[Visit | None]]
    ) -> web.Response:
        token, language = request.match_info["token"], _language(request)
        try:
            visit = await ask(token) if _TOKEN.match(token) else None
        except DiskError as why:
            log.error("cannot look up a link", extra={"why": str(why)})
            return _response(page(None, language, busy=True), 503)
        if visit is not None:
            return _response(page(visit, language), 200)
        now = steady()
        if wrong.opens(now) > now:
            return _response(page(None, language, busy=True), 429)
        wrong.take(now)
        return _response(page(None, language), 404)

    made = web.Application(client_max_size=MOST_BYTES)
    made.add_routes([web.get(PATH, look), web.post(PATH, use), *more])
    made.on_response_prepare.append(_with_headers)
    return made


async def serve(
    made: web.Application,
    host: str,
    port: int,
    told: Callable[[bool], None],
    again_s: float = AGAIN_S,
    patience_s: float = PATIENCE_S,
) -> None:
    """Serve for ever, and say whether there are pages. A port that is taken is tried again, and
    bells ring without.
    """
    # No log of accesses: what stands in a path is the right to answer. What the library calls
    # keep-alive is also how long it waits for a first question; left to itself it waits an hour.
    runner = web.AppRunner(
        made,
        access_log=None,
        handle_signals=False,
        logger=http_log(),
        keepalive_timeout=patience_s,
    )
    await runner.setup()
    listening = None
    try:
        while (listening := await _bound(runner, host, port)) is None:
            told(False)
            await asyncio.sleep(again_s)
        told(True)
        log.info("pages served", extra={"host": host, "port": port})
        await asyncio.Event().wait()
    finally:
        if listening is not None:
            listening.close()
        await runner.cleanup()


async def _bound(runner: web.AppRunner, host: str, port: int) -> asyncio.Server | None:
    server = cast("web.Server", runner.server)  # it is there after setup
    try:
        return await bind(server, host, port)
    except (OSError, ValueError) as why:  # a host that no name can be is a ValueError
        log.error("no pages", extra={"host": host, "port": port, "why": str(why)})
        return None


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    # One question a connection: a proxy that kept it would use it just when we let it go.
    response.headers["Connection"] = "close"
    response.force_close()


def _response(text: str, status: int) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")


def _language(request: web.Request) -> str:
    """zh unless the browser asks for English first."""
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"

"""The gateway's pulse, for others to feel: an answer on loopback, and a call to an outside URL.

Owns HTTP, in the few lines that this takes. Knows nothing of what is wrong.
"""

from __future__ import annotations

import asyncio
import json
import logging
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("lovebell.pulse")

ASK_S: Final = 5.0  # whoever asks has this long to say what
CALL_S: Final = 10.0
MOST_BYTES: Final = 8_192
HOST: Final = "127.0.0.1"
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


async def serve(port: int, document: Callable[[], dict[str, Any]]) -> None:
    """Answer `GET /health` on loopback for ever: 200 if `document()["ok"]`, else 503.

    A port that is taken is logged, and nobody answers: a call for help needs no port.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ASK_S):
                head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_answer(head, document))
            async with asyncio.timeout(ASK_S):
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # TimeoutError is an OSError; whoever asked so is not answered
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(answer, HOST, port, limit=MOST_BYTES)
    except OSError as why:
        log.error("no health endpoint", extra={"port": port, "why": str(why)})
        await asyncio.Event().wait()
        return
    async with server:
        await server.serve_forever()


def _answer(head: bytes, document: Callable[[], dict[str, Any]]) -> bytes:
    words = head.split(b"\r\n", 1)[0].split(b" ")
    body: dict[str, Any] = {}
    if len(words) != 3:
        status = 400
    elif words[1].partition(b"?")[0] != b"/health":
        status = 404
    elif words[0] not in (b"GET", b"HEAD"):
        status = 405
    else:
        body = document()
        status = 200 if body["ok"] else 503
    text = json.dumps(body, ensure_ascii=False).encode() + b"\n" if body else b""
    first = f"HTTP/1.1 {status} {_REASONS.get(status, 'Service Unavailable')}\r\n"
    rest = (
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return (first + rest).encode() + (b"" if words[0] == b"HEAD" else text)


class Watchdog:
    """Calls a URL, so that somebody outside notices when the calls stop. The URL may be a
    secret and is never logged."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.failures = 0

    async def call(self) -> bool:
        """Call once; whether it was heard. Failures are logged ever more seldom."""
        try:
            await asyncio.to_thread(self._get)
        except (OSError, ValueError, HTTPException) as why:  # whoever answers may say anything
            self.failures += 1
            if self.failures & (self.failures - 1) == 0:
                reason = getattr(why, "code", None) or type(why).__name__
                log.warning("watchdog not reached", extra={"why": reason, "count": self.failures})
            return False
        if self.failures:
            log.info("watchdog reached again", extra={"count": self.failures})
        self.failures = 0
        return True

    def _get(self) -> None:
        with urllib.request.urlopen(self._url, timeout=CALL_S) as answer:  # noqa: S310 - config checks it
            answer.read(1)

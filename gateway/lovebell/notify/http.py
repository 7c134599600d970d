"""HTTP as all senders use it: one client a channel, which keeps its connections.

Owns what every call has in common: a time limit, verified certificates, no redirects, few bytes
read of an answer, and no secret in what is said of it. Knows no service.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
from yarl import URL

from lovebell.notify.network import cause_of
from lovebell.notify.secrets import blotted
from lovebell.notify.sender import Answer, Secret, Verdict

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

MOST_BYTES: Final = 16_384
CONNECTIONS: Final = 4
SKEW_S: Final = 240  # Standard Webhooks and Aliyun bear some minutes, DingTalk and Feishu an hour
# What says that the request is wrong, today and tomorrow. Anything else may be better in a minute.
_WRONG: Final = frozenset({400, 401, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 431, 501})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered. `body` is cut after MOST_BYTES."""

    status: int
    body: bytes = b""
    retry_after_ms: int | None = None
    ahead_s: float = 0.0  # how far the server's clock is ahead of ours, if it says

    @property
    def text(self) -> str:
        """The body, whatever it is, as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


class Http:
    """The calls of one channel. `secrets` are blotted out of all that is said of them."""

    def __init__(
        self,
        secrets: tuple[Secret, ...] = (),
        *,
        timeout_s: int = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._secrets = secrets
        self._timeout_s = timeout_s
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], judge: Callable[[Reply], Answer]
    ) -> Answer:
        """POST once, to a URL that is already encoded; `judge` says what the reply means.

        What comes in place of a reply is LATER, as is a reply that was cut off.
        """
        try:
            reply = await self._post(url, body, headers)
            answer = _in_time(judge(reply), reply.ahead_s)
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as why:
            said = cause_of(why, self._timeout_s) or f"network {type(why).__name__}"
            answer = Answer(Verdict.LATER, said)
        return replace(answer, said=blotted(answer.said, self._secrets))

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        # No decompression: a kilobyte can hold a gigabyte.
        known = {"Accept-Encoding": "identity", "User-Agent": "lovebell", **headers}
        async with (
            asyncio.timeout(self._timeout_s),
            self._client().post(
                URL(url, encoded=True), data=body, headers=known, allow_redirects=False
            ) as response,
        ):
            read = b""
            async for chunk in response.content.iter_any():
                read += chunk
                if len(read) > MOST_BYTES:
                    response.close()
                    break
            said = response.headers
            return Reply(
                response.status,
                read[:MOST_BYTES],
                _wait_ms(said.get("Retry-After", "")),
                _ahead_s(said.get("Date", ""), time.time()),
            )

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=CONNECTIONS, ssl=True if self._tls is None else self._tls
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),  # _post keeps it, judge and all
            )
        return self._session


def by_status(reply: Reply) -> Answer:
    """What an answer means where HTTP says it all. What may pass is LATER: 5xx, 429, 408 …; a
    redirect is not followed, since a signed message belongs to one place only."""
    said = f"{reply.status} {reply.text}"
    if 200 <= reply.status < 300:
        return Answer(Verdict.SENT, said)
    if reply.status in _WRONG or 300 <= reply.status < 400:
        return Answer(Verdict.REFUSED, said)
    return Answer(Verdict.LATER, said, reply.retry_after_ms)


def by_code(
    reply: Reply, names: tuple[str, ...], waits: Mapping[int, int], refused: frozenset[int]
) -> Answer:
    """What an answer means where the error stands in the body, under one of `names`.

    0 is sent. `waits` are the codes of a rate limit, with milliseconds to wait; `refused` those
    that no trying mends: another bot, secret or keyword is needed. Any other code is LATER: whoever
    waits a little loses less than whoever gives up, and the plan goes on meanwhile. So is a 200
    without a code: it does not come from the service but from something in between, such as the
    page by which one logs in to a Wi-Fi.
    """
    fields = reply.fields
    codes = [fields[name] for name in names if type(fields.get(name)) is int]
    if not codes:
        plain = by_status(reply)
        verdict = Verdict.LATER if plain.verdict is Verdict.SENT else plain.verdict
        return replace(plain, verdict=verdict)
    code = cast("int", codes[0])
    text = next((fields[key] for key in ("errmsg", "msg", "StatusMessage") if key in fields), "")
    said = f"{code} {text}"
    if code == 0:
        return Answer(Verdict.SENT, said)
    if code in refused:
        return Answer(Verdict.REFUSED, said)
    return Answer(Verdict.LATER, said, waits.get(code, reply.retry_after_ms))


def json_bytes(value: Mapping[str, object]) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _in_time(answer: Answer, ahead_s: float) -> Answer:
    """A refusal while our clock is wrong proves nothing: signatures hold for minutes, and a board
    without a battery starts in the past after a power cut, until it has heard the time."""
    if answer.verdict is not Verdict.REFUSED or abs(ahead_s) <= SKEW_S:
        return answer
    said = f"clock {-ahead_s:+.0f} s: {answer.said}"
    return replace(answer, verdict=Verdict.LATER, said=said)


def _ahead_s(date: str, now: float) -> float:
    """By the header Date (RFC 9110, 6.6.1); 0 when there is none that can be read."""
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _wait_ms(seconds: str) -> int | None:
    """Retry-After in seconds (RFC 9110, 10.2.3), at most an hour. Its form as a date, which our
    own clock may not agree with, is left to the back-off."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 7):
        return None
    return min(int(seconds), 3_600) * 1000

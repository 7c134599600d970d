"""Everything else: the hundred services that apprise knows (github.com/caronc/apprise).

apprise is an optional dependency, `lovebell[apprise]`. Its URL is the secret, since it holds the
tokens of the service. It works with threads and says yes or no: yes is sent, no is later, and why
is what it logged. It takes some services at their status alone, which is 200 with an error in the
body (2.2.0: DingTalk, WeCom bots, Feishu, Lark); those have senders of their own.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from lovebell.notify.errors import wrong
from lovebell.notify.options import TIMEOUT
from lovebell.notify.secrets import Secret, blotted
from lovebell.notify.sender import Answer, Kind, Limit, Message, Option, Verdict
from lovebell.notify.text import composed, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 4_000
THREADS: Final = 4
PLACE: Final = "{address}"
OWN_KINDS: Final = {
    "dingtalk": "dingtalk",
    "wecombot": "wecom",
    "feishu": "feishu",
    "lark": "feishu",
}
_LOGGER: Final = "apprise"


#: What is logged on behalf of the message that is being sent. apprise hands contexts on to its
#: own threads, so this tells whose line it is where the thread does not.
_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class _Ear(logging.Handler):
    """Keeps why a message was not sent, and passes nothing on: it may hold the URL."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = _heard.get()
        if lines is not None and record.levelno >= logging.WARNING:
            lines.append(record.getMessage())


class Rest:
    """Sends by apprise."""

    limit: Limit | None = None

    def __init__(self, url: Secret, timeout_s: int, library: Any) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._library = library
        self._threads = ThreadPoolExecutor(THREADS, "apprise")

    async def send(self, message: Message, address: str) -> Answer:
        """Send once. A thread that does not come back in time is left to itself."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await loop.run_in_executor(self._threads, self._send, message, address)
        except TimeoutError:
            return Answer(Verdict.LATER, f"timeout {self._timeout_s} s")

    async def close(self) -> None:
        """Take no more; what runs comes to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, message: Message, address: str) -> Answer:
        target = _target(self._library, self._url.reveal().replace(PLACE, quote(address, safe="")))
        if target is None:
            return Answer(Verdict.REFUSED, "URL")
        title, body = one_line(message.subject), composed(replace(message, subject=""), MOST_BYTES)
        lines: list[str] = []
        before = _heard.set(lines)
        try:
            is_sent = target.notify(body=body, title=title, body_format="text")
        finally:
            _heard.reset(before)
        if is_sent:
            return Answer(Verdict.SENT, "ok")
        secrets = [self._url, *_parts(self._url)]
        return Answer(Verdict.LATER, blotted(lines[0] if lines else "not sent", secrets))


def _target(library: Any, url: str) -> Any:
    """What apprise makes of a URL; None when it makes nothing of it."""
    found = library.Apprise()
    return found if found.add(url) else None


def _parts(url: Secret) -> list[Secret]:
    """The pieces of a URL, any of which may be the token."""
    text = url.reveal().partition("://")[2]
    pieces = "".join(" " if mark in "/:@?&=#," else mark for mark in text).split()
    return [Secret(unquote(piece)) for piece in pieces if len(piece) >= 8]


def _hush() -> None:
    """Keep what apprise and the client below it log out of our log: URLs, and so tokens."""
    for name in (_LOGGER, "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not any(isinstance(handler, _Ear) for handler in logger.handlers):
            logger.addHandler(_Ear())


def _make(options: Mapping[str, str], secrets: Mapping[str, Secret]) -> Rest:
    try:
        library = importlib.import_module("apprise")
    except ImportError as why:
        raise wrong("no_apprise") from why
    _hush()
    url = secrets["url"].reveal()
    schema = url.partition("://")[0].lower()
    if schema in OWN_KINDS:
        raise wrong("own_kind", schema=schema, kind=OWN_KINDS[schema])
    if _target(library, url.replace(PLACE, "10000000000")) is None:
        zh, en = "一个 apprise 网址", "an apprise URL"
        raise wrong("bad_secret", name="url", rule_zh=zh, rule=en)
    return Rest(secrets["url"], int(options["timeout_s"]), library)


KIND: Final = Kind(
    name="apprise",
    about=("其他上百种服务（apprise）", "a hundred further services (apprise)"),
    address=(
        "填进网址中 {address} 处的文字；可留空",
        "what stands for {address} in the URL; may be empty",
    ),
    options=(
        Option(
            "url",
            ("apprise 网址，含密钥", "the apprise URL, which holds the keys"),
            is_required=True,
            is_secret=True,
        ),
        TIMEOUT,
    ),
    make=_make,
)

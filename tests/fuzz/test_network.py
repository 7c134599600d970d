"""Rubbish by HTTP and SMTP: from whoever finds our pages, and from the services that we call."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestServer
from fuzz.kit import dose, mangled
from hypothesis import example, given
from hypothesis import strategies as st
from notify import kit
from notify.servers import HttpService, Says, http_service

from lovebell import pulse
from lovebell.domain.records import DiskError
from lovebell.domain.visit import Stage, Visit
from lovebell.notify.sender import Verdict, make_sender
from lovebell.web.server import application, serve
from simulator.mosquitto import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

GOOD = "abcdefghijklmnopqrstuvwx"
REQUESTS = [
    f"GET /a/{GOOD} HTTP/1.1\r\nHost: x\r\nAccept-Language: zh-CN\r\n\r\n".encode(),
    b"GET /a/%FF%00%2e%2e/%2f HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /a/wrong-wrong-wrong-x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b",
    b"POST /a/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
    b"GET /health?x HTTP/1.0\r\nCookie: x=y; z\r\nX: " + b"y" * 3_000 + b"\r\n\r\n",
]
LAST = f"GET /a/{GOOD} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 301 Moved\r\nLocation: http://[::1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx\r\n",
    b"220 mail.example ESMTP\r\n250 OK\r\n",
]
#: What would turn a line round, or end it.
HIDDEN = {*map(chr, range(32)), *map(chr, range(0x202A, 0x202F)), "\u200f", "\u2028", "\ufeff"}
BODIES = [body.encode() for body in {*kit.TAKEN.values(), '{"errcode":45009,"errmsg":"x"}'}]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


async def tell(port: int, *said: bytes) -> list[bytes]:
    """What a server answers to each of these, on connections of their own. The next one is opened
    before the last has ended: whoever stops in the middle keeps nobody waiting."""
    open_ = [await asyncio.open_connection("127.0.0.1", port) for _ in said]
    answers: list[bytes] = []
    for (_, writer), raw in zip(open_, said, strict=True):
        with contextlib.suppress(ConnectionError):
            writer.write(raw)
            await writer.drain()
    for reader, writer in reversed(open_):
        with contextlib.suppress(OSError):  # the other end has had enough
            if answers:  # the last one, which is good, is answered in full
                writer.write_eof()
            async with asyncio.timeout(60):
                answers.append(await reader.read())
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return answers


# -- those who call us ---------------------------------------------------------------------------


class Door:
    """One link that is right."""

    def __init__(self) -> None:
        self.used = 0
        self.is_broken = False

    def look(self, token: str) -> Visit | None:
        if self.is_broken:
            raise DiskError("database disk image is malformed")
        return Visit(Stage.OPEN, "示例路 1 号 示例奶奶") if token == GOOD else None

    async def use(self, token: str) -> Visit | None:
        found = self.look(token)
        self.used += found is not None
        return found


@dose(60)
@given(st.lists(mangled(REQUESTS), min_size=1, max_size=4), st.booleans())
def test_after_any_requests_the_right_link_still_shows_its_page(
    runner: asyncio.Runner, said: list[bytes], is_broken: bool
) -> None:
    async def story() -> None:
        door = Door()
        server = TestServer(application(door, lambda: 0), host="127.0.0.1")
        await server.start_server(access_log=None)
        try:
            door.is_broken = is_broken
            good, *rest = await tell(server.port or 0, *said, LAST)
            assert good.startswith(b"HTTP/1.1 503" if is_broken else b"HTTP/1.1 200")
            for answer in rest:
                assert b" 500 " not in answer.partition(b"\r\n")[0]
                assert b"Traceback" not in answer
            assert door.used <= sum(b"POST" in raw for raw in said)
        finally:
            await server.close()

    runner.run(story())


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@dose(60)
@given(st.lists(mangled(REQUESTS), min_size=1, max_size=4))
def test_after_any_requests_the_pulse_is_still_felt(
    runner: asyncio.Runner, port: int, said: list[bytes]
) -> None:
    async def story() -> None:
        serving = asyncio.create_task(pulse.serve(port, lambda: {"ok": True}))
        while not await is_there(port):
            await asyncio.sleep(0)
        good, *_ = await tell(port, *said, b"GET /health HTTP/1.1\r\n\r\n")
        assert good.startswith(b"HTTP/1.1 200 OK\r\n")
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    runner.run(story())


async def is_there(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_what_is_no_http_does_not_fill_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[bool] = []
    serving = asyncio.create_task(
        serve(application(Door(), lambda: 0), "127.0.0.1", port, told.append)
    )
    while not told:
        await asyncio.sleep(0)
    for _ in range(20):
        await tell(port, b"GET / HTTP/1.1\r\nno header\r\n\r\n")
    assert [record.getMessage() for record in caplog.records] == ["no HTTP"] * 5
    assert "Traceback" not in caplog.text
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "no such host", "\ud83d"])
async def test_a_host_that_cannot_be_costs_the_pages_and_not_the_gateway(host: str) -> None:
    told: list[bool] = []
    serving = asyncio.create_task(serve(application(Door(), lambda: 0), host, 0, told.append, 0))
    while not told:
        await asyncio.sleep(0)
    assert told[0] is False
    assert not serving.done()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


# -- those whom we call --------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def rubbish(said: bytes, *, is_asked: bool = True) -> AsyncIterator[int]:
    """The port of a server that says this, in HTTP after it was asked, and hangs up."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if is_asked:
            await reader.read(1_000)
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@dose(60)
@given(mangled(ANSWERS))
@example(said=b"no HTTP\r\n\r\n")
def test_whatever_the_watchdog_answers_the_gateway_goes_on(
    runner: asyncio.Runner, said: bytes
) -> None:
    async def story() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pulse, "CALL_S", 2)
            async with rubbish(said) as port:
                assert await pulse.Watchdog(f"http://127.0.0.1:{port}/x").call() in (True, False)

    runner.run(story())


@dose(80)
@given(
    st.sampled_from(kit.HTTP_KINDS),
    mangled(BODIES),
    st.sampled_from([200, 201, 204, 302, 400, 401, 429, 500, 503]),
    st.sampled_from(
        ["", "0", "-1", "9" * 400, "Wed, 99 Foo", "Fri, 31 Dec 9999 23:59:59 -9999", "nan", "示"]
    ),
)
def test_whatever_a_service_answers_is_a_verdict_and_no_secret_is_told(
    runner: asyncio.Runner, kind: str, body: bytes, status: int, after: str
) -> None:
    async def story(service: HttpService) -> None:
        headers = {"Retry-After": after, "Date": after} if after else {}
        service.behaviour = Says(body, status, headers)
        sender = kit.channel(kind, service.url)
        answer = await kit.send(sender, kind)
        assert answer.verdict in Verdict
        assert len(answer.said) < 400
        assert not HIDDEN & set(answer.said)
        wait_ms = answer.retry_after_ms
        assert wait_ms is None or 0 <= wait_ms <= 24 * 3_600_000
        kit.assert_no_secret(answer.said)
        if kind in kit.CODED and answer.verdict is Verdict.SENT:
            assert b"0" in body or b"OK" in body

    async def whole() -> None:
        async with http_service() as service:
            await story(service)

    with kit.Ears():
        runner.run(whole())


@dose(60)
@given(st.sampled_from([*kit.HTTP_KINDS, "mail"]), mangled(ANSWERS))
def test_a_server_that_speaks_something_else_is_tried_again_or_refused(
    runner: asyncio.Runner, kind: str, said: bytes
) -> None:
    async def story() -> None:
        async with rubbish(said, is_asked=kind != "mail") as port:
            if kind == "mail":
                options = {
                    "host": "127.0.0.1",
                    "port": str(port),
                    "from": "bell@community.example",
                    "security": "none",
                }
                sender = make_sender("mail", options | {"timeout_s": "1"}, kit.secrets())
                answer = await sender.send(kit.MESSAGE, "someone@community.example")
                await sender.close()
            else:
                answer = await kit.send(kit.channel(kind, f"http://127.0.0.1:{port}", 1), kind)
            assert answer.verdict in Verdict
            kit.assert_no_secret(answer.said)

    with kit.Ears():
        runner.run(story())

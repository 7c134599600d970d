"""The page behind the link in a message, by real HTTP."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from lovebell.domain.records import DiskError
from lovebell.domain.visit import Stage, Visit
from lovebell.web.crowd import ROOM
from lovebell.web.pages import WORDS, page
from lovebell.web.server import WRONG, WRONG_MS, application, serve
from simulator.mosquitto import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

GOOD = "abcdefghijklmnopqrstuvwx"
EVIL = "<script>alert('示例')</script>\"&"


@dataclass
class Door:
    """One link, and what it shows."""

    visit: Visit | None = field(default_factory=lambda: Visit(Stage.OPEN, "示例路 1 号 示例奶奶"))
    used: int = 0
    is_broken: bool = False

    def look(self, token: str) -> Visit | None:
        if self.is_broken:
            raise DiskError("disk I/O error")
        return self.visit if token == GOOD else None

    async def use(self, token: str) -> Visit | None:
        found = self.look(token)
        if found is not None:
            self.used += 1
            self.visit = Visit(Stage.YOURS, found.home)
        return self.look(token)


class Site:
    """The pages as a browser gets them."""

    def __init__(self, server: TestServer, door: Door) -> None:
        self._server = server
        self.door = door
        self.now = 0

    async def ask(
        self, method: str = "GET", path: str = f"/a/{GOOD}", language: str = "zh-CN,zh"
    ) -> tuple[int, str, dict[str, str]]:
        headers = {"Accept-Language": language}
        async with (
            aiohttp.ClientSession() as browser,
            browser.request(method, self._server.make_url(path), headers=headers) as answer,
        ):
            return answer.status, await answer.text(), dict(answer.headers)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    door = Door()
    server = TestServer(application(door, lambda: made.now), host="127.0.0.1")
    made = Site(server, door)
    await server.start_server()
    yield made
    await server.close()


async def test_a_get_shows_the_home_and_a_button_and_acknowledges_nothing(site: Site) -> None:
    for method in ("GET", "HEAD", "GET"):
        status, text, _ = await site.ask(method)
        assert status == 200
    assert "示例路 1 号 示例奶奶 需要帮助" in text
    assert "<button>我来了</button>" in text
    assert site.door.used == 0


async def test_the_button_acknowledges(site: Site) -> None:
    status, text, _ = await site.ask("POST")
    assert status == 200
    assert "已记下" in text
    assert "<form" not in text
    assert site.door.used == 1


async def test_the_page_speaks_english_to_whoever_asks_for_it(site: Site) -> None:
    _, text, _ = await site.ask(language="en-GB,en;q=0.9,zh;q=0.1")
    assert '<html lang="en">' in text
    assert "nobody has answered yet" in text


async def test_nothing_of_the_page_may_be_run_framed_kept_or_passed_on(site: Site) -> None:
    for path in (f"/a/{GOOD}", "/a/wrong", "/", "/a/"):
        _, _, headers = await site.ask(path=path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_comes_from_outside_is_text_and_never_html(stage: Stage, language: str) -> None:
    text = page(Visit(stage, EVIL, EVIL), language)
    assert "<script" not in text
    assert "alert('" not in text


class Shape(HTMLParser):
    """Every tag that opens is closed, and no other."""

    VOID = frozenset({"meta", "!doctype"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.viewport = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if dict(attrs).get("name") == "viewport":
            self.viewport = dict(attrs)["content"] or ""
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("visit", [*(Visit(s, "示例", "示例大姐") for s in Stage), None])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_is_whole_fits_a_telephone_and_is_in_one_language(
    visit: Visit | None, language: str
) -> None:
    text = page(visit, language)
    shape = Shape()
    shape.feed(text)
    assert shape.open == []
    assert shape.viewport == "width=device-width,initial-scale=1"
    assert "{" not in re.sub("<style>.*</style>", "", text)
    words = re.sub("示例(大姐)?", "", text)
    assert bool(re.search(r"[\u4e00-\u9fff]", words)) == (language == "zh")


def test_every_sentence_of_the_page_stands_in_both_languages() -> None:
    assert set(Stage) <= set(WORDS)
    for chinese, english in WORDS.values():
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english))


async def test_a_wrong_link_is_told_nothing_but_that_it_is_none(site: Site) -> None:
    for path in ("/a/" + "x" * 24, "/a/short", "/a/" + "y" * 3_000, "/a/%00%27", "/a/..%2f..%2f"):
        status, text, _ = await site.ask(path=path)
        assert status == 404
        assert "示例" not in text


async def test_who_guesses_is_held_up_and_keeps_no_responder_out(site: Site) -> None:
    for n in range(WRONG):
        status, _, _ = await site.ask(path=f"/a/guess-of-a-stranger-{n:04d}")
        assert status == 404
    status, _, _ = await site.ask(path="/a/guess-of-a-stranger-last")
    assert status == 429
    assert (await site.ask())[0] == 200
    assert (await site.ask("POST"))[0] == 200
    site.now += WRONG_MS
    assert (await site.ask(path="/a/guess-of-a-stranger-late"))[0] == 404


async def test_other_ways_of_asking_are_refused(site: Site) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await site.ask(method))[0] == 405
    assert site.door.used == 0


async def test_a_disk_that_cannot_be_read_says_try_again_and_not_that_the_link_is_wrong(
    site: Site,
) -> None:
    site.door.is_broken = True
    status, text, _ = await site.ask()
    assert status == 503
    assert "再试" in text


async def test_a_port_that_is_taken_is_tried_again_and_meanwhile_there_are_no_pages() -> None:
    told: asyncio.Queue[bool] = asyncio.Queue()
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        made = application(Door(), lambda: 0)
        serving = asyncio.create_task(serve(made, "127.0.0.1", port, told.put_nowait, 0.01))
        assert await asyncio.wait_for(told.get(), 60) is False
    while not await asyncio.wait_for(told.get(), 60):
        pass
    url = f"http://127.0.0.1:{port}/a/{GOOD}"
    async with aiohttp.ClientSession() as browser, browser.get(url) as answer:
        assert answer.status == 200
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def served(patience_s: float) -> AsyncGenerator[int]:
    """The port of a web server as the gateway has it."""
    told: asyncio.Queue[bool] = asyncio.Queue()
    port = free_port()
    made = application(Door(), lambda: 0)
    serving = asyncio.create_task(
        serve(made, "127.0.0.1", port, told.put_nowait, patience_s=patience_s)
    )
    assert await asyncio.wait_for(told.get(), 60)
    yield port
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_whoever_asks_half_a_question_many_times_takes_neither_files_nor_pages() -> None:
    half = f"GET /a/{GOOD} HTTP/1.1\r\nHost: bell".encode()
    more = 50
    async with served(3600) as port:
        crowd: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        for _ in range(ROOM + more):
            crowd.append(await asyncio.open_connection("127.0.0.1", port))
            crowd[-1][1].write(half)
        for reader, _ in crowd[:more]:  # the longest first
            assert await asyncio.wait_for(reader.read(), 60) == b""
        url = f"http://127.0.0.1:{port}/a/{GOOD}"
        async with aiohttp.ClientSession() as browser, browser.post(url) as answer:
            assert answer.status == 200
            assert "谢谢" in await answer.text()
        for _, writer in crowd:
            writer.close()


@pytest.mark.parametrize("said", [b"", b"GET /a/x HTTP/1.1\r\nHost: bell"])
async def test_whoever_asks_nothing_is_let_go_of(said: bytes) -> None:
    async with served(0.05) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()


async def test_a_slow_question_is_answered_while_there_is_room() -> None:
    async with served(3600) as port:
        begun = [await asyncio.open_connection("127.0.0.1", port) for _ in range(9)]
        for _, writer in begun:
            writer.write(f"POST /a/{GOOD} HTTP/1.1\r\n".encode())
            await writer.drain()
        for reader, writer in begun:
            writer.write(b"Host: bell\r\n\r\n")
            assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/1.1 200")
            writer.close()


async def test_one_connection_is_for_one_question(site: Site) -> None:
    _, _, headers = await site.ask()
    assert headers["Connection"] == "close"

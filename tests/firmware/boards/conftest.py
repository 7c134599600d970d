"""A broker, boards and a far end that the test plays itself."""

import pytest
import pytest_asyncio

from simulator.board import VirtualBoard, choose, find_firmware
from simulator.build import compiled
from simulator.far_end import PATIENCE_S, FarEnd
from simulator.mosquitto import Mosquitto

__all__ = ("PATIENCE_S", "FarEnd")


@pytest.fixture(autouse=True, scope="session")
def shipped(tmp_path_factory):
    """Under MicroPython the boards carry the firmware as a technician copies it, compiled; those
    that are given a `firmware` carry that."""
    if choose().name != "micropython":
        yield
        return
    folder = tmp_path_factory.mktemp("shipped")
    compiled(find_firmware(), folder)
    born = VirtualBoard.__init__

    def with_it(self, *arguments, **more):
        if more.get("firmware") is None and choose(more.get("interpreter")).name == "micropython":
            more["firmware"] = folder
        born(self, *arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VirtualBoard, "__init__", with_it)
        yield


@pytest.fixture
def broker(tmp_path):
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest_asyncio.fixture
async def far_end(broker):
    far_end = FarEnd(broker.port)
    await far_end.ready()
    yield far_end
    far_end.close()


@pytest_asyncio.fixture
async def boards(broker, tmp_path):
    """A function that makes a board and gives it power; all are ended after the test."""
    made = []

    async def make(name, role, starts=True, **more):
        config = {
            "device": name,
            "role": role,
            "wifi": [{"ssid": "home", "password": "12345678"}],
            "broker": [{"host": "127.0.0.1", "port": broker.port}],
            **more.pop("config", {}),
        }
        board = VirtualBoard(tmp_path / name, config, **more)
        made.append(board)
        if starts:
            await board.start()
        return board

    yield make
    for board in made:
        await board.stop()
        assert not board.alive

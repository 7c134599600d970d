"""Real firmware, real broker, the test as the gateway: what people press, see and hear."""

import os
import select
import signal
import subprocess
import sys

from .conftest import PATIENCE_S


def lamp(word):
    return lambda board: board.lamp == word


def rings(*episodes):
    return lambda board: board.ringing == episodes


def ring_of(episode, **more):
    return {
        "episode": episode,
        "kind": "call",
        "button": "b-01",
        "home": "示例路 3 号楼 201",
        "step": 1,
        "for_ms": 600_000,
        **more,
    }


async def test_the_elder_sees_sensed_received_and_coming(boards, far_end):
    button = await boards("b-01", "button")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    await button.wait_for(lamp("sensed"), PATIENCE_S)
    press = (await far_end.hears("press", kind="call")).fields
    assert press["age_ms"] < PATIENCE_S * 1000
    episode = f"b-01.{press['id']}"
    far_end.say("b-01", "receipt", {"id": press["id"], "episode": episode})
    await button.wait_for(lamp("received"), PATIENCE_S)
    far_end.say("b-01", "episode", {"episode": episode, "state": "coming", "who": "示例大姐"}, True)
    await button.wait_for(lamp("coming"), PATIENCE_S)
    assert button.who == "示例大姐"
    far_end.say("b-01", "episode", {"episode": episode, "state": "arrived"}, True)
    await button.wait_for(lamp("arrived"), PATIENCE_S)
    far_end.say("b-01", "episode", {"episode": episode, "state": "resolved"}, True)
    await button.wait_for(lamp("idle"), PATIENCE_S)


async def test_a_press_that_nobody_receives_is_repeated_and_the_elder_is_told(boards, far_end):
    button = await boards("b-01", "button")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    first = await far_end.hears("press", 1)
    third = await far_end.hears("press", 3)
    assert third.fields["id"] == first.fields["id"]
    assert third.fields["age_ms"] > first.fields["age_ms"]
    await button.wait_for(lamp("unheard"), PATIENCE_S)
    far_end.say("b-01", "receipt", {"id": first.fields["id"], "episode": "b-01.1"})
    await button.wait_for(lamp("received"), PATIENCE_S)


async def test_a_held_second_press_takes_the_call_back(boards, far_end):
    button = await boards("b-01", "button")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    press = await far_end.hears("press", kind="call")
    far_end.say("b-01", "receipt", {"id": press.fields["id"], "episode": "b-01.1"})
    await button.wait_for(lamp("received"), PATIENCE_S)
    button.hold(4000)
    cancel = await far_end.hears("press", kind="cancel")
    again = await far_end.hears("press", 2, kind="call")
    for message in (again, cancel):
        far_end.say("b-01", "receipt", {"id": message.fields["id"], "episode": "b-01.1"})
    # That the cancel is on disk does not end the episode: the gateway may have someone make sure.
    far_end.say("b-01", "episode", {"episode": "b-01.1", "state": "resolved"}, retain=True)
    await button.wait_for(lamp("cancelled"), PATIENCE_S)


async def test_a_power_cut_before_the_receipt_repeats_the_press_with_its_id(boards, far_end):
    button = await boards("b-01", "button")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    before = await far_end.hears("press")
    await button.power_cut()
    assert (await far_end.hears("state", online=False)).device == "b-01"
    seen = len([message for message in far_end.messages if message.leaf == "press"])
    await button.start()
    after = await far_end.hears("press", seen + 1)
    assert after.fields["id"] == before.fields["id"]
    assert "age_ms" not in after.fields
    far_end.say("b-01", "receipt", {"id": after.fields["id"], "episode": "b-01.1"})
    await button.wait_for(lambda board: any(line.startswith("receipt") for line in board.log))
    await far_end.hears("state", 2, online=True)
    await button.power_cut()
    await button.start()
    await far_end.hears("heartbeat", 2, journal=0)


async def test_a_press_without_a_broker_is_sent_when_it_is_back(boards, broker, far_end):
    button = await boards("b-01", "button")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    broker.kill()
    await button.wait_for(lambda board: not board.broker_is_up, PATIENCE_S)
    button.press()
    await button.wait_for(lamp("unheard"), PATIENCE_S)
    broker.start()
    press = await far_end.hears("press", kind="call")
    far_end.say("b-01", "receipt", {"id": press.fields["id"], "episode": "b-01.1"})
    await button.wait_for(lamp("received"), PATIENCE_S)


async def test_a_silent_broker_is_found_and_left(boards, broker):
    button = await boards("b-01", "button")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    broker.freeze()
    try:
        button.press()
        await button.wait_for(lambda board: not board.broker_is_up, PATIENCE_S)
        assert any("no PUBACK" in line or "no PINGRESP" in line for line in button.log)
    finally:
        broker.thaw()
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)


async def test_a_press_without_wifi_is_sent_when_it_is_back(boards, far_end):
    button = await boards("b-01", "button")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.wifi(False)
    await button.wait_for(lambda board: not board.broker_is_up, PATIENCE_S)
    button.press()
    await button.wait_for(lamp("sensed"), PATIENCE_S)
    button.wifi(True)
    press = await far_end.hears("press", kind="call")
    assert press.fields["age_ms"] > 0


async def test_a_chime_rings_says_so_and_is_answered(boards, far_end):
    chime = await boards("c-01", "chime")
    await chime.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    far_end.say("c-01", "ring", ring_of("b-01.1"))
    await far_end.hears("ringing", episode="b-01.1")
    await chime.wait_for(rings("b-01.1"), PATIENCE_S)
    far_end.say("c-01", "ring", ring_of("b-02.1", button="b-02"))
    await chime.wait_for(rings("b-01.1", "b-02.1"), PATIENCE_S)
    chime.press()
    answer = await far_end.hears("acknowledge", episode="b-01.1")
    await chime.wait_for(rings("b-02.1"), PATIENCE_S)
    far_end.say("c-01", "receipt", {"id": answer.fields["id"], "episode": "b-01.1"})
    far_end.say("c-01", "hush", {"episode": "b-02.1", "why": "resolved"})
    await far_end.hears("hushed", episode="b-02.1")
    await chime.wait_for(rings(), PATIENCE_S)
    await chime.wait_for(lamp("received"), PATIENCE_S)


async def test_an_acknowledgement_survives_a_power_cut(boards, far_end):
    chime = await boards("c-01", "chime")
    await chime.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    far_end.say("c-01", "ring", ring_of("b-01.1"))
    await chime.wait_for(rings("b-01.1"), PATIENCE_S)
    chime.press()
    before = await far_end.hears("acknowledge")
    await chime.power_cut()
    seen = len([message for message in far_end.messages if message.leaf == "acknowledge"])
    await chime.start()
    after = await far_end.hears("acknowledge", seen + 1)
    assert after.fields["id"] == before.fields["id"]
    assert after.fields["episode"] == "b-01.1"


async def test_a_chime_rings_by_itself_when_the_gateway_is_silent(boards, far_end):
    chime = await boards("c-01", "chime", config={"hears": ["b-01"]})
    button = await boards("b-01", "button")
    for board in (chime, button):
        await board.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    press = await far_end.hears("press")
    episode = f"b-01.{press.fields['id']}"
    await chime.wait_for(rings(episode), PATIENCE_S)
    await far_end.hears("ringing", episode=episode)
    far_end.say("c-01", "ring", ring_of("b-01.other"))
    await chime.wait_for(rings("b-01.other"), PATIENCE_S)


async def test_a_device_says_that_it_is_there_and_how_well(boards, far_end):
    await boards("b-01", "button", config={"heartbeat_s": 1})
    state = await far_end.hears("state", online=True)
    assert state.fields["role"] == "button"
    assert state.fields["boot"] == 1
    beat = await far_end.hears("heartbeat", 3)
    assert beat.fields["every_s"] == 1
    assert beat.fields["rssi"] == -55


async def test_a_third_heartbeat_comes_before_three_intervals_are_over(boards, far_end):
    await boards("b-01", "button", config={"heartbeat_s": 600}, speed=300)
    await far_end.hears("heartbeat", 3)
    beats = [beat.fields for beat in far_end.heard("heartbeat")[:3]]
    assert [beat["every_s"] for beat in beats] == [600] * 3
    assert beats[2]["up_s"] - beats[0]["up_s"] < 2 * 590


async def test_the_same_firmware_runs_under_cpython(boards, far_end):
    button = await boards("b-01", "button", interpreter="cpython")
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    press = await far_end.hears("press")
    far_end.say("b-01", "receipt", {"id": press.fields["id"], "episode": "b-01.1"})
    await button.wait_for(lamp("received"), PATIENCE_S)


OWNER = """
import asyncio, pathlib, sys
from simulator.board import VirtualBoard

async def main():
    board = VirtualBoard(pathlib.Path(sys.argv[1]), {})
    board.config = {"device": "b-01", "role": "button", "wifi": [{"ssid": "air"}],
                    "broker": [{"host": "127.0.0.1", "port": 9}]}
    await board.start()
    await board.wait_for(lambda board: board.lamp == "idle")
    print(board.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_board_ends_when_its_owner_is_killed(tmp_path):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "b-01")], stdout=subprocess.PIPE
    )
    board = os.pidfd_open(int(owner.stdout.readline()))
    owner.kill()
    owner.communicate()
    ended, _, _ = select.select([board], [], [], PATIENCE_S)
    os.close(board)
    assert ended


async def test_a_press_right_after_power_on_counts(boards, far_end):
    button = await boards("b-01", "button")
    button.press()
    await far_end.hears("press", kind="call")


async def test_ctrl_c_in_the_terminal_does_not_reach_a_board(boards):
    button = await boards("b-01", "button")
    assert os.getpgid(button.pid) != os.getpgid(0)
    os.kill(button.pid, signal.SIGCONT)
    assert button.alive

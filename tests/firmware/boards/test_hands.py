"""Hands, wires and sounds on real firmware: what the pure tests cannot see."""

import struct

import pytest

from simulator.board import VirtualBoard

from .conftest import PATIENCE_S

PINS = {"button": 27, "lamp": 26, "buzzer": 25, "service": 0, "supply": 34}
I2S_PINS = {"button": 27, "lamp": 26, "buzzer": 25, "sck": 18, "ws": 19, "sd": 21}
RING = {
    "episode": "b-01.1",
    "kind": "call",
    "button": "b-01",
    "home": "示例路",
    "step": 1,
    "for_ms": 600_000,
}


def says(words):
    return lambda board: any(line.startswith(words) for line in board.log)


def receipt(far_end, press):
    fields = {"id": press.fields["id"], "episode": "b-01.1"}
    far_end.say("b-01", "receipt", fields)


async def test_a_button_held_when_the_power_comes_calls(boards, far_end):
    button = await boards("b-01", "button")
    await button.power_cut()
    await button.start("held")
    press = await far_end.hears("press", kind="call")
    receipt(far_end, press)
    await button.wait_for(lambda board: board.lamp == "received", PATIENCE_S)
    button.release()
    button.press()
    again = await far_end.hears("press", 2, kind="call")
    assert again.fields["id"] != press.fields["id"]


async def test_a_press_while_one_call_blocks_everything_is_a_press(boards):
    button = await boards("b-01", "button", config={"broker": [{"host": "127.0.0.1", "port": 9}]})
    await button.wait_for(lambda board: board.lamp == "idle", PATIENCE_S)
    button.blind(400, 60)
    await button.wait_for(says("press call"), PATIENCE_S)


async def test_a_stuck_button_is_reported_and_calls_once(boards, far_end):
    button = await boards("b-01", "button", speed=10)
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press(40_000)
    receipt(far_end, await far_end.hears("press", kind="call"))
    await far_end.hears("heartbeat", fault="stuck")
    await button.wait_for(says("faults -"), PATIENCE_S)
    assert sum(line.startswith("press") for line in button.log) == 1


async def test_a_press_with_the_service_key_held_is_a_test(boards, far_end):
    button = await boards(
        "b-01", "button", config={"pins": PINS, "supply": {"low_mv": 3000}}, speed=5
    )
    button.supply(3300)
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.key(3000)
    button.press()
    press = await far_end.hears("press", kind="test")
    receipt(far_end, press)
    await button.wait_for(lambda board: board.lamp == "received", PATIENCE_S)
    await button.wait_for(lambda board: board.lamp == "idle", PATIENCE_S)


async def test_the_supply_is_told_and_a_low_one_is_a_fault(boards, far_end):
    supply = {"low_mv": 3500, "ratio_milli": 2000}
    config = {"pins": PINS, "supply": supply, "heartbeat_s": 1}
    button = await boards("b-01", "button", config=config)
    button.supply(1900)
    await far_end.hears("heartbeat", mv=3800)
    button.supply(1700)
    await far_end.hears("heartbeat", mv=3400, fault="supply")
    await button.wait_for(lambda board: board.lamp == "supply", PATIENCE_S)
    button.supply(1900)
    await button.wait_for(lambda board: board.lamp == "idle", PATIENCE_S)


@pytest.mark.parametrize("role", ["button", "chime"])
async def test_the_gateway_sets_the_heartbeat_and_a_new_start_hears_it_again(boards, far_end, role):
    board = await boards("x-01", role)
    await far_end.hears("heartbeat", every_s=60)
    far_end.say("x-01", "settings", {"heartbeat_s": 1}, True)
    await far_end.hears("heartbeat", 3, every_s=1)
    await board.power_cut()
    seen = sum(message.fields.get("every_s") == 1 for message in far_end.messages)
    await board.start()
    await far_end.hears("heartbeat", seen + 2, every_s=1)
    far_end.say("x-01", "settings", {}, True)
    await far_end.hears("heartbeat", 3, every_s=60)


async def test_that_somebody_comes_ends_in_time_whatever_the_broker_has_kept(boards, far_end):
    button = await boards("b-01", "button", speed=60)
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    coming = {"episode": "b-01.1", "state": "coming", "who": "示例大姐", "for_ms": 120_000}
    far_end.say("b-01", "episode", coming, True)
    await button.wait_for(lambda board: board.lamp == "coming", PATIENCE_S)
    await button.let_pass(60, PATIENCE_S)
    button.wifi(False)
    await button.wait_for(lambda board: not board.broker_is_up, PATIENCE_S)
    button.wifi(True)
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    await button.let_pass(65, PATIENCE_S)  # the gateway is gone: nobody says anything more
    assert button.lamp == "received"


def store(board: VirtualBoard, samples):
    """A WAV file of 8 kHz on the flash of a board."""
    data = struct.pack("<%dh" % len(samples), *samples)
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    body = (
        b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    )
    (board.directory / "ding.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


async def chime_with_a_sound(boards, *how, samples=(1000,) * 1600):
    config = {"pins": I2S_PINS, "sound": "ding.wav"}
    # Without its file a start sounds the fault on the buzzer.
    chime = await boards("c-01", "chime", starts=False, config=config, trace=True)
    chime.directory.mkdir(parents=True, exist_ok=True)
    if samples:
        store(chime, samples)
    await chime.start(*how)
    await chime.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    return chime


async def test_a_stored_sound_rings_from_flash_to_its_last_sample(boards, far_end):
    chime = await chime_with_a_sound(boards)
    far_end.say("c-01", "ring", RING)
    await chime.wait_for(lambda board: board.outputs.get("i2s end") == (3200,), PATIENCE_S)
    assert chime.outputs["i2s 21"] == (8000,)
    assert "pwm 25" not in chime.outputs


async def test_without_the_file_the_buzzer_rings_and_a_fault_is_told(boards, far_end):
    chime = await chime_with_a_sound(boards, samples=())
    await far_end.hears("heartbeat", fault="sound")
    far_end.say("c-01", "ring", RING)
    await chime.wait_for(lambda board: "pwm 25" in board.outputs, PATIENCE_S)


async def test_an_output_that_takes_nothing_is_given_up_and_the_buzzer_rings(boards, far_end):
    chime = await chime_with_a_sound(boards, "deaf")
    far_end.say("c-01", "ring", RING)
    await chime.wait_for(lambda board: "pwm 25" in board.outputs, PATIENCE_S)
    await far_end.hears("heartbeat", fault="sound")


async def test_a_wrong_wifi_password_is_told_by_the_lamp(boards):
    button = await boards("b-01", "button", speed=10)
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.air({"home": "another password"})
    button.wifi(False)
    button.wifi(True)
    await button.wait_for(lambda board: board.lamp == "setup", PATIENCE_S)
    button.air(None)
    await button.wait_for(lambda board: board.lamp == "idle", PATIENCE_S)

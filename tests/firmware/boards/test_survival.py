"""Broker, line, Wi-Fi, certificate and gateway fail one after the other; no press is lost.

Real firmware in processes of its own, a real Mosquitto over TLS, a proxy for the line.
"""

import asyncio
import os

import pytest
import pytest_asyncio

from bench.gateway import set_up
from simulator.board import choose
from simulator.chain import is_possible
from simulator.gateway import GatewayProcess
from simulator.street import Street

from .conftest import PATIENCE_S

pytestmark = pytest.mark.skipif(not is_possible(), reason="openssl makes the certificates")
needs_fast_time = pytest.mark.skipif(
    choose().name != "micropython", reason="time can be changed under MicroPython only"
)
# Where nothing is measured time may run: what takes the firmware long is waiting.
FAST = {"speed": 10} if choose().name == "micropython" else {}
HOUR_S = 3600
SOON_WRAPS = 2**30 - 1_000_000


@pytest_asyncio.fixture
async def street(tmp_path):
    async with Street(tmp_path) as street:
        yield street


def is_up(board):
    return board.broker_is_up


def is_down(board):
    return not board.broker_is_up


def lamp(*words):
    return lambda board: board.lamp in words


def has_said(words):
    return lambda board: any(words in line for line in board.log)


async def press_and_be_heard(street, button, count=1, timeout_s=PATIENCE_S):
    """Press, and wait until the gateway has heard so many presses. When it heard the last."""
    button.press()
    return await street.far_end.hears("press", count, timeout_s, kind="call")


def ids(street):
    return {message.fields["id"] for message in street.far_end.heard("press")}


async def test_a_broker_killed_and_restarted(street):
    button, chime = await street.pair(**FAST)
    street.broker.kill()
    for board in (button, chime):
        await board.wait_for(is_down, PATIENCE_S)
    button.press()
    await button.wait_for(lamp("unheard"), PATIENCE_S)
    street.broker.start()
    await street.far_end.hears("press")
    await button.wait_for(lamp("received"), PATIENCE_S)
    await chime.wait_for(lambda board: board.ringing, PATIENCE_S)
    chime.press()
    await street.far_end.hears("acknowledge")


async def test_a_frozen_broker_is_left_and_heard_again_when_it_thaws(street):
    button, _ = await street.pair(**FAST)
    street.broker.freeze()
    button.press()
    await button.wait_for(has_said("no PUBACK for 5 s"), PATIENCE_S)
    await button.wait_for(lamp("unheard"), PATIENCE_S)
    street.broker.thaw()
    await street.far_end.hears("press")
    await button.wait_for(lamp("received"), PATIENCE_S)
    assert len(ids(street)) == 1


async def test_a_press_on_a_half_open_connection_is_delivered_on_the_next(street):
    button, _ = await street.pair()
    street.proxy.half_open()
    await press_and_be_heard(street, button)
    # Five seconds of silence, and the first connection after them carries it: `make figures`
    # measures how long that takes.
    assert has_said("no PUBACK for 5 s")(button)
    assert count(button, "broker down") == 1


async def test_a_line_that_freezes_one_way_is_left_too(street):
    button, _ = await street.pair(**FAST)
    street.proxy.freeze("down")
    button.press()
    await button.wait_for(has_said("no PUBACK for 5 s"), PATIENCE_S)
    street.proxy.thaw()
    await button.wait_for(lamp("received"), PATIENCE_S)
    assert len(ids(street)) == 1


async def test_with_three_connections_in_ten_reset_every_press_arrives(street):
    street.proxy.reset_odds = 0.3
    button, chime = await street.pair()
    for number in range(1, 11):
        for board in (button, chime):  # whose connection breaks in the middle of all this
            street.proxy.cut() if number % 3 == 0 else None
            await board.wait_for(is_up, PATIENCE_S)
        button.press()
        async with asyncio.timeout(PATIENCE_S):
            # Two at the same moment would be one: each is awaited, in the log, or at the gateway
            # where the console had to leave its line out.
            while len(said_presses(button) | ids(street)) < number:
                await asyncio.sleep(0.05)
    async with asyncio.timeout(PATIENCE_S):
        while len(ids(street)) < 10:
            await asyncio.sleep(0.05)
    await button.wait_for(lamp("received"), PATIENCE_S)
    assert said_presses(button) <= ids(street)
    assert len(ids(street)) == 10
    await chime.wait_for(lambda board: board.ringing, PATIENCE_S)


def count(board, beginning):
    return sum(line.startswith(beginning) for line in board.log)


def said_presses(board):
    return {line.split()[2] for line in board.log if line.startswith("press call ")}


async def test_a_line_with_a_second_of_delay_is_slow_and_nothing_else(street):
    street.proxy.delay_s = 0.5
    button, _ = await street.pair()
    await press_and_be_heard(street, button)
    await button.wait_for(lamp("received"), PATIENCE_S)
    assert not has_said("broker down")(button)


@needs_fast_time
async def test_an_hour_without_wifi_across_the_wrap_of_ticks(street):
    button = await street.board("b-01", "button", speed=1000, ticks0=SOON_WRAPS)
    await button.wait_for(is_up, PATIENCE_S)
    button.wifi(False)
    await button.wait_for(is_down, PATIENCE_S)
    button.press()
    await button.wait_for(lamp("unheard"), PATIENCE_S)
    await button.let_pass(HOUR_S)
    assert not street.far_end.heard("press")
    button.wifi(True)
    press = await street.far_end.hears("press", kind="call")
    assert HOUR_S * 1000 <= press.fields["age_ms"] < 2 * HOUR_S * 1000
    await button.wait_for(lamp("received"), PATIENCE_S)


@needs_fast_time
@pytest.mark.parametrize("before_ms", [500, 4_000, 12_000])
async def test_every_timer_of_the_link_crosses_the_wrap(street, before_ms):
    button = await street.board("b-01", "button", speed=100, ticks0=2**30 - before_ms)
    await button.wait_for(is_up, PATIENCE_S)
    await button.let_pass(60)
    assert count(button, "broker up") == 1  # pings were answered, nothing was found dead
    street.broker.freeze()
    button.press()
    await button.wait_for(is_down, PATIENCE_S)
    street.broker.thaw()
    await street.far_end.hears("press")
    await button.wait_for(lamp("received"), PATIENCE_S)


async def test_a_wrong_wifi_password_is_named_and_when_it_is_right_all_is_well(street):
    button = await street.board("b-01", "button", starts=False, **FAST)
    button.air({"home": "another-password"})
    await button.start()
    await button.wait_for(has_said("its password is wrong: run lovebell-tech"), PATIENCE_S)
    await button.wait_for(lamp("setup"), PATIENCE_S)
    assert not has_said("12345678")(button)
    button.press()
    await button.wait_for(lamp("sensed", "unheard"), PATIENCE_S)
    button.air({"home": "12345678"})
    await street.far_end.hears("press")
    await button.wait_for(lamp("received"), PATIENCE_S)


async def test_a_network_that_is_gone_makes_way_for_the_next(street):
    networks = [{"ssid": "gone", "password": "12345678"}, {"ssid": "home", "password": "12345678"}]
    button = await street.board("b-01", "button", config={"wifi": networks}, starts=False, **FAST)
    button.air({"home": "12345678"})
    await button.start()
    await button.wait_for(is_up, PATIENCE_S)
    assert has_said("no Wi-Fi gone: it is not in the air")(button)


async def test_a_broker_that_is_gone_makes_way_for_the_next(street):
    brokers = [
        {"host": "localhost", "port": 9, "tls": True},
        {"host": "localhost", "port": street.proxy.port, "tls": True},
    ]
    button = await street.board("b-01", "button", config={"broker": brokers})
    await press_and_be_heard(street, button)


async def test_another_address_from_the_router_makes_another_connection_at_once(street):
    button, _ = await street.pair()
    button.address("192.168.1.99")
    await button.wait_for(has_said("the router has given another address"), PATIENCE_S)
    await button.wait_for(lambda board: count(board, "broker up") == 2, PATIENCE_S)
    await press_and_be_heard(street, button)


REFUSALS = {
    "another authority": ({"authority": "other"}, "no authority of ours has signed it"),
    "another name": ({"host": "elsewhere.example"}, "it is not for localhost"),
    "expired": ({"first_day": -30, "last_day": -1}, "it has expired"),
    "of the future": ({"first_day": 2, "last_day": 30}, "it is of the future"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_wrong_certificate_is_refused_by_name_and_the_press_waits_for_a_good_one(
    street, case
):
    wrong, words = REFUSALS[case]
    street.broker.stop()
    street.chain.sign(**wrong)
    street.broker.start()
    button = await street.board("b-01", "button", **FAST)
    await button.wait_for(has_said(words), PATIENCE_S)
    await button.wait_for(lamp("fault"), PATIENCE_S)
    button.press()
    await button.wait_for(lamp("unheard"), PATIENCE_S)
    assert not has_said("broker up")(button)
    assert not street.far_end.heard("press")
    street.broker.stop()
    street.chain.sign()
    street.broker.start()
    await street.far_end.hears("press")
    await button.wait_for(lamp("received"), PATIENCE_S)


async def test_refusals_leave_no_connection_open(street):
    street.broker.stop()
    street.chain.sign(first_day=-30, last_day=-1)
    street.broker.start()
    button = await street.board("b-01", "button", **FAST)
    button.press()  # so that it tries often
    await button.wait_for(lambda board: count(board, "broker down") >= 3, PATIENCE_S)
    before = open_files(button)
    await button.wait_for(lambda board: count(board, "broker down") >= 10, PATIENCE_S)
    assert open_files(button) <= before + 1


def open_files(board):
    return len(os.listdir(f"/proc/{board.pid}/fd"))


async def test_an_authority_that_is_missing_is_a_sentence(street):
    button = await street.board("b-01", "button", config={"ca": "other.der"})
    await button.wait_for(has_said("other.der is no authority"), PATIENCE_S)


async def test_while_the_gateway_is_away_the_chime_rings_and_all_is_settled_later(tmp_path):
    async with Street(tmp_path, answers=False) as street:
        gateway = GatewayProcess(tmp_path, street.broker.port)
        set_up(gateway.database, 1)
        await gateway.start()
        try:
            await play_without_a_gateway(street, gateway)
        finally:
            gateway.kill()


async def play_without_a_gateway(street, gateway):
    button, chime = await street.pair("b-00001", "c-00001")
    gateway.kill()
    button.press()
    await chime.wait_for(lambda board: board.ringing, PATIENCE_S)
    assert has_said("direct b-00001.")(chime)
    episode = chime.ringing[0]
    await button.wait_for(lamp("unheard"), PATIENCE_S)
    chime.press()
    await chime.wait_for(lambda board: not board.ringing, PATIENCE_S)
    await gateway.start()
    await button.wait_for(lamp("coming"), PATIENCE_S)
    await chime.wait_for(has_said("receipt "), PATIENCE_S)
    assert has_said(f"press call {episode.partition('.')[2]}")(button)
    assert not chime.ringing

"""A day of the board's own time with heartbeats, presses and whatever goes wrong in a day; at its
end the heap is as free as at its beginning.

The short form is a quarter of an hour, the long one `make day`. What fails is
played again with LOVEBELL_SEED, which every run prints.
"""

import os
import random

import pytest

from simulator.board import choose
from simulator.chain import is_possible
from simulator.street import Street

from .conftest import PATIENCE_S

pytestmark = pytest.mark.skipif(
    not (is_possible() and choose().name == "micropython"),
    reason="time can be changed under MicroPython only",
)
HOURS = float(os.environ.get("LOVEBELL_HOURS", "0.25"))
SEED = int(os.environ.get("LOVEBELL_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
SPEED = 1000
SLACK_BYTES = 3000  # a press or an episode in the state is no leak


class Day:
    """One board, and what befalls it."""

    def __init__(self, street, board, chance):
        self.street = street
        self.board = board
        self.chance = chance
        self.passed_s = 0
        self.pressed = 0

    async def let_pass(self, shortest_s, longest_s):
        seconds = self.chance.uniform(shortest_s, longest_s)
        self.passed_s += seconds
        await self.board.let_pass(seconds)

    async def press(self):
        self.pressed += 1
        self.board.press()
        await self.board.let_pass(1)

    async def no_wifi(self):
        self.board.wifi(False)
        await self.let_pass(5, 300)
        self.board.wifi(True)

    async def no_broker(self):
        self.street.broker.kill()
        await self.let_pass(5, 300)
        self.street.broker.start()

    async def silent_broker(self):
        self.street.broker.freeze()
        await self.let_pass(5, 60)
        self.street.broker.thaw()

    async def reset(self):
        self.street.proxy.cut()

    async def forgotten_by_the_router(self):
        self.street.proxy.half_open()

    async def another_address(self):
        self.board.address(f"192.168.1.{self.chance.randrange(2, 250)}")

    async def calm(self):
        await self.let_pass(60, 900)


BEFALLS = (
    Day.no_wifi,
    Day.no_broker,
    Day.silent_broker,
    Day.reset,
    Day.forgotten_by_the_router,
    Day.another_address,
    Day.calm,
)


async def test_a_day_of_faults_leaves_the_heap_as_it_was(tmp_path, capsys):
    with capsys.disabled():
        print(f"\n{HOURS} h of the board's time, LOVEBELL_SEED={SEED}")
    async with Street(tmp_path) as street:
        board = await street.board("b-01", "button", speed=SPEED, ticks0=2**30 - 900_000)
        await board.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
        day = Day(street, board, random.Random(SEED))
        await day.press()
        await day.let_pass(120, 180)
        beats = street.far_end.heard("heartbeat")
        files = open_files(board)
        while day.passed_s < HOURS * 3600:
            befall = day.chance.choice(BEFALLS)
            if day.chance.random() < 0.5:
                await day.press()
            await befall(day)
            await day.press()
            await day.let_pass(60, 300)
        later = len(street.far_end.heard("heartbeat", journal=0))
        await street.far_end.hears("heartbeat", later + 1, journal=0)
        await day.let_pass(120, 180)
        last = street.far_end.heard("heartbeat")[-1]
        with capsys.disabled():
            hours = last.fields["up_s"] / 3600
            print(
                f"{hours:.1f} h, {len(street.far_end.heard('heartbeat'))} heartbeats, "
                f"{day.pressed} presses, {street.proxy.connections} connections; heap free "
                f"{beats[-1].fields['heap']} at the start, {last.fields['heap']} at the end"
            )
        assert board.resets == 0
        assert last.fields["heap"] > beats[-1].fields["heap"] - SLACK_BYTES
        assert open_files(board) <= files + 1
        assert heard(street) == day.pressed


def heard(street):
    presses = {message.fields["id"]: message for message in street.far_end.heard("press")}
    return sum(message.fields.get("count", 1) for message in presses.values())


def open_files(board):
    return len(os.listdir(f"/proc/{board.pid}/fd"))

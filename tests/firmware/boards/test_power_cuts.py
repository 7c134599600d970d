"""Power cuts at random moments while people press: nothing is lost, nothing appears by itself.

The short form is part of every run. The long one: `make cuts`, 300 of them. What fails
is played again with LOVEBELL_SEED, which every run prints.
"""

import asyncio
import os
import random

import pytest

from bell import flash
from simulator.chain import is_possible
from simulator.far_end import ring_of
from simulator.street import Street

from .conftest import PATIENCE_S

pytestmark = pytest.mark.skipif(not is_possible(), reason="openssl makes the certificates")
CUTS = int(os.environ.get("LOVEBELL_POWER_CUTS", "15"))  # of each board
SEED = int(os.environ.get("LOVEBELL_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
LONGEST_LIFE_S = 2.2  # beyond boot, TLS, a press and its receipt
LONGEST_CHIME_S = 3.5  # a chime has to be rung before it can answer
AT_LAST_S = 30  # on the slowest PC
LEAST = CUTS // 4 + 1  # presses that were sensed, or it was no test


class Hand:
    """Presses one board, cuts its power, and remembers what its console has said."""

    def __init__(self, board, word):
        self.board = board
        self.said = []  # ids that the console has named behind `word`, in order
        self.presses = 0
        self.starts = 0
        self.phantoms = 0  # more presses in a life than the contact was closed
        self._word = word
        self._pressed = 0  # in this life

    async def start(self):
        if self.starts % 10 == 0:
            self.forget_failures()
        await self.board.start()
        self.starts += 1
        self._pressed = 0

    def forget_failures(self):
        # So many cuts in so short a time lead to safe mode, which is to be tried, but not only.
        path = self.board.directory / "starts"
        lines, _ = flash.read(str(path))
        if lines:
            life, boot, _ = lines[0].decode().split()
            flash.write(str(path), [f"{life} {boot} 0".encode()])

    def press(self, ms):
        self.presses += 1
        self._pressed += 1
        self.board.press(ms)

    async def cut(self):
        await self.board.power_cut()
        self.read()

    def read(self):
        said = [line.split()[2] for line in self.board.log if line.startswith(self._word)]
        self.said += said
        self.phantoms += max(0, len(said) - self._pressed)
        self.board.log.clear()


async def live(hand, chance, longest_s, least):
    """One life after the other, with presses at random moments and a cut at another; more of
    them, and ever longer ones, if by then not `least` things were said: a PC may be slow."""
    lives = 0
    while lives < CUTS or (len(hand.said) < least and lives < 4 * CUTS):
        lives += 1
        if lives > CUTS:
            longest_s = min(longest_s * 1.2, AT_LAST_S)
        await hand.start()
        life_s = chance.uniform(0.02, longest_s)
        moments = sorted(chance.uniform(0, life_s) for _ in range(chance.randrange(4)))
        passed_s = 0
        for moment in moments:
            await asyncio.sleep(moment - passed_s)
            hand.press(chance.choice((20, 60, 200)))
            passed_s = moment
        await asyncio.sleep(life_s - passed_s)
        await hand.cut()


def missing(said, messages):
    """Of what was `said`, what no message speaks of. A full journal folds: a message with a count
    speaks for so many, itself the last."""
    heard = set()
    for message in messages:
        name = message.fields["id"]
        count = message.fields.get("count", 1)
        place = said.index(name) if name in said else len(said)
        heard |= {name, *said[max(0, place + 1 - count) : place]}
    return [name for name in said if name not in heard]


async def ring(street):
    """New episodes without end, so that there is always something to answer."""
    number = 0
    while True:
        number += 1
        street.far_end.say("c-01", "ring", ring_of(f"b-02.{number}", button="b-02"))
        await asyncio.sleep(0.3)


def ids(messages):
    return {message.fields["id"] for message in messages}


async def settle(street, hand, leaf):
    """Give it power and wait until its journal is empty."""
    await hand.start()
    beats = len(street.far_end.heard("heartbeat", journal=0))
    hand.board.config["heartbeat_s"] = 1
    await hand.cut()
    hand.forget_failures()  # safe mode would keep to the configuration before this one
    await hand.start()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            own = [
                beat
                for beat in street.far_end.heard("heartbeat", journal=0)[beats:]
                if beat.device == hand.board.directory.name
            ]
            if own:
                break
            await asyncio.sleep(0.1)
    hand.read()
    return street.far_end.heard(leaf)


async def test_power_cuts_lose_no_press_and_make_none(tmp_path, capsys):
    with capsys.disabled():
        print(f"\n{CUTS} power cuts for each board, LOVEBELL_SEED={SEED}")
    async with Street(tmp_path) as street:
        button = Hand(await street.board("b-01", "button", starts=False), "press call ")
        chime = Hand(await street.board("c-01", "chime", starts=False), "acknowledge ")
        chance = random.Random(SEED)
        ringing = asyncio.create_task(ring(street))
        await asyncio.gather(
            live(button, random.Random(chance.random()), LONGEST_LIFE_S, LEAST),
            live(chime, random.Random(chance.random()), LONGEST_CHIME_S, 1),
        )
        ringing.cancel()
        presses = await settle(street, button, "press")
        answers = await settle(street, chime, "acknowledge")
    assert len(button.said) >= LEAST and chime.said  # else it was no test
    assert not missing(button.said, presses)
    assert not missing(chime.said, answers)
    assert button.phantoms == chime.phantoms == 0
    assert len(ids(presses)) <= button.presses
    assert len(ids(answers)) <= chime.presses
    assert len({name.split("-")[0] for name in ids(presses)}) == 1  # the flash was never lost
    with capsys.disabled():
        print(
            f"{button.starts + chime.starts} starts; the button closed {button.presses} times, "
            f"{len(button.said)} presses were sensed and {len(ids(presses))} reached the gateway; "
            f"{len(chime.said)} acknowledgements were sensed and {len(ids(answers))} did"
        )

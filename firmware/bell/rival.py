"""The configuration that is not in use, tried because the one in use leads nowhere.

Owns one try of it, as a whole: its networks, its brokers, its name and password. Takes part in
nothing that is said there: whoever is let in goes again. Imported only when it is needed.
"""

import asyncio

from bell import mqtt, wire
from bell.link import LOOK_MS, Link
from bell.ticks import ticks_diff

KNOCK_MS = 60_000


class Knock:
    """The owner of a link that only wants to know whether a broker lets us in."""

    def __init__(self, say) -> None:
        self._say = say
        self.is_in = False

    def connected(self) -> None:
        """A broker has let us in. Go before it says anything: nobody would remember it."""
        self.is_in = True
        raise mqtt.Broken("it leads to a broker")

    def lost(self) -> None:
        """Nothing to lose."""

    def fault(self, word: str, is_there: bool) -> None:
        """A fault of the other configuration is none of this device."""

    def is_waiting(self) -> bool:
        """There is little time."""
        return True

    def received(self, topic: str, payload: bytes, retained: bool) -> None:
        """Nobody stays to listen."""

    def other(self) -> None:
        """There is no third one."""

    def say(self, line: str) -> None:
        """A line for the console."""
        self._say("the other configuration: " + line)


async def leads(config: dict, board, owner, clock, link) -> bool:
    """Whether that configuration leads to a broker; then `owner` is told to choose it. While it is
    tried, for KNOCK_MS at most, `link` goes on living for the watchdog. `board`, `owner` and
    `clock` are those of `link`."""
    owner.say("no way to a broker: trying the other configuration")
    knock = Knock(owner.say)
    will = (wire.topic(config["device"], "state"), wire.encode("state", {"online": False}))
    task = asyncio.create_task(Link(config, board, will, knock, clock).run())
    began = board.now()
    while not knock.is_in and ticks_diff(board.now(), began) < KNOCK_MS:
        link.advance()
        await asyncio.sleep(LOOK_MS / 1000)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    if knock.is_in:
        owner.say("the other configuration leads to a broker: starting with it")
        owner.choose_other()
    return knock.is_in

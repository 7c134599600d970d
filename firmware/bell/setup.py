"""A device without a configuration that it can use: it says so until it has one.

Owns the lamp, the sound and the words of that state. A press cannot be sent from here, so it is
never shown as sensed: it sounds like one that is not getting through, and whoever pressed
reaches for the telephone.
"""

import asyncio

from bell import config
from bell.board import Board
from bell.fields import DEFAULT_PINS
from bell.patterns import PATTERNS

SAY_S = 10
LOOK_S = 1


class Setup:
    """The wait for a configuration in `directory`."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._board = Board(DEFAULT_PINS)

    async def run(self, complaint: str) -> None:
        """Until there is a configuration that can be used."""
        watch = asyncio.create_task(self._board.watch(self._happened))
        lamp, notes, again_ms = PATTERNS["setup"]
        self._board.lamp(lamp)
        self._board.sound(notes, again_ms)
        print("lamp setup")
        for second in range(1 << 30):
            self._board.guard()
            if second % SAY_S == 0:
                print("setup:", complaint)
            await asyncio.sleep(LOOK_S)
            settings, _, complaints = config.load(self._directory)
            if settings is not None:
                break
            complaint = complaints[0]
        watch.cancel()
        print("setup: there is a configuration, starting again")

    def _happened(self, event: tuple) -> None:
        if event[0] == "pressed":
            print("not sent: there is no configuration")
            self._board.sound(PATTERNS["unheard"][1], 0)

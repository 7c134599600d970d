"""A board that tells what it says: its console lines as facts.

Knows the firmware's console lines and nothing else of it.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from chaos.facts import Lamp, Noted, Rings, Started
from chaos.view import PRESSES
from simulator.board import VirtualBoard

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.facts import Story


class ToldBoard(VirtualBoard):
    """A virtual board whose lamp, rings and notes go into a story."""

    def __init__(
        self,
        story: Story,
        directory: Path,
        role: str,
        port: int,
        hears: tuple[str, ...],
        firmware: Path,
    ) -> None:
        """For the device that `directory` is named after, with its broker on `port`."""
        config: dict[str, object] = {
            "device": directory.name,
            "role": role,
            "wifi": [{"ssid": "home", "password": "12345678"}],
            "broker": [{"host": "127.0.0.1", "port": port}],
            "hears": list(hears),
            "pins": {"button": 27, "lamp": 26, "buzzer": 25, "service": 14},
        }
        super().__init__(directory, config, firmware=firmware)
        self.story = story

    def freeze(self) -> None:
        """Stop it where it stands; nothing happens without power."""
        if self.alive:
            os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        if self.alive:
            os.kill(self.pid, signal.SIGCONT)

    async def power_cut(self) -> None:
        """Cut the power; no lamp is lit then, and nothing rings."""
        await super().power_cut()
        name, now = self.directory.name, time.time()
        self.story.add(Lamp(now, name, "off"), Rings(now, name, ()))

    def _hear(self, line: str) -> None:
        super()._hear(line)
        name, now = self.directory.name, time.time()
        words = line.split()
        match words:
            case ["boot", *_]:
                self.story.add(Started(now, name))
            case ["lamp", word, *_]:
                self.story.add(Lamp(now, name, word))
            case ["rings", "-"]:
                self.story.add(Rings(now, name, ()))
            case ["rings", *names]:
                self.story.add(Rings(now, name, tuple(names)))
            case ["press", kind, press_id] if kind in PRESSES:
                self.story.add(Noted(now, name, kind, press_id))
            case ["acknowledge", episode, answer_id]:
                self.story.add(Noted(now, name, "answer", answer_id, episode))
            case _:
                pass

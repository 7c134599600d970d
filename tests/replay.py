"""Plays the examples of a manual, so that what it prints is what the commands say.

In a ```console block a line that begins with `$ lovebell` is typed, and the lines below it are
what it answered. What happens between them stands in comments that a reader does not see:
`<!-- then: press b-01; 50 s; answer c-02 -->`, or `<!-- during: answer c-01 -->` for what happens
while the next command waits. `python tests/replay.py docs/operations.md …` writes the answers
anew.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from town import Town

if TYPE_CHECKING:
    from stories.street import Street

PROMPT = "$ lovebell "


class Player:
    """One manual, from its first line to its last, in a town where at first nobody is."""

    def __init__(self, path: Path, language: str) -> None:
        self._town = Town(path)
        self._language = language
        self._during = ""

    def play(self, text: str) -> str:
        """The manual with the answers that the commands give now."""
        played: list[str] = []
        is_console = is_answer = False
        for line in text.splitlines():
            if line.startswith("```"):
                is_console = line == "```console"
                is_answer = False
            elif line.startswith("<!-- then: "):
                self._do(line)
            elif line.startswith("<!-- during: "):
                self._during = line
            elif is_console and line.startswith(PROMPT):
                played += [line, *self._type(line.removeprefix(PROMPT))]
                is_answer = True
                continue
            if not (is_console and is_answer):
                played.append(line)
        return "\n".join(played) + "\n"

    def close(self) -> None:
        """Stop what runs."""
        self._town.close()

    def _type(self, line: str) -> list[str]:
        town = self._town
        waiting, self._during = self._during, ""
        if waiting:
            town.waits, town.patience, go_on = 0, 1, town.go_on
            town.go_on = lambda: (go_on(), self._do(waiting))
        result = town.type(*shlex.split(line), language=self._language)
        if waiting:
            town.patience, town.go_on = 1_000, go_on
        return result.output.rstrip("\n").splitlines()

    def _do(self, line: str) -> None:
        for event in line.strip("<!-> ").partition(": ")[2].split("; "):
            match event.split():
                case ["gateway", "starts"]:
                    self._town.power_up()
                case ["gateway", "stops"]:
                    self._town.power_cut()
                case ["press", button, press_id]:
                    self._town.press(button, press_id)
                case ["answer", chime]:
                    self._town.answer(chime)
                case ["hear", *devices]:
                    self._hear(self._town.street, devices)
                case ["look"]:
                    self._town.look()
                case [seconds, "s"]:
                    self._wait(int(seconds))
                case _:
                    raise ValueError(f"nobody can do {event!r}")

    def _hear(self, street: Street, devices: list[str]) -> None:
        for device in devices:
            street.send(device, "state", online=True, firmware="0.1.0")
            street.send(device, "heartbeat", every_s=60, up_s=86_400, rssi=-58)
        street.reception.save_seen(street.now)
        self._town.go_on()

    def _wait(self, seconds: int) -> None:
        if self._town.gateway_is_up:
            self._town.forward(seconds)
        else:
            self._town.street.now += seconds * 1000


def replay(manual: Path, folder: Path) -> str:
    """The manual with the answers that the commands give now. Local time is Shanghai's."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    language = "zh" if manual.name.endswith(".zh.md") else "en"
    player = Player(folder / "lovebell.db", language)
    try:
        return player.play(manual.read_text(encoding="utf-8"))
    finally:
        player.close()
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as temporary:
            Path(name).write_text(replay(Path(name), Path(temporary)), encoding="utf-8")

"""Many boards at once: a thread and a line on the screen for each.

Owns the threads and the screen. What is done to a board stands in making.py.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from lovebell_tools import words
from lovebell_tools.board import BoardError
from lovebell_tools.making import Made, make

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lovebell_tools.making import Order


@dataclass(frozen=True, slots=True)
class Done:
    """What has become of the board on a port: one of `made` and `why`."""

    port: str
    made: Made | None
    why: BoardError | None

    def document(self, language: str) -> dict[str, object]:
        """For a program."""
        if self.why is not None:
            said = words.of_error(language, self.why)
            return {"port": self.port, "result": "failed", "why": self.why.name, "said": said}
        made = self.made
        return {
            "port": self.port,
            "result": "ready",
            "device": made.device if made else None,
            "role": made.role if made else None,
            "mac": made.mac if made else None,
            "proof": made.proof if made else None,
        }


def make_all(ports: Sequence[str], order: Order, language: str, *, is_shown: bool) -> list[Done]:
    """Set all of them up, each by itself: what goes wrong with one is no matter to the others.

    Ctrl-C ends it at once; to the boards that is a plug that was pulled.
    """
    screen = _Screen(language, is_shown)
    done: dict[str, Done | Exception] = {}

    def work(port: str, line: _Line) -> None:
        try:
            done[port] = _one(port, order, line, language)
        except Exception as why:  # noqa: BLE001 - a fault of ours, told below with its trace
            done[port] = why

    with screen.progress:
        lines = {port: screen.line(port) for port in ports}
        crew = [threading.Thread(target=work, args=one, daemon=True) for one in lines.items()]
        for hand in crew:
            hand.start()
        for hand in crew:
            hand.join()
    return [_good(done[port]) for port in ports]


def _good(done: Done | Exception) -> Done:
    if isinstance(done, Exception):
        raise done
    return done


def _one(port: str, order: Order, line: _Line, language: str) -> Done:
    try:
        made = make(port, order, line)
    except BoardError as why:
        line.end(words.say(language, "not_ready"), is_good=False)  # why is told below them all
        return Done(port, None, why)
    line.end(words.say(language, f"ready_{made.proof}"), is_good=True)
    return Done(port, made, None)


class _Screen:
    def __init__(self, language: str, is_shown: bool) -> None:
        self.language = language
        self.progress = Progress(
            TextColumn("{task.fields[port]}"),
            TextColumn("{task.fields[device]}", justify="right"),
            BarColumn(20),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True, highlight=False),
            disable=not is_shown,
        )

    def line(self, port: str) -> _Line:
        task = self.progress.add_task("", total=100, port=port, device="")
        return _Line(self, task)


class _Line:
    """The line of one board. Told to, it shows the stage."""

    def __init__(self, screen: _Screen, task: object) -> None:
        self._screen = screen
        self._task = task

    def __call__(self, stage: str, per_cent: int = 0, device: str | None = None) -> None:
        named = {} if device is None else {"device": device}
        said = words.say(self._screen.language, stage)
        self._update(description=said, completed=per_cent, **named)

    def end(self, said: str, *, is_good: bool) -> None:
        self._update(description=said, completed=100 if is_good else 0)

    def _update(self, **changes: object) -> None:
        self._screen.progress.update(self._task, **changes)  # pyright: ignore[reportArgumentType]

"""Runs the demo in front of an audience: a terminal, a pipe, or nobody.

Owns the directory, the terminal and the orderly end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.live import Live

from lovebell.demo.community import Community
from lovebell.demo.story import Story
from lovebell.demo.view import KEYS, View
from simulator.board import choose
from simulator.ending import heed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

FRAME_S = 0.1
PAUSE_S = 1.0  # between the letters of a line, as if they were typed


async def play_story(directory: Path | None, language: str) -> None:
    """Play the story unattended. Raises StoryError if it did not come true."""
    async with _community(directory, language) as community:
        await Story(community, language, click.echo).play()


async def play(directory: Path | None, language: str) -> None:
    """Let the audience play: by keys on a terminal, by letters on standard input otherwise."""
    async with _community(directory, language) as community:
        view = View(community, language)
        if sys.stdin.isatty() and sys.stdout.isatty():
            await _on_terminal(view)
        else:
            await _on_pipe(community, view, language)


@contextlib.asynccontextmanager
async def _community(directory: Path | None, language: str) -> AsyncGenerator[Community]:
    """A community that runs; when it is left nothing of it is left, unless a folder was given.

    Ctrl-C, SIGTERM and a closed terminal leave it too.
    """
    heed()
    folder = directory or Path(tempfile.mkdtemp(prefix="lovebell-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    chosen = choose()
    if chosen.name == "cpython":
        click.echo(_say(language, "没有 MicroPython：固件在 CPython 上运行。", "No MicroPython."))
        click.echo(chosen.why)
    click.echo(_say(language, "正在启动……", "Starting ..."), err=True)
    community = Community(folder)
    try:
        await community.start()
        yield community
    finally:
        await community.stop()
        if directory is None:
            shutil.rmtree(folder, ignore_errors=True)


async def _on_terminal(view: View) -> None:
    with _keys(view.key), Live(view.render(), console=Console(), screen=True) as live:
        while not view.quit.is_set():
            live.update(view.render())
            await asyncio.sleep(FRAME_S)


async def _on_pipe(community: Community, view: View, language: str) -> None:
    """A letter does what the key does; the record is printed as it grows, until input ends.

    Without any input at all the story is played: there is nobody to press.
    """
    letters: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(letters.put_nowait, line.strip())
        loop.call_soon_threadsafe(letters.put_nowait, "\0")

    # A daemon: a thread that waits for input would hold up our end.
    threading.Thread(target=read, daemon=True).start()
    first = await letters.get()
    if first == "\0":
        await Story(community, language, click.echo).play()
        return
    typing = asyncio.create_task(_type(first, letters, view, language))
    number = 0
    while not view.quit.is_set():
        for n, line in view.lines_after(number):
            number = n
            click.echo(line)
        await asyncio.sleep(FRAME_S)
    typing.cancel()


async def _type(line: str, letters: asyncio.Queue[str], view: View, language: str) -> None:
    while line != "\0":
        for key in line:
            if not view.key(key):
                text = _say(
                    language, f"没有 {key} 这个键，可用的键：", f"no key {key}; there are: "
                )
                click.echo(text + " ".join(KEYS))
            await asyncio.sleep(PAUSE_S)
        line = await letters.get()
    view.quit.set()


@contextlib.contextmanager
def _keys(on_key: Callable[[str], object]) -> Generator[None, None, None]:
    """Read single keys from the terminal, which is as it was afterwards."""
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    loop = asyncio.get_running_loop()

    def ready() -> None:
        # Whoever leads its session hears that a terminal was closed, and need not be us: we find
        # nothing more to read on it, for ever.
        try:
            typed = os.read(terminal, 64).decode(errors="ignore")
        except OSError:
            typed = ""
        for key in typed or "q":
            on_key(key)

    tty.setcbreak(terminal)
    loop.add_reader(terminal, ready)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        with contextlib.suppress(termios.error):  # it is gone
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _say(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english

"""What the commands share: options, the language, and how something is printed."""

from __future__ import annotations

import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any, Final

import click

from lovebell_tools import release, words
from lovebell_tools.bilingual import language_of

FILE: Final = click.Path(path_type=Path)


class Seconds(click.FloatRange):
    """So many seconds, from 0 to `most`; nan, which no range refuses, would never be over."""

    def __init__(self, most: float) -> None:
        super().__init__(0, most)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number. Raises BadParameter."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r}", param, ctx)
        return seconds


def language() -> str:
    """zh or en."""
    return language_of(click.get_current_context())


def say(name: str, /, **needs: object) -> None:
    """Print a sentence of words.py."""
    click.echo(words.say(language(), name, **needs))


def print_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


json_option: Final[Any] = click.option(
    "--json", "as_json", is_flag=True, help="输出一份 JSON。|Print one JSON document."
)
ports_option: Final[Any] = click.option(
    "--port",
    "named",
    multiple=True,
    help="串口，可多次给出；不给就用所有插着的板子。|A serial port, as often as you like; without "
    "it all boards that are plugged in.",
)
firmware_option: Final[Any] = click.option(
    "--firmware",
    type=FILE,
    help="编译好的固件目录；不给就当场编译。|A folder with compiled firmware; without it it is "
    "compiled now.",
)


def firmware_in(folder: Path | None) -> release.Firmware:
    """The compiled firmware of that folder, else of this installation. Raises BoardError."""
    if folder is not None:
        return release.read(folder)
    with tempfile.TemporaryDirectory() as made:
        return release.made(Path(made) / "firmware")


def passphrase() -> str:
    """Asked of whoever sits there; BUNDLE_PASSPHRASE answers for a program."""
    told = os.environ.get("BUNDLE_PASSPHRASE")
    if told is not None:
        return told
    return click.prompt(words.say(language(), "passphrase"), hide_input=True, err=True)

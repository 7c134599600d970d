"""The commands for what is there already: doctor, boards, verify, logs, identify, reset."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console as Screen
from rich.table import Table
from rich.text import Text

from lovebell_tools import doctor as doctors
from lovebell_tools import ports, upkeep, words
from lovebell_tools.bilingual import LANGUAGES, command
from lovebell_tools.board import BoardError
from lovebell_tools.console import Console
from lovebell_tools.options import (
    Seconds,
    firmware_in,
    firmware_option,
    json_option,
    language,
    ports_option,
    print_json,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


WATCH_S: Final = 1


@command("doctor", help="这台电脑还缺什么，怎么补。|What this laptop lacks, and how to mend it.")
@ports_option
@json_option
def doctor(named: Sequence[str], as_json: bool) -> None:
    """Check the laptop."""
    spoken = language()
    checks = doctors.examine(named, spoken)
    if as_json:
        print_json([check.document() for check in checks])
    else:
        for check in checks:
            word = words.say(spoken, "fine" if check.advice is None else "missing")
            name = doctors.NAMES[check.name][LANGUAGES.index(spoken)]
            click.echo(f"[{word}] {name}{words.say(spoken, 'colon')}{check.found}")
            if check.advice is not None:
                click.echo(f"    {check.advice}")
    if any(check.advice is not None for check in checks):
        sys.exit(1)


@command("boards", help="插着哪些板子，各是什么。|Which boards are plugged in, and what they are.")
@ports_option
@click.option(
    "--watch",
    is_flag=True,
    help="一直看着，插上或拔下一块就说一块；Ctrl-C 结束。|Go on, and tell of each that is plugged "
    "in or out; Ctrl-C ends it.",
)
@json_option
def boards(named: Sequence[str], watch: bool, as_json: bool) -> None:
    """Look at every port. A board that runs is broken into and started again."""
    if watch:
        for one in ports.watch(lambda: list(named) or ports.plugged(), ports.look, _pause):
            document = json.dumps(one.document(), ensure_ascii=False)
            click.echo(document if as_json else " ".join(_row(one)))
    found = [ports.look(port) for port in ports.ports(named)]
    if as_json:
        print_json([one.document() for one in found])
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("port", "what", "chip", "mac", "release", "version", "device"):
        table.add_column(words.say(language(), heading), overflow="fold")
    for one in found:
        table.add_row(*(Text(cell) for cell in _row(one)))
    # In a pipe there is no width to fit into.
    Screen(highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def _pause() -> None:
    time.sleep(WATCH_S)


def _row(one: ports.Found) -> list[str]:
    what = words.say(language(), one.standing or f"kind_{one.kind}")
    cells = (one.port, what, one.chip, one.mac, one.release, one.version, one.device)
    return [cell or "-" for cell in cells]


def _each(
    named: Sequence[str], as_json: bool, do: Callable[[str], dict[str, object]], said: str
) -> None:
    """Do it to one board after the other, and tell of each; exit code 1 if one went wrong."""
    spoken = language()
    documents: list[dict[str, object]] = []
    is_good = True
    for port in ports.ports(named):
        try:
            about = do(port)
        except BoardError as why:
            is_good = False
            text = words.of_error(spoken, why)
            documents.append({"port": port, "result": "failed", "why": why.name, "said": text})
            if not as_json:
                click.echo(f"{port}{words.say(spoken, 'colon')}{text}", err=True)
        else:
            documents.append({"port": port, "result": "done", **about})
            if not as_json:
                say(str(about.get("said", said)), port=port, **about)
    if as_json:
        print_json(documents)
    if not is_good:
        sys.exit(1)


@command("verify", help="板子的文件齐不齐，连不连得上。|Whether a board is complete and connects.")
@ports_option
@firmware_option
@click.option(
    "--wait",
    type=Seconds(3600),
    default=90,
    help="等它连上的秒数；0 不等。|Seconds to wait for the broker; 0 to not wait.",
)
@json_option
def verify(named: Sequence[str], firmware: Path | None, wait: float, as_json: bool) -> None:
    """Verify each."""
    files = firmware_in(firmware)
    _each(named, as_json, lambda port: {"device": upkeep.verify(port, files, wait)}, "verified")


@command("logs", help="看板子说什么，不打断它。|Show what a board says, without disturbing it.")
@ports_option
@click.option(
    "--for",
    "seconds",
    type=Seconds(86400),
    default=86400,
    help="看多少秒；Ctrl-C 结束。|For how many seconds; Ctrl-C ends it.",
)
def logs(named: Sequence[str], seconds: float) -> None:
    """Print lines as they come."""
    found = ports.ports(named)
    if len(found) > 1:
        raise BoardError("one_board", count=len(found))
    with Console(found[0]) as console:
        for line in console.lines(seconds):
            click.echo(line)


@command("identify", help="让板子的灯闪，好找到它。|Blink a board's lamp, to find it.")
@ports_option
@json_option
def identify(named: Sequence[str], as_json: bool) -> None:
    """Blink each."""

    def blink(port: str) -> dict[str, object]:
        upkeep.identify(port)
        return {}

    _each(named, as_json, blink, "blinked")


@command("reset", help="清空板子，先问一声。|Empty a board, after asking.")
@ports_option
@click.option("--yes", is_flag=True, help="不再问。|Do not ask.")
@json_option
def reset(named: Sequence[str], yes: bool, as_json: bool) -> None:
    """Empty each."""

    def empty(port: str) -> dict[str, object]:
        device, has_presses = upkeep.about(port)
        waiting = words.say(language(), "waiting") if has_presses else ""
        who = device or words.say(language(), "nobody")
        question = words.say(language(), "sure", port=port, device=who, waiting=waiting)
        if not yes and not click.confirm(question.strip(), err=True):
            upkeep.go_on(port)
            return {"device": device, "emptied": False, "said": "kept"}
        upkeep.empty(port)
        return {"device": device, "emptied": True}

    _each(named, as_json, empty, "emptied")

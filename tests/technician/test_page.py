"""The technician's page, followed literally."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from technician.fonts import LABEL, a_font

from lovebell.provision.bundle import seal
from lovebell_tools.cli import cli
from simulator.far_end import FarEnd

if TYPE_CHECKING:
    from technician.bench import Bench

    from simulator.mosquitto import Mosquitto
    from simulator.serial_board import SerialBoard

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("technician.md", "technician.zh.md")
TYPED = re.compile(r"^\$ lovebell-tech (.*)$", re.MULTILINE)
WORD = "四个 常见 的 词"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


async def test_every_command_of_the_page_works_when_typed_in_its_order(
    bench: Bench, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUNDLE_PASSPHRASE", WORD)
    font = a_font(tmp_path / "boxes.ttf", LABEL)
    monkeypatch.setattr("lovebell_tools.labels.find_font", lambda: font)
    monkeypatch.setattr("lovebell_tools.doctor.find_font", lambda: font)
    (tmp_path / "buttons.bundle").write_bytes(seal(bench.order.bundle, WORD, os.urandom))
    (example,) = re.findall(r"```toml\n(.*?)```", page("technician.md"), re.DOTALL)
    (tmp_path / "site.toml").write_text(example, encoding="utf-8")
    board = bench.board()
    plugged = [SimpleNamespace(device=board.port, vid=0x10C4)]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: plugged)

    far_end = FarEnd(broker.port, answers=True)
    await far_end.ready()
    hand = asyncio.create_task(press_when_asked(board))
    said: dict[str, str] = {}
    for line in TYPED.findall(page("technician.md")):
        arguments = ["--language", "en", *shlex.split(line)]
        result = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
        assert result.exit_code == 0, f"{line}: {result.output}"
        said[arguments[2]] = result.output
    await hand
    far_end.close()
    assert "[fine] serial ports" in said["doctor"]
    assert "not set up" in said["boards"]
    assert "ready: connected, test press at the gateway" in said["setup"]
    assert far_end.heard("press", kind="test")
    assert not far_end.heard("press", kind="call")
    assert "broker up" in said["logs"] or said["logs"] == ""
    assert (tmp_path / "labels.pdf").exists()
    assert "emptied" in said["reset"]


async def press_when_asked(board: SerialBoard) -> None:
    await asyncio.to_thread(board.wait_for, b"broker up")
    board.tell("key 3000")
    board.tell("press 300")


def test_both_pages_have_the_same_commands_and_examples() -> None:
    first, second = (TYPED.findall(page(name)) for name in PAGES)
    assert first == second
    plain = [
        re.sub(r"#.*", "", re.findall(r"```toml\n(.*?)```", page(name), re.DOTALL)[0])
        for name in PAGES
    ]
    assert plain[0] == plain[1]


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_every_option_stands_on_the_page(name: str) -> None:
    text = page(name)
    typed = {line.split(" ")[0] for line in TYPED.findall(text)}
    assert typed == set(cli.commands)
    for command in cli.commands.values():
        for option in command.params:
            if option.param_type_name == "option":
                assert re.search(rf"{option.opts[0]}\b", text), option.opts[0]


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", page(name)):
        path, _, heading = target.partition("#")
        text = page(path)
        if heading:
            headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            slugs = [re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings]
            assert heading in slugs, target

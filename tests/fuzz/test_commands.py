"""Rubbish typed into several fields of any command at once: a sentence, and nothing is changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

import click
import pytest
from fuzz.kit import dose
from hypothesis import example, given
from hypothesis import strategies as st
from town import Town

from lovebell.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: They run until they are stopped.
ENDLESS = {"serve", "demo"}
#: What somebody might type into the wrong field, and what nobody would.
WORDS = st.sampled_from(
    [
        *("h-1", "r-paired", "b-1", "c-1", "g-1", "rota-1", "group", "1", "2", "p-1", "helped"),
        *(
            "desk 60s",
            "paired 45s",
            "daily 08:00-18:00 r-desk",
            "2027-02-30",
            "2027-01-01",
            "08:00",
        ),
        *(
            "",
            "-",
            "--",
            "-1",
            "0",
            "9" * 25,
            "1e9",
            "nan",
            "null",
            "..",
            "/",
            "~示例",
            "a\0b",
            "\udcff",
        ),
        *(
            "x" * 300,
            "{home}",
            "%s",
            "'; DROP TABLE home; --",
            "示例\n示例",
            "\u202e",
            "\x1b[2J",
            "[b]",
        ),
        *("env:LOVEBELL_TOKEN", "token=x", "365d", "button", "chime", "wecom", "true", "new-file"),
    ]
) | st.text(max_size=6)


def commands(
    path: tuple[str, ...] = (), command: click.Command = cli
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from commands((*path, word), below)
    elif path[0] not in ENDLESS:
        yield path, command


ALL = sorted(commands(), key=lambda one: one[0])


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """A command with something in every field that must be filled, and in some others."""
    path, command = draw(st.sampled_from(ALL))
    options: list[str] = []
    arguments: list[str] = []
    for field in command.params:
        if isinstance(field, click.Argument):
            arguments += draw(st.lists(WORDS, min_size=1, max_size=1 if field.nargs == 1 else 3))
        elif isinstance(field, click.Option) and field.is_flag:
            options += [field.opts[0]] if draw(st.booleans()) and field.name != "help" else []
        elif field.required or draw(st.booleans()):
            options.append(f"{field.opts[0]}={draw(WORDS)}")
    language = draw(st.sampled_from(["zh", "en"]))
    return [f"--language={language}", *path, *options, "--", *arguments]


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of a town in which there has been a call."""
    town = Town(tmp_path_factory.mktemp("town") / "lovebell.db")
    town.furnish()
    town.power_up()
    town.press()
    town.close()
    town.type("community", "add", "c-1", "--name", "示例社区")
    town.type("group", "set", "g-1", "r-paired")
    town.type("rota", "set", "rota-1", "daily 00:00-24:00 g-1")
    return town.path


@pytest.fixture(scope="module")
def town(pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A copy of it, in a folder of its own in which everything that is made is made."""
    folder = tmp_path_factory.mktemp("here")
    before = os.getcwd()  # noqa: PTH109
    os.chdir(folder)
    made = Town(folder / "lovebell.db")
    made.patience = 20
    shutil.copy(pattern, made.path)
    yield made
    made.close()
    os.chdir(before)


@dose(150)
@given(line=lines())
@example(line=["firmware", "key", "--", ""])
@example(line=["backup", "--", ""])
def test_whatever_is_typed_is_done_or_refused_in_a_sentence(
    town: Town, pattern: Path, line: list[str]
) -> None:
    before = dump(town.path)
    result = town.type(*line)
    assert result.exception is None or isinstance(result.exception, SystemExit), line
    assert result.exit_code in (0, 1, 2), line
    assert "Traceback" not in result.output
    if result.exit_code and result.stderr:
        assert len(result.stderr) < 4_000
        assert dump(town.path) == before, line
    else:
        shutil.copy(pattern, town.path)


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()

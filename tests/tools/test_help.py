"""Whoever asks for help, or types something wrong, is told in Chinese and in English."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

import lovebell.cli
import lovebell_tools.cli

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def below(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from below(one, (*path, name))


COMMANDS = dict(
    [
        *below(lovebell.cli.cli, ("lovebell",)),
        *below(lovebell_tools.cli.cli, ("lovebell-tech",)),
    ]
)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_each_of_its_options_has_help_in_both_languages(name: str) -> None:
    command = COMMANDS[name]
    texts = {name: command.help or ""}
    for one in command.params:
        if isinstance(one, click.Option):
            texts[one.opts[-1]] = one.help or ""
    for where, text in texts.items():
        both = text.split("|")
        assert len(both) == 2, f"{where}: {text!r}"
        assert CHINESE.search(both[0]), where
        assert both[1].strip(), where
        assert not CHINESE.search(both[1]), where


def helped(**environment: str) -> list[str]:
    """What `make help` says, a line a target."""
    around = {key: value for key, value in os.environ.items() if key not in ("LANG", "LC_MESSAGES")}
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        env=around | {"LC_ALL": ""} | environment,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().splitlines()


def test_make_help_speaks_the_language_of_the_terminal_and_names_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert wanted is not None
    targets = sorted(wanted[1].split())
    chinese, english = helped(LANG="zh_CN.UTF-8"), helped(LANG="de_DE.UTF-8")
    for lines in (chinese, english):
        assert sorted(line.split()[1] for line in lines) == targets
        assert all(len(line.split()) > 2 for line in lines)
    assert all(CHINESE.search(line) for line in chinese)
    assert not any(CHINESE.search(line) for line in english)
    assert helped(LANG="zh_CN.UTF-8", LC_ALL="C") == english
    assert helped() == english


TYPED = (
    (("setup", "--kind", "x"), ("--kind", "button, chime")),
    (("setup", "--kin", "x"), ("--kin", "--kind")),
    (("nosuch",), ("nosuch",)),
    (("setup",), ("--site",)),
    (("boards", "--port"), ("--port",)),
    (("setup", "--wait", "x"), ("--wait",)),
    (("verify", "--wait", "nan"), ("--wait", "3600")),
    (("boards", "extra", "more"), ("extra more",)),
    (("--nosuch", "boards"), ("--nosuch",)),
)


@pytest.mark.parametrize(("words", "named"), TYPED, ids=lambda words: " ".join(words))
def test_what_a_technician_typed_wrongly_is_told_in_the_language_asked_for(
    words: tuple[str, ...], named: tuple[str, ...]
) -> None:
    for language in ("zh", "en"):
        done = CliRunner().invoke(lovebell_tools.cli.cli, ["--language", language, *words])
        assert done.exit_code == 2
        first = done.output.splitlines()[0]
        assert all(part in first for part in named)
        assert bool(CHINESE.search(first)) == (language == "zh")
        assert "Invalid" not in first
        assert "No such" not in first
        assert "Got" not in first


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_option_that_takes_no_value_is_not_said_to_need_one(language: str) -> None:
    words = ["--language", language, "reset", "--yes=1"]
    told = CliRunner().invoke(lovebell_tools.cli.cli, words, prog_name="lovebell-tech").output
    wanted = {"zh": "--yes 后面不写值", "en": "--yes takes no value"}
    assert wanted[language] in told
    assert "lovebell-tech reset --help" in told


def test_a_language_that_nobody_speaks_is_refused_in_chinese() -> None:
    told = CliRunner().invoke(lovebell_tools.cli.cli, ["--language", "fr", "boards"])
    assert told.exit_code == 2
    assert "--language 的值不对：请写其中之一：zh, en" in told.output

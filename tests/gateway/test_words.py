"""No screen is half translated."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import click
import pytest

from lovebell import cli, words
from lovebell.words.answers import ANSWERS
from lovebell.words.errors import USAGE
from lovebell.words.keys import KEYS, PROBLEMS
from lovebell.words.screens import SCREENS

GATEWAY = Path(words.__file__).parents[1]
HAN = re.compile(r"[\u4e00-\u9fff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


TABLES = {"screens": SCREENS, "answers": ANSWERS, "usage": USAGE, "problems": PROBLEMS}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_sentence_stands_in_both_languages(table: dict[str, tuple[str, str]]) -> None:
    for name, (chinese, english) in table.items():
        assert not HAN.search(english), name
        assert HAN.search(chinese) or re.search(r"[：、（）]", chinese), name
        # An exception that is told in English has its own words.
        assert placeholders(chinese) == placeholders(english) - {"why"} or (
            placeholders(chinese) == placeholders(english)
        ), name


def test_every_key_is_described_in_both_languages() -> None:
    for key, pairs in KEYS.items():
        for chinese, english in pairs:
            assert chinese, key
            assert not HAN.search(english), key


def test_every_word_that_a_command_asks_for_is_there() -> None:
    asked = 0
    for path in sorted((GATEWAY / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in ("say", "text") or not node.args:
                continue
            for literal in ast.walk(node.args[0]):
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                    if isinstance(node.args[0], ast.JoinedStr) or literal.value == "ok":
                        continue
                    asked += 1
                    assert literal.value in SCREENS, f"{path.name}: {literal.value}"
    assert asked > 30


def commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []

    def walk(name: str, command: click.Command) -> None:
        found.append((name, command))
        if isinstance(command, click.Group):
            for child, below in command.commands.items():
                walk(f"{name} {child}", below)

    walk("lovebell", cli.cli)
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_and_every_option_has_help_in_both_languages(
    name: str, command: click.Command
) -> None:
    helps = [command.help or ""]
    helps += [p.help or "" for p in command.params if isinstance(p, click.Option)]
    for text in helps:
        chinese, bar, english = text.partition("|")
        assert bar, f"{name}: {text!r}"
        assert HAN.search(chinese), f"{name}: {text!r}"
        assert english, f"{name}: {text!r}"
        assert not HAN.search(english), f"{name}: {text!r}"

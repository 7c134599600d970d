"""The manuals are true: every command and every key stands in them, and every example is played."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from replay import replay

from lovebell import config, words
from lovebell.cli import cli
from lovebell.words.keys import KEYS

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

DOCS = Path(__file__).parents[2] / "docs"
OPERATIONS = ("operations.md", "operations.zh.md")
CONFIGURATION = ("configuration.md", "configuration.zh.md")


def leaves(name: str, command: click.Command) -> list[str]:
    if not isinstance(command, click.Group):
        return [name]
    return [leaf for child, below in command.commands.items() for leaf in leaves(f"{name} {child}", below)]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("manual", OPERATIONS)
@pytest.mark.parametrize("command", leaves("lovebell", cli))
def test_every_command_stands_in_the_manual_with_an_example(manual: str, command: str) -> None:
    examples = re.findall(
        r"^(?:\$ )?(lovebell .*)$", (DOCS / manual).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert any(re.match(rf"{command}(\s|$)", example) for example in examples)


@pytest.mark.parametrize("manual", OPERATIONS)
def test_every_answer_in_the_manual_is_what_the_command_prints(manual: str, tmp_path: Path) -> None:
    written = (DOCS / manual).read_text(encoding="utf-8")
    played = replay(DOCS / manual, tmp_path)
    assert played.splitlines() == written.splitlines(), f"python tests/replay.py docs/{manual}"


@pytest.mark.parametrize("manual", CONFIGURATION)
def test_every_key_stands_in_the_manual_as_the_program_knows_it(manual: str) -> None:
    column = 0 if manual.endswith(".zh.md") else 1
    text = (DOCS / manual).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [row(key, field, column) for key, field in config.Settings.model_fields.items()]


def row(key: str, field: FieldInfo, column: int) -> str:
    """What the table of keys says of one."""
    meaning, rule = (pair[column] for pair in KEYS[key])
    default = field.default
    if key == "database":
        told = ("见下", "see below")[column]
    elif default in ("", None):
        told = ("无", "none")[column]
    else:
        told = f"`{json.dumps(list(default) if isinstance(default, tuple) else default)}`"
    return f"| `{key}` | {meaning} | {rule} | {told} |"


@pytest.mark.parametrize("manual", CONFIGURATION)
def test_the_example_of_a_configuration_is_good(manual: str, tmp_path: Path) -> None:
    text = (DOCS / manual).read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "lovebell.toml"
    file.write_text(example, encoding="utf-8")
    assert config.load(file).broker_port == 8883


@pytest.mark.parametrize("manual", CONFIGURATION)
def test_the_refusals_in_the_manual_are_those_of_the_program(manual: str) -> None:
    text = (DOCS / manual).read_text(encoding="utf-8")
    path = "/etc/lovebell/lovebell.toml"
    needs = {"key": "broker_prot", "path": path, "near": "broker_port"}
    wrong = {"key": "broker_port", "variable": "LOVEBELL_BROKER_PORT", "value": "'many'"}
    error = config.ConfigError(("unknown_key", needs), ("wrong_variable", wrong))
    language = "zh" if manual.endswith(".zh.md") else "en"
    assert f"```text\n{words.of_config(language, error)}\n```" in text


@pytest.mark.parametrize("manual", [*OPERATIONS, *CONFIGURATION])
def test_every_link_to_another_page_leads_somewhere(manual: str) -> None:
    text = (DOCS / manual).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (DOCS / target).exists(), target

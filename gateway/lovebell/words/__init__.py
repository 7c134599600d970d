"""Every sentence and word that a user of the command sees, in Chinese and in English.

Owns no decision. The sentences of the record stand in `lovebell.story`, and the English of the
books' errors in `lovebell.store.errors`, where they are raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lovebell.words.answers import ANSWERS
from lovebell.words.errors import BOOKS, USAGE
from lovebell.words.keys import KEYS, PROBLEMS
from lovebell.words.screens import SCREENS

if TYPE_CHECKING:
    import click

    from lovebell.config import ConfigError
    from lovebell.store.errors import BooksError


def say(language: str, name: str, /, **needs: object) -> str:
    """A sentence or a word of `screens`, filled. Raises KeyError for a name that is not there."""
    return SCREENS[name][_column(language)].format_map(needs)


def of_books(language: str, error: BooksError) -> str:
    """What is wrong with an operator's wish, and the next move."""
    if language != "zh":
        return str(error)
    needs: dict[str, Any] = dict(error.needs)
    for key in ("noun", "a_noun", "b_noun", "field"):
        if key in needs:
            needs[f"{key}_zh"] = say("zh", str(needs[key]))
    return BOOKS[error.code].format_map(needs)


def of_config(language: str, error: ConfigError) -> str:
    """What is wrong with the settings, a line each: which key, where, and the next move."""
    column = _column(language)
    lines: list[str] = []
    for code, needs in error.problems:
        rule = KEYS[needs["key"]][1][column] if needs.get("key") in KEYS else ""
        lines.append(PROBLEMS[code][column].format_map({**needs, "rule": rule}))
    return "\n".join(lines)


def of_answer(language: str, answer: str, verb: str, n: int) -> str:
    """What the gateway answered to an operator; an answer of a later release as it is written."""
    told = ANSWERS.get(f"done_{verb}" if answer == "ok" else answer)
    return answer if told is None else told[_column(language)].format(n=n)


def of_usage(language: str, error: click.UsageError) -> str:
    """What was typed wrongly."""
    kind = type(error).__name__
    column = _column(language)
    if error.message in SCREENS:
        return say(language, error.message)
    needs = {
        "name": getattr(error, "option_name", "") or getattr(error, "command_name", ""),
        "what": _parameter(error),
        "rule": _rule(error, column),
    }
    near = getattr(error, "possibilities", None)
    text = USAGE.get(kind, USAGE["UsageError"])[column].format_map(needs)
    return text + USAGE["near"][column].format(near=", ".join(near)) if near else text


def _parameter(error: click.UsageError) -> str:
    parameter = getattr(error, "param", None)
    if parameter is None:
        return ""
    if parameter.param_type_name == "option":
        return str(parameter.opts[-1] if parameter.opts[-1].startswith("--") else parameter.opts[0])
    return str(parameter.human_readable_name)


def _rule(error: click.UsageError, column: int) -> str:
    """What the value may be; in English click's own words where we have none."""
    kind = getattr(getattr(error, "param", None), "type", None)
    if error.message in ("integer", "path", "text"):
        return USAGE[error.message][column]
    choices = getattr(kind, "choices", None)
    if choices:
        return USAGE["choice"][column].format(choices=", ".join(choices))
    if "integer" in getattr(kind, "name", ""):
        least, most = getattr(kind, "min", None), getattr(kind, "max", None)
        bounds = "" if least is None else USAGE["least" if most is None else "between"][column]
        return USAGE["integer"][column] + bounds.format(least=least, most=most)
    return error.message


def _column(language: str) -> int:
    return 0 if language == "zh" else 1

"""click in two languages: help texts are written "Chinese|English", errors come from words.py.

Owns which language is spoken, and how an error ends the program. Decides nothing else.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import click

from lovebell_tools import words
from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

LANGUAGES: Final = ("zh", "en")
_ASKED: Final = f"{__name__}.asked"


def language_of(context: click.Context | None) -> str:
    """zh or en: what --language says, else LOVEBELL_LANGUAGE, else zh."""
    root = context.find_root() if context else None
    named = (root.params.get("language") or root.meta.get(_ASKED)) if root else None
    spoken = named or os.environ.get("LOVEBELL_LANGUAGE", "")
    return spoken if spoken in LANGUAGES else "zh"


class Formatter(click.HelpFormatter):
    """Writes help in one language."""

    def __init__(self, language: str, **sizes: Any) -> None:
        super().__init__(**sizes)
        self._language = language

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or words.say(self._language, "usage"))

    def write_heading(self, heading: str) -> None:
        super().write_heading(words.say(self._language, heading.lower()))

    def write_text(self, text: str) -> None:
        super().write_text(self._one(text))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl([(a, self._one(b)) for a, b in rows], col_max, col_spacing)

    def _one(self, text: str) -> str:
        both = text.split("|")
        return both[LANGUAGES.index(self._language)] if len(both) == 2 else text


class Context(click.Context):
    """A context whose help is in one language."""

    def make_formatter(self) -> click.HelpFormatter:
        return Formatter(language_of(self), width=self.terminal_width or 100)


class Command(click.Command):
    """A command whose help texts are written "Chinese|English"."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True  # of them click tells in its own words only
        try:
            left = super().parse_args(ctx, args)
        except click.UsageError as why:
            why.ctx = why.ctx or ctx
            raise
        if left and not ctx.resilient_parsing:
            raise TooMuchError(left, ctx)
        return left

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = words.say(language_of(ctx), "help")
        return option


class TooMuchError(click.UsageError):
    """More was typed than the command takes."""

    def __init__(self, left: list[str], ctx: click.Context) -> None:
        super().__init__("", ctx)
        self.option_name = " ".join(left)


class Group(click.Group):
    """The program: what goes wrong in its commands is told in one sentence, without a trace."""

    context_class = Context
    command_class = Command

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = words.say(language_of(ctx), "help")
        return option

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.help or "") for name, one in found if one is not None])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Before anything else can be wrong.
        ctx.meta[_ASKED] = dict(pairwise(args)).get("--language")
        with _told(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _told(ctx):
            return super().invoke(ctx)


@contextmanager
def _told(ctx: click.Context) -> Generator[None, None, None]:
    try:
        yield
    except BoardError as why:
        raise ToldError(words.of_error(language_of(ctx), why), 1) from None
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as why:
        where = why.ctx or ctx
        needs = {"why": _wrong(language_of(where), why), "command": where.command_path}
        text = words.say(language_of(where), "wrong_usage", **needs)
        raise ToldError(text, 2) from None


_KINDS: Final = {
    "NoSuchOption": "no_option",
    "NoSuchCommand": "no_command",
    "BadOptionUsage": "needs_value",
    "MissingParameter": "is_missing",
    "BadParameter": "wrong_value",
    "TooMuchError": "too_much",
}


def _wrong(language: str, why: click.UsageError) -> str:
    """What was typed wrongly; in click's own words what has none of ours."""
    kind = _KINDS.get(type(why).__name__)
    if kind is None:
        return why.format_message()
    param: click.Parameter | None = getattr(why, "param", None)
    named = getattr(why, "option_name", "") or getattr(why, "command_name", "")
    if param is not None:
        is_option = isinstance(param, click.Option)
        named = max(param.opts, key=len) if is_option else param.make_metavar(_context(why))
    if kind == "needs_value" and named in _flags(_context(why)):
        kind = "takes_none"
    text = words.say(language, kind, name=named, rule=_rule(language, why, param))
    near = getattr(why, "possibilities", None)
    return text + words.say(language, "near", near=", ".join(near)) if near else text


def _flags(context: click.Context) -> set[str]:
    """The options that take no value."""
    options = [one for one in context.command.get_params(context) if isinstance(one, click.Option)]
    return {name for one in options if one.is_flag for name in one.opts}


def _context(why: click.UsageError) -> click.Context:
    return why.ctx or click.get_current_context()


def _rule(language: str, why: click.UsageError, param: click.Parameter | None) -> str:
    """What the value may be."""
    kind = param.type if param is not None else None
    if isinstance(kind, click.Choice):
        return words.say(language, "choices", choices=", ".join(map(str, kind.choices)))
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if least is not None and most is not None:
        return words.say(language, "between", least=least, most=most)
    return why.message


class ToldError(click.ClickException):
    """An error in words for a human, with the exit code of the process."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code

    @property
    def exit_code(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """2 when what was typed is wrong, 1 when it could not be done."""
        return self.code

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


command: Final = partial(click.command, cls=Command)

"""click in two languages: help, usage and errors in the language of whoever types.

Owns how a help text is written, "Chinese|English", and how an error is told. Decides nothing
else.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from lovebell import config, words
from lovebell.domain.records import DiskError
from lovebell.notify.errors import BadChannelError
from lovebell.store.errors import BooksError
from lovebell.store.migrate import NewerDatabaseError
from lovebell.store.sqlite import DatabaseInUseError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

#: No number that anybody may type is larger; SQLite's largest is.
_LARGEST: Final = 2**53
_LONG: Final = re.compile(r"\S{300,}")
_SHORT: Final = 60
_HELP: Final = "显示这份说明。|Show this help."


def language_of(context: click.Context | None) -> str:
    """zh or en: what --language says, else the settings; else, if they are bad, zh."""
    parameters = context.find_root().params if context else {}
    if parameters.get("language"):
        return cast("str", parameters["language"])
    try:
        path = parameters.get("config")
        return config.load(Path(path) if path else None).language
    except config.ConfigError:
        return _spoken() or "zh"


def _spoken() -> str:
    """The language that the environment names outright, or ""."""
    language = os.environ.get("LOVEBELL_LANGUAGE", "")
    return language if language in ("zh", "en") else ""


class Formatter(click.HelpFormatter):
    """Writes help in one language."""

    def __init__(self, language: str, **sizes: Any) -> None:
        super().__init__(**sizes)
        self._column = 0 if language == "zh" else 1
        self._say = partial(words.say, language)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or self._say("usage"))

    def write_heading(self, heading: str) -> None:
        super().write_heading(self._say(heading.lower()))

    def write_text(self, text: str) -> None:
        super().write_text(self._one(text))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl([(a, self._one(b)) for a, b in rows], col_max, col_spacing)

    def _one(self, text: str) -> str:
        both = text.split("|")
        return both[self._column] if len(both) == 2 else text


class Context(click.Context):
    """A context whose help is in one language."""

    def make_formatter(self) -> click.HelpFormatter:
        return Formatter(language_of(self), width=self.terminal_width or 100)


class Command(click.Command):
    """A command whose help texts are written "Chinese|English"."""

    context_class = Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _HELP
        return option

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuses what neither the database nor any disk can take."""
        for arg in args:
            if "\0" in arg:
                raise NulError(arg, ctx)
        rest = super().parse_args(ctx, args)
        for field in self.params:
            given: object = ctx.params.get(field.name or "")
            many = cast("tuple[object, ...]", given) if isinstance(given, tuple) else (given,)
            for value in many:
                if isinstance(value, int) and abs(value) > _LARGEST:
                    raise click.BadParameter("integer", ctx, field)
                if isinstance(value, str) and not _is_text(value):
                    raise click.BadParameter("text", ctx, field)
        return rest


class NulError(click.UsageError):
    """What no file, no name and no text can hold."""

    def __init__(self, arg: str, ctx: click.Context) -> None:
        super().__init__("nul", ctx)
        self.option_name = repr(arg)


class FilePath(click.Path):
    """The path of a file; what no file can be called is refused like any other wrong word."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = str(value)
        names = os.fsencode(text).split(b"/")
        too_long = len(text) > 4_000 or any(len(name) > 255 for name in names)
        if not text or not _is_text(text) or too_long:
            raise click.BadParameter("path", ctx, param)
        return super().convert(value, param, ctx)


class FolderPath(FilePath):
    """The same for a folder."""

    def __init__(self) -> None:
        super().__init__()
        self.dir_okay, self.file_okay = True, False


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8 come as half characters
        return False
    return True


class Group(click.Group):
    """Commands of one noun."""

    context_class = Context
    command_class = Command
    group_class = type

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _HELP
        return option

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.help or "") for name, command in found if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Root(Group):
    """The command `lovebell`: what goes wrong below is told in one sentence, without a trace."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        with _told(None):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _told(ctx):
            return super().invoke(ctx)


class ToldError(click.ClickException):
    """An error in words for a human, with the exit code of the process."""

    def __init__(self, text: str, code: int) -> None:
        # As much of what was typed as a sentence can hold.
        super().__init__(_LONG.sub(lambda found: f"{found[0][:_SHORT]}…", text))
        self.code = code

    @property
    def exit_code(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """2 when what was typed or set is wrong, 1 when it could not be done."""
        return self.code

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=True)


@contextmanager
def _told(context: click.Context | None) -> Generator[None, None, None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as why:
        raise ToldError(_usage(why), 2) from None
    except config.ConfigError as why:
        named = context.params.get("language") if context else None
        # Whoever set no language that can be read is told in both.
        languages = [cast("str", named) or _spoken()] if named or _spoken() else ["zh", "en"]
        raise ToldError("\n".join(words.of_config(one, why) for one in languages), 2) from None
    except BooksError as why:
        raise ToldError(words.of_books(language_of(context), why), 1) from None
    except BadChannelError as why:
        raise ToldError(why.say(language_of(context)), 1) from None
    except (NewerDatabaseError, DatabaseInUseError, DiskError) as why:
        text = words.say(language_of(context), type(why).__name__, why=str(why))
        raise ToldError(text, 1) from None


def _usage(why: click.UsageError) -> str:
    """What was typed wrongly, and where to look."""
    context = why.ctx
    language = language_of(context)
    text = words.of_usage(language, why)
    if context is None:
        return text
    with context.scope(cleanup=False):
        hint = words.say(language, "try_help", command=context.command_path)
        return f"{context.get_usage()}\n{text}\n{hint}"


command: Final = partial(click.command, cls=Command)
group: Final = partial(click.group, cls=Group)

"""`lovebell export`: episodes and the record for a spreadsheet or a program."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import sys
from contextlib import contextmanager
from datetime import date, timedelta
from typing import IO, TYPE_CHECKING, Any, Final

import click

from lovebell.commands.app import App, json_option, pass_app, print_json, utc
from lovebell.commands.base import FilePath, command
from lovebell.commands.months import Day, begins
from lovebell.domain.sheet import cell
from lovebell.store import export as store
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

_WHAT: Final = {"episodes": store.episodes, "events": store.events}
_COLUMNS: Final = {"episodes": store.EPISODES, "events": store.EVENTS}


@command("export", help="导出求助或记录，供表格或程序用。|Export episodes or the record.")
@click.argument("what", type=click.Choice(list(_WHAT)))
@click.option("--from", "first", type=Day(), metavar="DAY", help="从哪天起。|From this day.")
@click.option("--to", "last", type=Day(), metavar="DAY", help="到哪天止，含。|To this day's end.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    default="csv",
    help="格式，默认 csv。|The format, else csv.",
)
@click.option(
    "--output",
    type=FilePath(),
    metavar="FILE",
    help="写到文件，不写就输出。|Write to this file, else print.",
)
@click.option("--bom", is_flag=True, help="开头加 BOM，供 Excel 用。|Begin with a BOM, for Excel.")
@json_option
@pass_app
def export(
    app: App,
    what: str,
    first: date | None,
    last: date | None,
    form: str,
    output: Path | None,
    bom: bool,
    as_json: bool,
) -> None:
    """Export episodes or the record."""
    since = begins(first, None) if first else 0
    until = begins(last + timedelta(days=1), None) if last else 2**62
    form = "json" if as_json and output is None else form
    with app.store.reading() as connection, _written(output) as file:
        rows = (_readable(row) for row in _WHAT[what](connection, since, until))
        if bom and form == "csv":
            file.write("\ufeff")
        n = _write_csv(file, _columns(what), rows) if form == "csv" else _write_json(file, rows)
    if output is not None and as_json:
        print_json({"file": str(output), "rows": n})
    elif output is not None:
        app.say("exported", n=n, file=output)


def _columns(what: str) -> list[str]:
    return [column.removesuffix("_ms") for column in _COLUMNS[what]]


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """Times as ISO 8601 in UTC, in place of milliseconds."""
    return {
        key.removesuffix("_ms"): utc(value) if key.endswith("_ms") else value
        for key, value in row.items()
    }


def _write_csv(file: IO[str], columns: list[str], rows: Iterator[dict[str, Any]]) -> int:
    writer, n = csv.writer(file, lineterminator="\r\n"), 0
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[column]) for column in columns])
        n += 1
    return n


def _write_json(file: IO[str], rows: Iterator[dict[str, Any]]) -> int:
    """One array, a row a line."""
    n = 0
    file.write("[")
    for row in rows:
        file.write((",\n" if n else "\n") + json.dumps(row, ensure_ascii=False))
        n += 1
    file.write("\n]\n")
    return n


@contextmanager
def _written(output: Path | None) -> Generator[IO[str], None, None]:
    """A file that appears under its name when it is whole, or standard output.

    Raises BooksError (file) when it cannot be written; then what was there is untouched.
    """
    if output is None:
        yield sys.stdout
        return
    scratch = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(output)
    except OSError as why:
        raise BooksError("file", path=str(output), why=why.strerror or str(why)) from why
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)

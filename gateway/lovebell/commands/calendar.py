"""What the commands of plans, rotas and absences share: times of a place, and the check."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, utc
from lovebell.domain.check import check
from lovebell.domain.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from lovebell.domain.check import Finding
    from lovebell.domain.model import Books, Home

#: So many notes are read after an edit; `plan check` tells all.
_MOST = 5
_NAMED = 3


def wall(at_ms: int, zone: ZoneInfo | None) -> str:
    """A moment as the clocks of a place show it; without a zone, this machine's."""
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M")


def zone_of(directory: Directory, home: Home) -> ZoneInfo | None:
    """The time zone of a home's community; None: it has none, or none that is known here."""
    try:
        return directory.zone(home.community) if home.community else None
    except (KeyError, ValueError, OSError):
        return None


def finding_text(app: App, directory: Directory, finding: Finding) -> str:
    """What is wrong, in a sentence."""
    homes = directory.books.homes
    zone = zone_of(directory, homes[finding.homes[0]]) if finding.homes else None
    named = app.text("comma").join(finding.homes[:_NAMED])
    if len(finding.homes) > _NAMED:
        named = app.text("and_more", first=named, n=len(finding.homes))
    needs: dict[str, Any] = dict(finding.needs) | {"homes": named}
    if finding.from_ms is not None and finding.to_ms is not None:
        needs |= {"since": wall(finding.from_ms, zone), "until": wall(finding.to_ms, zone)}
    return app.text(f"check_{finding.code}", **needs)


def finding_document(finding: Finding) -> dict[str, Any]:
    """What is wrong, for a program."""
    times = {"from": utc(finding.from_ms), "to": utc(finding.to_ms)}
    return {"code": finding.code, **dict(finding.needs), "homes": list(finding.homes), **times}


def warn_plans(app: App, books: Books, homes: Iterable[Home] | None = None) -> None:
    """Say on standard error when nobody is on duty after an edit; of these homes all that is
    wrong with their plans.
    """
    directory = Directory(books, app.settings.plan)
    found = check(directory, app.now(), homes)
    if homes is None:
        found = [finding for finding in found if finding.code in ("uncovered", "zone")]
    for finding in found[:_MOST]:
        what = finding_text(app, directory, finding)
        click.echo(app.text("note_that", what=what), err=True)
    if len(found) > _MOST:
        click.echo(app.text("more_findings", n=len(found) - _MOST), err=True)

"""Calls that are overdue when the gateway starts, as a long stop of it leaves them behind.

Owns the making of such a database. Knows the domain and the tables, and nothing of the engine.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from lovebell.domain import codec, course
from lovebell.domain.episode import Episode, Kind, Limits, State
from lovebell.domain.plan import CallStep, Target

if TYPE_CHECKING:
    from pathlib import Path

HOUR_MS = 3_600_000
_INSERT = (
    "INSERT INTO episode (id, kind, button, home, state, begun_ms, ended_ms, deadline_ms, outcome,"
    " body, call_plan) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def overdue(n: int, now: int) -> Episode:
    """The call of home n that began an hour ago; its deadline passed a moment after that of home
    n + 1, so the one with the highest number has waited longest."""
    begun = now - HOUR_MS - n
    volunteer = Target(f"r-{n:05d}", f"示例大姐 {n}", (f"c-{n:05d}",))
    desk = Target("desk", "示例值班台", ("c-desk",))
    plan = (CallStep("paired", 45_000, (volunteer,)), CallStep("desk", 60_000, (desk,)))
    home = (f"h-{n:05d}", f"示例路 {n} 号")
    name = f"b-{n:05d}.0ld-1-{n}"
    return course.begin(name, Kind.CALL, f"b-{n:05d}", home, plan, Limits(), begun).episode


def ended(n: int, now: int) -> Episode:
    """A call that is over since yesterday."""
    before = overdue(n % 90_000 + 1, now - 24 * HOUR_MS)
    return replace(
        before,
        id=f"{before.button}.0ver-1-{n}",
        state=State.RESOLVED,
        outcome="helped",
        calls=(),
        until_ms=None,
        ended_ms=before.begun_ms + 600_000,
    )


def fill(database: Path, calls: int, past: int, now: int) -> None:
    """Put so many overdue calls, and before them so many that are over, into a database."""
    connection = sqlite3.connect(database)
    with connection:
        connection.executemany(_INSERT, (_row(ended(n, now)) for n in range(past)))
        connection.executemany(_INSERT, (_row(overdue(n, now)) for n in range(1, calls + 1)))
    connection.close()


def _row(episode: Episode) -> tuple[object, ...]:
    return (
        *(episode.id, episode.kind, episode.button, episode.home, episode.state),
        *(episode.begun_ms, episode.ended_ms, episode.deadline, episode.outcome),
        *(codec.episode_to_json(episode), codec.call_plan_to_json(episode.plan)),
    )

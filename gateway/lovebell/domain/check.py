"""What is wrong with the plans as they stand: who cannot be reached, when nobody is there.

Pure. What an operator could not have saved is looked for too, since people leave, chimes are
unpaired and time goes by. Time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from lovebell.domain.plan import WORDS, format_step
from lovebell.domain.spans import without

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.domain.directory import Directory
    from lovebell.domain.model import Home

#: So far ahead is looked: four weeks hold every day of the week, and holidays soon enough to act.
AHEAD_MS: Final = 28 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the homes whose plans it concerns.

    `code` is one of: zone, unknown, nobody, unreachable, uncovered. `needs` is
    what its sentence is filled with; `from_ms` and `to_ms` say when
    nobody is on duty first.
    """

    code: str
    needs: tuple[tuple[str, str], ...]
    homes: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None


class _Found:
    """Findings, so that what is the same in many homes is said once."""

    def __init__(self) -> None:
        self._homes: dict[Finding, list[str]] = {}

    def add(self, home: str, code: str, at: tuple[int, int] | None = None, **needs: str) -> None:
        from_ms, to_ms = at or (None, None)
        found = Finding(code, tuple(needs.items()), (), from_ms, to_ms)
        homes = self._homes.setdefault(found, [])
        if home not in homes[-1:]:
            homes.append(home)

    def findings(self) -> list[Finding]:
        return [replace(found, homes=tuple(homes)) for found, homes in self._homes.items()]


def check(directory: Directory, now: int, homes: Iterable[Home] | None = None) -> list[Finding]:
    """All that is wrong with the plans of these homes, or of all."""
    found: list[Finding] = []
    for community in directory.books.communities.values():
        try:
            ZoneInfo(community.zone)
        except (ValueError, OSError, KeyError):
            found.append(Finding("zone", (("id", community.id), ("zone", community.zone))))
    collected = _Found()
    for home in directory.books.homes.values() if homes is None else homes:
        _check_home(directory, home, now, collected)
    return found + collected.findings()


def _check_home(directory: Directory, home: Home, now: int, found: _Found) -> None:
    plan = directory.call_plan(home, now)
    for step, call in zip(directory.plan_of(home), plan, strict=True):
        for word in step.targets:
            if word not in WORDS and not directory.is_entered(word):
                found.add(home.id, "unknown", name=word)
        for target in call.targets:
            if not (target.chimes or target.contacts):
                found.add(home.id, "unreachable", name=target.name, id=target.responder)
        if not any(target.chimes or target.contacts for target in call.targets):
            found.add(home.id, "nobody", step=format_step(step))
    last = directory.plan_of(home)[-1]
    gaps = without(
        ((now, now + AHEAD_MS),), directory.coverage(last.targets, home, now, now + AHEAD_MS)
    )
    # When nobody of it can be reached at any time, that has been said.
    if gaps and any(target.chimes or target.contacts for target in plan[-1].targets):
        found.add(home.id, "uncovered", gaps[0], step=format_step(last))

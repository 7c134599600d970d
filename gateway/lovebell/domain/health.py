"""Is the gateway well? From what was looked at to what is wrong.

Owns the limits. Who looks (the gateway itself, or an operator beside it) and how is no matter here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A deadline is kept within a second; ten of them late means that nobody keeps them.
LATE_MS: Final = 10_000
#: A message leaves for a broker at once; with a broker there, a minute means that it is stuck.
STUCK_MS: Final = 60_000
#: A service may be down for a moment, or allow so many a minute; five of them are too many.
MESSAGE_STUCK_MS: Final = 300_000
#: An operator's wish is heard five times a second.
UNHEARD_MS: Final = 10_000
#: Below this a day of records and a backup may not fit any more.
LEAST_FREE_MB: Final = 200


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: `disk` is "" or what the disk says is wrong, `damaged` the same of a database
    that cannot be read, and `backup` the last backup of it; counts are of what is late, those of
    messages by channel.
    """

    runs: bool = True
    unreached: int = 0
    broker: bool = True
    rights: bool = True
    disk: str = ""
    damaged: str = ""
    backup: str = ""
    free_mb: int | None = None
    overdue: int = 0
    outbox: int = 0
    commands: int = 0
    messages: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `needs` fills its sentence."""

    code: str
    needs: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


def findings(look: Look) -> list[Finding]:
    """Everything that is wrong, worst first; nothing when all is well."""
    found: list[Finding] = []
    if not look.runs:
        found.append(Finding("down"))
    if look.unreached:
        found.append(Finding("unreached", {"n": look.unreached}))
    if look.damaged:
        found.append(Finding("damaged", {"why": look.damaged, "backup": look.backup}))
    if look.disk:
        found.append(Finding("disk", {"why": look.disk}))
    if look.runs and not look.broker:
        found.append(Finding("broker"))
    if look.runs and not look.rights:
        found.append(Finding("rights"))
    if look.overdue:
        found.append(Finding("overdue", {"n": look.overdue}))
    if look.outbox and look.broker and look.runs:  # without a broker nothing can leave
        found.append(Finding("outbox", {"n": look.outbox}))
    if look.messages and look.runs:
        channels = ", ".join(sorted(look.messages))
        found.append(Finding("messages", {"n": sum(look.messages.values()), "channels": channels}))
    if look.commands and look.runs:
        found.append(Finding("commands", {"n": look.commands}))
    if look.free_mb is not None and look.free_mb < LEAST_FREE_MB:
        found.append(Finding("full", {"mb": look.free_mb}))
    return found

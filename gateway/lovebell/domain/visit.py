"""What somebody sees who follows the link in a message, and what the link may still do.

Owns that decision. Knows nothing of pages and of how links are written. Time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from lovebell.domain.episode import State

if TYPE_CHECKING:
    from lovebell.domain.episode import Episode
    from lovebell.domain.records import Ticket

#: A link lasts as long as its episode, and no longer than this.
LASTS_MS: Final = 86_400_000


class Stage(StrEnum):
    """What there is to see."""

    OPEN = "open"  # nobody comes yet
    OTHER = "other"  # somebody else comes; one may come as well
    YOURS = "yours"  # whoever holds the link has said so
    USED = "used"  # used before, and nobody comes now: there is a newer link
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page tells: `home` as a chime says it, `who` comes first."""

    stage: Stage
    home: str
    who: str = ""

    @property
    def may_acknowledge(self) -> bool:
        """Whether the link can still be used."""
        return self.stage in (Stage.OPEN, Stage.OTHER)


def visit(episode: Episode, ticket: Ticket, now: int) -> Visit | None:
    """What the holder of a ticket sees now; None when it has expired."""
    if now >= ticket.until_ms:
        return None
    who = episode.coming[0].name if episode.coming else ""
    if episode.state is State.RESOLVED:
        return Visit(Stage.OVER, "", who)  # it is nobody's business any more where it was
    if episode.state is State.RINGING:
        stage = Stage.OPEN if ticket.used_ms is None else Stage.USED
        return Visit(stage, episode.label)
    if any(target.responder == ticket.responder for target in episode.coming):
        return Visit(Stage.YOURS, episode.label, who)
    return Visit(Stage.OTHER if ticket.used_ms is None else Stage.USED, episode.label, who)

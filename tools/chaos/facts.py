"""What happened, as seen from outside: hands, lamps, messages on the wire, faults, the record.

Values only. Nothing here knows how it was seen, or what should follow from it. Times are seconds
since 1970 of a clock that nobody sets; those of the record are the gateway's, in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The link of the gateway; every other link has the name of its device.
GATEWAY: Final = "gateway"


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand was at a device. `kind` is call, test, cancel (press, then press and hold), answer."""

    at: float
    device: str
    kind: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A device says that it has noted a press (call, test, cancel) or an answer, on its flash.

    `episode` is what an answer names.
    """

    at: float
    device: str
    kind: str
    id: str
    episode: str = ""


@dataclass(frozen=True, slots=True)
class Lamp:
    """What the lamp of a device says from now on."""

    at: float
    device: str
    word: str


@dataclass(frozen=True, slots=True)
class Rings:
    """What a chime rings from now on: the names that it has for the episodes."""

    at: float
    chime: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """A device has begun to run."""

    at: float
    device: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message has left the one at this end of a link for the broker.

    Of what the gateway says of its record, `is_proven` is whether the record said so too at that
    moment.
    """

    at: float
    link: str
    device: str
    leaf: str
    fields: Mapping[str, Any]
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """A message has been handed to the one at this end of a link."""

    at: float
    link: str
    device: str
    leaf: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flooded:
    """A device gone wild, which is ours, has pressed, or answered."""

    at: float
    device: str
    id: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that we have made, and how long it lasted."""

    at: float
    until: float
    kind: str
    on: str


@dataclass(frozen=True, slots=True)
class Stepped:
    """The gateway's clock goes by so many seconds before ours (behind, if negative) from now on."""

    at: float
    offset_s: int


@dataclass(frozen=True, slots=True)
class Health:
    """What the gateway says is wrong with it; None when it does not answer."""

    at: float
    codes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Twin:
    """A second gateway was started on the database: its exit status, None if it stayed, and what
    it said.
    """

    at: float
    status: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A process has ended that nobody has ended."""

    at: float
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator has resolved an episode by command."""

    at: float
    episode: str


class Receipt(NamedTuple):
    """A row of the table of receipts."""

    device: str
    id: str
    kind: str
    episode: str
    at_ms: int
    received_ms: int


class Kept(NamedTuple):
    """An episode as the table has it."""

    n: int
    id: str
    kind: str
    button: str
    state: str
    outcome: str
    deadline_ms: int | None


class Line(NamedTuple):
    """A line of the record, in the order of writing."""

    n: int
    at_ms: int
    episode: str
    what: str
    who: str


@dataclass(frozen=True)
class Record:
    """The database, as anybody can read it."""

    receipts: tuple[Receipt, ...] = ()
    episodes: tuple[Kept, ...] = ()
    lines: tuple[Line, ...] = ()


Of = TypeVar("Of")


@dataclass
class Story:
    """All facts, each kind in the order in which they were seen."""

    kinds: dict[type, list[Any]] = field(default_factory=dict[type, list[Any]])

    def add(self, *facts: object) -> None:
        """These have happened now."""
        for fact in facts:
            self.kinds.setdefault(type(fact), []).append(fact)

    def of(self, kind: type[Of]) -> list[Of]:
        """All of one kind."""
        return self.kinds.get(kind, [])

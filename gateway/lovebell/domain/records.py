"""What goes to disk and comes back from it, as values.

Owns the shapes that the engine and a store hand each other. Knows nothing of SQL.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lovebell.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lovebell.domain.episode import Episode
    from lovebell.domain.faults import Fault
    from lovebell.domain.rollcall import Absent


Part = TypeVar("Part")


class DiskError(RuntimeError):
    """The database cannot be used just now: full, locked or gone. The same may be tried again."""


class DamagedError(DiskError):
    """The database cannot be read: a backup has to be restored. Until then the same may be tried
    again, since not every page need be damaged.
    """


@value
class Receipt:
    """Proof that a press or an acknowledgement is on disk; a duplicate is known by it.

    `kind` is call, cancel, test or acknowledge; `episode` is "" where none could be named.
    `at_ms` is when it was pressed as far as is known, `received_ms` when it was heard of.
    """

    device: str
    id: str
    kind: str
    episode: str
    at_ms: int
    received_ms: int


@value
class Line:
    """A line of the record: append only."""

    at_ms: int
    episode: str
    what: str
    who: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


@value
class Letter:
    """A line of the outbox: something to be sent at least once after the commit.

    A later letter with the same key takes the place of an earlier one. `for_ms` is how long after
    `created_ms` it holds, as its body says, too; None for ever.
    """

    key: str
    kind: str
    target: str
    body: str
    created_ms: int
    for_ms: int | None = None


@value
class Outgoing:
    """A line of the messages' outbox: to be sent at least once after the commit.

    A later one with the same key takes the place of an earlier one; `serial` tells them apart.
    `fields` fill the templates; `episode` is "" for what belongs to none.
    """

    key: str
    episode: str
    kind: str
    responder: str
    channel: str
    serial: int
    fields: Mapping[str, Any]
    created_ms: int


@value
class Ticket:
    """The right of whoever holds a link to acknowledge an episode for a responder, until then.

    `hash` is the SHA-256 of what stands in the link, which is kept nowhere. `used_ms` is when it
    was used, and it is used once.
    """

    hash: str
    episode: str
    responder: str
    until_ms: int
    used_ms: int | None = None


@value
class Seen:
    """What is known of a device's health: when it was last heard, and what it last said."""

    device: str
    at_ms: int
    online: bool
    firmware: str = ""
    heartbeat: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


@value
class Command:
    """What an operator wants done with an episode since `at_ms`: verb is acknowledge, arrive,
    resolve or reopen.
    """

    n: int
    by: str
    verb: str
    episode: str
    responder: str = ""
    outcome: str = ""
    note: str = ""
    at_ms: int = 0


class _Rare(Generic[Part]):
    """A part that few batches have: made when it is first asked for. It cannot be put in the place
    of another, only filled."""

    def __init__(self, make: Callable[[], Part]) -> None:
        self._make = make
        self._name = ""

    def __set_name__(self, _owner: object, name: str) -> None:
        self._name = name

    def __get__(self, batch: Batch, _owner: object) -> Part:
        found: Part | None = batch.rest.get(self._name)
        if found is None:
            found = batch.rest[self._name] = self._make()
        return found


class Batch:
    """What is written in one transaction: all of it or nothing.

    `settled` are messages whose fate is known; `told` says of a device and a fault whether the
    technicians know of it now; who is `seen` as None is forgotten. `rest` holds what few batches
    have, by its name: a press makes three batches, and parts that stay empty cost it a tenth of its
    time.
    """

    __slots__ = ("episodes", "letters", "lines", "receipts", "rest")

    sent = _Rare(list["Letter"])
    answers = _Rare(dict[int, str])
    seen = _Rare(dict[str, "Seen | None"])
    faults = _Rare(dict[tuple[str, str, int], "Fault"])
    absent = _Rare(list["Absent"])
    present = _Rare(list[str])
    messages = _Rare(dict[str, "Outgoing"])
    settled = _Rare(list["Outgoing"])
    tickets = _Rare(dict[str, "Ticket"])
    told = _Rare(dict[tuple[str, str], bool])

    def __init__(self, **given: Any) -> None:
        """With these parts, by their names."""
        self.receipts: list[Receipt] = []
        self.episodes: dict[str, Episode] = {}
        self.lines: list[Line] = []
        self.letters: dict[str, Letter] = {}
        self.rest: dict[str, Any] = {}
        for name, part in given.items():
            if name in Batch.__slots__:
                setattr(self, name, part)
            else:
                getattr(self, name)  # raises AttributeError for a name that is none
                self.rest[name] = part

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        common = self.receipts or self.episodes or self.lines or self.letters
        return not common and not any(self.rest.values())

    def add(self, later: Batch) -> None:
        """Put a later batch behind this one."""
        if later.receipts:
            self.receipts += later.receipts
        self.episodes.update(later.episodes)
        self.lines += later.lines
        if later.letters:
            self.letters.update(later.letters)
        if later.rest:
            self._add_rest(later)

    def _add_rest(self, later: Batch) -> None:
        self.sent.extend(later.sent)
        self.answers.update(later.answers)
        self.seen.update(later.seen)
        self.faults.update(later.faults)
        if later.present:  # missed and back while the disk failed: the row need not be written
            self.absent[:] = [one for one in self.absent if one.home not in later.present]
        self.absent.extend(later.absent)
        self.present.extend(later.present)
        self.messages.update(later.messages)
        self.settled.extend(later.settled)
        for one in later.settled:  # sent while the disk failed: the row need not be written
            if one.key in self.messages and self.messages[one.key].serial == one.serial:
                del self.messages[one.key]
        self.tickets.update(later.tickets)
        self.told.update(later.told)

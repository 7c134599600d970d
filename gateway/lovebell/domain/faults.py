"""Faults: opened, counted when they come back, closed by themselves.

Owns which faults there are and which are open. When a fault is one is `supervision`'s to say.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Final

from lovebell.domain.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Whose fault it is when it is no device's: no device can be called so.
GATEWAY: Final = "@gateway"
#: A fault that comes back within this time is the same one, counted once more.
FOLD_MS: Final = 3_600_000


class Word(StrEnum):
    """The faults that the gateway finds. A device may report others, in words of its own."""

    OFFLINE = "offline"
    NEVER = "never"
    UNKNOWN = "unknown"
    UNPAIRED = "unpaired"
    SUPPLY = "supply"
    SIGNAL = "signal"
    REBOOTS = "reboots"
    SAFE = "safe"
    CLOCK = "clock"
    OLD = "old"
    TWICE = "twice"
    FLAPS = "flaps"
    FLOOD = "flood"
    BROKER = "broker"
    DISK = "disk"
    OVERDUE = "overdue"
    OUTBOX = "outbox"
    MESSAGES = "messages"
    RIGHTS = "rights"
    FIRMWARE = "firmware"


@value
class Moment:
    """Now, twice: `now` is UTC in milliseconds and may jump when the clock is set; `steady` is
    milliseconds that only ever go forward. Silence is measured by the second, dates by the first.
    """

    now: int
    steady: int


@value
class Fault:
    """One fault of a device. Open while `closed_ms` is None; `count` is how often it came."""

    device: str
    word: str
    opened_ms: int
    last_ms: int
    count: int = 1
    closed_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still lasts."""
        return self.closed_ms is None

    @property
    def is_worth_a_line(self) -> bool:
        """A fault that comes and goes all day fills no record: told ever more seldom."""
        return self.count <= 3 or self.count & (self.count - 1) == 0


class Faults:
    """All faults that are open, and those that have just closed. Opening twice opens once."""

    def __init__(self, opened: Iterable[Fault] = ()) -> None:
        self._open: dict[tuple[str, str], Fault] = {(f.device, f.word): f for f in opened}
        self._closed: dict[tuple[str, str], tuple[int, Fault]] = {}
        self._words: dict[str, set[str]] = {}
        for device, word in self._open:
            self._words.setdefault(device, set()).add(word)
        self._changed: dict[tuple[str, str], Fault] = {}

    @property
    def open(self) -> Mapping[tuple[str, str], Fault]:
        """What lasts, by device and word."""
        return self._open

    def words(self, device: str) -> frozenset[str]:
        """What is wrong with a device just now."""
        return frozenset(self._words.get(device, ()))

    def has(self, device: str) -> bool:
        """Whether anything is wrong with a device just now."""
        return bool(self._words.get(device))

    def set(self, device: str, word: str, is_bad: bool, at: Moment) -> None:
        """Open the fault or close it; nothing happens when it is so already."""
        key = (device, word)
        if is_bad == (key in self._open):
            return
        if is_bad:
            self._changed[key] = self._open[key] = self._begun(key, at)
            self._words.setdefault(device, set()).add(word)
            return
        fault = replace(self._open.pop(key), closed_ms=at.now)
        self._words[device].discard(word)
        if not self._words[device]:
            del self._words[device]
        self._forget(at)
        self._closed[key] = (at.steady, fault)
        self._changed[key] = fault

    def _begun(self, key: tuple[str, str], at: Moment) -> Fault:
        ended, before = self._closed.pop(key, (0, None))
        if before is not None and at.steady - ended <= FOLD_MS:
            return replace(before, last_ms=at.now, count=before.count + 1, closed_ms=None)
        return Fault(*key, at.now, at.now)

    def _forget(self, at: Moment) -> None:
        """Those that have ended so long ago that they cannot come back, oldest first."""
        for key, (ended, _) in list(islice(self._closed.items(), 2)):
            if at.steady - ended > FOLD_MS:
                del self._closed[key]

    def take(self) -> list[Fault]:
        """What has changed since the last time, as it now is."""
        if not self._changed:  # as after nearly every message
            return []
        changed, self._changed = self._changed, {}
        return list(changed.values())

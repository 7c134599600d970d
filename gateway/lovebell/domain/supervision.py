"""Supervision: from what devices say, and from their silence, to faults.

Owns when a device is in trouble. Knows nothing of clocks, disks and brokers: every method is told
the moment. A device's deadline lies in a heap and is looked at only when it may have passed, so
that ten thousand healthy devices cost one look each in three minutes and not one a second.
"""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lovebell.domain.faults import GATEWAY, Fault, Faults, Moment, Word
from lovebell.domain.twins import CONNECTIONS, SAME_START_MS, STEADY, Connections, Starts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

#: Offline after three missed heartbeats (SCAIP): this much silence for each second of the interval
#: that a device has named, three intervals less a sixtieth. With one of a minute a dead device is
#: known within three minutes of its last word, even by a look that comes a second late and a disk
#: that takes another. A living one is given time all the same: it sends each heartbeat a twentieth
#: of the interval early (protocol.md), a third one after two that were lost 6 s before the end.
SILENT_MS: Final = 2_950
#: A paired device that has never said a word in this time was never switched on (Wuhan).
NEVER_MS: Final = 3_600_000
#: A broker that is started anew is no fault; one that stays away this long is.
BROKER_MS: Final = 15_000
#: So many heartbeats one after the other must be bad, or good, before they are believed.
STREAK: Final = 3
#: Wi-Fi below the first is about to fail; above the second it is well again. dBm.
WEAK_DBM: Final = -85
FAIR_DBM: Final = -80
#: The supply is well again when it is this much above the lowest that will do.
SUPPLY_MARGIN_MV: Final = 50
#: So many starts within so long a time are a loop; ended by as long without a start.
BOOTS: Final = 5
BOOTS_MS: Final = 1_800_000
#: An age above the time that the device has been running, by more than this, cannot be.
AGE_SLACK_MS: Final = 60_000
#: Without a sign for so long there is one board again.
ALONE_MS: Final = 86_400_000
#: What is the gateway's to judge, whatever a device says of it; of its supply it is asked too.
OURS: Final = frozenset[str](Word)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a community asks of its devices. `low_mv` 0 and `oldest_firmware` "" ask nothing."""

    every_s: int = 60
    low_mv: int = 0
    oldest_firmware: str = ""


def release(firmware: str) -> tuple[int, ...]:
    """The numbers of a version, for comparing: 0.10.1 is later than 0.9."""
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", firmware))


@dataclass(slots=True)
class _Device:
    """What is known of one. Times are steady milliseconds."""

    every_s: int
    heard: int | None = None
    was_heard: bool = False
    watched: int = 0
    gone: int | None = None
    due: int | None = None
    boot: int | None = None
    # Lists: an empty deque takes 600 bytes, and each of ten thousand devices has four of these.
    boots: list[int] = field(default_factory=list[int])
    up: tuple[int, int] | None = None
    said: frozenset[str] = frozenset()
    starts: Starts = field(default_factory=lambda: Starts(SAME_START_MS))
    counts: Starts = field(default_factory=lambda: Starts(0))
    connections: Connections = field(default_factory=Connections)
    twice: int | None = None
    streaks: dict[str, int] = field(default_factory=dict[str, int])


class Supervisor:
    """Watches the devices that `enter` names. After every call `changes` says what is new."""

    def __init__(self, rules: Rules, opened: Iterable[Fault], at: Moment) -> None:
        """`opened` are the faults that were open when the last gateway ended.

        Until `link` says otherwise there is no broker, since `at`.
        """
        self._rules = rules
        self._faults = Faults(opened)
        self._devices: dict[str, _Device] = {}
        self._standing: Mapping[str, bool] = {}
        self._is_up = False
        self._since = at.steady
        self._heap: list[tuple[int, str]] = []

    @property
    def open(self) -> Mapping[tuple[str, str], Fault]:
        """The faults that last."""
        return self._faults.open

    def changes(self) -> list[Fault]:
        """The faults that opened or closed since the last time."""
        return self._faults.take()

    def enter(self, standing: Mapping[str, bool], heard_before: Iterable[str], at: Moment) -> None:
        """The devices in the books now, and whether each is paired; only paired ones are missed.

        `heard_before` are those of which a last-seen is on disk: silent, they are off line and
        not "never switched on".
        """
        before, self._standing = self._standing, dict(standing)
        known = set(heard_before)
        for device in known:
            self._of(device).was_heard = True
        for device, word in list(self._faults.open):
            if device != GATEWAY:
                self._keep_or_close(device, word, at)
        opened = {device for device, _ in self._faults.open} - {GATEWAY}
        for device in {*self._standing, *before, *opened, *known}:
            if self._standing.get(device) and not before.get(device):
                self._of(device).watched = at.steady
            self._name_stranger(device, at)
            self._wait_for(device, at)

    def link(self, is_up: bool, at: Moment) -> None:
        """The gateway's own connection: without it nobody is judged, and after it everybody is
        given the full time anew."""
        if is_up == self._is_up:
            return
        self._is_up, self._since = is_up, at.steady
        if is_up:
            self._faults.set(GATEWAY, Word.BROKER, False, at)
            for name, device in self._devices.items():
                device.starts.forget()
                device.counts.forget()
                device.connections.times.clear()
                self._wait_for(name, at)

    def own(self, word: Word, is_bad: bool, at: Moment) -> None:
        """What the gateway finds wrong with itself."""
        self._faults.set(GATEWAY, word, is_bad, at)

    def twice(self, name: str, at: Moment) -> None:
        """There are two boards of this name."""
        if name in self._standing:
            self._of(name).twice = at.steady
            self._faults.set(name, Word.TWICE, True, at)

    def floods(self, names: Collection[str], at: Moment) -> None:
        """These devices send more than anybody has to say."""
        were = {device for device, word in self._faults.open if word == Word.FLOOD}
        for name in names:
            self._faults.set(name, Word.FLOOD, True, at)
        for name in were.difference(names):
            self._faults.set(name, Word.FLOOD, False, at)

    def tick(self, at: Moment) -> int | None:
        """Time has passed: judge whose deadline has. Returns the steady moment of the next one."""
        if not self._is_up:
            if at.steady - self._since >= BROKER_MS:
                self._faults.set(GATEWAY, Word.BROKER, True, at)
            return None
        while self._heap and self._heap[0][0] <= at.steady:
            due, name = heapq.heappop(self._heap)
            device = self._devices.get(name)
            if device is None or device.due != due:
                continue  # another entry holds
            device.due = None
            if self._deadline(device) <= at.steady:
                self._is_silent(name, device, at)
            else:
                self._wait_for(name, at)
        return self._heap[0][0] if self._heap else None

    # -- what devices say ----------------------------------------------------------------

    def heard(self, name: str, at: Moment) -> None:
        """A device lives. Not for `state`, which a broker keeps and tells long after."""
        self._lives(name, self._of(name), at)

    def _lives(self, name: str, device: _Device, at: Moment) -> None:
        is_waited_for = device.was_heard and device.due is not None
        device.heard, device.was_heard, device.gone = at.steady, True, None
        if self._faults.has(name) or not self._standing.get(name):  # else there is nothing to say
            for word in (Word.OFFLINE, Word.NEVER):
                self._faults.set(name, word, False, at)
            self._name_stranger(name, at)
        if not is_waited_for:  # else its deadline comes later now, and is looked at when it is due
            self._wait_for(name, at)

    def state(self, name: str, fields: Mapping[str, Any], at: Moment) -> None:
        """A device came on line, or the broker says that it is gone."""
        device = self._of(name)
        if not fields["online"]:
            device.gone = at.steady if device.gone is None else device.gone
            self._wait_for(name, at)
            return
        device.gone = None
        if name not in self._standing:
            self._wait_for(name, at)  # else a stranger that says no more would never be forgotten
            return
        self._faults.set(name, Word.SAFE, bool(fields.get("safe")), at)
        if "firmware" in fields and self._rules.oldest_firmware:
            is_old = release(fields["firmware"]) < release(self._rules.oldest_firmware)
            self._faults.set(name, Word.OLD, is_old, at)
        device.connections.add(at.steady)
        if device.connections.of_late(at.steady) >= CONNECTIONS:
            self._faults.set(name, Word.FLAPS, True, at)
        self._count_boots(name, device, fields.get("boot"), at)
        if device.boot is not None and device.counts.tell(device.boot, at.steady):
            self.twice(name, at)

    def heartbeat(self, name: str, fields: Mapping[str, Any], at: Moment) -> None:
        """A device lives, and says how well."""
        device = self._of(name)
        if fields["every_s"] < device.every_s:
            device.due = None  # it comes sooner now
        device.every_s = fields["every_s"]
        before, device.up = device.up, (fields["up_s"] * 1000, at.steady)
        self._lives(name, device, at)
        if name not in self._standing:
            return
        # Of one board that has not started anew it rises, however late it comes.
        has_risen = before is not None and device.up[0] >= before[0]
        if device.starts.tell(at.steady - device.up[0], at.steady, may_be_late=has_risen):
            self.twice(name, at)
        self._is_alone(name, device, at)
        if device.connections.of_late(at.steady) < STEADY:
            self._faults.set(name, Word.FLAPS, False, at)
        if fields["up_s"] * 1000 >= BOOTS_MS:
            self._faults.set(name, Word.REBOOTS, False, at)
        said = frozenset(str(fields.get("fault", "")).split())
        for word in (device.said | said | self._own_words(name)) - OURS:
            self._faults.set(name, word, word in said, at)
        device.said = said
        self._judge_supply(name, device, Word.SUPPLY in said, fields.get("mv"), at)
        if "rssi" in fields:
            dbm = fields["rssi"]
            self._judge(name, device, Word.SIGNAL, dbm < WEAK_DBM, dbm > FAIR_DBM, at)

    def press(self, name: str, fields: Mapping[str, Any], at: Moment) -> None:
        """A press or an acknowledgement: its age cannot be above the time since the start."""
        device = self._of(name)
        ages = device.up and [fields[key] for key in ("age_ms", "first_age_ms") if key in fields]
        if device.up is not None and ages and name in self._standing:
            running = device.up[0] + at.steady - device.up[1] + AGE_SLACK_MS
            self._faults.set(name, Word.CLOCK, max(ages) > running, at)
        self._lives(name, device, at)

    # -- judging -------------------------------------------------------------------------

    def _of(self, name: str) -> _Device:
        device = self._devices.get(name)
        if device is None:
            device = self._devices[name] = _Device(self._rules.every_s)
        return device

    def _own_words(self, name: str) -> frozenset[str]:
        """Faults that only the device can tell of."""
        return self._faults.words(name) - OURS

    def _keep_or_close(self, name: str, word: str, at: Moment) -> None:
        """A fault of somebody who is no longer expected is none."""
        if word != Word.NEVER:
            self._of(name).was_heard = True
        paired = self._standing.get(name)
        missed = paired is False and word in (Word.OFFLINE, Word.NEVER)
        if missed or (paired is None and word != Word.UNKNOWN):
            self._faults.set(name, word, False, at)

    def _name_stranger(self, name: str, at: Moment) -> None:
        """Heard just now, and not in the books or paired with nothing."""
        paired = self._standing.get(name)
        device = self._of(name)
        is_heard = device.heard is not None and self._deadline(device) > at.steady
        for word, is_so in ((Word.UNKNOWN, paired is None), (Word.UNPAIRED, paired is False)):
            if is_heard or not is_so:
                self._faults.set(name, word, is_so, at)

    def _deadline(self, device: _Device) -> int:
        """When silence will have lasted too long."""
        expected = max(self._since, device.watched)
        if not device.was_heard:
            return expected + NEVER_MS
        heard = max(device.heard or 0, expected)
        silent = heard + device.every_s * SILENT_MS
        if device.gone is None:
            return silent
        # A device that speaks once a day need not be waited for once the broker has lost it.
        return min(silent, max(device.gone, expected) + self._rules.every_s * SILENT_MS)

    def _wait_for(self, name: str, at: Moment) -> None:
        device = self._of(name)
        due = max(self._deadline(device), at.steady)
        if device.due is None or due < device.due:
            device.due = due
            heapq.heappush(self._heap, (due, name))

    def _is_silent(self, name: str, device: _Device, at: Moment) -> None:
        if self._standing.get(name):
            word = Word.OFFLINE if device.was_heard else Word.NEVER
            self._faults.set(name, word, True, at)
            return
        for word in self._faults.words(name):  # a stranger has gone again
            self._faults.set(name, word, False, at)
        if name not in self._standing:
            del self._devices[name]

    def _is_alone(self, name: str, device: _Device, at: Moment) -> None:
        """The other board has not been heard for long."""
        if Word.TWICE not in self._faults.words(name):
            return
        if device.twice is None:  # a fault of the last run
            device.twice = at.steady
        if at.steady - device.twice > ALONE_MS:
            self._faults.set(name, Word.TWICE, False, at)

    def _count_boots(self, name: str, device: _Device, boot: int | None, at: Moment) -> None:
        """Starts are told by the device's own count: a broker repeats what it keeps."""
        before, device.boot = device.boot, boot
        if boot is None or before is None or boot <= before:
            return
        device.boots.extend([at.steady] * min(boot - before, BOOTS))
        while device.boots and at.steady - device.boots[0] > BOOTS_MS:
            device.boots.pop(0)
        if len(device.boots) >= BOOTS:
            self._faults.set(name, Word.REBOOTS, True, at)

    def _judge_supply(
        self, name: str, device: _Device, is_said: bool, mv: int | None, at: Moment
    ) -> None:
        """The device's own word counts at once, the voltage when it has been so for a while."""
        low_mv = self._rules.low_mv
        if is_said:
            device.streaks[Word.SUPPLY] = STREAK - 1
        is_low = is_said or (mv is not None and mv < low_mv)
        is_well = not is_said and (mv is None or mv >= low_mv + SUPPLY_MARGIN_MV)
        self._judge(name, device, Word.SUPPLY, is_low, is_well, at)

    def _judge(
        self, name: str, device: _Device, word: Word, is_bad: bool, is_good: bool, at: Moment
    ) -> None:
        """Open after so many bad ones in a row, close after as many good ones."""
        streak = device.streaks.get(word, 0)
        streak = max(streak, 0) + 1 if is_bad else min(streak, 0) - 1 if is_good else 0
        device.streaks[word] = streak
        if streak >= STREAK:
            self._faults.set(name, word, True, at)
        elif streak <= -STREAK:
            self._faults.set(name, word, False, at)

"""The warden: hears what reception hears, and keeps faults and the roll call.

Owns nothing but the way between `domain.supervision`, `domain.rollcall` and the engine's disk.
What is a fault is decided there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain.episode import Note, What
from lovebell.domain.faults import Fault, Moment, Word
from lovebell.domain.model import Link
from lovebell.domain.rollcall import Absent, RollCall
from lovebell.domain.supervision import Rules, Supervisor
from lovebell.writer import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from lovebell.domain.directory import Directory
    from lovebell.domain.wire import Fields
    from lovebell.engine import Engine


#: A gateway that has not looked for so long was stopped itself: its machine swapped, or was copied.
#: Brokers let go of whoever says nothing for one and a half times the keep-alive (MQTT 5 3.1.2.10),
#: of us after this; heartbeats of later than that (QoS 0) never come. The silence was ours.
STOPPED_MS: Final = 7_500


class Warden:
    """Watches over devices and over the gateway itself; made after `engine.load`.

    `steady` gives milliseconds that only go forward, `is_up` whether there is a broker, and
    `remembers` whether a device may leave a trace: those that nobody has entered can be any number.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Rules,
        is_up: Callable[[], bool],
        steady: Callable[[], int],
        remembers: Callable[[str], bool],
    ) -> None:
        self._engine = engine
        self._remembers = remembers
        self._is_up = is_up
        self._steady = steady
        self._rules = rules
        self._was_up = False
        self._looked = 0
        self._directory: Directory | None = None
        self.roll: RollCall
        self.supervisor: Supervisor

    def start(self, opened: Iterable[Fault], heard_before: Iterable[str], now: int) -> None:
        """Take up the faults that were open, and call the roll: we were away."""
        at = Moment(now, self._steady())
        self._looked = at.steady
        self.supervisor = Supervisor(self._rules, opened, at)
        self.roll = RollCall(at.steady)
        work = Work(now)
        before = set(heard_before)
        self._read_books(before, at)
        if before:  # the very first start has lost sight of nobody
            self._call("gateway", work)
        self._tell(work)
        self._engine.queue(work)

    def heard(self, device: str, leaf: str, fields: Fields, work: Work) -> None:
        """A device has said something that keeps to the protocol."""
        if not self._remembers(device):
            return
        at = Moment(work.now, self._steady())
        if leaf == "state":
            self.supervisor.state(device, fields, at)
        elif leaf == "heartbeat":
            self.supervisor.heartbeat(device, fields, at)
            self._answer_roll(device, work)
        elif leaf in ("press", "acknowledge"):
            self.supervisor.press(device, fields, at)
        elif leaf != "update":  # which a broker keeps, and tells long after
            self.supervisor.heard(device, at)
        self._tell(work)

    def tick(self, now: int) -> None:
        """Look once: a second's delay is little against three missed heartbeats."""
        at = Moment(now, self._steady())
        work = Work(now)
        if self._engine.directory is not self._directory:
            self._read_books((), at)
        looked, self._looked = self._looked, at.steady
        was_stopped = at.steady - looked >= STOPPED_MS
        if was_stopped:
            self._was_up = False
            self.supervisor.link(False, at)
            self.roll.link(False, looked)
        is_up = self._is_up()
        if is_up != self._was_up:
            self._was_up = is_up
            self.supervisor.link(is_up, at)
            if self.roll.link(is_up, at.steady):
                self._call("gateway" if was_stopped else "broker", work)
        self.supervisor.tick(at)
        self._tell(work)
        if not work.batch.is_empty:
            self._engine.queue(work)

    def mark(self, word: Word, is_bad: bool, now: int) -> None:
        """Something is wrong, or no longer wrong, with the gateway itself."""
        self.supervisor.own(word, is_bad, Moment(now, self._steady()))

    def twice(self, device: str, now: int) -> None:
        """Two boards have been given the identity of this device."""
        work = Work(now)
        self.supervisor.twice(device, Moment(now, self._steady()))
        self._tell(work)
        self._engine.queue(work)

    def floods(self, devices: Collection[str], now: int) -> None:
        """These devices say far too much just now."""
        self.supervisor.floods(devices, Moment(now, self._steady()))

    def _read_books(self, heard_before: Iterable[str], at: Moment) -> None:
        self._directory = self._engine.directory
        books = self._directory.books
        links = (Link.BUTTON_HOME, Link.CHIME_RESPONDER)
        paired = {pair.subject for pair in books.pairings if pair.link in links}
        standing = {device: device in paired for device in books.devices}
        self.supervisor.enter(standing, heard_before, at)

    def _call(self, why: str, work: Work) -> None:
        books = self._engine.directory.books
        homes = {pair.object for pair in books.pairings if pair.link is Link.BUTTON_HOME}
        called = self.roll.call(homes)
        if called:
            work.batch.absent.extend(Absent(home, work.now, why) for home in called)
            note = Note(What.ROLL_CALLED, "", {"why": why, "homes": len(called)})
            self._engine.note("", note, work)

    def _answer_roll(self, button: str, work: Work) -> None:
        home = self._engine.directory.home_of(button)
        if home is not None and self.roll.heard(home.id):
            work.batch.present.append(home.id)

    def _tell(self, work: Work) -> None:
        """Write down which faults opened and closed."""
        for fault in self.supervisor.changes():
            work.batch.faults[fault.device, fault.word, fault.opened_ms] = fault
            if not fault.is_worth_a_line:
                continue
            what = What.FAULT if fault.is_open else What.FAULT_OVER
            detail: dict[str, str | int] = {"fault": fault.word}
            if fault.is_open and fault.count > 1:
                what = What.FAULT_AGAIN
                detail["count"] = fault.count
            self._engine.note("", Note(what, fault.device, detail), work)

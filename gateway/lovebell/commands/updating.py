"""Keeps the roll-out of the latest release going while the gateway runs.

Puts the rules of `domain.waves`, the store and the courier together. All that takes time, the
database and thousands of devices, happens in a thread; what is told and asked on the loop. Devices
repeat what they have said on every connection, by the broker, so nothing waits for the disk here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lovebell.commands.fleet import View, fleet
from lovebell.domain.faults import Word
from lovebell.domain.rollout import OPEN, Stage, report_of, taken_up
from lovebell.domain.waves import advance
from lovebell.store import firmware as store
from lovebell.store.access import OperatorStore
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lovebell.config import Settings
    from lovebell.courier import Courier
    from lovebell.domain.rollout import Report, Rollout
    from lovebell.domain.waves import Step
    from lovebell.domain.wire import Fields
    from lovebell.engine import Engine
    from lovebell.reception import Reception
    from lovebell.store.firmware import Published
    from lovebell.warden import Warden

log = logging.getLogger("lovebell.updating")

LOOK_S: Final = 2.0
SOON_S: Final = 0.2
#: Of this many parts of the time looking takes one at most.
PART: Final = 20
#: After a look that failed.
TROUBLE_S: Final = 15.0
#: Silence means something when the broker has been there for so long.
SETTLED_MS: Final = 600_000
#: A look that comes so late finds that the machine slept: no device could be heard meanwhile.
ASLEEP_MS: Final = 120_000
#: A roll-out that is over or stopped is looked after as seldom as this.
IDLE_MS: Final = 60_000
#: So much of what a device says between two looks counts: no more has to be said in one attempt,
#: but for how far it has fetched.
MOST_SAID: Final = 16
#: Those who may still fetch.
_EARLY: Final = (Stage.OFFERED, Stage.FETCHING)


@dataclass(frozen=True, slots=True)
class _Result:
    """What one look has led to."""

    step: Step
    published: Published
    image: bytes
    audience: set[str]
    left: set[str]
    is_first: bool


class _OvertakenError(Exception):
    """Somebody else has written meanwhile."""


class Updater:
    """One for the gateway, after `engine.load`."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        reception: Reception,
        warden: Warden,
        courier: Courier,
        is_up: Callable[[], bool],
        now: Callable[[], int],
        steady: Callable[[], int],
    ) -> None:
        """`steady` gives milliseconds that only go forward."""
        self._waves = settings.firmware_waves
        self._engine = engine
        self._reception = reception
        self._warden = warden
        self._courier = courier
        self._is_up = is_up
        self._now = now
        self._steady = steady
        self._store = OperatorStore(settings.database)
        self._published: Published | None = None
        self._is_first = True
        self._left: set[str] = set()  # who may have the offer of the release before
        self._image = b""
        self._looked_ms = 0
        self._up_ms: int | None = None
        self._viewed_ms = steady()
        self._reports: dict[str, list[Report]] = {}
        self._has_news = asyncio.Event()
        self._signs: set[str] = set()
        self._met: dict[str, int] = {}

    # -- on the loop -----------------------------------------------------------------------

    def heard(self, device: str, leaf: str, fields: Fields) -> None:
        """A device has said something of new firmware."""
        if device not in self._engine.directory.books.devices:
            return
        if leaf == "update":
            said = self._reports.setdefault(device, [])
            said.append(report_of(fields))
            del said[:-MOST_SAID]
            self._has_news.set()
        elif self._courier.ask(device, fields):
            self._signs.add(device)

    def met(self, device: str) -> None:
        """A device has come on line."""
        if device in self._engine.directory.books.devices:
            self._met[device] = self._now()

    async def run(self) -> None:
        """Look for ever. A look that fails is said, and another one follows."""
        time = asyncio.get_running_loop().time
        try:
            while True:
                began = time()
                try:
                    await self.look()
                    pause_s = max(SOON_S, (time() - began) * PART)  # of ten thousand devices
                except (BooksError, OSError) as why:
                    log.error("roll-out not looked after", extra={"why": str(why)})
                    pause_s = TROUBLE_S
                except Exception:  # whatever it is, presses matter more than new firmware
                    log.exception("roll-out not looked after")
                    pause_s = TROUBLE_S
                await asyncio.sleep(pause_s)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._has_news.wait()
        finally:
            self._store.close()

    async def look(self) -> None:
        """Go on as far as can be now.

        Raises BooksError when the disk fails; nothing that devices have said is lost by it.
        """
        view = self._view()
        result: _Result | None = None
        try:
            result = await asyncio.to_thread(self._work, view)
        except _OvertakenError:  # an operator has written meanwhile: read it at the next look
            self._keep(view)
        except BaseException:
            self._keep(view)
            raise
        if result is not None:
            self._hand_over(result)
        self._courier.say()

    def _keep(self, view: View) -> None:
        for device, said in view.reports.items():
            self._reports[device] = [*said, *self._reports.get(device, ())][-MOST_SAID:]
        self._signs |= view.signs

    def _view(self) -> View:
        now, steady = self._now(), self._steady()
        viewed, self._viewed_ms = self._viewed_ms, steady
        if not self._is_up():
            self._up_ms = None
        elif steady - viewed >= ASLEEP_MS or self._up_ms is None:
            self._up_ms = steady
        self._has_news.clear()
        reports, self._reports = self._reports, {}
        signs, self._signs = frozenset(self._signs), set()
        return View(
            now,
            self._engine.directory,
            dict(self._reception.known),
            frozenset(
                device for device, word in self._warden.supervisor.open if word == Word.OFFLINE
            ),
            dict(self._met),
            list(self._engine.shelf.episodes.values()),
            reports,
            signs,
            self._up_ms is not None and steady - self._up_ms >= SETTLED_MS,
        )

    def _hand_over(self, result: _Result) -> None:
        rollout = result.published.rollout
        release = rollout.release
        for device in result.left:  # its operator was too quick for us to take it back in time
            self._courier.tell(device, {})
        if result.is_first:
            # The last gateway may have ended between writing and telling.
            for one in rollout.members.values():
                if one.stage in OPEN:
                    self._courier.tell(one.device, release.offer(one.attempt))
                elif one.stage is Stage.WAITING:
                    self._courier.tell(one.device, {})
        for device in result.step.withdrawn:
            self._courier.tell(device, {})
        for device in result.step.offered:
            self._courier.tell(device, release.offer(rollout.members[device].attempt))
        self._courier.carry(release.version, result.image, result.audience)
        self._warden.mark(Word.FIRMWARE, rollout.stopped == "failures", self._now())

    # -- in a thread -----------------------------------------------------------------------

    def _work(self, view: View) -> _Result | None:
        """One step, written; None when there is nothing to be done.

        Raises BooksError, or _OvertakenError when nothing was written.
        """
        is_new = self._read()
        known = self._published
        if known is None or not (is_new or self._is_worth_a_look(known, view)):
            return None
        self._looked_ms = view.now
        is_first = self._is_first
        rollout = taken_up(known.rollout, view.now) if is_first else known.rollout
        step = advance(
            rollout,
            fleet(view, known.rollout.release.version),
            view.reports,
            view.signs,
            self._waves,
            view.now,
            is_settled=view.is_settled,
        )
        self._write(known, step, view.now, is_first=is_first)
        audience = {one.device for one in step.rollout.members.values() if one.stage in _EARLY}
        left, self._left = self._left, set()
        self._is_first = False
        return _Result(step, self._published or known, self._image, audience, left, is_first)

    def _read(self) -> bool:
        """Read what others have written; whether there was anything. Raises BooksError."""
        known = self._published
        with self._store.reading() as connection:
            head = store.head(connection)
            if known is not None and head == (known.rollout.release.version, known.edition):
                return False
            self._published = store.latest(connection)
            if self._published is None:
                return False
            version = self._published.rollout.release.version
            if known is None or known.rollout.release.version != version:
                self._left = store.left(connection, version)
            self._image = store.image(connection, version)
        return True

    def _is_worth_a_look(self, known: Published, view: View) -> bool:
        rests = known.rollout.stopped or known.rollout.is_done(self._waves)
        is_idle = 0 <= view.now - self._looked_ms < IDLE_MS
        return bool(view.reports) or not (rests and is_idle)

    def _write(self, known: Published, step: Step, now: int, *, is_first: bool) -> None:
        members = step.rollout.members
        changed = set(step.changed)
        if is_first:  # `taken_up` has told them that they have time
            changed |= {one for one in members if members[one] != known.rollout.members.get(one)}
        if not (changed or step.notes) and _head(step.rollout) == _head(known.rollout):
            return
        with self._store.writing() as connection:
            if not store.save(
                connection, step.rollout, known.edition, sorted(changed), step.notes, now
            ):
                raise _OvertakenError
        self._published = replace(known, rollout=step.rollout, edition=known.edition + 1)


def _head(rollout: Rollout) -> Rollout:
    return replace(rollout, members={})

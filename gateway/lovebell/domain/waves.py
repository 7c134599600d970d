"""How a roll-out goes on: from what devices have said and how they stand to whom it is offered.

Owns the order, the pauses and the stop. Pure: `advance` is told the time, in UTC milliseconds. A
clock that is set makes a pause longer or shorter, never a stop void.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lovebell.domain.episode import Note, What
from lovebell.domain.firmware import is_newer
from lovebell.domain.rollout import OPEN, RANK, SILENT, Member, Stage, is_news, quota

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lovebell.domain.rollout import Report, Rollout

#: Between two waves, so that what goes wrong slowly is seen.
PAUSE_MS: Final = 3_600_000
#: A device of which nothing was heard for so long holds up nobody any more.
SILENT_MS: Final = 24 * 3_600_000
#: Three trials of ten minutes and a way back are over by then: a device that was about to try the
#: release and is not heard of again has failed with it.
LOST_MS: Final = 3_600_000
#: It has run for so long: it is good, though its word of it was lost.
SURE_MS: Final = 3_600_000
#: So many fetch at once, of those who were heard of within the minutes below. A courier with 200
#: pieces a second serves them in half a minute each.
AT_ONCE: Final = 50
FRESH_MS: Final = 600_000
#: A sign of life is written down no oftener than this.
SIGN_MS: Final = 60_000
#: In the first waves, this one not included, one failure stops; later more than one in fifty.
EARLY_WAVES: Final = 2
ONE_IN: Final = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How a device stands just now.

    `circles` are the homes and posts that should not lose two devices at once. `met_ms` is when
    it last came on line, `heard_ms` when it was last heard, both 0 if that is not known. `lot` is
    its place in the queue.
    """

    firmware: str = ""
    is_online: bool = False
    heard_ms: int = 0
    met_ms: int = 0
    circles: frozenset[str] = frozenset()
    is_busy: bool = False
    lot: int = 0


@dataclass(slots=True)
class Step:
    """What follows: the roll-out as it is now, who is told what, and lines for the record.

    `offered` and `withdrawn` are devices; `changed` those of which something is to be written.
    """

    rollout: Rollout
    offered: list[str] = field(default_factory=list[str])
    withdrawn: list[str] = field(default_factory=list[str])
    changed: set[str] = field(default_factory=set[str])
    notes: list[Note] = field(default_factory=list[Note])


def advance(
    rollout: Rollout,
    fleet: Mapping[str, Standing],
    reports: Mapping[str, Sequence[Report]],
    signs: Iterable[str],
    waves: Sequence[str],
    now: int,
    *,
    is_settled: bool,
) -> Step:
    """Go on as far as can be now.

    `fleet` are the devices in the books, `reports` what some of them have said, one thing after the
    other, `signs` those who have fetched something. Only while `is_settled`, which means that the
    broker has been there for a while, does silence mean anything.
    """
    was_done = rollout.is_done(waves)
    turn = _Turn(rollout, fleet, waves, now)
    turn.hear(reports, signs)
    if is_settled:
        turn.miss()
    if not turn.rollout.stopped:
        turn.judge()
    if turn.rollout.stopped:
        turn.withdraw()
    else:
        turn.enlist()
        turn.offer()
    if turn.rollout.is_done(waves) and not was_done:
        turn.note(What.FIRMWARE_DONE)
    return turn.step


class _Turn:
    """One go. Changes its own Step only."""

    def __init__(
        self, rollout: Rollout, fleet: Mapping[str, Standing], waves: Sequence[str], now: int
    ) -> None:
        self.step = Step(rollout)
        self._fleet = fleet
        self._waves = waves
        self._now = now
        self._version = rollout.release.version
        # Changed in place, and given to the roll-out as a whole: a wave may be thousands.
        self._members = dict(rollout.members)
        self.step.rollout = replace(rollout, members=self._members)

    @property
    def rollout(self) -> Rollout:
        return self.step.rollout

    def note(self, what: What, who: str = "", **detail: str | int) -> None:
        self.step.notes.append(Note(what, who, {"version": self._version, **detail}))

    def _put(self, member: Member) -> None:
        self._members[member.device] = member
        self.step.changed.add(member.device)

    def _standing(self, device: str) -> Standing:
        return self._fleet.get(device, Standing())

    # -- what was heard, and what was not --------------------------------------------------

    def hear(self, reports: Mapping[str, Sequence[Report]], signs: Iterable[str]) -> None:
        """Take what devices have said."""
        for device, said in reports.items():
            for report in said:
                member, firmware = self._members.get(device), self._standing(device).firmware
                if member is not None and is_news(member, report, self._version, firmware):
                    self._reach(member, report.stage, report.why, report.at)
        for device in signs:
            member = self._members.get(device)
            if member is not None and self._now - member.heard_ms >= SIGN_MS:
                self._put(replace(member, heard_ms=self._now))

    def _reach(self, member: Member, stage: Stage, why: str = "", at: int = 0) -> None:
        is_other = stage is not member.stage
        since = self._now if is_other else member.since_ms
        now = replace(member, stage=stage, why=why, at=at, since_ms=since, heard_ms=self._now)
        # Who tries anew can fail anew.
        self._put(replace(now, excused=member.excused and stage is not Stage.FETCHING))
        if is_other:
            self.note(What.FIRMWARE_AT, member.device, stage=stage.value, **_why(why))
        if stage is Stage.GOOD:
            self.step.rollout = replace(self.rollout, good_ms=self._now)

    def miss(self) -> None:
        """Whoever has nothing more to say is good, lost, or no longer waited for."""
        for member in list(self._members.values()):
            standing = self._standing(member.device)
            for_ms = self._now - member.since_ms
            runs_it = standing.is_online and standing.firmware == self._version
            if member.device not in self._fleet:  # nobody has entered it any more
                if not (member.is_over or member.is_silent):
                    self._give_up(member)
            elif member.is_under_way and runs_it and for_ms >= SURE_MS:
                self._reach(member, Stage.GOOD)
            elif self._is_lost(member, standing):
                self._reach(member, Stage.FAILED, SILENT)
            elif self._is_waited_for(member) and self._now - member.heard_ms >= SILENT_MS:
                self._give_up(member)

    def _is_lost(self, member: Member, standing: Standing) -> bool:
        if member.stage not in (Stage.READY, Stage.TRIAL):
            return False
        since_ms = member.since_ms
        if not standing.is_online:
            since_ms = max(since_ms, standing.heard_ms)
        elif member.stage is Stage.READY or standing.firmware == self._version:
            return False
        # Else it runs another one by now, without a word of how its trial went.
        return self._now - since_ms >= LOST_MS

    def _is_waited_for(self, member: Member) -> bool:
        standing = self._standing(member.device)
        if member.stage is Stage.WAITING and self._can_take(standing) and not standing.is_busy:
            return False  # it is others of its home that keep it waiting
        is_early = RANK[member.stage] <= RANK[Stage.READY]
        return is_early and not member.is_silent and not self.rollout.stopped

    def _give_up(self, member: Member) -> None:
        if member.stage is not Stage.WAITING:
            self.step.withdrawn.append(member.device)
            self.note(What.FIRMWARE_WITHDRAWN, member.device)
        self._put(replace(member, stage=Stage.WAITING, why=SILENT, since_ms=self._now))

    # -- stopping --------------------------------------------------------------------------

    def judge(self) -> None:
        """Stop if too many have failed."""
        ended = [one for one in self._members.values() if one.is_over and one.proves]
        failed = [one for one in ended if one.has_failed and not one.excused]
        is_early = self.rollout.wave < EARLY_WAVES
        if failed and (is_early or len(failed) * ONE_IN > len(ended)):
            self.step.rollout = replace(self.rollout, stopped="failures")
            self.note(What.FIRMWARE_STOPPED, failures=len(failed))

    def withdraw(self) -> None:
        """Take back what nobody has got as far as trying."""
        for member in list(self._members.values()):
            if member.stage in OPEN:
                self.step.withdrawn.append(member.device)
                self.note(What.FIRMWARE_WITHDRAWN, member.device)
                self._put(replace(member, stage=Stage.WAITING, why="", at=0, since_ms=self._now))

    # -- going on --------------------------------------------------------------------------

    def enlist(self) -> None:
        """Begin the next wave if it is time, and fill the one that runs."""
        is_new = not self._members
        while True:
            self._fill()
            count = sum(1 for one in self._members.values() if one.wave == self.rollout.wave)
            if is_new and count:
                self.note(What.FIRMWARE_WAVE, wave=self.rollout.wave + 1, devices=count)
            if not self._is_wave_over():
                return
            wave = self.rollout.wave + 1
            self.step.rollout = replace(self.rollout, wave=wave, wave_ms=self._now)
            is_new = True

    def _is_wave_over(self) -> bool:
        good_ms = self.rollout.good_ms
        if self.rollout.wave >= len(self._waves) or good_ms is None:
            return False
        if not 0 <= good_ms <= self._now - PAUSE_MS:
            return False
        mine = [one for one in self._members.values() if one.wave == self.rollout.wave]
        is_proved = any(one.stage is Stage.GOOD for one in mine) or not mine
        return is_proved and all(one.is_over or one.is_silent for one in self._members.values())

    def _fill(self) -> None:
        wave = self.rollout.wave
        is_last = wave >= len(self._waves)
        there = sum(1 for one in self._members.values() if one.proves and one.device in self._fleet)
        room = quota(self._waves, wave, len(self._fleet)) - there
        if room <= 0 and not is_last:
            return
        # Whoever proves something should be there to do so; in the end all have their turn.
        fresh = [
            (bool(one.circles), one.lot, device)
            for device, one in self._fleet.items()
            if device not in self._members and (is_last or self._can_take(one))
        ]
        # A device that stands in nobody's home first; then by lot, each time another's.
        for _, _, device in sorted(fresh)[: None if is_last else room]:
            self._put(Member(device, wave, self._now, self._now))

    def _can_take(self, standing: Standing) -> bool:
        is_known = standing.is_online and standing.firmware != ""
        return is_known and is_newer(self._version, standing.firmware)

    def offer(self) -> None:
        """Offer it to those who wait and whom it disturbs least."""
        under_way = [one for one in self._members.values() if one.is_under_way]
        taken = {c for one in under_way for c in self._standing(one.device).circles}
        fresh = sum(
            1
            for one in under_way
            if RANK[one.stage] <= RANK[Stage.FETCHING] and self._now - one.heard_ms < FRESH_MS
        )
        waiting = [one for one in self._members.values() if one.stage is Stage.WAITING]
        for member in sorted(waiting, key=lambda one: one.wave):
            standing = self._standing(member.device)
            if standing.is_online and standing.firmware and not self._can_take(standing):
                self._reach(member, Stage.GOOD)  # it runs it, or something newer, already
                continue
            is_back = not member.is_silent or standing.met_ms > member.since_ms
            if fresh >= AT_ONCE or not is_back or not self._can_take(standing):
                continue
            if standing.is_busy or taken & standing.circles:
                continue
            taken |= standing.circles
            fresh += 1
            self._offer(member)

    def _offer(self, member: Member) -> None:
        self.step.offered.append(member.device)
        self.note(What.FIRMWARE_OFFERED, member.device, attempt=member.attempt)
        now = self._now
        self._put(replace(member, stage=Stage.OFFERED, why="", at=0, since_ms=now, heard_ms=now))


def _why(why: str) -> dict[str, str]:
    return {"because": why} if why else {}

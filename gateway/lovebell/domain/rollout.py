"""A roll-out: one release on its way to all devices, in waves.

Owns what is known of it, and what operators do to it. How it goes on is `domain.waves`'s to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from lovebell.domain.firmware import is_newer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lovebell.domain.firmware import Release
    from lovebell.domain.wire import Fields

#: An attempt is told in one byte.
MOST_ATTEMPTS: Final = 255
#: Why a device says no that has taken no harm: it knows no publisher, or has something newer. It
#: proves nothing against the release.
HARMLESS: Final = frozenset({"key", "older"})
#: Nothing was heard of it, instead of a reason that a device gives.
SILENT: Final = "silent"
_WAVE: Final = re.compile(r"([1-9][0-9]{0,5})(%?)\Z", re.ASCII)


class Stage(StrEnum):
    """How far a device is. But for the first two these are its own words (protocol, `update`)."""

    WAITING = "waiting"
    OFFERED = "offered"
    FETCHING = "fetching"
    READY = "ready"
    TRIAL = "trial"
    GOOD = "good"
    FAILED = "failed"
    REFUSED = "refused"


#: One after the other; a device does not go back in it within one attempt.
RANK: Final[Mapping[Stage, int]] = {
    Stage.WAITING: 0,
    Stage.OFFERED: 1,
    Stage.FETCHING: 2,
    Stage.READY: 3,
    Stage.TRIAL: 4,
    Stage.REFUSED: 5,
    Stage.FAILED: 5,
    Stage.GOOD: 6,
}
#: Those from whom an offer can still be taken back.
OPEN: Final = frozenset({Stage.OFFERED, Stage.FETCHING, Stage.READY})


@dataclass(frozen=True, slots=True)
class Member:
    """A device whose turn has come, and how far it is since `since_ms`.

    `heard_ms` is when it last said something new of it, or joined; `at` the bytes that it has.
    `excused` is a failure after which somebody let the roll-out go on.
    """

    device: str
    wave: int
    since_ms: int
    heard_ms: int
    stage: Stage = Stage.WAITING
    attempt: int = 1
    why: str = ""
    at: int = 0
    excused: bool = False

    @property
    def is_under_way(self) -> bool:
        """Whether it has the offer and has not come to an end with it."""
        return 0 < RANK[self.stage] < RANK[Stage.FAILED]

    @property
    def is_over(self) -> bool:
        """Whether it has come to an end with this release."""
        return RANK[self.stage] >= RANK[Stage.FAILED]

    @property
    def is_silent(self) -> bool:
        """Whether nobody waits for it any more, until it comes on line anew."""
        return self.stage is Stage.WAITING and self.why == SILENT

    @property
    def has_failed(self) -> bool:
        """Whether it speaks against the release."""
        if self.stage is Stage.REFUSED:
            return self.why not in HARMLESS
        return self.stage is Stage.FAILED

    @property
    def proves(self) -> bool:
        """Whether it counts for its wave: somebody else takes the place of one that does not."""
        is_harmless = self.stage is Stage.REFUSED and self.why in HARMLESS
        return not (self.is_silent or is_harmless or (self.has_failed and self.excused))


@dataclass(frozen=True, slots=True)
class Rollout:
    """A release and its devices. Waves are counted from 0; `good_ms` is when a device last became
    good. It stands still while `stopped` is not empty: "failures" or "operator"."""

    release: Release
    wave_ms: int
    wave: int = 0
    good_ms: int | None = None
    stopped: str = ""
    members: Mapping[str, Member] = field(default_factory=dict[str, Member])

    def is_done(self, waves: Sequence[str]) -> bool:
        """Whether all devices have come to an end with it, but for those not waited for."""
        is_last = self.wave >= len(waves)
        return is_last and all(one.is_over or one.is_silent for one in self.members.values())

    def put(self, *members: Member) -> Rollout:
        """The same with these members as they are now."""
        return replace(self, members={**self.members, **{one.device: one for one in members}})


@dataclass(frozen=True, slots=True)
class Report:
    """What a device has said of a release."""

    stage: Stage
    version: str
    attempt: int = 1
    at: int = 0
    why: str = ""


def report_of(fields: Fields) -> Report:
    """The report in the fields of an `update` message."""
    return Report(
        Stage(fields["state"]),
        fields["version"],
        fields.get("attempt", 1),
        fields.get("at", 0),
        fields.get("why", ""),
    )


def is_news(member: Member, report: Report, version: str, firmware: str) -> bool:
    """Whether a report says something of this attempt that was not known. A broker repeats what
    it keeps, from this release and from others. `firmware` is what the device says that it runs."""
    if report.version != version:
        return False
    if report.stage is Stage.GOOD:
        return member.stage is not Stage.GOOD
    if report.attempt != member.attempt:
        return False
    is_back = report.stage is Stage.FETCHING and RANK[member.stage] > RANK[Stage.FETCHING]
    if is_back and is_newer(version, firmware):
        return True  # it has started before its trial, was set up again, or has lost its slots
    if member.stage is Stage.GOOD:
        return report.stage is Stage.FAILED  # what was good for a while has gone bad
    if member.stage is Stage.WAITING:
        # It was taken back: what it has of it goes, unless it had begun to try it by then.
        return RANK[report.stage] > RANK[Stage.READY]
    if member.stage is Stage.FAILED and member.why == SILENT:
        return True
    if report.stage is member.stage:
        return report.at > member.at
    return RANK[report.stage] > RANK[member.stage]


# -- waves -------------------------------------------------------------------------------


def checked_waves(waves: tuple[str, ...]) -> tuple[str, ...]:
    """The same waves. Raises ValueError unless each is a number of devices or a percentage, like 1
    or 5%."""
    for wave in waves:
        found = _WAVE.match(wave)
        if found is None or (found[2] and int(found[1]) > 100):
            raise ValueError(f"{wave!r} is no wave")
    return waves


def quota(waves: Sequence[str], wave: int, devices: int) -> int:
    """How many devices of so many have their turn up to a wave, it included: each wave at least
    one more than the one before, and after the last of `waves` all."""
    reached = 0
    for text in waves[: wave + 1]:
        number = int(text.rstrip("%"))
        wanted = -(-devices * number // 100) if text.endswith("%") else number
        reached = max(reached + 1, wanted)
    return devices if wave >= len(waves) else min(reached, devices)


# -- operators ---------------------------------------------------------------------------


def stopped(rollout: Rollout) -> Rollout:
    """As it is when an operator stops it. What is on trial goes on by itself."""
    return replace(rollout, stopped="operator")


def resumed(rollout: Rollout, now: int) -> Rollout:
    """As it is when an operator lets it go on: what has failed up to now stops it no more."""
    excused = (replace(one, excused=True) for one in rollout.members.values() if one.has_failed)
    return replace(taken_up(rollout.put(*excused), now), stopped="")


def taken_up(rollout: Rollout, now: int) -> Rollout:
    """As it is after a pause in which nobody could be heard: who still has to say something has as
    long for it as if it were offered now."""
    waiting = (one for one in rollout.members.values() if not one.is_over and not one.is_silent)
    return rollout.put(*(replace(one, heard_ms=now) for one in waiting))


def retried(rollout: Rollout, device: str, now: int) -> Rollout:
    """As it is when a device shall have the release offered once more.

    Raises ValueError if it has not come to an end, or as often as can be told.
    """
    member = rollout.members.get(device)
    if member is None or not (member.is_over or member.is_silent):
        raise ValueError(f"{device} has not come to an end")
    if member.attempt >= MOST_ATTEMPTS:
        raise ValueError(f"{device} was tried too often")
    return rollout.put(Member(device, member.wave, now, now, attempt=member.attempt + 1))

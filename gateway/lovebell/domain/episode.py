"""An episode and all that can follow from it, as values.

Owns the shapes: states, calls, effects. Those of events stand in `events`, what follows from what
stands in `course`.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from lovebell.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lovebell.domain.plan import CallStep, Target

#: Outcomes that the gateway gives by itself.
CANCELLED: Final = "cancelled"
TEST_PASSED: Final = "test_passed"
TEST_FAILED: Final = "test_failed"


class Kind(StrEnum):
    """What a press, and the episode it begins, is for."""

    CALL = "call"
    TEST = "test"


class State(StrEnum):
    """How far an episode has come."""

    RINGING = "ringing"
    ACKNOWLEDGED = "acknowledged"
    ARRIVED = "arrived"
    RESOLVED = "resolved"


class Phase(StrEnum):
    """How far a chime has come in one episode."""

    RUNG = "rung"  # told to ring, has not answered yet
    RENEWED = "renewed"  # rings, and has been told to go on, louder
    MISSED = "missed"  # did not answer in time; still being told
    REACHED = "reached"  # says that it rings
    HUSHING = "hushing"  # told to stop, has not answered yet
    QUIET = "quiet"


class Asked(StrEnum):
    """How far a message that asks a contact for help has come."""

    WAITING = "waiting"  # to be sent; no service has said yes or no for good
    TAKEN = "taken"  # a service has it
    FAILED = "failed"  # refused for good, or given up
    TOLD = "told"  # somebody is coming, or it is over, and the contact is told so


class What(StrEnum):
    """What a line of the record says. Every one has a sentence in `lovebell.story`."""

    PRESSED = "pressed"
    HEARD_OF = "heard_of"
    REPEATED = "repeated"
    PRESSED_AGAIN = "pressed_again"
    STEP = "step"
    RUNG = "rung"
    REACHED = "reached"
    MISSED = "missed"
    UNREACHABLE = "unreachable"
    NOBODY = "nobody"
    PASSED = "passed"
    ACKNOWLEDGED = "acknowledged"
    ALSO_ACKNOWLEDGED = "also_acknowledged"
    STALE_ACKNOWLEDGED = "stale_acknowledged"
    LATE_ACKNOWLEDGED = "late_acknowledged"
    EXPIRED = "expired"
    ARRIVED = "arrived"
    ALSO_ARRIVED = "also_arrived"
    LATE_ARRIVED = "late_arrived"
    CANCEL_ASKED = "cancel_asked"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    FOLLOWS = "follows"
    BUSY = "busy"
    PASSED_BUSY = "passed_busy"
    REPAIRED = "repaired"
    REPLANNED = "replanned"
    ROSTERED = "rostered"
    OFF_DUTY = "off_duty"
    CONTACTS_CHANGED = "contacts_changed"
    MESSAGED = "messaged"
    MESSAGE_REFUSED = "message_refused"
    MESSAGE_GIVEN_UP = "message_given_up"
    TEST_IGNORED = "test_ignored"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    UNPLACED = "unplaced"
    UNPAIRED = "unpaired"
    UNKNOWN_DEVICE = "unknown_device"
    DROPPED = "dropped"
    FAULT = "fault"
    FAULT_AGAIN = "fault_again"
    FAULT_OVER = "fault_over"
    ROLL_CALLED = "roll_called"
    ROLL_TICKED = "roll_ticked"
    TEST_TRIED = "test_tried"
    FIRMWARE_PUBLISHED = "firmware_published"
    FIRMWARE_WAVE = "firmware_wave"
    FIRMWARE_OFFERED = "firmware_offered"
    FIRMWARE_WITHDRAWN = "firmware_withdrawn"
    FIRMWARE_AT = "firmware_at"
    FIRMWARE_STOPPED = "firmware_stopped"
    FIRMWARE_RESUMED = "firmware_resumed"
    FIRMWARE_RETRIED = "firmware_retried"
    FIRMWARE_DONE = "firmware_done"
    TOKEN_MADE = "token_made"  # noqa: S105 - a word, and no secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    ENROLLED = "enrolled"
    RENEWED = "renewed"
    GIVEN = "given"
    SET_UP = "set_up"
    REVOKED = "revoked"
    RECOVERED = "recovered"


@value
class Call:
    """One chime in one episode.

    `again_ms` is when it will be told again; None when it has answered. `until_ms` is when it
    stops by itself.
    """

    chime: str
    responder: str
    phase: Phase
    step: int
    tries: int
    again_ms: int | None
    until_ms: int


@value
class Ask:
    """One contact, asked by message in one episode at `at_ms`.

    `serial` numbers the messages of the episode to this contact.
    """

    responder: str
    channel: str
    step: int
    serial: int
    at_ms: int
    phase: Asked = Asked.WAITING


@value
class Limits:
    """The times of an episode that are the community's to choose, and the number of the step
    from which those who have a chime get messages as well.
    """

    acknowledge_ms: int = 600_000
    cancel_ms: int = 30_000
    test_ms: int = 30_000
    messages_from: int = 2


@value
class Episode:
    """All that follows from a press until it is resolved.

    `until_ms` is the end of the current step or of the acknowledgement; None when nothing is
    waited for. `coming` are the responders who acknowledged, first first; `arrived` the ids of
    those who are there. `follows` is the id of an episode that was over shortly before, or "".
    `first_at_ms` and `last_at_ms` are when the button was pressed, as far as
    is known; `begun_ms` is when the gateway heard of it. Times are UTC milliseconds. `plan`,
    `home` and `limits` are the episode's own copies: later edits do not disturb it.
    """

    id: str
    kind: Kind
    button: str
    home: str
    label: str
    plan: tuple[CallStep, ...]
    limits: Limits
    begun_ms: int
    first_at_ms: int = 0
    last_at_ms: int = 0
    state: State = State.RINGING
    step: int = 0
    until_ms: int | None = None
    calls: tuple[Call, ...] = ()
    asks: tuple[Ask, ...] = ()
    presses: int = 1
    coming: tuple[Target, ...] = ()
    arrived: tuple[str, ...] = ()
    outcome: str = ""
    ended_ms: int | None = None
    follows: str = ""

    @property
    def deadline(self) -> int | None:
        """When `Due` must be delivered at the latest; None when nothing is waited for."""
        first = self.until_ms
        for call in self.calls:
            if call.again_ms is not None and (first is None or call.again_ms < first):
                first = call.again_ms
        return first

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a human."""
        return self.state is not State.RESOLVED

    @property
    def is_unreached(self) -> bool:
        """Whether a call has come to its last step and there is nobody whom it may have reached:
        every chime missed, every message refused, or none to tell.
        """
        if self.kind is not Kind.CALL or self.state is not State.RINGING:
            return False
        may_ring = (Phase.RUNG, Phase.RENEWED, Phase.REACHED)
        rings = any(call.phase in may_ring for call in self.calls)
        is_asked = any(one.phase in (Asked.WAITING, Asked.TAKEN) for one in self.asks)
        return self.step == self.last_step and not rings and not is_asked

    @property
    def last_step(self) -> int:
        """The step that repeats for ever."""
        return len(self.plan) - 1


# -- effects ---------------------------------------------------------------------------------


@value
class Ring:
    """Tell a chime to ring. The only effect that does not wait for the disk."""

    chime: str
    step: int
    for_ms: int


@value
class Hush:
    """Tell a chime to stop."""

    chime: str
    why: str
    who: str = ""


@value
class Tell:
    """Tell the button how far help has come."""

    state: str
    who: str = ""


@value
class Send:
    """Send a message to a contact: kind is call, coming or resolved."""

    kind: str
    responder: str
    channel: str
    serial: int


def _nothing() -> dict[str, str | int]:
    return {}  # dict[str, str | int] as a factory takes five times as long


@value
class Note:
    """A line of the record. `who` is the device, responder or operator that did it, or ""."""

    what: What
    who: str = ""
    detail: Mapping[str, str | int] = field(default_factory=_nothing)


Effect = Ring | Hush | Tell | Send | Note


@value
class Outcome:
    """What an event made of an episode, and what is to be done about it, in this order."""

    episode: Episode
    effects: tuple[Effect, ...] = ()

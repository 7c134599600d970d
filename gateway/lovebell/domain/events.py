"""All that can happen to an episode, as values.

Owns the shapes. What follows from what stands in `course`.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from lovebell.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lovebell.domain.plan import CallStep, Target


@value
class Pressed:
    """The button again, during the episode, at `at_ms`; `detail` is for the record."""

    press_id: str
    at_ms: int
    count: int = 1
    detail: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


@value
class Cancelled:
    """The elder took it back at `at_ms`; None when nobody knows when."""

    press_id: str
    at_ms: int | None


@value
class Due:
    """A deadline may have passed."""


@value
class Ringing:
    """A chime says that it rings."""

    chime: str
    responder: str = ""


@value
class Hushed:
    """A chime says that it does not ring."""

    chime: str


@value
class Back:
    """A chime has come on line again."""

    chime: str


@value
class Gone:
    """A chime has gone off line: whatever it said before, it is not heard now."""

    chime: str


@value
class Acknowledged:
    """A responder said "I am coming" at `at_ms`; `by` is the chime or the operator."""

    target: Target
    by: str
    at_ms: int
    chime: str = ""


@value
class Arrived:
    """A responder is at the door."""

    target: Target
    by: str


@value
class Resolved:
    """A human says that it is over, and how it ended."""

    by: str
    outcome: str
    note: str = ""


@value
class Reopened:
    """A human says that it was not over; `plan` is the episode's own copy as the books now have
    it, empty when they say nothing new.
    """

    by: str
    note: str = ""
    plan: tuple[CallStep, ...] = ()


@value
class Repaired:
    """A responder has other chimes than when the episode began."""

    target: Target


@value
class Rostered:
    """The episode's own copy of its plan, with who is on duty as the books now have it."""

    plan: tuple[CallStep, ...]


@value
class Replanned:
    """There is somebody to be called now; when the episode began there was nobody."""

    plan: tuple[CallStep, ...]


@value
class Delivered:
    """A service has taken a message; `said` is what it answered."""

    responder: str
    channel: str
    serial: int
    kind: str
    said: str = ""


@value
class Undelivered:
    """A message will not be sent: refused for good by its service, which said why, or given up
    for a reason that is one of too_old, no_contact, replaced.
    """

    responder: str
    channel: str
    serial: int
    kind: str
    why: str
    refused: bool = False


Event = (
    Pressed
    | Cancelled
    | Due
    | Ringing
    | Hushed
    | Back
    | Gone
    | Acknowledged
    | Arrived
    | Resolved
    | Reopened
    | Repaired
    | Rostered
    | Replanned
    | Delivered
    | Undelivered
)

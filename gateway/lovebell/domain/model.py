"""Who and what there is: homes, responders, devices, and who is paired with what.

Owns the nouns and the questions one can ask of them. Knows nothing of episodes or of storage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,23}\Z", re.ASCII)


class DeviceKind(StrEnum):
    """The two kinds of device."""

    BUTTON = "button"
    CHIME = "chime"


class ResponderKind(StrEnum):
    """The kinds of people who can answer."""

    VOLUNTEER = "volunteer"
    RELATIVE = "relative"
    GRID = "grid"
    DESK = "desk"
    CLINIC = "clinic"


@dataclass(frozen=True, slots=True)
class Home:
    """The elder's household."""

    id: str
    name: str
    address: str = ""
    phone: str = ""
    notes: str = ""
    care_level: int = 1
    grid: str = ""

    @property
    def label(self) -> str:
        """Where and who, as a chime or a screen says it."""
        return f"{self.address} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Responder:
    """Someone who can answer."""

    id: str
    name: str
    kind: ResponderKind = ResponderKind.VOLUNTEER
    phone: str = ""
    grid: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A button or a chime that has been entered in the books."""

    id: str
    kind: DeviceKind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A service by which messages go. Secrets among its options are references, never values."""

    name: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a responder is reached by a channel, and in which language. Lowest `rank` first."""

    responder: str
    channel: str
    address: str = ""
    language: str = "zh"
    rank: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: whom to call, and for how long before going on.

    `targets` are ids of responders, or the words of `plan.WORDS`.
    """

    targets: tuple[str, ...]
    for_ms: int


class Link(StrEnum):
    """The kinds of pairing: the first named belongs to the second."""

    BUTTON_HOME = "button-home"
    CHIME_RESPONDER = "chime-responder"
    RESPONDER_HOME = "responder-home"


@dataclass(frozen=True, slots=True)
class Pairing:
    """`subject` belongs to `object`. Of a home's responders the lowest `rank` is called first."""

    link: Link
    subject: str
    object: str
    rank: int = 1


@dataclass(frozen=True, slots=True)
class Books:
    """Everything an operator has entered, as it stands now."""

    homes: dict[str, Home] = field(default_factory=dict[str, Home])
    responders: dict[str, Responder] = field(default_factory=dict[str, Responder])
    devices: dict[str, Device] = field(default_factory=dict[str, Device])
    pairings: tuple[Pairing, ...] = ()
    plans: dict[str, tuple[Step, ...]] = field(default_factory=dict[str, tuple[Step, ...]])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    contacts: tuple[Contact, ...] = ()

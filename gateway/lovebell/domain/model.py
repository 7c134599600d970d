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
    from datetime import date

#: The time zone of a community that names none.
DEFAULT_ZONE: Final = "Asia/Shanghai"
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
    community: str = ""

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

    `targets` are ids of responders, groups and rotas, or the words of `plan.WORDS`.
    """

    targets: tuple[str, ...]
    for_ms: int


@dataclass(frozen=True, slots=True)
class Community:
    """Homes that have one calendar: a time zone by its IANA name, and holidays.

    `plan` is that of its homes which have none of their own; empty: the default of the settings.
    """

    id: str
    name: str
    zone: str = DEFAULT_ZONE
    plan: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Responders, and other groups, that are called together."""

    id: str
    name: str
    members: tuple[str, ...]


class Holidays(StrEnum):
    """What a holiday is to a shift."""

    ALIKE = "alike"  # a day like any other
    ALSO = "also"  # the shift is on holidays too, whatever the weekday
    NEVER = "never"  # no shift begins on a holiday


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of some days of the week, and who is on duty then.

    `days` are weekdays, Monday is 0; `begins` and `ends` are minutes of the local day, and a
    shift that does not end after it begins ends on the day after. Its day is that on which it
    begins. `members` are ids of responders and groups.
    """

    days: tuple[int, ...]
    begins: int
    ends: int
    members: tuple[str, ...]
    holidays: Holidays = Holidays.ALIKE


@dataclass(frozen=True, slots=True)
class Rota:
    """Who is on duty when, by the calendar of a community. Shifts may overlap."""

    id: str
    name: str
    community: str
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Away:
    """A responder who is not there from one UTC millisecond to just before another."""

    n: int
    responder: str
    from_ms: int
    to_ms: int
    note: str = ""


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
    communities: dict[str, Community] = field(default_factory=dict[str, Community])
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    rotas: dict[str, Rota] = field(default_factory=dict[str, Rota])
    #: By community and day, with their names; those of "" are everybody's.
    holidays: dict[str, dict[date, str]] = field(default_factory=dict[str, "dict[date, str]"])
    away: tuple[Away, ...] = ()

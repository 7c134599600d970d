"""Plans: how an operator writes them, and whom they mean at the moment of a press.

Owns the words of a plan and the turning of words into people and chimes. Knows nothing of the
course of an episode.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lovebell.domain.model import NAME, Books, Home, Link, Responder, ResponderKind, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Words that stand for people. A responder may not have one of them as id.
WORDS: Final = {
    "paired": "the responders paired with the home with the first rank",
    "neighbours": "all responders paired with the home",
    "grid": "the grid leaders of the home's grid",
    "desk": "the duty desk",
}
MIN_MS: Final = 5_000
MAX_MS: Final = 24 * 3_600_000
MAX_STEPS: Final = 16
_UNITS: Final = {"s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_STEP: Final = re.compile(
    r"\s*(?P<targets>[^\s]+(?:\s*,\s*[^\s]+)*)\s+(?P<n>\d+)(?P<unit>[a-z]+)\s*"
)

#: The plan of a home that has none of its own; its last step repeats for ever.
DEFAULT: Final = (
    Step(("paired",), 45_000),
    Step(("neighbours",), 60_000),
    Step(("grid",), 120_000),
    Step(("desk",), 60_000),
)


class BadPlanError(ValueError):
    """A plan that cannot be carried out; the message says which step and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Someone to be called, with what was theirs when the episode began: chimes, and the channels
    by which a message reaches them.
    """

    responder: str
    name: str
    chimes: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallStep:
    """A step in an episode's own copy of the plan."""

    words: str
    for_ms: int
    targets: tuple[Target, ...] = ()


def reaches_anybody(plan: Iterable[CallStep]) -> bool:
    """Whether any step can call somebody, by a chime or by a message."""
    return any(target.chimes or target.contacts for step in plan for target in step.targets)


def parse_step(text: str) -> Step:
    """Read `"paired 45s"` or `"neighbours,r-7 2min"`. Raises BadPlanError."""
    match = _STEP.fullmatch(text)
    if match is None or match["unit"] not in _UNITS:
        raise BadPlanError(
            f'{text!r} is not a step: write who and how long, such as "paired 45s" or '
            '"neighbours,r-7 2min" (units s, min, h)'
        )
    for_ms = int(match["n"]) * _UNITS[match["unit"]]
    if not MIN_MS <= for_ms <= MAX_MS:
        raise BadPlanError(f"{text!r}: a step lasts from 5s to 24h")
    targets = tuple(target.strip() for target in match["targets"].split(","))
    for target in targets:
        if target not in WORDS and not NAME.match(target):
            raise BadPlanError(
                f"{text!r}: {target!r} is neither a responder nor one of {', '.join(WORDS)}"
            )
    return Step(targets, for_ms)


def format_step(step: Step) -> str:
    """The text that `parse_step` reads as this step."""
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if step.for_ms % size == 0:
            return f"{','.join(step.targets)} {step.for_ms // size}{unit}"
    raise BadPlanError(f"a step of {step.for_ms} ms is not a number of seconds")


def parse_plan(texts: Iterable[str]) -> tuple[Step, ...]:
    """Read a plan, a step a text. Raises BadPlanError naming the step."""
    steps = tuple(parse_step(text) for text in texts)
    if not steps:
        raise BadPlanError('a plan needs at least one step, such as "desk 60s"')
    if len(steps) > MAX_STEPS:
        raise BadPlanError(f"a plan has at most {MAX_STEPS} steps, this one {len(steps)}")
    return steps


class Directory:
    """The books, indexed for the questions a press asks."""

    def __init__(self, books: Books, default: tuple[Step, ...] = DEFAULT) -> None:
        self.books = books
        self._default = default
        self._home_of: dict[str, str] = {}
        self._responder_of: dict[str, str] = {}
        self._chimes: defaultdict[str, list[str]] = defaultdict(list)
        self._stand_by: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for pairing in books.pairings:
            match pairing.link:
                case Link.BUTTON_HOME:
                    self._home_of[pairing.subject] = pairing.object
                case Link.CHIME_RESPONDER:
                    self._responder_of[pairing.subject] = pairing.object
                    self._chimes[pairing.object].append(pairing.subject)
                case Link.RESPONDER_HOME:
                    self._stand_by[pairing.object].append((pairing.rank, pairing.subject))
        self._contacts: defaultdict[str, list[str]] = defaultdict(list)
        for contact in sorted(books.contacts, key=lambda one: (one.rank, one.channel)):
            self._contacts[contact.responder].append(contact.channel)
        self._desk = self._all_of(ResponderKind.DESK)
        self._leaders: defaultdict[str, list[Responder]] = defaultdict(list)
        for leader in self._all_of(ResponderKind.GRID):
            self._leaders[leader.grid].append(leader)

    def home_of(self, button: str) -> Home | None:
        """The home a button belongs to; None when it is paired with none."""
        return self.books.homes.get(self._home_of.get(button, ""))

    def responder_of(self, chime: str) -> Responder | None:
        """Whose chime it is; None when it is paired with nobody."""
        return self.books.responders.get(self._responder_of.get(chime, ""))

    def plan_of(self, home: str) -> tuple[Step, ...]:
        """The home's own plan, or the default."""
        return self.books.plans.get(home, self._default)

    def call_plan(self, home: Home | None) -> tuple[CallStep, ...]:
        """Whom a press calls now, step by step.

        A button that belongs to no home calls the desk: loud beats lost.
        """
        steps = self.plan_of(home.id) if home else (Step(("desk",), 60_000),)
        return tuple(
            CallStep(",".join(step.targets), step.for_ms, self._targets(step, home))
            for step in steps
        )

    def target(self, responder: Responder) -> Target:
        """The responder with their chimes and channels."""
        chimes = tuple(sorted(self._chimes.get(responder.id, ())))
        contacts = tuple(self._contacts.get(responder.id, ()))
        return Target(responder.id, responder.name, chimes, contacts)

    def _targets(self, step: Step, home: Home | None) -> tuple[Target, ...]:
        found: dict[str, Responder] = {}
        for word in step.targets:
            for responder in self._people(word, home):
                found.setdefault(responder.id, responder)
        return tuple(self.target(responder) for responder in found.values())

    def _people(self, word: str, home: Home | None) -> list[Responder]:
        if word == "desk":
            return self._desk
        if home is None:
            return []
        if word == "grid":
            return self._leaders.get(home.grid, []) if home.grid else []
        ranked = sorted(self._stand_by.get(home.id, ()))
        if word == "paired":
            ranked = [entry for entry in ranked if entry[0] == ranked[0][0]]
        elif word != "neighbours":
            ranked = [(0, word)]
        people = self.books.responders
        return [people[responder] for _, responder in ranked if responder in people]

    def _all_of(self, kind: ResponderKind) -> list[Responder]:
        return [
            person for _, person in sorted(self.books.responders.items()) if person.kind == kind
        ]

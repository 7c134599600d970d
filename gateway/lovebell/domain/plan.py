"""Plans: how an operator writes them, and the copy of one that an episode carries.

Owns the words of a plan. Whom they mean stands in `directory`. Knows nothing of the course of an
episode.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lovebell.domain.model import NAME, Step
from lovebell.domain.spans import holds
from lovebell.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.domain.spans import Spans

#: Words that stand for people. Nothing else may have one of them as id.
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
    r"\s*(?P<targets>[^\s,]+(?:\s*,\s*[^\s,]+)*)\s+(?P<n>\d{1,9})(?P<unit>[a-z]+)\s*"
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


@value
class Target:
    """Someone to be called, with what was theirs when the episode began: chimes, and the channels
    by which a message reaches them. `duty` is when they are to be called, as far as is known;
    None: always.
    """

    responder: str
    name: str
    chimes: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    duty: Spans | None = None

    def is_on_duty(self, now: int) -> bool:
        """Whether they are to be called now."""
        return self.duty is None or holds(self.duty, now)


@value
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
                f"{text!r}: {target!r} is neither an id nor one of {', '.join(WORDS)}"
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

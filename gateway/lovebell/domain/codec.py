"""Episodes and plans as JSON, the form in which they lie in the database.

The plan of an episode never changes shape after its beginning except by a re-pairing, so it is
written apart from the rest, which changes with every event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson

from lovebell.domain.episode import Ask, Asked, Call, Episode, Kind, Limits, Phase, State
from lovebell.domain.model import Step
from lovebell.domain.plan import CallStep, Target

if TYPE_CHECKING:
    from collections.abc import Sequence


def _text(thing: list[Any] | dict[str, Any]) -> str:
    return orjson.dumps(thing).decode()


def plan_to_json(steps: tuple[Step, ...]) -> str:
    """A home's plan."""
    return _text([[list(step.targets), step.for_ms] for step in steps])


def plan_from_json(text: str) -> tuple[Step, ...]:
    """The plan that `plan_to_json` wrote. Raises ValueError for what is none: without steps, or
    with a time that no chime understands, a press would ring nobody."""
    steps = tuple(Step(tuple(targets), for_ms) for targets, for_ms in orjson.loads(text))
    _check(steps)
    return steps


def call_plan_to_json(plan: tuple[CallStep, ...]) -> str:
    """An episode's own copy of its plan."""
    return _text([[s.words, s.for_ms, [_target(t) for t in s.targets]] for s in plan])


def call_plan_from_json(text: str) -> tuple[CallStep, ...]:
    """The copy that `call_plan_to_json` wrote. Raises ValueError as `plan_from_json` does."""
    plan = tuple(
        CallStep(words, for_ms, tuple(_to_target(t) for t in targets))
        for words, for_ms, targets in orjson.loads(text)
    )
    _check(plan)
    return plan


def _check(steps: Sequence[Step | CallStep]) -> None:
    if not steps or any(type(step.for_ms) is not int or step.for_ms <= 0 for step in steps):
        raise ValueError("a plan without steps, or a step without a time")


def _check_whole(thing: object) -> None:
    """Nothing that we write has a fraction: one is a digit that has turned into a point, and no
    chime takes a ring with such a time."""
    if isinstance(thing, float):
        raise ValueError(f"{thing} is no whole number")
    if isinstance(thing, dict):
        thing = list(cast("dict[str, object]", thing).values())
    if isinstance(thing, list):
        for each in cast("list[object]", thing):
            _check_whole(each)


def episode_to_json(episode: Episode) -> str:
    """All of an episode but its plan."""
    return _text(
        {
            "id": episode.id,
            "kind": str(episode.kind),
            "button": episode.button,
            "home": episode.home,
            "label": episode.label,
            "limits": [
                episode.limits.acknowledge_ms,
                episode.limits.cancel_ms,
                episode.limits.test_ms,
                episode.limits.messages_from,
            ],
            "begun_ms": episode.begun_ms,
            "first_at_ms": episode.first_at_ms,
            "last_at_ms": episode.last_at_ms,
            "state": str(episode.state),
            "step": episode.step,
            "until_ms": episode.until_ms,
            "calls": [
                [c.chime, c.responder, str(c.phase), c.step, c.tries, c.again_ms, c.until_ms]
                for c in episode.calls
            ],
            "asks": [
                [a.responder, a.channel, a.step, a.serial, a.at_ms, a.phase] for a in episode.asks
            ],
            "presses": episode.presses,
            "coming": [_target(target) for target in episode.coming],
            "arrived": list(episode.arrived),
            "outcome": episode.outcome,
            "ended_ms": episode.ended_ms,
            "follows": episode.follows,
        }
    )


def episode_from_json(body: str, plan: str) -> Episode:
    """The episode that `episode_to_json` and `call_plan_to_json` wrote. Raises ValueError for one
    at a step that its plan does not have, for fractions, and as `plan_from_json` does."""
    raw: dict[str, Any] = orjson.loads(body)
    _check_whole(raw)
    raw["kind"] = Kind(raw["kind"])
    raw["plan"] = call_plan_from_json(plan)
    step, steps = raw["step"], len(raw["plan"])
    if type(step) is not int or not 0 <= step < steps:
        raise ValueError(f"step {step} of {steps}")
    raw["limits"] = Limits(*raw["limits"])
    raw["state"] = State(raw["state"])
    raw["calls"] = tuple(Call(c[0], c[1], Phase(c[2]), *c[3:]) for c in raw["calls"])
    raw["asks"] = tuple(Ask(a[0], a[1], a[2], a[3], a[4], Asked(a[5])) for a in raw.get("asks", ()))
    raw["coming"] = tuple(_to_target(target) for target in raw["coming"])
    raw["arrived"] = tuple(raw.get("arrived", ()))
    return Episode(**raw)


def _target(target: Target) -> list[Any]:
    told = [target.responder, target.name, list(target.chimes), list(target.contacts)]
    return told if target.duty is None else [*told, target.duty]


def _to_target(raw: list[Any]) -> Target:
    things = [tuple(some) for some in raw[2:4]]
    if len(raw) > 4:
        things.append(tuple((begin, end) for begin, end in raw[4]))
    return Target(raw[0], raw[1], *things)

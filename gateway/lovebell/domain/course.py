"""The course of an episode: which event does what in which state. One table, at the end.

What a rule does stands in `rules`. Knows nothing of how rings travel or where records lie. Time
is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lovebell.domain import calls
from lovebell.domain.episode import Episode, Kind, Outcome, State, Tell
from lovebell.domain.events import (
    Acknowledged,
    Arrived,
    Back,
    Cancelled,
    Delivered,
    Due,
    Gone,
    Hushed,
    Pressed,
    Reopened,
    Repaired,
    Replanned,
    Resolved,
    Ringing,
    Rostered,
    Undelivered,
)
from lovebell.domain.rules import (
    again,
    busy,
    changes,
    chimes,
    deadlines,
    ending,
    people,
    presses,
    services,
    trials,
)
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from lovebell.domain.episode import Limits, Note
    from lovebell.domain.events import Event
    from lovebell.domain.plan import CallStep

    Rule = Callable[[Episode, Any, int], Outcome]


def begin(
    episode: str,
    kind: Kind,
    button: str,
    home: tuple[str, str],
    plan: tuple[CallStep, ...],
    limits: Limits,
    now: int,
    at_ms: tuple[int, int] | None = None,
    count: int = 1,
    before: Episode | None = None,
    engaged: Collection[str] = (),
    opening: tuple[Note, ...] = (),
) -> Outcome:
    """The episode of a first press, or of several that were folded into one.

    `home` is its id and its label; `plan` has a step or more; `at_ms` is when it was pressed
    first and last, now unless given; `count` is how many presses it stands for. `before` is the
    home's last call, `engaged` are the responders who are on their way to another home. With
    `opening` its record begins.
    """
    first, last = at_ms or (now, now)
    fresh = Episode(
        episode, kind, button, home[0], home[1], plan, limits, now, first, last, presses=count
    )
    told = Tell("ringing")
    if kind is Kind.CALL:
        fresh, notes = again.follow(fresh, before, now)
        return busy.heed(calls.ring_from(fresh, 0, now, *opening, told, *notes), now, engaged)
    first = replace(fresh, plan=plan[:1])
    rung = calls.ring_from(first, 0, now, *opening, told)
    return replace(rung, episode=replace(rung.episode, until_ms=now + limits.test_ms))


def advance(episode: Episode, event: Event, now: int, engaged: Collection[str] = ()) -> Outcome:
    """What the event makes of the episode.

    An event that the state does not know returns the episode unchanged and no effects, so a
    duplicate is harmless. `engaged` are the responders who are on their way to another home.
    """
    rule = TABLE[episode.kind][episode.state].get(type(event))
    if rule is None:
        return Outcome(episode)
    outcome = rule(episode, event, now)
    return busy.heed(outcome, now, engaged) if episode.kind is Kind.CALL else outcome


def rebased(episode: Episode, now: int) -> Episode:
    """The episode as a gateway takes it up whose clock may have been set back meanwhile.

    No wait is longer than it can have been when it began.
    """
    waits_ms = episode.plan[episode.step].for_ms
    if episode.state is State.ACKNOWLEDGED:
        waits_ms = episode.limits.acknowledge_ms
    until = episode.until_ms
    told_again = tuple(
        call
        if call.again_ms is None
        else replace(call, again_ms=min(call.again_ms, now + calls.AGAIN_MS[-1]))
        for call in episode.calls
    )
    if until is not None:
        until = min(until, now + waits_ms)
    if until == episode.until_ms and told_again == episode.calls:
        return episode
    return replace(episode, until_ms=until, calls=told_again)


def told(episode: Episode) -> Tell:
    """What the button should know of the episode as it stands."""
    who = episode.coming[0].name if episode.coming else ""
    match episode.state:
        case State.RINGING:
            return Tell("ringing")
        case State.ACKNOWLEDGED:
            return Tell("coming", who)
        case State.ARRIVED:
            return Tell("arrived", who)
        case State.RESOLVED:
            return Tell("resolved", who)


# -- the table -------------------------------------------------------------------------------


# What is not here changes nothing: a press or a cancel after the end begins or finds no episode
# here (the engine looks for an open one), and a second outcome does not overwrite the first.
_CALL: Final[Mapping[State, Mapping[type[Event], Rule]]] = {
    State.RINGING: {
        Pressed: presses.repeated,
        Cancelled: presses.cancel,
        Due: deadlines.while_ringing,
        Ringing: chimes.reached,
        Hushed: chimes.not_ringing,
        Back: chimes.ring_back,
        Gone: chimes.gone,
        Acknowledged: people.acknowledge,
        Arrived: people.arrive,
        Resolved: ending.resolve,
        Repaired: changes.repair,
        Rostered: changes.roster,
        Replanned: changes.replan,
        Delivered: services.delivered,
        Undelivered: services.undelivered,
    },
    State.ACKNOWLEDGED: {
        Pressed: presses.pressed_again,
        Cancelled: presses.cancel_asked,
        Due: deadlines.while_acknowledged,
        Ringing: chimes.should_be_quiet,
        Hushed: chimes.is_quiet,
        Back: chimes.hush_back,
        Acknowledged: people.also_acknowledge,
        Arrived: people.arrive,
        Resolved: ending.resolve,
        Repaired: changes.repair,
        Rostered: changes.roster,
        Replanned: changes.replan,
        Delivered: services.delivered,
        Undelivered: services.undelivered,
    },
    State.ARRIVED: {
        Pressed: presses.pressed_again,
        Cancelled: presses.cancel_asked,
        Due: deadlines.while_quiet,
        Ringing: chimes.should_be_quiet,
        Hushed: chimes.is_quiet,
        Back: chimes.hush_back,
        Acknowledged: people.also_acknowledge,
        Arrived: people.also_arrive,
        Resolved: ending.resolve,
        Repaired: changes.repair,
        Rostered: changes.roster,
        Replanned: changes.replan,
        Delivered: services.delivered,
        Undelivered: services.undelivered,
    },
    State.RESOLVED: {
        Due: deadlines.while_quiet,
        Ringing: chimes.should_be_quiet,
        Hushed: chimes.is_quiet,
        Back: chimes.hush_back,
        Acknowledged: people.late_acknowledge,
        Arrived: people.late_arrive,
        Reopened: again.reopen,
        Delivered: services.delivered,
        Undelivered: services.undelivered,
    },
}

# A test proves the chain to the chime and back, and lives half a minute.
_TEST: Final[Mapping[State, Mapping[type[Event], Rule]]] = {
    State.RINGING: {Ringing: trials.reached, Due: trials.due, Resolved: trials.resolve},
    State.ACKNOWLEDGED: {},
    State.ARRIVED: {},
    State.RESOLVED: {},
}

#: Which event does what in which state; the manual shows it (docs/episode.md).
TABLE: Final[Mapping[Kind, Mapping[State, Mapping[type[Event], Rule]]]] = {
    Kind.CALL: _CALL,
    Kind.TEST: _TEST,
}
#: All that can happen.
EVENTS: Final = frozenset(event for row in _CALL.values() for event in row)

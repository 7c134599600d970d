"""The messages of an episode: who is asked by which channel, who is told that it is over.

Owns which message goes to whom and when once more, and what a service's answer means for the
episode. Knows nothing of services, texts and retries. Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain.episode import (
    Ask,
    Asked,
    Effect,
    Episode,
    Kind,
    Note,
    Send,
    State,
    What,
)
from lovebell.domain.records import Outgoing
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.domain.events import Delivered, Undelivered
    from lovebell.domain.plan import Target

CALL: Final = "call"
COMING: Final = "coming"
RESOLVED: Final = "resolved"
#: By what somebody acknowledged who followed the link in a message; no id looks like it.
BY_LINK: Final = "@link"
#: While nobody answers, a contact is asked again this often, however often its step is repeated:
#: a service that is flooded blocks everybody (DingTalk for ten minutes above 20 a minute).
REMIND_MS: Final = 180_000


def may_reach(episode: Episode, target: Target) -> bool:
    """Whether anything can be done to call this target in this episode.

    A test proves the chain to the chime, and disturbs nobody by a message.
    """
    return bool(target.chimes or (target.contacts and episode.kind is Kind.CALL))


def ask(
    episode: Episode, step: int, targets: Iterable[Target], now: int
) -> tuple[Episode, tuple[Effect, ...]]:
    """Send a message to every contact of these targets of a step, and to all who were told that
    somebody would come; in the last step, which may reach nobody, to all who were asked before.

    Before the step from which the community wants messages, only to those who have no chime.
    """
    if episode.kind is not Kind.CALL:
        return episode, ()
    is_early = step + 1 < episode.limits.messages_from
    wanted = {
        (target.responder, channel): step
        for target in targets
        for channel in target.contacts
        if not (is_early and target.chimes)
    }
    if not wanted and not episode.asks:
        return episode, ()
    planned = {(t.responder, c) for s in episode.plan for t in s.targets for c in t.contacts}
    asks: dict[tuple[str, str], Ask] = {(one.responder, one.channel): one for one in episode.asks}
    is_last = step == episode.last_step
    for key, one in asks.items():
        if (one.phase is Asked.TOLD or is_last) and key in planned:
            wanted.setdefault(key, one.step)
    effects: list[Effect] = []
    for key, its_step in wanted.items():
        old = asks.get(key)
        if old is not None and not _is_due(old, its_step, now):
            asks[key] = replace(old, step=its_step)
            continue
        serial = old.serial + 1 if old else 1
        asks[key] = Ask(*key, its_step, serial, now)
        effects.append(Send(CALL, *key, serial))
    return replace(episode, asks=tuple(asks.values())), tuple(effects)


def _is_due(old: Ask, step: int, now: int) -> bool:
    """Whether a contact that was asked before is to be asked once more."""
    if old.phase is Asked.TOLD or now - old.at_ms >= REMIND_MS:
        return True
    return old.phase is Asked.FAILED and old.step != step


def anew(episode: Episode, responder: str, channels: Iterable[str], now: int) -> Episode:
    """The episode in which these contacts have been entered anew: what became of the last message
    says nothing about them, and they are asked without delay.
    """
    fresh = {(responder, channel) for channel in channels}
    return replace(
        episode,
        asks=tuple(
            replace(one, at_ms=now - REMIND_MS)
            if (one.responder, one.channel) in fresh and one.phase is not Asked.WAITING
            else one
            for one in episode.asks
        ),
    )


def stand_down(episode: Episode, now: int) -> tuple[Episode, tuple[Effect, ...]]:
    """Tell those who were asked that somebody is coming, or that it is over: nobody sets out in
    vain. Whoever was refused for good the first time was never asked; whoever comes first knows it.
    """
    is_over = episode.state is State.RESOLVED
    first = episode.coming[0].responder if episode.coming else ""
    asks: list[Ask] = []
    effects: list[Effect] = []
    for one in episode.asks:
        was_never_asked = one.phase is Asked.FAILED and one.serial == 1
        if was_never_asked or (one.phase is Asked.TOLD and not is_over):
            asks.append(one)
            continue
        goes = is_over or one.responder != first
        if goes and one.phase is Asked.WAITING:
            detail = {"channel": one.channel, "message": CALL, "why": "replaced"}
            effects.append(Note(What.MESSAGE_GIVEN_UP, one.responder, detail))
        serial = one.serial
        if goes:
            serial += 1
            kind = RESOLVED if is_over else COMING
            effects.append(Send(kind, one.responder, one.channel, serial))
        asks.append(replace(one, phase=Asked.TOLD, serial=serial, at_ms=now))
    if not asks:
        return episode, ()
    return replace(episode, asks=tuple(asks)), tuple(effects)


def is_asked(episode: Episode) -> bool:
    """Whether somebody of the current step has been reached by a message, or still may be."""
    return any(one.step == episode.step and one.phase is not Asked.FAILED for one in episode.asks)


def with_answer(episode: Episode, event: Delivered | Undelivered, phase: Asked) -> Episode:
    """The episode with what became of a message; the answer to an older one changes nothing."""
    return replace(
        episode,
        asks=tuple(
            replace(one, phase=phase)
            if (one.responder, one.channel, one.serial)
            == (event.responder, event.channel, event.serial)
            and one.phase is Asked.WAITING
            else one
            for one in episode.asks
        ),
    )


def outgoing(episode: Episode, send: Send, now: int) -> Outgoing:
    """The line of the outbox for a message of this episode.

    A later message to the same contact takes the place of one that has not left yet. What it
    holds is what the responder needs to go there, and no more.
    """
    fields: dict[str, str | int] = {
        "home": episode.label,
        "step": episode.step + 1,
        "presses": episode.presses,
        "pressed_ms": episode.first_at_ms,
    }
    if episode.coming:
        fields["who"] = episode.coming[0].name
    key = f"{episode.id}/{send.responder}/{send.channel}"
    return Outgoing(
        key, episode.id, send.kind, send.responder, send.channel, send.serial, fields, now
    )

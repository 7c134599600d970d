"""What is to go wrong, and who presses meanwhile: a pure function of the seed.

Owns the kinds of faults, and how they are dealt out. Does nothing to anybody.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from chaos.facts import GATEWAY

BROKER: Final = "broker"
HOMES: Final = 2
BUTTONS: Final = tuple(f"b-{n:05d}" for n in range(1, HOMES + 1))
DESK: Final = "c-desk"
CHIMES: Final = (*(f"c-{n:05d}" for n in range(1, HOMES + 1)), DESK)
WILD: Final = "b-wild"

_ENDS: Final = {"button": BUTTONS, "chime": CHIMES, GATEWAY: (GATEWAY,)}
_LINES: Final = ("cut", "slow", "lossy", "half_open", "resets", "deaf")
#: Every kind of fault, and on whom it may come.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "gateway_killed": (GATEWAY,),
    "gateway_frozen": (GATEWAY,),
    "broker_killed": (BROKER,),
    "broker_forgets": (BROKER,),
    "broker_restarted": (BROKER,),
    "broker_frozen": (BROKER,),
    "power_cut_button": BUTTONS,
    "power_cut_chime": CHIMES,
    "button_frozen": BUTTONS,
    "chime_frozen": CHIMES,
    "disk_full": (GATEWAY,),
    "database_locked": (GATEWAY,),
    "clock_set": (GATEWAY,),
    "twin": (GATEWAY,),
    "flood": (WILD,),
    **{f"{what}_{end}": whom for what in _LINES for end, whom in _ENDS.items()},
    **{f"repeated_{end}": whom for end, whom in _ENDS.items()},
    **{f"overtaken_{end}": whom for end, whom in _ENDS.items()},
}
#: So many of them in each phase of the first round; then singly; then as chance wants.
MIXED: Final = 6
#: What must be seen long enough: the gateway waits 5 s for a locked database.
_LONG: Final = ("disk_full", "database_locked")
#: How each of them loses its life, by kill -9 or its power.
_KILLS: Final[dict[str, tuple[str, ...]]] = {
    "gateway_killed": (GATEWAY,),
    "broker_killed": (BROKER,),
    "power_cut_button": BUTTONS,
    "power_cut_chime": CHIMES,
}
#: In each of these seconds of a phase of kills, most of them are killed once. A board needs some
#: of them to be on line again.
_WAVES_S: Final = (0, 9)
#: By how much a clock is set.
_STEPS_S: Final = (-7_200, -3_600, -90, -5, 5, 90, 3_600, 86_400)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that begins so many seconds after the phase, on somebody, and lasts."""

    at_s: float
    kind: str
    on: str
    for_s: float = 0.0
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A while of faults and hands. In the end, when all is well again, the chimes of `answers`
    are answered, and operators resolve what somebody has answered if one `resolves`.
    """

    number: int
    faults: tuple[Act, ...]
    hands: tuple[Act, ...]
    answers: tuple[str, ...]
    resolves: bool


def phase(seed: int, number: int) -> Phase:
    """The phase of that number, from 0 on."""
    chance = random.Random(f"{seed}-{number}")  # noqa: S311 - to be played again
    faults = [_fault(chance, kind) for kind in _kinds(seed, number, chance)]
    hands = [_hand(chance) for _ in range(chance.randint(3, 6))]
    # Somebody must press while the disk takes nothing.
    busy = [act.at_s + 1.5 for act in faults if act.kind in _LONG]
    hands += [Act(at_s, "call", chance.choice(BUTTONS)) for at_s in busy]
    return _phase(chance, number, faults, hands)


def kills(seed: int, number: int) -> Phase:
    """The phase of that number in which nothing happens but that everybody is killed at random
    moments. None is killed while it is dead, so each is a kill."""
    chance = random.Random(f"kills-{seed}-{number}")  # noqa: S311 - to be played again
    faults = [
        Act(round(wave_s + chance.uniform(0, 5), 3), kind, on, round(chance.uniform(0.2, 3), 3))
        for wave_s in _WAVES_S
        for kind, whom in _KILLS.items()
        for on in whom
        if chance.random() < 0.8
    ]
    hands = [_hand(chance, 14) for _ in range(chance.randint(5, 9))]
    return _phase(chance, number, faults, hands)


def _phase(chance: random.Random, number: int, faults: list[Act], hands: list[Act]) -> Phase:
    answers = tuple(chime for chime in CHIMES if chance.random() < 0.6)
    return Phase(
        number,
        tuple(sorted(faults, key=lambda act: act.at_s)),
        tuple(sorted(hands, key=lambda act: act.at_s)),
        answers,
        chance.random() < 0.7,
    )


def _kinds(seed: int, number: int, chance: random.Random) -> list[str]:
    dealt = sorted(KINDS)
    random.Random(seed).shuffle(dealt)  # noqa: S311
    rounds = -(-len(dealt) // MIXED)
    if number < rounds:
        return dealt[number * MIXED : (number + 1) * MIXED]
    if number < rounds + len(dealt):
        return [dealt[number - rounds]]
    return chance.sample(dealt, chance.randint(1, MIXED))


def _fault(chance: random.Random, kind: str) -> Act:
    on = chance.choice(KINDS[kind])
    at_s, for_s = chance.uniform(0, 3), chance.uniform(0.5, 6)
    if kind in _LONG:
        at_s, for_s = chance.uniform(0, 1), chance.uniform(11, 13)
    amount = float(chance.choice(_STEPS_S)) if kind == "clock_set" else chance.random()
    return Act(round(at_s, 3), kind, on, round(for_s, 3), round(amount, 3))


def _hand(chance: random.Random, within_s: float = 7) -> Act:
    at_s = round(chance.uniform(0, within_s), 3)
    odds = chance.random()
    if odds < 0.25:
        return Act(at_s, "answer", chance.choice(CHIMES))
    kind = "call" if odds < 0.78 else "cancel" if odds < 0.9 else "test"
    return Act(at_s, kind, chance.choice(BUTTONS))

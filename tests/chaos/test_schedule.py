"""The schedule is a pure function of the seed, and leaves no kind of fault out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chaos.schedule import BUTTONS, KINDS, MIXED, kills, phase
from chaos.troubles import doing

SEEDS = st.integers(0, 10**6)
ROUND = -(-len(KINDS) // MIXED)


@given(SEEDS, st.integers(0, 500))
def test_the_same_seed_gives_the_same_faults_and_presses(seed: int, number: int) -> None:
    assert phase(seed, number) == phase(seed, number)


@given(SEEDS)
def test_two_seeds_and_two_phases_are_not_the_same(seed: int) -> None:
    phases = {phase(seed + n, number) for n in range(2) for number in range(50)}
    assert len(phases) == 100


@given(SEEDS)
def test_every_fault_comes_once_among_others_and_then_once_alone(seed: int) -> None:
    mixed = [act.kind for n in range(ROUND) for act in phase(seed, n).faults]
    assert Counter(mixed) == Counter(KINDS.keys())
    alone = [phase(seed, n).faults for n in range(ROUND, ROUND + len(KINDS))]
    assert all(len(faults) == 1 for faults in alone)
    assert {faults[0].kind for faults in alone} == KINDS.keys()


@given(SEEDS, st.integers(0, 500))
def test_faults_come_on_whom_they_can_and_hands_in_order(seed: int, number: int) -> None:
    found = phase(seed, number)
    assert 1 <= len(found.faults) <= MIXED
    assert all(act.on in KINDS[act.kind] for act in found.faults)
    for acts in (found.faults, found.hands):
        assert all(before.at_s <= after.at_s for before, after in pairwise(acts))
    for act in found.faults:
        if act.kind in ("disk_full", "database_locked"):
            assert any(
                hand.kind == "call"
                and hand.on in BUTTONS
                and act.at_s < hand.at_s < act.at_s + act.for_s - 9
                for hand in found.hands
            )


@given(SEEDS, st.integers(0, 500))
def test_nobody_is_killed_while_he_is_dead(seed: int, number: int) -> None:
    found = kills(seed, number)
    assert found == kills(seed, number) != kills(seed, number + 1)
    dead_until: dict[str, float] = {}
    for act in found.faults:
        assert act.on in KINDS[act.kind]
        assert act.at_s > dead_until.get(act.on, -1)
        dead_until[act.on] = act.at_s + act.for_s


def test_every_kind_of_fault_can_be_made() -> None:
    assert all(callable(doing(kind)) for kind in KINDS)

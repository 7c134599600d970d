"""The checker finds nothing in a good tale, and in every bad one what is wrong with it."""

from __future__ import annotations

import pytest
from tale import (
    B1,
    B2,
    BACK,
    C1,
    FIRST,
    FULL,
    SECOND,
    TEST,
    Change,
    adds_line,
    also,
    ends_as,
    facts,
    heard,
    instead,
    kept_as,
    loses_lines,
    pressed,
    record,
    said,
    story_of,
    told,
    unkept,
    without,
)

from chaos.checker import RULES, judge
from chaos.facts import (
    GATEWAY,
    Ended,
    Fault,
    Flooded,
    Hand,
    Health,
    Heard,
    Lamp,
    Noted,
    Operator,
    Receipt,
    Record,
    Rings,
    Said,
    Stepped,
    Twin,
)


def names(rule: str) -> str:
    return rule.replace("_", " ")


def found(change: Change) -> set[str]:
    """The rules that a changed tale breaks."""
    changed, kept = change(facts(), record())
    verdict = judge(story_of(changed), kept)
    return {violation.partition(":")[0].replace(" ", "_") for violation in verdict.violations}


def is_ring(fact: object, begin: float, end: float) -> bool:
    return isinstance(fact, Said) and fact.leaf == "ring" and begin <= fact.at <= end


#: For every rule the tales that break it.
BAD: dict[str, list[Change]] = {
    "sensed_is_on_record": [
        unkept(B1, "p-3"),
        unkept(B2, "q-2"),
        also(Hand(1_200.0, B1, "call"), *pressed(1_200.0, B1, "p-4")),
    ],
    "answered_is_on_record": [unkept(C1, "a-1")],
    "on_record_is_rung": [
        without(lambda fact: isinstance(fact, Rings) and SECOND in fact.names),
        without(lambda fact: isinstance(fact, Rings)),
    ],
    "pressed_again_is_rung_again": [without(lambda fact: is_ring(fact, 1_019.0, 1_040.0))],
    "nothing_rung_is_invented": [
        also(Rings(1_142.0, C1, (SECOND, "b-1.never"))),
        also(said(1_142.0, GATEWAY, C1, "ring", episode="b-3.never")),
        without(lambda fact: isinstance(fact, Hand) and fact.at == 1_020.0),
        lambda known, kept: (
            known,
            Record(
                (*kept.receipts, Receipt(B1, "p-9", "call", FIRST, 1_000_000, 1_000_000)),
                kept.episodes,
                kept.lines,
            ),
        ),
    ],
    "no_answer_is_invented": [
        without(lambda fact: isinstance(fact, Hand) and fact.kind == "answer"),
        without(lambda fact: getattr(fact, "link", getattr(fact, "device", "")) == C1),
    ],
    "first_ring_needs_no_gateway": [
        also(heard(1_070.0, C1, B1, "press", id="p-1-again", kind="call")),
        without(lambda fact: isinstance(fact, Rings) and fact.at < 1_010.0),
    ],
    "every_call_is_with_a_human_or_rings": [
        also(Rings(1_142.0, C1, ())),
        ends_as(SECOND, state="acknowledged"),
        ends_as(FIRST, state="acknowledged", deadline_ms=None),
        ends_as(FIRST, outcome="cancelled"),
        without(lambda fact: isinstance(fact, Operator)),
        kept_as("q-2", kind="call"),
    ],
    "what_is_over_is_quiet": [
        also(Rings(1_142.0, C1, (FIRST, SECOND))),
        ends_as(SECOND, state="acknowledged"),
    ],
    "tests_end": [ends_as(TEST, state="ringing")],
    "the_record_is_in_order": [
        adds_line(FIRST, "acknowledged"),
        adds_line(BACK, "step"),
        adds_line(BACK, "resolved"),
        loses_lines(SECOND),
        loses_lines(SECOND, "pressed"),
    ],
    "times_are_plausible": [
        kept_as("p-1", received_ms=1_010_000),
        kept_as("p-1", at_ms=990_000),
        kept_as("p-2", at_ms=1_020_900, received_ms=1_020_100),
    ],
    "told_is_on_record": [
        instead(Said, lambda fact: fact.leaf == "receipt", is_proven=False),
        instead(Said, lambda fact: fact.leaf == "episode", is_proven=False),
    ],
    "received_is_received": [
        also(Lamp(1_105.0, B1, "received")),
        also(Lamp(1_020.2, B1, "coming")),
        without(lambda fact: isinstance(fact, Heard) and fact.fields.get("id") == "p-1"),
    ],
    "coming_is_coming": [
        also(Lamp(1_009.0, B1, "coming")),
        also(Lamp(1_141.0, B1, "arrived")),
        also(Lamp(1_023.0, B1, "coming")),  # which was so before it was pressed again
        also(*told(1_140.0, B1, FIRST, "coming", "coming")),  # another call is under way by now
    ],
    "in_the_end_lamps_say_what_the_record_says": [
        also(Lamp(1_142.0, B1, "idle")),
        also(Lamp(1_142.0, B2, "received")),
        ends_as(SECOND, state="acknowledged"),
    ],
    "the_bell_rings_without_a_disk": [without(lambda fact: is_ring(fact, *FULL))],
    "health_says_why": [
        without(lambda fact: isinstance(fact, Health) and bool(fact.codes)),
        also(Health(1_142.0, ("disk",))),
        also(Health(1_142.0, None)),
    ],
    "a_second_gateway_is_refused": [
        also(Twin(1_142.0, None, "另一个网关")),
        also(Twin(1_142.0, 0, "另一个网关")),
        also(Twin(1_142.0, 1, "Traceback")),
    ],
    "nobody_ends_by_itself": [also(Ended(1_142.0, GATEWAY, "Killed"))],
}
CASES = [
    pytest.param(rule, change, id=f"{rule}-{n}")
    for rule, changes in BAD.items()
    for n, change in enumerate(changes, 1)
]


def test_a_good_tale_breaks_no_rule_and_every_rule_has_judged_it() -> None:
    verdict = judge(story_of(facts()), record())
    assert verdict.violations == ()
    assert all(verdict.judged.values()), verdict.judged


def test_every_rule_has_tales_that_break_it() -> None:
    assert {rule.__name__ for rule in RULES} == BAD.keys()


@pytest.mark.parametrize(("rule", "change"), CASES)
def test_a_tale_that_breaks_a_rule_is_found_out(rule: str, change: Change) -> None:
    assert rule in found(change)


GOOD: dict[str, Change] = {
    "presses that were folded into one": lambda known, kept: (
        [
            *known,
            *(Hand(1_030.0, B1, "call") for _ in range(2)),
            Noted(1_100.8, B1, "call", "p-f1"),
            Noted(1_100.9, B1, "call", "p-f2"),
            said(1_101.1, B1, B1, "press", id="p-3", kind="call", count=3),
        ],
        kept,
    ),
    "what a flood has invented": also(
        Flooded(1_141.0, "b-wild", "x-1"),
        said(1_141.0, GATEWAY, C1, "ring", episode="b-wild.x-1"),
    ),
    "a chime that lay without power when its button was pressed": also(
        Fault(1_140.0, 1_160.0, "power_cut_chime", C1),
        heard(1_142.0, C1, B1, "press", id="p-1-again", kind="call"),
    ),
    "times by a clock that was set": lambda known, kept: (
        [*known, Stepped(1_000.1, 3_600), Stepped(1_000.4, 0)],
        kept_as("p-1", at_ms=4_600_000, received_ms=4_600_300)(known, kept)[1],
    ),
    "what came late after the end": adds_line(FIRST, "late_acknowledged"),
    "a press during a fault of the disk while the gateway was down": lambda known, kept: without(
        lambda fact: is_ring(fact, *FULL) or (isinstance(fact, Health) and bool(fact.codes))
    )([*known, Fault(1_099.0, 1_101.0, "gateway_killed", GATEWAY)], kept),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_what_is_no_fault_of_anybodys_is_not_blamed(change: Change) -> None:
    assert found(change) == set()


def test_more_presses_than_the_count_says_were_not_folded() -> None:
    more = also(
        *(Hand(1_030.0, B1, "call") for _ in range(3)),
        *(Noted(1_100.5 + n / 10, B1, "call", f"p-f{n}") for n in range(3)),
        said(1_101.1, B1, B1, "press", id="p-3", kind="call", count=3),
    )
    assert found(more) == {"sensed_is_on_record"}

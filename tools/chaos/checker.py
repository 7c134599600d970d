"""The checker: a story and a record in, all that is wrong with them out.

Knows the protocol (docs/protocol.md) and the tables; nothing of the code of gateway and firmware.
Pure: what was seen comes in as facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from chaos import rules_episodes, rules_lamps, rules_machines, rules_presses
from chaos.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaos.facts import Record, Story
    from chaos.view import Found

#: Every rule; its name is the sentence that it keeps.
RULES: Final[tuple[Callable[[View], Found], ...]] = (
    rules_presses.sensed_is_on_record,
    rules_presses.answered_is_on_record,
    rules_presses.on_record_is_rung,
    rules_presses.pressed_again_is_rung_again,
    rules_presses.nothing_rung_is_invented,
    rules_presses.no_answer_is_invented,
    rules_presses.first_ring_needs_no_gateway,
    rules_episodes.every_call_is_with_a_human_or_rings,
    rules_episodes.what_is_over_is_quiet,
    rules_episodes.tests_end,
    rules_episodes.the_record_is_in_order,
    rules_episodes.times_are_plausible,
    rules_lamps.told_is_on_record,
    rules_lamps.received_is_received,
    rules_lamps.coming_is_coming,
    rules_lamps.in_the_end_lamps_say_what_the_record_says,
    rules_machines.the_bell_rings_without_a_disk,
    rules_machines.health_says_why,
    rules_machines.a_second_gateway_is_refused,
    rules_machines.nobody_ends_by_itself,
)


class Verdict(NamedTuple):
    """How many cases each rule has judged, and a sentence for each violation."""

    judged: Mapping[str, int]
    violations: tuple[str, ...]


def judge(story: Story, record: Record) -> Verdict:
    """Hold every rule against the facts. Call it when the world has settled: before, a press may
    still be on its way."""
    view = View(story, record)
    judged: dict[str, int] = {}
    violations: list[str] = []
    for rule in RULES:
        name = rule.__name__.replace("_", " ")
        found = rule(view)
        judged[name] = found.judged
        violations += [f"{name}: {what}" for what in found.violations]
    return Verdict(judged, tuple(violations))

"""What a run has seen and found, in a few lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chaos.facts import GATEWAY, Fault, Hand, Health, Lamp, Noted, Rings, Said

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.run import Run

#: So many violations are told: a board that starts again and again makes hundreds.
MOST: Final = 20


def counts(run: Run) -> dict[str, int]:
    """How much was seen."""
    story = run.story
    hands = story.of(Hand)
    noted = story.of(Noted)
    by_gateway = Counter(said.leaf for said in story.of(Said) if said.link == GATEWAY)
    return {
        "phases": run.phases,
        "faults": len(story.of(Fault)),
        "hands at buttons": sum(hand.kind != "answer" for hand in hands),
        "hands at chimes": sum(hand.kind == "answer" for hand in hands),
        "presses noted": sum(one.kind != "answer" for one in noted),
        "answers noted": sum(one.kind == "answer" for one in noted),
        "rings sent": by_gateway["ring"],
        "receipts sent": by_gateway["receipt"],
        "hushes sent": by_gateway["hush"],
        "changes of a chime's rings": len(story.of(Rings)),
        "changes of a lamp": len(story.of(Lamp)),
        "questions after health": len(story.of(Health)),
        **{f"packets {kind}": count for kind, count in sorted(run.done.items())},
    }


def lines(run: Run) -> list[str]:
    """All of it, for people."""
    told = ["seen:"]
    told += [f"  {count:7d}  {what}" for what, count in counts(run).items()]
    told.append("faults:")
    faults = Counter(fault.kind for fault in run.story.of(Fault))
    told += [f"  {count:7d}  {kind}" for kind, count in sorted(faults.items())]
    told.append("judged:")
    told += [f"  {count:7d}  {rule}" for rule, count in run.verdict.judged.items()]
    told.append(f"violations: {len(run.verdict.violations)}")
    told += [f"  {what}" for what in run.verdict.violations[:MOST]]
    return told


def keep(run: Run, folder: Path) -> None:
    """Write every fact, in the order of time, into `folder/chronicle.txt`."""
    facts = [fact for facts in run.story.kinds.values() for fact in facts]
    told = [f"{fact.at:.3f} {fact}" for fact in sorted(facts, key=lambda fact: fact.at)]
    (folder / "chronicle.txt").write_text("\n".join(told) + "\n", encoding="utf-8")

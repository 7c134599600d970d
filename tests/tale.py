"""A tale in which all goes well: what the checker must find nothing in.

One button calls, is answered, calls again, is answered and seen to; it calls once more while the
disk is full, and that call still rings. Another takes a call back, and tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from chaos.facts import (
    GATEWAY,
    Fault,
    Hand,
    Health,
    Heard,
    Kept,
    Lamp,
    Line,
    Noted,
    Operator,
    Receipt,
    Record,
    Rings,
    Said,
    Started,
    Story,
    Twin,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

B1, B2, C1 = "b-1", "b-2", "c-1"
FIRST, SECOND, BACK, TEST = "b-1.p-1", "b-1.p-3", "b-2.q-1", "b-2.q-3"
START = 1_000.0
#: When the disk is full.
FULL = (1_100.0, 1_120.0)

Of = TypeVar("Of")


def said(at: float, link: str, device: str, leaf: str, **fields: object) -> Said:
    return Said(at, link, device, leaf, fields)


def heard(at: float, link: str, device: str, leaf: str, **fields: object) -> Heard:
    return Heard(at, link, device, leaf, fields)


def pressed(at: float, button: str, press_id: str, kind: str = "call") -> list[object]:
    """A press, until the gateway has it; the chime hears it too."""
    fields = {"id": press_id, "kind": kind}
    return [
        Noted(at, button, kind, press_id),
        Lamp(at, button, "sensed"),
        said(at + 0.1, button, button, "press", **fields),
        heard(at + 0.2, GATEWAY, button, "press", **fields),
        heard(at + 0.2, C1, button, "press", **fields),
    ]


def rung(at: float, episode: str, *names: str) -> list[object]:
    return [
        said(at, GATEWAY, C1, "ring", episode=episode),
        heard(at, C1, C1, "ring", episode=episode),
        Rings(at + 0.1, C1, names or (episode,)),
        said(at + 0.2, C1, C1, "ringing", episode=episode),
    ]


def received(at: float, button: str, press_id: str, episode: str) -> list[object]:
    fields = {"id": press_id, "episode": episode}
    return [
        said(at, GATEWAY, button, "receipt", **fields),
        heard(at + 0.1, button, button, "receipt", **fields),
        *told(at, button, episode, "ringing", "received"),
    ]


def told(at: float, button: str, episode: str, state: str, lamp: str) -> list[object]:
    fields = {"episode": episode, "state": state}
    return [
        said(at, GATEWAY, button, "episode", **fields),
        heard(at + 0.1, button, button, "episode", **fields),
        Lamp(at + 0.2, button, lamp),
    ]


def answered(at: float, answer_id: str, episode: str) -> list[object]:
    fields = {"id": answer_id, "episode": episode}
    return [
        Hand(at, C1, "answer"),
        Noted(at, C1, "answer", answer_id, episode),
        Rings(at, C1, ()),
        said(at, C1, C1, "acknowledge", **fields),
        heard(at + 0.1, GATEWAY, C1, "acknowledge", **fields),
        said(at + 0.2, GATEWAY, C1, "receipt", **fields),
        *told(at + 0.2, B1, episode, "coming", "coming"),
    ]


def facts() -> list[object]:
    return [
        *(Started(START - 10, device) for device in (B1, B2, C1)),
        Hand(1_000.0, B1, "call"),
        *pressed(1_000.0, B1, "p-1"),
        *rung(1_000.3, FIRST),
        *received(1_000.5, B1, "p-1", FIRST),
        *answered(1_010.0, "a-1", FIRST),
        Hand(1_020.0, B1, "call"),
        *pressed(1_020.0, B1, "p-2"),
        *rung(1_020.3, FIRST),
        *received(1_020.5, B1, "p-2", FIRST),
        *answered(1_030.0, "a-2", FIRST),
        Operator(1_040.0, FIRST),
        *told(1_041.0, B1, FIRST, "resolved", "idle"),
        Hand(1_050.0, B2, "cancel"),
        *pressed(1_050.0, B2, "q-1"),
        *rung(1_050.3, BACK),
        *received(1_050.5, B2, "q-1", BACK),
        *pressed(1_052.0, B2, "q-2", "cancel"),
        Rings(1_052.3, C1, ()),
        *received(1_052.5, B2, "q-2", BACK),
        *told(1_053.0, B2, BACK, "resolved", "idle"),
        Hand(1_060.0, B2, "test"),
        *pressed(1_060.0, B2, "q-3", "test"),
        *received(1_060.5, B2, "q-3", TEST),
        Lamp(1_070.0, B2, "idle"),
        Hand(1_101.0, B1, "call"),
        *pressed(1_101.0, B1, "p-3"),
        *rung(1_101.3, SECOND),
        Health(1_110.0, ("disk",)),
        Fault(*FULL, "disk_full", GATEWAY),
        *received(1_121.0, B1, "p-3", SECOND),
        Twin(1_130.0, 1, "另一个网关正在使用这个数据库"),
        Health(1_140.0, ()),
    ]


def record() -> Record:
    def receipt(
        device: str, event_id: str, kind: str, episode: str, at: float, by: float
    ) -> Receipt:
        return Receipt(device, event_id, kind, episode, int(at * 1000), int(by * 1000))

    stories = {
        FIRST: ("pressed", "step", "rung", "acknowledged", "pressed_again", "step", "acknowledged"),
        BACK: ("pressed", "step", "rung"),
        TEST: ("pressed", "step"),
        SECOND: ("pressed", "step", "rung"),
    }
    over = (FIRST, BACK, TEST)
    lines = [
        (episode, what)
        for episode, story in stories.items()
        for what in (*story, *(["resolved"] if episode in over else []))
    ]
    return Record(
        receipts=(
            receipt(B1, "p-1", "call", FIRST, 1_000.0, 1_000.3),
            receipt(C1, "a-1", "acknowledge", FIRST, 1_010.0, 1_010.1),
            receipt(B1, "p-2", "call", FIRST, 1_020.0, 1_020.3),
            receipt(C1, "a-2", "acknowledge", FIRST, 1_030.0, 1_030.1),
            receipt(B2, "q-1", "call", BACK, 1_050.0, 1_050.3),
            receipt(B2, "q-2", "cancel", BACK, 1_052.0, 1_052.3),
            receipt(B2, "q-3", "test", TEST, 1_060.0, 1_060.3),
            receipt(B1, "p-3", "call", SECOND, 1_101.0, 1_101.3),
        ),
        episodes=(
            Kept(1, FIRST, "call", B1, "resolved", "helped", None),
            Kept(2, BACK, "call", B2, "resolved", "cancelled", None),
            Kept(3, TEST, "test", B2, "resolved", "test_passed", None),
            Kept(4, SECOND, "call", B1, "ringing", "", 1_150_000),
        ),
        lines=tuple(Line(n, n, episode, what, "") for n, (episode, what) in enumerate(lines)),
    )


# -- changing it -----------------------------------------------------------------------------

Tale = tuple[list[object], Record]
Change = Callable[[list[object], Record], Tale]


def story_of(all_facts: Iterable[object]) -> Story:
    story = Story()
    story.add(*sorted(all_facts, key=_when))
    return story


def _when(fact: Any) -> float:
    return fact.at


def also(*more: object) -> Change:
    """And this happened too."""
    return lambda known, kept: ([*known, *more], kept)


def without(unseen: Callable[[Any], bool]) -> Change:
    """Those facts were not seen."""
    return lambda known, kept: ([fact for fact in known if not unseen(fact)], kept)


def instead(kind: type[Of], wanted: Callable[[Of], bool], **other: object) -> Change:
    """These facts were otherwise."""

    def change(known: list[object], kept: Record) -> Tale:
        changed = [
            replace(fact, **other) if isinstance(fact, kind) and wanted(fact) else fact
            for fact in known
        ]
        return changed, kept

    return change


def unkept(device: str, event_id: str) -> Change:
    """The record lacks that receipt."""

    def change(known: list[object], kept: Record) -> Tale:
        rows = tuple(row for row in kept.receipts if (row.device, row.id) != (device, event_id))
        return known, replace(kept, receipts=rows)

    return change


def kept_as(event_id: str, **other: object) -> Change:
    """The record has that receipt otherwise."""

    def change(known: list[object], kept: Record) -> Tale:
        rows = tuple(row._replace(**other) if row.id == event_id else row for row in kept.receipts)
        return known, replace(kept, receipts=rows)

    return change


def ends_as(episode: str, **other: object) -> Change:
    """The record has that episode otherwise."""

    def change(known: list[object], kept: Record) -> Tale:
        rows = tuple(row._replace(**other) if row.id == episode else row for row in kept.episodes)
        return known, replace(kept, episodes=rows)

    return change


def adds_line(episode: str, what: str) -> Change:
    """The record goes on with that."""

    def change(known: list[object], kept: Record) -> Tale:
        n = len(kept.lines)
        return known, replace(kept, lines=(*kept.lines, Line(n, n, episode, what, "")))

    return change


def loses_lines(episode: str, what: str = "") -> Change:
    """The record lacks those lines."""

    def change(known: list[object], kept: Record) -> Tale:
        rows = tuple(
            line for line in kept.lines if line.episode != episode or (what and line.what != what)
        )
        return known, replace(kept, lines=rows)

    return change

"""The facts of a story laid out for the checker: who pressed what, which episode has which names.

Owns the finding and the joining; judges nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from chaos.facts import (
    GATEWAY,
    Fault,
    Flooded,
    Hand,
    Heard,
    Kept,
    Lamp,
    Noted,
    Receipt,
    Record,
    Rings,
    Said,
    Started,
    Stepped,
    Story,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

PRESSES: Final = ("call", "test", "cancel")


class Found(NamedTuple):
    """What a rule found: how many cases it judged, and a sentence for each that broke it."""

    judged: int
    violations: tuple[str, ...]


class View:
    """One story beside one record."""

    def __init__(self, story: Story, record: Record) -> None:
        self.story = story
        self.record = record

    # -- the devices ----------------------------------------------------------------------

    @cached_property
    def presses(self) -> list[Noted]:
        """Every press that a button says it has noted."""
        return [noted for noted in self.story.of(Noted) if noted.kind in PRESSES]

    @cached_property
    def answers(self) -> list[Noted]:
        """Every answer that a chime says it has noted."""
        return [noted for noted in self.story.of(Noted) if noted.kind == "answer"]

    @cached_property
    def counts(self) -> dict[tuple[str, str], int]:
        """For how many presses a press stands, as its button has said on the wire."""
        return {
            (said.device, said.fields["id"]): said.fields.get("count", 1)
            for said in self.said
            if said.leaf == "press" and said.link == said.device
        }

    @cached_property
    def pressed(self) -> dict[str, set[str]]:
        """The ids of all presses that there were, by device: noted, sent, or made by a flood."""
        found: dict[str, set[str]] = {}
        for one in (*self.presses, *self.story.of(Flooded)):
            found.setdefault(one.device, set()).add(one.id)
        for device, press_id in self.counts:
            found.setdefault(device, set()).add(press_id)
        return found

    @cached_property
    def buttons(self) -> list[str]:
        """The buttons that somebody stands at."""
        return sorted({noted.device for noted in self.presses})

    def hands(self, device: str) -> list[Hand]:
        """The hands at a device."""
        return [hand for hand in self.story.of(Hand) if hand.device == device]

    def started(self, device: str, before: float) -> float:
        """When the device began to run for the last time before that moment; 0.0 for never."""
        starts = [s.at for s in self.story.of(Started) if s.device == device and s.at <= before]
        return max(starts, default=0.0)

    def lamp(self, device: str) -> str:
        """What its lamp says at last."""
        words = [lamp.word for lamp in self.story.of(Lamp) if lamp.device == device]
        return words[-1] if words else ""

    @cached_property
    def ringing(self) -> dict[str, set[str]]:
        """The ids of the episodes that each chime rings at last."""
        last = {rings.chime: rings.names for rings in self.story.of(Rings)}
        return {chime: {self.episode_of(name) for name in names} for chime, names in last.items()}

    @cached_property
    def rung(self) -> set[str]:
        """The ids of the episodes that some chime has sounded."""
        return {self.episode_of(name) for rings in self.story.of(Rings) for name in rings.names}

    # -- the wire -------------------------------------------------------------------------

    @cached_property
    def said(self) -> list[Said]:
        """All that anybody has sent."""
        return self.story.of(Said)

    @cached_property
    def heard(self) -> dict[str, list[Heard]]:
        """All that anybody was handed, by link."""
        found: dict[str, list[Heard]] = {}
        for heard in self.story.of(Heard):
            found.setdefault(heard.link, []).append(heard)
        return found

    @cached_property
    def by_gateway(self) -> list[Said]:
        """All that the gateway has sent."""
        return [said for said in self.said if said.link == GATEWAY]

    @cached_property
    def to_gateway(self) -> dict[tuple[str, str], Heard]:
        """When the gateway was handed each press for the first time."""
        found: dict[tuple[str, str], Heard] = {}
        for heard in self.heard.get(GATEWAY, []):
            if heard.leaf == "press":
                found.setdefault((heard.device, heard.fields["id"]), heard)
        return found

    @cached_property
    def receipts_at_device(self) -> dict[tuple[str, str], Heard]:
        """When a device was handed the receipt of each of its presses for the first time."""
        found: dict[tuple[str, str], Heard] = {}
        for link, all_heard in self.heard.items():
            for heard in all_heard:
                if heard.leaf == "receipt" and heard.device == link:
                    found.setdefault((link, heard.fields["id"]), heard)
        return found

    # -- the record -----------------------------------------------------------------------

    @cached_property
    def receipts(self) -> dict[tuple[str, str], Receipt]:
        """Every press and answer on record."""
        return {(receipt.device, receipt.id): receipt for receipt in self.record.receipts}

    @cached_property
    def episodes(self) -> dict[str, Kept]:
        """Every episode on record."""
        return {kept.id: kept for kept in self.record.episodes}

    @cached_property
    def calls(self) -> list[Kept]:
        """The episodes of calls for help."""
        return [kept for kept in self.record.episodes if kept.kind == "call"]

    def episode_of(self, name: str) -> str:
        """The id of the episode that a chime names, by its own id or by that of a later press."""
        if name in self.episodes:
            return name
        button, _, press_id = name.partition(".")
        receipt = self.receipts.get((button, press_id))
        return receipt.episode if receipt is not None and receipt.episode else name

    # -- the faults -----------------------------------------------------------------------

    def offsets(self, before: float) -> tuple[int, int]:
        """The least and the greatest offset that the gateway's clock had before that moment."""
        found = [0, *(step.offset_s for step in self.story.of(Stepped) if step.at <= before)]
        return min(found), max(found)

    def faults(self, begin: float, end: float, on: Iterable[str]) -> list[Fault]:
        """The faults on any of these that touched this span of time."""
        whom = set(on)
        return [
            fault
            for fault in self.story.of(Fault)
            if fault.on in whom and fault.at <= end and fault.until >= begin
        ]

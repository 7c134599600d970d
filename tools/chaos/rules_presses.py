"""What must become of a press and of an answer: on record, rung, and none of them invented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.facts import GATEWAY, Flooded, Noted, Rings
from chaos.view import PRESSES, Found, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: How many ids a hand can make: a press to take back is a call, and so is the one that is held.
_IDS: Final = {"call": 1, "test": 1, "cancel": 3, "answer": 1}
#: A chime rings by itself after 2 s (protocol, section 7); a busy PC is given time.
_DIRECT_S: Final = 8.0


def sensed_is_on_record(view: View) -> Found:
    """Every press that a button has noted is on record, itself or within one that counts it."""
    waiting: dict[tuple[str, str], list[Noted]] = {}
    for press in view.presses:
        mine = waiting.setdefault((press.device, press.kind), [])
        if (press.device, press.id) not in view.receipts:
            mine.append(press)
            continue
        counted = view.counts.get((press.device, press.id), 1) - 1
        if counted:
            del mine[max(0, len(mine) - counted) :]
    lost = [press for presses in waiting.values() for press in presses]
    broken = tuple(f"{one.device} has noted the {one.kind} {one.id}: not on record" for one in lost)
    return Found(len(view.presses), broken)


def answered_is_on_record(view: View) -> Found:
    """Every answer that a chime has noted is on record."""
    broken = tuple(
        f"{one.device} has noted the answer {one.id}: not on record"
        for one in view.answers
        if (one.device, one.id) not in view.receipts
    )
    return Found(len(view.answers), broken)


def on_record_is_rung(view: View) -> Found:
    """Every call on record has sounded at a chime, unless the elder took it back."""
    calls = [kept for kept in view.calls if kept.outcome != "cancelled"]
    broken = tuple(f"{kept.id} never rang" for kept in calls if kept.id not in view.rung)
    return Found(len(calls), broken)


def pressed_again_is_rung_again(view: View) -> Found:
    """A press after somebody has said that she is coming rings: nobody has come."""
    judged, broken = 0, list[str]()
    for (device, press_id), heard in view.to_gateway.items():
        receipt = view.receipts.get((device, press_id))
        if receipt is None or receipt.kind != "call" or _is_disturbed(view, heard.at):
            continue
        told = [
            said
            for said in view.by_gateway
            if said.at < heard.at and (said.device, said.leaf) == (device, "episode")
        ]
        is_coming = told and told[-1].fields["state"] in ("coming", "arrived")
        if not is_coming or told[-1].fields["episode"] != receipt.episode:
            continue
        judged += 1
        if not any(
            said.leaf == "ring"
            and said.fields["episode"] == receipt.episode
            and said.at > heard.at - 1
            for said in view.by_gateway
        ):
            broken.append(
                f"{device} pressed {press_id} after an answer: {receipt.episode} is still"
            )
    return Found(judged, tuple(broken))


def _is_disturbed(view: View, at: float) -> bool:
    # What it said of the episode before may have waited for the disk.
    kinds = ("disk_full", "database_locked")
    return any(fault.kind in kinds for fault in view.faults(at - 1, at, (GATEWAY,)))


def nothing_rung_is_invented(view: View) -> Found:
    """What rings, and what is on record, was pressed; and nothing more than hands have pressed."""
    named = set(_named(view))
    broken: list[str] = []
    for name in sorted(named):
        button, _, press_id = name.partition(".")
        if press_id not in view.pressed.get(button, set()):
            broken.append(f"{name} was never pressed")
    for button in view.buttons:
        most = sum(_IDS[hand.kind] for hand in view.hands(button))
        if len(view.pressed[button]) > most:
            broken.append(f"{button} has made {len(view.pressed[button])} presses of {most}")
    return Found(len(named), tuple(broken))


def _named(view: View) -> Iterator[str]:
    for rings in view.story.of(Rings):
        yield from rings.names
    for said in view.by_gateway:
        if said.leaf == "ring":
            yield said.fields["episode"]
    for receipt in view.record.receipts:
        if receipt.kind in PRESSES:
            yield f"{receipt.device}.{receipt.id}"
    yield from view.episodes


def no_answer_is_invented(view: View) -> Found:
    """An answer on record was given by a chime, and a hand was at that chime for each."""
    given = {(one.device, one.id) for one in view.answers}
    given |= {
        (said.device, said.fields["id"])
        for said in view.said
        if said.leaf == "acknowledge" and said.link == said.device
    }
    wild = {(one.device, one.id) for one in view.story.of(Flooded)}
    kept = [receipt for receipt in view.record.receipts if receipt.kind == "acknowledge"]
    broken = [
        f"{one.device} never answered {one.id}"
        for one in kept
        if (one.device, one.id) not in given | wild
    ]
    for chime in sorted({device for device, _ in given}):
        hands = sum(_IDS[hand.kind] for hand in view.hands(chime))
        ids = sum(device == chime for device, _ in given)
        if ids > hands:
            broken.append(f"{chime} has made {ids} answers of {hands} presses")
    return Found(len(kept), tuple(broken))


def first_ring_needs_no_gateway(view: View) -> Found:
    """A chime that hears its button rings for it within seconds, gateway or not."""
    judged, broken = 0, list[str]()
    for chime, button, press_id, at in _direct(view):
        disturbed = view.faults(at - 1, at + _DIRECT_S, (chime,))
        if disturbed or view.started(chime, at + _DIRECT_S) > at - 1:
            continue
        judged += 1
        if not _sounds(view, chime, button, at, at + _DIRECT_S):
            broken.append(f"{chime} heard {button} press {press_id} and did not ring")
    return Found(judged, tuple(broken))


def _direct(view: View) -> Iterable[tuple[str, str, str, float]]:
    """The calls of a button that a chime was handed: both, the press, and when first."""
    seen: set[tuple[str, str]] = set()
    for chime, all_heard in view.heard.items():
        for heard in all_heard:
            if heard.leaf != "press" or chime == GATEWAY or heard.fields["kind"] != "call":
                continue
            if (heard.device, heard.fields["id"]) not in seen:
                seen.add((heard.device, heard.fields["id"]))
                yield chime, heard.device, heard.fields["id"], heard.at


def _sounds(view: View, chime: str, button: str, begin: float, end: float) -> bool:
    """Whether the chime rings for the button in this span, or was told not to."""
    before: tuple[str, ...] = ()
    for rings in view.story.of(Rings):
        if rings.chime != chime or rings.at > end:
            continue
        if rings.at < begin:
            before = rings.names
        elif any(name.startswith(f"{button}.") for name in rings.names):
            return True
    if any(name.startswith(f"{button}.") for name in before):
        return True
    return any(
        begin <= heard.at <= end
        and (heard.leaf == "hush" or heard.fields.get("kind") in ("cancel", "test"))
        for heard in view.heard[chime]
    )

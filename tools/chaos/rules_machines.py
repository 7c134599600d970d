"""What the machines owe while a disk fails, when started twice, and when nobody harms them."""

from __future__ import annotations

from typing import Final

from chaos.facts import GATEWAY, Ended, Fault, Health, Twin
from chaos.view import Found, View

_DISK: Final = ("disk_full", "database_locked")
#: SQLite waits 5 s for a lock, and the gateway looks at itself when it is asked.
_KNOWN_S: Final = 8.0
#: What a ring may take on a busy PC.
_RUNG_S: Final = 5.0
_REFUSAL: Final = "另一个网关"


def the_bell_rings_without_a_disk(view: View) -> Found:
    """A first press rings although nothing can be written."""
    judged, broken = 0, list[str]()
    for fault in _undisturbed(view):
        for (device, press_id), heard in view.to_gateway.items():
            opened = view.receipts.get((device, press_id))
            is_first = opened is not None and opened.episode == f"{device}.{press_id}"
            if not is_first or not fault.at < heard.at < fault.until - _RUNG_S:
                continue
            if heard.fields["kind"] != "call":
                continue
            judged += 1
            if not any(
                said.leaf == "ring"
                and said.fields["episode"] == f"{device}.{press_id}"
                and said.at < heard.at + _RUNG_S
                for said in view.by_gateway
            ):
                broken.append(f"{device} pressed {press_id} during {fault.kind}: no ring")
    return Found(judged, tuple(broken))


def health_says_why(view: View) -> Found:
    """A gateway that cannot write a press says so to whoever asks, and that it is well again."""
    judged, broken = 0, list[str]()
    for fault in _undisturbed(view):
        pressed = [
            heard.at
            for heard in view.to_gateway.values()
            if fault.at < heard.at < fault.until - _KNOWN_S
        ]
        if not pressed:
            continue
        judged += 1
        asked = [h.codes or () for h in view.story.of(Health) if fault.at < h.at < fault.until]
        if not any("disk" in codes for codes in asked):
            broken.append(f"{fault.kind}: health said {asked}")
    last = view.story.of(Health)[-1:]
    is_well = all(health.codes is not None and "disk" not in health.codes for health in last)
    broken += [] if is_well else [f"in the end health says {last[0].codes}"]
    return Found(judged + len(last), tuple(broken))


def _undisturbed(view: View) -> list[Fault]:
    """The faults of the disk during which nothing else befell the gateway or the broker."""
    found: list[Fault] = []
    for fault in view.story.of(Fault):
        if fault.kind in _DISK:
            others = view.faults(fault.at - 5, fault.until, (GATEWAY, "broker"))
            if others == [fault]:
                found.append(fault)
    return found


def a_second_gateway_is_refused(view: View) -> Found:
    """Started by mistake on the same database, it ends at once and says why."""
    twins = view.story.of(Twin)
    broken = tuple(
        f"a second gateway ended with {twin.status} and said {twin.words[-200:]!r}"
        for twin in twins
        if not twin.status or _REFUSAL not in twin.words
    )
    return Found(len(twins), broken)


def nobody_ends_by_itself(view: View) -> Found:
    """No process ends that nobody has ended."""
    ended = view.story.of(Ended)
    return Found(
        len(view.story.of(Fault)), tuple(f"{one.who} ended; it said {one.words}" for one in ended)
    )

"""What the lamp of a button may say: never more than the record proves, and in the end the same."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from chaos.facts import Heard, Lamp
from chaos.view import Found, View

if TYPE_CHECKING:
    from chaos.facts import Noted

_KNOWN: Final = ("received", "coming", "arrived")
#: Two words in one breath light the lamp one after the other.
_JUST_NOW_S: Final = 1.0
#: What the lamp says in the end, by the state of the latest call.
_IN_THE_END: Final = {
    "ringing": "received",
    "acknowledged": "coming",
    "arrived": "arrived",
    "resolved": "idle",
}


def told_is_on_record(view: View) -> Found:
    """A receipt, and the word that somebody is coming, there, or gone again, leave the gateway
    only when the record says so too."""
    told = [said for said in view.by_gateway if said.leaf in ("receipt", "episode")]
    broken = tuple(
        f"the gateway told {said.device} {said.leaf} {dict(said.fields)} before it was on record"
        for said in told
        if not said.is_proven
    )
    return Found(len(told), broken)


def received_is_received(view: View) -> Found:
    """While a press has no receipt, no lamp says that it was received, or that somebody comes."""
    judged, broken = 0, list[str]()
    for lamp in _lamps(view):
        judged += 1
        for press in _presses(view, lamp):
            receipt = view.receipts_at_device.get((press.device, press.id))
            if (receipt is None or receipt.at > lamp.at) and not _is_counted(view, press, lamp.at):
                broken.append(f"{lamp.device} said {lamp.word}, {press.id} had no receipt")
    return Found(judged, tuple(broken))


def coming_is_coming(view: View) -> Found:
    """A lamp says that somebody comes or is there only by word of the gateway, and of the episode
    of the last press since the button started; a word that is older than that press is void."""
    judged, broken = 0, list[str]()
    for lamp in _lamps(view):
        if lamp.word == "received":
            continue
        judged += 1
        told = _told(view, lamp)
        just_now = [one for one in told if one.at >= lamp.at - _JUST_NOW_S]
        if not any(one.fields["state"] == lamp.word for one in (*told[-1:], *just_now)):
            last = dict(told[-1].fields) if told else None
            broken.append(f"{lamp.device} said {lamp.word}, it was last told {last}")
    return Found(judged, tuple(broken))


def in_the_end_lamps_say_what_the_record_says(view: View) -> Found:
    """When all is well again a button shows the state of its home's latest call."""
    latest = {kept.button: kept for kept in view.calls}
    broken: list[str] = []
    for button in view.buttons:
        if button not in latest:
            continue
        wanted = _IN_THE_END[latest[button].state]
        if (word := view.lamp(button)) != wanted:
            broken.append(f"{button} says {word!r} at last, not {wanted!r} ({latest[button].id})")
    return Found(len(latest), tuple(broken))


def _lamps(view: View) -> list[Lamp]:
    buttons = set(view.buttons)
    return [one for one in view.story.of(Lamp) if one.device in buttons and one.word in _KNOWN]


def _presses(view: View, lamp: Lamp) -> list[Noted]:
    """The presses that the button had noted by then."""
    return [one for one in view.presses if one.device == lamp.device and one.at <= lamp.at]


def _is_counted(view: View, press: Noted, at: float) -> bool:
    """Whether a later press that counts this one has its receipt by then."""
    for other in view.presses:
        name = other.device, other.id
        if other.device != press.device or other.at < press.at or view.counts.get(name, 1) == 1:
            continue
        receipt = view.receipts_at_device.get(name)
        if receipt is not None and receipt.at <= at:
            return True
    return False


def _told(view: View, lamp: Lamp) -> list[Heard]:
    """The words on the episode that the lamp may speak of, since the last call was noted."""
    heard = view.heard.get(lamp.device, [])
    heard = heard[: bisect_right(heard, lamp.at, key=lambda one: one.at)]
    since = view.started(lamp.device, lamp.at)
    pressed = [one for one in _presses(view, lamp) if one.at >= since and one.kind != "test"]
    since = max((one.at for one in pressed if one.kind == "call"), default=since)
    told = [one for one in heard if one.leaf == "episode" and one.at >= since]
    if pressed:
        receipt = view.receipts_at_device.get((lamp.device, pressed[-1].id))
        episode = receipt.fields.get("episode") if receipt else None
        told = [one for one in told if one.fields["episode"] == episode]
    return told

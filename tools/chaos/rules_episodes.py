"""What must become of an episode: a human, or a ring that goes on; and a story in good order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.facts import Line, Operator
from chaos.view import PRESSES, Found, View

if TYPE_CHECKING:
    from chaos.facts import Kept, Noted

#: What a busy PC may take between seeing and doing.
_SLACK_S: Final = 3.0
_BEGINNINGS: Final = ("pressed", "heard_of")
#: What only an episode that is open can say.
_OF_THE_OPEN: Final = ("step", "rung", "acknowledged", "expired", "arrived", "resolved")


def every_call_is_with_a_human_or_rings(view: View) -> Found:
    """In the end a call was taken back, was answered or seen to by a human, or rings somewhere."""
    ringing = set[str]().union(*view.ringing.values())
    answered = {view.episode_of(one.episode) for one in view.answers}
    resolved = {one.episode for one in view.story.of(Operator)}
    broken: list[str] = []
    for kept in view.calls:
        why = ""
        if kept.state == "ringing" and kept.id not in ringing:
            why = "is to ring, and rings nowhere"
        elif kept.state in ("acknowledged", "arrived") and kept.id not in answered:
            why = f"is {kept.state}, and nobody answered"
        elif kept.state == "acknowledged" and kept.deadline_ms is None:
            why = "was answered, and nobody looks whether somebody comes"
        elif kept.state == "resolved":
            why = _ended_badly(view, kept, resolved)
        if why:
            broken.append(f"{kept.id} {why}")
    return Found(len(view.calls), tuple(broken))


def _ended_badly(view: View, kept: Kept, resolved: set[str]) -> str:
    if kept.outcome == "cancelled":
        mine = (receipt for receipt in view.record.receipts if receipt.episode == kept.id)
        return "" if any(one.kind == "cancel" for one in mine) else "was taken back by nobody"
    return "" if kept.id in resolved else "was resolved by nobody"


def what_is_over_is_quiet(view: View) -> Found:
    """In the end no chime rings for what the record does not call ringing."""
    judged, broken = 0, list[str]()
    for chime, episodes in view.ringing.items():
        judged += 1
        for episode in sorted(episodes):
            kept = view.episodes.get(episode)
            if kept is None or kept.state != "ringing":
                broken.append(f"{chime} rings {episode}: {kept.state if kept else 'not on record'}")
    return Found(judged, tuple(broken))


def tests_end(view: View) -> Found:
    """A test is over soon, by itself."""
    tests = [kept for kept in view.record.episodes if kept.kind == "test"]
    broken = tuple(f"the test {kept.id} goes on" for kept in tests if kept.state != "resolved")
    return Found(len(tests), broken)


def the_record_is_in_order(view: View) -> Found:
    """An episode begins with a press, is answered after it, and nothing follows its end but what
    came late, or a human who has reopened it."""
    stories: dict[str, list[Line]] = {}
    for line in view.record.lines:
        if line.episode:
            stories.setdefault(line.episode, []).append(line)
    broken: list[str] = []
    for episode, lines in stories.items():
        if lines[0].what not in _BEGINNINGS:
            broken.append(f"{episode} begins with {lines[0].what}")
        is_over = False
        for line in lines:
            if is_over and line.what in _OF_THE_OPEN:
                broken.append(f"{episode}: {line.what} after its end")
            is_over = line.what == "resolved" or (is_over and line.what != "reopened")
    told = {episode for episode in view.episodes if episode not in stories}
    broken += [f"{episode} is on record without a story" for episode in sorted(told)]
    return Found(len(view.episodes), tuple(broken))


def times_are_plausible(view: View) -> Found:
    """The record says of a press that it was made and received when it was, as far as the clock
    by which it was written could tell."""
    noted = {(one.device, one.id): one for one in view.presses}
    left: dict[tuple[str, str], float] = {}
    for said in view.by_gateway:
        if said.leaf == "receipt":
            left.setdefault((said.device, said.fields["id"]), said.at)
    judged, broken = 0, list[str]()
    for receipt in view.record.receipts:
        name = receipt.device, receipt.id
        if receipt.kind not in PRESSES or name not in noted or name not in left:
            continue
        judged += 1
        least, most = view.offsets(left[name])
        early = _hand_at(view, noted[name]) + least - _SLACK_S
        late = left[name] + most + _SLACK_S
        pressed_s, received_s = receipt.at_ms / 1000, receipt.received_ms / 1000
        if not early <= pressed_s <= received_s <= late:
            broken.append(
                f"{'.'.join(name)}: on record as pressed at {pressed_s}, received at {received_s}; "
                f"it was between {early} and {late}"
            )
    return Found(judged, tuple(broken))


def _hand_at(view: View, press: Noted) -> float:
    """When the hand came that made this press: a frozen button notes it later."""
    hands = [hand.at for hand in view.hands(press.device) if hand.at <= press.at]
    return max(hands, default=press.at)

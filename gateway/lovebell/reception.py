"""What comes in from devices: messages, turned into events.

Owns the question which episode something belongs to, and what is dropped. What follows from an
event is the domain's to say.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lovebell.domain import calls, course, proving, wire
from lovebell.domain.episode import Kind, Note, Ring, State, What
from lovebell.domain.events import Acknowledged, Cancelled, Hushed, Pressed, Ringing
from lovebell.domain.model import DeviceKind
from lovebell.domain.plan import Target
from lovebell.domain.records import DiskError, Receipt, Seen
from lovebell.writer import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from lovebell.domain.episode import Episode
    from lovebell.domain.wire import Fields
    from lovebell.engine import Engine
    from lovebell.throttle import Throttle

log = logging.getLogger("lovebell.reception")

#: Subscriptions: every version, so that a device of another one is refused with a record.
SUBSCRIPTIONS: Final = {
    f"{wire.ROOT}/+/+/{leaf}": quality for leaf, quality in wire.FROM_DEVICES.items()
}


_KINDS: Final = {str(kind): kind for kind in Kind}  # to call Kind takes ten times as long

#: A press that took longer than this to arrive: the record says how long.
WORTH_SAYING_S: Final = 5


class Reception:
    """The way from a topic and a payload to an event. `dropped` counts by device."""

    def __init__(
        self,
        engine: Engine,
        on_state: Callable[[str, bool], None],
        on_heard: Callable[[str, str, Fields, Work], None],
        throttle: Throttle | None = None,
    ) -> None:
        """`on_state(device, online)` is called when a device comes on line or is gone,
        `on_heard(device, leaf, fields, work)` for everything that a device says.

        `known` is what was last heard of each device, in this run or before.
        """
        self.engine = engine
        self._on_state = on_state
        self._on_heard = on_heard
        self._throttle = throttle
        self.known: dict[str, Seen] = {}
        self.dropped: Counter[str] = Counter()
        self.seen: dict[str, Seen | None] = {}
        self._rules: dict[str, Callable[[str, Fields, Work], None]] = {
            "press": self._press,
            "acknowledge": self._acknowledge,
            "ringing": self._ringing,
            "hushed": self._hushed,
            "state": self._state,
            "heartbeat": self._heartbeat,
            "fetch": self._fetch,
            "update": self._update,
        }
        #: Told what devices say of new firmware: device, leaf, fields.
        self.on_update: Callable[[str, str, Fields], None] = lambda device, leaf, fields: None

    def receive(self, topic: str, payload: bytes, token: int, now: int) -> None:
        """Take a message: decide and ring at once, queue the rest. Never raises for a bad one."""
        work = Work(now, token)
        try:
            message = wire.decode(topic, payload)
            rule = self._rules.get(message.leaf)
            if rule is None:
                raise wire.BadMessageError("topic", "the gateway's own", message.device)
            if not (rings := self._rings(message)) and self._is_too_much(message):
                raise wire.BadMessageError("flood", "far too many messages", message.device)
        except wire.BadMessageError as why:
            self._drop(why, topic, work)
            if why.code == "flood":  # whatever it says, it lives
                self._watch(why.device, "flood", {}, work)
        else:
            try:
                rule(message.device, message.fields, work)
            except DiskError as why:  # whoever needs an answer will say it again
                log.error("cannot look into the database", extra={"why": str(why)})
            if rings:
                self._is_too_much(message)  # it counts, but has not waited for that
            self._watch(message.device, message.leaf, message.fields, work)
        self.engine.queue(work)

    def _watch(self, device: str, leaf: str, fields: Fields, work: Work) -> None:
        """Tell whoever watches over devices. A mistake there keeps no press from the disk: heard
        once more it would be given a receipt, and be written nowhere."""
        try:
            self._on_heard(device, leaf, fields, work)
        except Exception:
            log.exception("cannot watch over a device", extra={"device": device, "leaf": leaf})

    def _rings(self, message: wire.Message) -> bool:
        """Whether it is a call for help that finds none open: never too much, however many."""
        return (
            message.leaf == "press"
            and message.fields["kind"] == "call"
            and self.engine.shelf.open_of(message.device, Kind.CALL) is None
        )

    def _is_too_much(self, message: wire.Message) -> bool:
        return self._throttle is not None and self._throttle.is_too_much(message)

    def save_seen(self, now: int) -> None:
        """Queue what devices have said of their health since the last time, and who is forgotten
        because nobody has ever entered it."""
        for stranger in self._throttle.forgotten(self.known) if self._throttle else ():
            del self.known[stranger]
            self.seen[stranger] = None
            self._on_state(stranger, False)
        if self.seen:
            work = Work(now)
            work.batch.seen.update(self.seen)
            self.seen = {}
            self.engine.queue(work)

    # -- devices -------------------------------------------------------------------------

    def _press(self, button: str, fields: Fields, work: Work) -> None:
        press_id: str = fields["id"]
        known = self.engine.receipts.placed(button, press_id)
        if known is None:
            known = self._new_press(button, press_id, fields, work)
            self._receipt(button, fields, fields["kind"], known, work)
        work.receipts += ((button, press_id, known),)

    def _new_press(self, button: str, press_id: str, fields: Fields, work: Work) -> str:
        """What a press that was never heard of does; the episode it belongs to, "" for none."""
        call = self._open(button, Kind.CALL)
        kind = fields["kind"]
        if kind == "cancel":
            if call is None:
                self.engine.note("", Note(What.NOTHING_TO_CANCEL, button), work)
                return ""
            at_ms = work.now - fields["age_ms"] if "age_ms" in fields else None
            self.engine.advance(call, Cancelled(press_id, at_ms), work)
            return call.id
        if call is not None:
            if kind == "test":
                self.engine.note(call.id, Note(What.TEST_IGNORED, button), work)
            else:
                last = work.now - fields.get("age_ms", 0)
                pressed = Pressed(press_id, last, fields["count"], _age(fields))
                self.engine.advance(call, pressed, work)
            return call.id
        test = self._open(button, Kind.TEST) if kind == "test" else None
        if test is not None:
            return test.id
        detail = {"kind": kind, **_age(fields)} if kind == "test" else _age(fields)
        note = Note(What.PRESSED, button, detail)
        return self._begin(button, fields, _KINDS[kind], note, work).id

    def _begin(self, button: str, fields: Fields, kind: Kind, note: Note, work: Work) -> Episode:
        """The episode of a first press. `fields` are those of a press, or its id alone."""
        press_id: str = fields["id"]
        name = wire.episode_id(button, press_id)
        directory = self.engine.directory
        home = directory.home_of(button)
        where = ("", f"?? {button}") if home is None else (home.id, wire.fit(home.label, 160))
        own = proving.alone(directory, button) if kind is Kind.TEST else None
        where, plan = own or (where, directory.call_plan(home, work.now))
        limits = self.engine.limits
        notes = (note,)
        if home is None and own is None:
            # Loud beats lost: the desk is rung, and told that the books are wrong.
            device = directory.books.devices.get(button)
            what = What.UNKNOWN_DEVICE if device is None else What.UNPAIRED
            notes = (note, Note(what, button))
        last = work.now - fields.get("age_ms", 0)
        first = work.now - fields.get("first_age_ms", fields.get("age_ms", 0))
        presses = fields.get("count", 1)
        shelf = self.engine.shelf
        outcome = course.begin(
            name,
            kind,
            button,
            where,
            plan,
            limits,
            work.now,
            (first, last),
            presses,
            shelf.last_ended(where[0], button),
            shelf.busy(plan, name, where[0], work.now),
            notes,
        )
        self.engine.apply(outcome, work)
        return outcome.episode

    def _acknowledge(self, chime: str, fields: Fields, work: Work) -> None:
        known = self.engine.receipts.placed(chime, fields["id"])
        if known is None:
            episode = self._episode_of(chime, fields["episode"], work)
            if episode is not None and not self._may_answer(chime, episode):
                episode = None
            known = "" if episode is None else episode.id
            if episode is None:
                unplaced = Note(What.UNPLACED, chime, {"named": fields["episode"]})
                self.engine.note("", unplaced, work)
            else:
                at_ms = work.now - fields.get("age_ms", 0)
                event = Acknowledged(self._whose(chime), chime, at_ms, chime)
                self.engine.advance(episode, event, work)
            self._receipt(chime, fields, "acknowledge", known, work)
        work.receipts += ((chime, fields["id"], known),)

    def _ringing(self, chime: str, fields: Fields, work: Work) -> None:
        episode = self._episode_of(chime, fields["episode"], work)
        if episode is None:
            return
        event = Ringing(chime, self._whose(chime).responder)
        episode = self.engine.advance(episode, event, work).episode
        if fields["episode"] != episode.id:
            self._rename(episode, chime, fields["episode"], work)

    def _rename(self, episode: Episode, chime: str, named: str, work: Work) -> None:
        """A chime rings by itself under the name of a later press, by which no hush of the episode
        would end it: the episode's own ring takes its place, or it is hushed by that name.
        """
        call = calls.call_of(episode, chime)
        if episode.state is not State.RINGING:
            work.after += ((replace(episode, id=named), calls.hush(episode, chime)),)
        elif call is not None:
            for_ms = max(call.until_ms - work.now, calls.MARGIN_MS)
            self.engine.post.ring(episode, Ring(chime, episode.step + 1, for_ms))

    def _hushed(self, chime: str, fields: Fields, work: Work) -> None:
        episode = self.engine.find(fields["episode"])
        if episode is not None:
            self.engine.advance(episode, Hushed(chime), work)

    def _state(self, device: str, fields: Fields, work: Work) -> None:
        before = self.known.get(device)
        self.known[device] = self.seen[device] = Seen(
            device,
            # Its last will is not its own word.
            before.at_ms if before and not fields["online"] else work.now,
            fields["online"],
            fields.get("firmware", before.firmware if before else ""),
            before.heartbeat if before else {},
        )
        self._on_state(device, fields["online"])
        if fields["online"]:
            self._prepare(device, work.now)
            self.engine.back(device, work)
        else:
            self.engine.gone(device, work)

    def _heartbeat(self, device: str, fields: Fields, work: Work) -> None:
        before = self.known.get(device)
        firmware = before.firmware if before else ""
        seen = Seen(device, work.now, online=True, firmware=firmware, heartbeat=fields)
        self.known[device] = self.seen[device] = seen
        self._prepare(device, work.now)

    def _prepare(self, device: str, now: int) -> None:
        """A button of the books lives: what it needs when it presses is looked up now."""
        entered = self.engine.directory.books.devices.get(device)
        if entered is not None and entered.kind is DeviceKind.BUTTON:
            self.engine.receipts.learn(device)
            directory = self.engine.directory
            directory.call_plan(directory.home_of(device), now)

    def _fetch(self, device: str, fields: Fields, work: Work) -> None:
        self.on_update(device, "fetch", fields)

    def _update(self, device: str, fields: Fields, work: Work) -> None:
        self.on_update(device, "update", fields)

    # -- which episode -------------------------------------------------------------------

    def _open(self, button: str, kind: Kind) -> Episode | None:
        return self.engine.shelf.open_of(button, kind)

    def _episode_of(self, chime: str, name: str, work: Work) -> Episode | None:
        """The episode that a chime names, by its id or by that of a later press in it.

        A chime that heard the button directly may know of a press before we do: its word is as
        good as the press (protocol, section 7) if it is one that this button would call.
        Raises DiskError.
        """
        episode = self.engine.find(name)
        if episode is not None:
            return episode
        button, press_id = wire.split_episode(name)
        placed = self.engine.receipts.placed(button, press_id)
        if placed is not None:
            return self.engine.find(placed)
        if not self._is_called_by(chime, button, work.now):
            return None
        call = self._open(button, Kind.CALL)
        where = name if call is None else call.id  # what the chime says next is looked for there
        self._receipt(button, {"id": press_id}, "call", where, work)
        if call is not None:
            return self.engine.advance(call, Pressed(press_id, work.now), work).episode
        note = Note(What.HEARD_OF, chime, {"button": button})
        return self._begin(button, {"id": press_id}, Kind.CALL, note, work)

    def _is_called_by(self, chime: str, button: str, now: int) -> bool:
        """Whether a press of this button, which is in the books, would call this chime."""
        directory = self.engine.directory
        device = directory.books.devices.get(button)
        if device is None or device.kind is not DeviceKind.BUTTON:
            return False
        plan = directory.call_plan(directory.home_of(button), now)
        return any(chime in target.chimes for step in plan for target in step.targets)

    def _may_answer(self, chime: str, episode: Episode) -> bool:
        """Whether this device's word silences a call: a responder's chime, or one that rings."""
        if any(call.chime == chime for call in episode.calls):
            return True
        device = self.engine.directory.books.devices.get(chime)
        is_chime = device is not None and device.kind is DeviceKind.CHIME
        return is_chime and self.engine.directory.responder_of(chime) is not None

    def _whose(self, chime: str) -> Target:
        """The responder a chime speaks for; an unpaired chime speaks for itself."""
        person = self.engine.directory.responder_of(chime)
        return Target(chime, chime) if person is None else self.engine.directory.target(person)

    def _receipt(self, device: str, fields: Fields, kind: str, episode: str, work: Work) -> None:
        at_ms = work.now - fields.get("age_ms", 0)
        work.batch.receipts.append(Receipt(device, fields["id"], kind, episode, at_ms, work.now))
        self.engine.receipts.pending[device, fields["id"]] = episode

    def _drop(self, why: wire.BadMessageError, topic: str, work: Work) -> None:
        """Count it and say so: each of the first, then ever fewer, or a flood fills the disk."""
        # Names that nobody has entered count as one: whoever makes them up must not fill memory.
        device = why.device if why.device in self.engine.directory.books.devices else "?"
        self.dropped[device] += 1
        count = self.dropped[device]
        if count <= 3 or count & (count - 1) == 0:
            detail = {"code": why.code, "why": str(why)[:200], "count": count}
            if why.device and device == "?":
                detail["named"] = why.device
            log.warning(
                "dropped message", extra={"device": device, "topic": repr(topic[:200]), **detail}
            )
            self.engine.note("", Note(What.DROPPED, device, detail), work)


def _age(fields: Fields) -> dict[str, str | int]:
    """What the record should say of a press that did not come at once."""
    if "age_ms" not in fields:
        return {"age": "unknown"}
    age_s = fields["age_ms"] // 1000
    return {"age_s": age_s} if age_s >= WORTH_SAYING_S else {}

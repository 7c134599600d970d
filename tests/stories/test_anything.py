"""Whatever happens in a street, in any order, with power cuts and a disk that fails in between."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from fuzz.kit import mangled
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from stories.street import CHIMES, Street, furnish

from lovebell.domain import wire
from lovebell.domain.course import rebased
from lovebell.domain.episode import Kind, State
from lovebell.domain.records import DiskError
from lovebell.store import books, pairs

TOPICS = st.sampled_from(["lovebell/v1/b-1/press", "lovebell/v1/c-desk/acknowledge", "lovebell/x"])
RUBBISH = mangled([b'{"id":"p-0","kind":"call","age_ms":0}', b'{"id":"a-1","episode":"b-1.p-0"}'])
#: What the record says of a press.
PRESSED = ("pressed", "repeated", "pressed_again", "heard_of")


class StreetMachine(RuleBasedStateMachine):
    """Two homes with the same volunteer, their chimes, the desk, and a gateway on SQLite."""

    presses = Bundle("presses")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.street = Street(Path(self.folder.name) / "lovebell.db")
        self.pressed: set[str] = set()
        self.said = 0
        self.started = self.street.now

    @initialize()
    def the_gateway_starts(self) -> None:
        furnish(self.street)
        self.street.edit(
            lambda c: books.add_home(c, books.Home("h-2", "示例爷爷")),
            lambda c: books.add_device(c, books.Device("b-2", books.DeviceKind.BUTTON)),
            lambda c: books.add_device(c, books.Device("c-spare", books.DeviceKind.CHIME)),
            lambda c: pairs.pair(c, "b-2", "h-2", None, self.street.now),
            lambda c: pairs.pair(c, "r-paired", "h-2", None, self.street.now),
        )
        self.runner.run(self.street.power_up())

    def teardown(self) -> None:
        self.runner.run(self.street.power_cut())
        self.runner.close()
        self.folder.cleanup()

    # -- what happens ----------------------------------------------------------------------

    @rule(target=presses, button=st.sampled_from(["b-1", "b-2", "b-lost"]))
    def somebody_presses(self, button: str) -> tuple[str, str]:
        press_id = f"p-{len(self.pressed)}"
        self.pressed.add(press_id)
        self.runner.run(self.street.press(button, press_id=press_id))
        return button, press_id

    @rule(press=presses)
    def the_same_press_is_heard_again(self, press: tuple[str, str]) -> None:
        before = self.street.record()
        self.runner.run(self.street.press(press[0], press_id=press[1]))
        assert self.street.record() == before

    @rule(press=presses)
    def the_elder_takes_it_back(self, press: tuple[str, str]) -> None:
        self.said += 1  # an id of its own: a press with that of another is no new one
        self.runner.run(self.street.press(press[0], "cancel", f"y-{self.said}"))

    @precondition(lambda self: self.street.sounding)
    @rule(data=st.data())
    def somebody_answers(self, data: st.DataObject) -> None:
        chime = data.draw(st.sampled_from(sorted(self.street.sounding)))
        self.runner.run(self.street.answer(chime))

    @rule(
        press=presses,
        verb=st.sampled_from(["acknowledge", "arrive", "resolve", "resolve", "reopen"]),
        who=st.sampled_from(["r-paired", "r-neighbour", "r-desk"]),
    )
    def the_desk_says(self, press: tuple[str, str], verb: str, who: str) -> None:
        episode = self.street.engine.receipts.placed(*press) or ""
        more = {"outcome": "helped"} if verb == "resolve" else {}
        self.runner.run(self.street.command(verb, episode, who, **more))

    @rule(seconds=st.sampled_from([1, 2, 45, 60, 600, 3_700]))
    def time_goes_by(self, seconds: int) -> None:
        self.runner.run(self.street.forward(seconds))

    @rule(chime=st.sampled_from(sorted(CHIMES)))
    def a_chime_loses_its_power_or_has_it_back(self, chime: str) -> None:
        self.street.dead ^= {chime}
        self.street.ringing.pop(chime, None)
        self.street.send(chime, "state", online=chime not in self.street.dead)
        self.runner.run(self.street.settle())

    @rule(whose=st.sampled_from(["r-paired", "r-desk"]))
    def the_spare_chime_goes_to_somebody_else(self, whose: str) -> None:
        now = self.street.now
        for other in ("r-paired", "r-desk"):
            with contextlib.suppress(books.BooksError):
                self.street.edit(lambda c, o=other: pairs.unpair(c, "c-spare", o, now))
        self.street.edit(lambda c: pairs.pair(c, "c-spare", whose, None, now))
        self.runner.run(self._reread())

    @rule(set_by_s=st.sampled_from([0, 0, 0, 3_600, -3_600]), away_s=st.sampled_from([0, 5, 900]))
    def the_gateway_is_killed_and_starts_again(self, set_by_s: int, away_s: int) -> None:
        self.runner.run(self.street.power_cut())
        self.street.now += (set_by_s + away_s) * 1_000
        self.street.set_by += set_by_s * 1_000
        self.started = self.street.now
        self.runner.run(self.street.power_up())

    @rule(press=presses)
    def the_disk_fails_for_a_while(self, press: tuple[str, str]) -> None:
        self.street.store.broken = True
        self.said += 1
        self.street.send(press[0], "press", id=f"x-{self.said}", kind="call", age_ms=0)
        assert self.street.ringing  # somebody is or was rung, disk or no disk
        self.runner.run(self._fails())
        self.street.store.broken = False
        self.pressed.add(f"x-{self.said}")
        self.runner.run(self.street.settle())

    @rule(topic=TOPICS, payload=RUBBISH)
    def rubbish_arrives(self, topic: str, payload: bytes) -> None:
        with contextlib.suppress(wire.BadMessageError):
            wire.decode(topic, payload)
            return  # it is a message after all
        self.street.reception.receive(topic, payload, 0, self.street.now)
        self.runner.run(self.street.settle())

    async def _reread(self) -> None:
        await self.street.engine.reread(self.street.now)
        await self.street.settle()

    async def _fails(self) -> None:
        with contextlib.suppress(DiskError):
            await self.street.engine.writer.commit()

    # -- what always holds -----------------------------------------------------------------

    @invariant()
    def every_press_has_its_receipt_and_its_line(self) -> None:
        kept = {row[0] for row in self.street.rows("SELECT id FROM receipt WHERE kind = 'call'")}
        assert kept == self.pressed
        assert self.pressed <= self.street.receipts
        lines = self.street.record()
        assert sum(lines.count(what) for what in PRESSED) == len(self.pressed)

    @invariant()
    def an_open_episode_has_a_deadline_ahead_or_a_named_human(self) -> None:
        for episode in self.street.engine.shelf.episodes.values():
            if episode.state in (State.RINGING, State.ACKNOWLEDGED):
                assert episode.until_ms is not None
            if episode.state in (State.ACKNOWLEDGED, State.ARRIVED):
                assert episode.coming

    @invariant()
    def nobody_rings_for_what_is_answered_or_over(self) -> None:
        for chime, names in self.street.ringing.items():
            for name in names if chime not in self.street.dead else ():
                episode = self.street.engine.shelf.episodes.get(name)
                assert episode is not None
                assert episode.state is State.RINGING

    @invariant()
    def whoever_is_called_and_has_power_rings(self) -> None:
        for episode in self.street.engine.shelf.episodes.values():
            if episode.state is not State.RINGING or episode.kind is not Kind.CALL:
                continue
            for target in episode.plan[episode.step].targets:
                for chime in set(target.chimes) - self.street.dead:
                    assert episode.id in self.street.ringing[chime]

    @invariant()
    def what_lies_on_disk_is_what_is_in_memory(self) -> None:
        on_disk = {episode.id: episode for episode in self.street.store.live()}
        in_memory = self.street.engine.shelf.episodes
        assert on_disk.keys() == in_memory.keys()
        for name, episode in in_memory.items():
            # After the clock was set back a gateway that starts makes long waits short, each time.
            assert episode in (on_disk[name], rebased(on_disk[name], self.started))

    @invariant()
    def the_lamp_says_how_it_stands(self) -> None:
        shown = {State.ACKNOWLEDGED: "coming", State.RINGING: "ringing", State.ARRIVED: "arrived"}
        for episode in self.street.engine.shelf.episodes.values():
            if episode.is_open:
                assert self.street.lamp(episode.button) == shown[episode.state]


TestStreet = StreetMachine.TestCase
TestStreet.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

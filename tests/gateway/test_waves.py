"""Roll-outs: who is offered a release, when, and what stops it. No clock and no disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lovebell.domain.episode import What
from lovebell.domain.firmware import Release
from lovebell.domain.rollout import (
    HARMLESS,
    Report,
    Rollout,
    Stage,
    checked_waves,
    quota,
    report_of,
    resumed,
    retried,
    stopped,
    taken_up,
)
from lovebell.domain.waves import (
    AT_ONCE,
    FRESH_MS,
    LOST_MS,
    PAUSE_MS,
    SILENT_MS,
    SURE_MS,
    Standing,
    Step,
    advance,
)
from lovebell.words import firmware

if TYPE_CHECKING:
    from collections.abc import Iterable

RELEASE = Release("0.2.0", 6, 61_234, "a" * 64, "c2lnbmVk")
WAVES = ("1", "5%", "25%")
START = 1_800_000_000_000
HOUR_MS = 3_600_000


class Town:
    """A fleet and the roll-out in it."""

    def __init__(self, devices: int, waves: tuple[str, ...] = WAVES) -> None:
        self.now = START
        self.waves = waves
        self.is_settled = True
        self.fleet = {
            f"b-{n:03}": Standing("0.1.0", is_online=True, heard_ms=START, lot=n)
            for n in range(1, devices + 1)
        }
        self.rollout = Rollout(RELEASE, START)
        self.said: list[str] = []

    def go(self, reports: dict[str, Report] | None = None, signs: Iterable[str] = ()) -> Step:
        step = advance(
            self.rollout,
            self.fleet,
            {device: [report] for device, report in (reports or {}).items()},
            signs,
            self.waves,
            self.now,
            is_settled=self.is_settled,
        )
        self.rollout = step.rollout
        self.said += [note.what.value for note in step.notes]
        return step

    def pass_(self, ms: int) -> Step:
        self.now += ms
        return self.go()

    def say(self, device: str, stage: Stage, why: str = "", **more: int) -> Step:
        attempt = self.rollout.members[device].attempt if device in self.rollout.members else 1
        return self.go({device: Report(stage, "0.2.0", more.get("attempt", attempt), 0, why)})

    def set(self, device: str, **changes: object) -> None:
        self.fleet[device] = replace(self.fleet[device], **changes)  # pyright: ignore[reportArgumentType]

    def run(self, devices: Iterable[str]) -> None:
        """These take it and become good."""
        for device in devices:
            self.set(device, firmware="0.2.0")
            self.say(device, Stage.GOOD)

    def at(self, *stages: Stage) -> set[str]:
        return {one.device for one in self.rollout.members.values() if one.stage in stages}

    def finish_wave(self) -> None:
        """Everybody who is offered it takes it, and so on, until nobody is."""
        while offered := self.at(Stage.OFFERED):
            self.run(offered)
            self.go()


@pytest.mark.parametrize(
    ("devices", "numbers"),
    [(0, [0, 0, 0, 0]), (1, [1, 1, 1, 1]), (3, [1, 2, 3, 3]), (100, [1, 5, 25, 100])],
)
def test_a_wave_is_one_device_larger_at_least_and_the_last_is_all(
    devices: int, numbers: list[int]
) -> None:
    assert [quota(WAVES, wave, devices) for wave in range(4)] == numbers


def test_waves_are_numbers_or_percentages() -> None:
    checked_waves(("1", "5%", "100%", "999999"))
    for wrong in ("", "0", "0%", "101%", "-1", "1.5", "all", "5 %", "1\n", "１"):
        with pytest.raises(ValueError, match="is no wave"):
            checked_waves((wrong,))


def test_the_first_wave_is_one_device_and_it_is_offered_once() -> None:
    town = Town(100)
    assert town.go().offered == ["b-001"]
    assert town.go().offered == []
    assert town.said == ["firmware_wave", "firmware_offered"]


def test_a_device_that_stands_in_nobodys_home_goes_first() -> None:
    town = Town(20)
    for device in town.fleet:
        if device != "b-007":
            town.set(device, circles=frozenset({f"h-{device}"}))
    assert town.go().offered == ["b-007"]


def test_nobody_who_is_off_line_or_says_no_version_makes_up_the_first_wave() -> None:
    town = Town(3)
    town.set("b-001", is_online=False)
    town.set("b-002", firmware="")
    assert town.go().offered == ["b-003"]


def test_the_next_wave_waits_for_all_and_for_an_hour() -> None:
    town = Town(100)
    town.go()
    for stage in (Stage.FETCHING, Stage.READY, Stage.TRIAL):
        town.say("b-001", stage)
        assert town.pass_(PAUSE_MS // 2).offered == []
    town.run(["b-001"])
    assert town.pass_(PAUSE_MS - 1).offered == []
    assert len(town.pass_(1).offered) == 4
    town.run(["b-002", "b-003", "b-004"])
    assert town.pass_(PAUSE_MS * 3).offered == []
    town.run(["b-005"])
    assert len(town.pass_(PAUSE_MS).offered) == 20


def test_it_comes_to_all_and_says_once_that_it_is_done() -> None:
    town = Town(100)
    town.go()
    while not town.rollout.is_done(WAVES):
        town.finish_wave()
        town.pass_(PAUSE_MS)
    assert town.at(Stage.GOOD) == set(town.fleet)
    town.pass_(PAUSE_MS)
    assert town.said.count("firmware_done") == 1
    assert town.said.count("firmware_wave") == 4


def test_a_town_of_one_is_done_too() -> None:
    town = Town(1)
    town.go()
    town.run(["b-001"])
    town.pass_(PAUSE_MS)
    assert town.rollout.is_done(WAVES)
    assert town.said.count("firmware_wave") == 1


def test_a_device_entered_after_it_was_done_has_its_turn() -> None:
    town = Town(1)
    town.go()
    town.run(["b-001"])
    town.pass_(PAUSE_MS)
    town.fleet["b-new"] = Standing("0.1.0", is_online=True)
    assert town.go().offered == ["b-new"]
    assert not town.rollout.is_done(WAVES)


def test_a_device_that_runs_it_already_is_offered_nothing() -> None:
    town = Town(2, ())
    town.set("b-001", firmware="0.2.0")
    town.set("b-002", firmware="0.3.0")
    assert town.go().offered == []
    assert town.at(Stage.GOOD) == {"b-001", "b-002"}


@pytest.mark.parametrize("stage", [Stage.FAILED, Stage.REFUSED])
def test_one_failure_in_the_first_two_waves_stops_it(stage: Stage) -> None:
    town = Town(100)
    town.go()
    town.finish_wave()
    town.pass_(PAUSE_MS)
    town.say("b-002", Stage.FETCHING)
    step = town.say("b-003", stage, "flash" if stage is Stage.REFUSED else "crash")
    assert town.rollout.stopped == "failures"
    # Who fetches is told to leave off; who runs it already goes on.
    assert set(step.withdrawn) == {"b-002", "b-004", "b-005"}
    assert town.pass_(SILENT_MS * 3).offered == []
    assert town.said.count("firmware_stopped") == 1


def test_in_the_second_wave_of_a_large_town_one_in_a_hundred_is_too_many() -> None:
    town = Town(3_000)
    town.go()
    town.finish_wave()
    town.pass_(PAUSE_MS)
    while len(town.at(Stage.GOOD)) < 149:
        town.run(sorted(town.at(Stage.OFFERED))[:1])
    town.say(town.at(Stage.OFFERED).pop(), Stage.FAILED, "crash")
    assert town.rollout.stopped == "failures"


def test_later_one_in_fifty_may_fail() -> None:
    town = Town(1_000)
    town.go()
    for _ in range(2):
        town.finish_wave()
        town.pass_(PAUSE_MS)
    assert len(town.at(Stage.GOOD)) == 50
    failing = sorted(town.at(Stage.OFFERED))[:3]
    town.say(failing[0], Stage.FAILED, "link")
    assert town.rollout.stopped == ""  # one of 51
    town.say(failing[1], Stage.FAILED, "link")
    assert town.rollout.stopped == "failures"  # two of 52


def test_what_says_nothing_against_the_release_stops_nothing_and_another_takes_its_place() -> None:
    for why in HARMLESS:
        town = Town(3)
        town.go()
        assert town.say("b-001", Stage.REFUSED, why).offered == ["b-002"]
        assert town.rollout.stopped == ""


def test_somebody_can_let_it_go_on_and_the_next_failure_stops_it_again() -> None:
    town = Town(100)
    town.go()
    town.say("b-001", Stage.FAILED, "crash")
    town.rollout = resumed(town.rollout, town.now)
    # The one that has failed proves nothing: another takes its place, and it takes a good one.
    assert town.go().offered == ["b-002"]
    assert town.pass_(PAUSE_MS * 2).offered == []
    town.rollout = retried(town.rollout, "b-001", town.now)
    assert town.go().offered == ["b-001"]
    assert town.rollout.members["b-001"].attempt == 2
    town.say("b-001", Stage.FAILED, "crash", attempt=1)  # the broker repeats what it keeps
    assert town.rollout.stopped == ""
    town.say("b-001", Stage.FAILED, "crash", attempt=2)
    assert town.rollout.stopped == "failures"


def test_an_operator_can_stop_it_and_let_it_go_on() -> None:
    town = Town(100)
    town.go()
    town.rollout = stopped(town.rollout)
    assert town.go().withdrawn == ["b-001"]
    assert town.pass_(SILENT_MS * 2).offered == []
    town.rollout = resumed(town.rollout, town.now)
    assert town.go().offered == ["b-001"]


def test_what_was_ready_when_it_was_stopped_is_still_heard() -> None:
    town = Town(100)
    town.go()
    town.rollout = stopped(town.rollout)
    town.go()
    town.say("b-001", Stage.FETCHING)
    assert town.at(Stage.WAITING) == {"b-001"}
    town.say("b-001", Stage.TRIAL)
    assert town.at(Stage.TRIAL) == {"b-001"}
    assert town.go().withdrawn == []


def test_what_lies_ready_when_it_is_stopped_is_not_tried_any_more() -> None:
    town = Town(100)
    town.go()
    town.say("b-001", Stage.READY)
    town.rollout = stopped(town.rollout)
    assert town.go().withdrawn == ["b-001"]
    town.say("b-001", Stage.READY)  # the broker repeats what it keeps
    assert town.at(Stage.WAITING) == {"b-001"}
    town.rollout = resumed(town.rollout, town.now)
    assert town.go().offered == ["b-001"]


@pytest.mark.parametrize(
    ("stage", "why"),
    [
        (Stage.READY, ""),
        (Stage.TRIAL, ""),
        (Stage.REFUSED, "key"),
        (Stage.REFUSED, "memory"),
        (Stage.FAILED, "crash"),
        (Stage.GOOD, ""),
    ],
)
def test_a_device_that_begins_to_fetch_anew_is_served(stage: Stage, why: str) -> None:
    town = Town(100)
    town.go()
    town.say("b-001", stage, why)
    town.rollout = resumed(town.rollout, town.now)
    # The power was cut before its trial, or a technician has set the board up anew.
    town.say("b-001", Stage.FETCHING)
    assert "b-001" in town.at(Stage.FETCHING)
    town.say("b-001", Stage.READY)
    town.say("b-001", Stage.FAILED, "crash")
    assert town.rollout.stopped == "failures"
    # What it begins to fetch all the same is taken back.
    assert town.say("b-001", Stage.FETCHING).withdrawn == ["b-001"]


def test_what_lies_ready_for_a_day_holds_up_nobody() -> None:
    town = Town(2, ("1",))
    town.go()
    town.say("b-001", Stage.READY)
    step = town.pass_(SILENT_MS)
    assert (step.withdrawn, step.offered) == (["b-001"], ["b-002"])


def test_a_trial_that_is_over_without_a_word_of_it_has_failed() -> None:
    town = Town(100)
    town.go()
    town.say("b-001", Stage.TRIAL)
    assert town.pass_(LOST_MS - 1).rollout.stopped == ""
    town.pass_(1)
    assert town.at(Stage.FAILED) == {"b-001"}
    assert town.rollout.stopped == "failures"


def test_a_device_that_fails_can_be_tried_again_255_times() -> None:
    town = Town(1)
    town.go()
    with pytest.raises(ValueError, match="not come to an end"):
        retried(town.rollout, "b-001", town.now)
    with pytest.raises(ValueError, match="not come to an end"):
        retried(town.rollout, "b-999", town.now)
    for _ in range(254):
        town.say("b-001", Stage.FAILED, "crash")
        town.rollout = resumed(retried(town.rollout, "b-001", town.now), town.now)
        town.go()
    town.say("b-001", Stage.FAILED, "crash")
    assert town.rollout.members["b-001"].attempt == 255
    with pytest.raises(ValueError, match="too often"):
        retried(town.rollout, "b-001", town.now)


def test_of_one_home_and_its_chimes_never_two_are_under_way() -> None:
    town = Town(3, ())
    for device in ("b-001", "b-002"):
        town.set(device, circles=frozenset({"h-1", f"p-{device}"}))
    town.go()
    assert town.at(Stage.OFFERED) == {"b-001", "b-003"}
    town.say("b-001", Stage.TRIAL)
    assert town.go().offered == []
    town.run(["b-001"])
    assert town.at(Stage.OFFERED) == {"b-002", "b-003"}


def test_nothing_is_offered_while_somebody_calls_for_help_there() -> None:
    town = Town(2, ())
    town.set("b-001", is_busy=True)
    assert town.go().offered == ["b-002"]
    town.set("b-001", is_busy=False)
    assert town.go().offered == ["b-001"]


def test_who_is_off_line_is_offered_it_on_coming_back() -> None:
    town = Town(2, ())
    town.set("b-001", is_online=False)
    assert town.go().offered == ["b-002"]
    assert town.pass_(HOUR_MS).offered == []
    town.set("b-001", is_online=True)
    assert town.go().offered == ["b-001"]


def test_who_says_nothing_for_a_day_is_waited_for_no_more_until_it_comes_on_line_anew() -> None:
    town = Town(2, ("1",))
    town.go()
    step = town.pass_(SILENT_MS)
    assert step.withdrawn == ["b-001"]
    assert step.offered == ["b-002"]  # in its place
    assert town.pass_(SILENT_MS // 2).offered == []
    town.set("b-001", met_ms=town.now)
    assert town.go().offered == ["b-001"]
    assert town.pass_(SILENT_MS // 2).withdrawn == ["b-002"]  # and it has a day again


def test_who_could_not_have_its_turn_for_a_day_is_not_silent() -> None:
    town = Town(2, ())
    for device in town.fleet:
        town.set(device, circles=frozenset({"h-1"}))
    assert town.go().offered == ["b-001"]
    for _ in range(3):
        town.pass_(SILENT_MS // 3)
    assert town.at(Stage.OFFERED) == {"b-002"}


def test_whoever_fetches_is_not_silent() -> None:
    town = Town(1)
    town.go()
    town.say("b-001", Stage.FETCHING)
    for _ in range(5):
        town.now += SILENT_MS // 2
        assert town.go(signs=["b-001", "b-999"]).withdrawn == []


def test_a_device_that_is_lost_on_trial_has_failed_until_it_speaks() -> None:
    town = Town(100)
    town.go()
    town.say("b-001", Stage.READY)
    town.set("b-001", is_online=False, heard_ms=town.now)
    town.pass_(LOST_MS - 1)
    assert town.rollout.stopped == ""
    town.pass_(1)
    assert town.rollout.stopped == "failures"
    assert town.rollout.members["b-001"].why == "silent"
    town.say("b-001", Stage.TRIAL)
    town.say("b-001", Stage.GOOD)
    assert town.at(Stage.GOOD) == {"b-001"}


def test_nobody_is_lost_or_silent_while_the_broker_is_gone() -> None:
    town = Town(2, ())
    town.go()
    town.say("b-001", Stage.TRIAL)
    town.set("b-001", is_online=False)
    town.is_settled = False
    town.pass_(SILENT_MS * 2)
    assert town.at(Stage.TRIAL) == {"b-001"}
    assert town.at(Stage.OFFERED) == {"b-002"}


def test_after_a_gateway_was_away_for_days_everybody_has_a_day_again() -> None:
    town = Town(1)
    town.go()
    town.now += SILENT_MS * 5
    town.rollout = taken_up(town.rollout, town.now)
    assert town.go().withdrawn == []
    assert town.pass_(SILENT_MS).withdrawn == ["b-001"]


def test_who_runs_it_for_an_hour_is_good_though_its_word_was_lost() -> None:
    town = Town(1)
    town.go()
    town.say("b-001", Stage.READY)
    town.set("b-001", firmware="0.2.0")
    town.pass_(SURE_MS - 1)
    assert town.at(Stage.READY) == {"b-001"}
    town.pass_(1)
    assert town.at(Stage.GOOD) == {"b-001"}


def test_what_a_broker_repeats_changes_nothing() -> None:
    town = Town(100)
    town.go()
    town.set("b-001", firmware="0.2.0")
    town.say("b-001", Stage.TRIAL)
    before, lines = town.rollout, len(town.said)
    town.now += 1
    for report in (
        Report(Stage.TRIAL, "0.2.0"),
        Report(Stage.FETCHING, "0.2.0", at=600),
        Report(Stage.GOOD, "0.1.9"),
        Report(Stage.FAILED, "0.1.9", why="crash"),
    ):
        assert town.go({"b-001": report}).changed == set()
    town.go({"b-999": Report(Stage.FAILED, "0.2.0"), "b-050": Report(Stage.GOOD, "0.2.0")})
    assert (town.rollout, len(town.said)) == (before, lines)
    town.run(["b-001"])
    for stage in (Stage.FETCHING, Stage.READY, Stage.TRIAL, Stage.REFUSED, Stage.GOOD):
        assert town.say("b-001", stage).changed == set()
    assert town.say("b-001", Stage.FAILED, "crash", attempt=9).changed == set()


def test_what_was_good_for_a_while_and_goes_bad_stops_the_roll_out() -> None:
    town = Town(100)
    town.go()
    town.run(["b-001"])
    town.pass_(PAUSE_MS // 2)
    step = town.say("b-001", Stage.FAILED, "start")
    assert (town.rollout.stopped, step.changed) == ("failures", {"b-001"})
    town.say("b-001", Stage.GOOD)  # it starts again after all
    assert town.at(Stage.GOOD) == {"b-001"}


def test_what_a_device_said_in_haste_is_all_on_record() -> None:
    town = Town(1)
    town.go()
    said = [Report(stage, "0.2.0") for stage in (Stage.READY, Stage.TRIAL, Stage.GOOD)]
    step = advance(town.rollout, town.fleet, {"b-001": said}, (), WAVES, town.now, is_settled=True)
    assert [note.detail["stage"] for note in step.notes] == ["ready", "trial", "good"]


def test_progress_is_known_without_a_line_of_the_record() -> None:
    town = Town(1)
    town.go()
    town.say("b-001", Stage.FETCHING)
    lines = len(town.said)
    step = town.go({"b-001": Report(Stage.FETCHING, "0.2.0", 1, 6_000)})
    assert (step.rollout.members["b-001"].at, step.changed) == (6_000, {"b-001"})
    assert len(town.said) == lines


def test_not_all_fetch_at_once_and_who_does_not_fetch_holds_up_nobody_for_long() -> None:
    town = Town(200, ())
    assert len(town.go().offered) == AT_ONCE
    town.run(sorted(town.at(Stage.OFFERED))[:10])
    assert len(town.at(Stage.OFFERED)) == AT_ONCE
    assert len(town.pass_(FRESH_MS).offered) == AT_ONCE


def test_who_is_taken_out_of_the_books_is_offered_nothing() -> None:
    town = Town(2)
    del town.fleet["b-001"]
    assert town.go().offered == ["b-002"]
    del town.fleet["b-002"]
    town.rollout = resumed(stopped(town.rollout), town.now)
    assert town.go().offered == []


@pytest.mark.parametrize("stage", [Stage.FETCHING, Stage.READY, Stage.TRIAL])
def test_who_is_taken_out_of_the_books_on_the_way_says_nothing_against_it(stage: Stage) -> None:
    town = Town(2, ("1",))
    town.go()
    town.say("b-001", stage)
    del town.fleet["b-001"]
    step = town.pass_(LOST_MS)
    assert (step.withdrawn, step.offered) == (["b-001"], ["b-002"])
    assert town.rollout.stopped == ""


def test_a_message_of_a_device_is_read_as_the_protocol_has_it() -> None:
    fields = {"state": "refused", "version": "0.2.0", "attempt": 2, "at": 600, "why": "key"}
    assert report_of(fields) == Report(Stage.REFUSED, "0.2.0", 2, 600, "key")
    assert report_of({"state": "good", "version": "0.2.0"}) == Report(Stage.GOOD, "0.2.0")


DEVICES = [f"b-{n:03}" for n in range(1, 13)]
SAID = some.tuples(
    some.sampled_from(DEVICES),
    some.sampled_from([one for one in Stage if one not in (Stage.WAITING, Stage.OFFERED)]),
    some.sampled_from(["", "crash", "link", "key", "flash"]),
)
HAPPENS = some.one_of(
    some.tuples(some.just("say"), SAID),
    some.tuples(some.just("pass"), some.sampled_from([1_000, HOUR_MS, SILENT_MS])),
    some.tuples(some.just("online"), some.sampled_from(DEVICES)),
    some.tuples(some.just("busy"), some.sampled_from(DEVICES)),
    some.tuples(some.sampled_from(["stop", "resume"]), some.none()),
    some.tuples(some.just("retry"), some.sampled_from(DEVICES)),
)


@given(some.lists(HAPPENS, max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_nobody_is_offered_it_who_should_not_be(
    events: list[tuple[str, object]],
) -> None:
    town = Town(12)
    for n, device in enumerate(DEVICES):
        town.set(device, circles=frozenset({f"h-{n // 3}"}))
    for what, which in events:
        happen(town, what, which)
        before = town.rollout
        step = town.go()
        under_way = [one for one in town.rollout.members.values() if one.is_under_way]
        for device in step.offered:
            standing = town.fleet[device]
            assert not town.rollout.stopped
            assert standing.is_online
            assert not standing.is_busy
            others = [one.device for one in under_way if one.device != device]
            assert not any(town.fleet[other].circles & standing.circles for other in others)
        if before.stopped:
            assert town.rollout.stopped == before.stopped
        assert town.rollout.wave >= before.wave
        early = [one for one in town.rollout.members.values() if one.wave < 2 and one.has_failed]
        if town.rollout.wave < 2 and any(not one.excused for one in early):
            assert town.rollout.stopped
        assert not set(step.offered) & set(step.withdrawn)


def happen(town: Town, what: str, which: object) -> None:
    match what, which:
        case "say", (str(device), Stage() as stage, str(why)):
            town.say(device, stage, why)
        case "pass", int(ms):
            town.now += ms
        case "online", str(device):
            is_online = not town.fleet[device].is_online
            met_ms = town.now if is_online else town.fleet[device].met_ms
            town.set(device, is_online=is_online, met_ms=met_ms, heard_ms=town.now)
        case "busy", str(device):
            town.set(device, is_busy=not town.fleet[device].is_busy)
        case "stop", _:
            town.rollout = stopped(town.rollout)
        case "resume", _:
            town.rollout = resumed(town.rollout, town.now)
        case "retry", str(device):
            if device in town.rollout.members and town.rollout.members[device].is_over:
                town.rollout = retried(town.rollout, device, town.now)
        case _:
            raise AssertionError(what)


def test_every_stage_and_every_line_has_its_words() -> None:
    assert set(firmware.STAGES) == set(Stage)
    assert set(firmware.SENTENCES) == {one for one in What if one.startswith("firmware_")}

"""Whatever the timing: no fault flaps, one outage is one fault, and clocks may be set."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lovebell.domain.faults import GATEWAY, Faults, Moment, Word
from lovebell.domain.supervision import Rules, Supervisor

START = 1_800_000_000_000
BEAT = {"every_s": 60, "up_s": 10, "rssi": -60}
FLEET = tuple(f"c-{n}" for n in range(30))


def watch(*devices: str) -> Supervisor:
    made = Supervisor(Rules(), (), Moment(START, 0))
    made.enter(dict.fromkeys(devices, True), (), Moment(START, 0))
    made.link(True, Moment(START, 0))
    return made


def at(steady: int, step: int = 0) -> Moment:
    return Moment(START + steady + step, steady)


#: As the firmware sends them: a twentieth of the interval early.
BETWEEN_MS = 57_000


@given(st.lists(st.tuples(st.integers(-2_000, 2_000), st.booleans()), max_size=60))
def test_late_and_lost_heartbeats_are_no_fault_while_no_three_are_lost(
    beats: list[tuple[int, bool]],
) -> None:
    supervisor = watch("c-1")
    supervisor.heartbeat("c-1", BEAT, at(0))
    missed, now = 0, 0
    for n, (jitter, is_lost) in enumerate(beats, 1):
        missed = missed + 1 if is_lost and missed < 2 else 0
        while now < n * BETWEEN_MS + jitter:
            now += 1_000
            supervisor.tick(at(now))
        if not missed:
            supervisor.heartbeat("c-1", BEAT, at(now))
        assert supervisor.changes() == []


@given(st.integers(1, 86_400))
def test_a_dead_device_is_known_a_sixtieth_before_three_intervals_are_over(every_s: int) -> None:
    supervisor = watch("c-1")
    supervisor.heartbeat("c-1", {**BEAT, "every_s": every_s}, at(0))
    supervisor.tick(at(every_s * 2_950 - 1))
    assert not supervisor.open
    supervisor.tick(at(every_s * 2_950))
    assert set(supervisor.open) == {("c-1", "offline")}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), max_size=5))
def test_every_outage_of_the_broker_is_at_most_one_fault(outages: list[tuple[int, int]]) -> None:
    supervisor = watch(*FLEET)
    second, told = 0, 0
    for down_s, up_s in outages:
        for is_up, seconds in ((False, down_s), (True, up_s)):
            supervisor.link(is_up, at(second * 1000))
            for _ in range(seconds):
                second += 1
                supervisor.tick(at(second * 1000))
                if is_up and second % 60 == 0:
                    for device in FLEET:
                        supervisor.heartbeat(device, BEAT, at(second * 1000))
        changes = supervisor.changes()
        assert {fault.device for fault in changes} <= {GATEWAY}
        told += len(changes)
        assert not supervisor.open
    assert told <= len(outages)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(1, 240), st.booleans(), st.integers(-3_600_000, 3_600_000)),
        max_size=30,
    )
)
def test_a_clock_that_is_set_changes_no_judgement(
    events: list[tuple[int, bool, int]],
) -> None:
    steady_clock, set_clock = watch("c-1", "c-2"), watch("c-1", "c-2")
    second = 0
    for wait_s, is_heard, step in events:
        second += wait_s
        for supervisor, by in ((steady_clock, 0), (set_clock, step)):
            supervisor.tick(at(second * 1000, by))
            if is_heard:
                supervisor.heartbeat("c-1", BEAT, at(second * 1000, by))
        assert set(steady_clock.open) == set(set_clock.open)


def test_a_fault_is_known_again_for_an_hour_and_then_forgotten() -> None:
    faults = Faults()
    for minute in range(300):
        for is_bad in (True, False):
            faults.set(f"x-{minute}", Word.UNKNOWN, is_bad, at(minute * 60_000))
    assert len(faults._closed) <= 62  # an hour's, whatever came before
    assert not faults._words
    faults.take()
    faults.set("x-290", Word.UNKNOWN, True, at(300 * 60_000))
    faults.set("x-100", Word.UNKNOWN, True, at(300 * 60_000))
    assert [(fault.device, fault.count) for fault in faults.take()] == [("x-290", 2), ("x-100", 1)]

"""What counts as a press."""

from bell.debounce import Debounce
from bell.ticks import PERIOD, ticks_add, ticks_diff

STARTS = (0, 1000, PERIOD - 3, PERIOD - 30)  # the last two wrap in the middle of a press


def play(edges, start=0, every=2, until=200, blind_from=None, blind_to=None):
    """Events from a contact that changes at the given milliseconds, sampled every few.

    Between `blind_from` and `blind_to` no sample is taken and edges get the time of its end, as
    when an ESP32 is blocked.
    """
    debounce = Debounce(start)
    level = False
    waiting = []
    events = []
    edges = list(edges)
    for ms in range(until):
        is_blind = blind_from is not None and blind_from <= ms < blind_to
        while edges and edges[0] <= ms:
            level = not level
            at = blind_to if is_blind else edges[0]
            waiting.append((level, ticks_add(start, at)))
            edges.pop(0)
        if not is_blind and (ms % every == 0 or ms == blind_to):
            now = ticks_add(start, ms)
            for name, at in debounce.step(waiting, level, now, ms == blind_to):
                events.append((name, ticks_diff(at, start)))
            waiting = []
    return events


def names(events):
    return [name for name, _ in events]


def test_a_press_of_20_ms_is_a_press_wherever_it_falls_between_samples():
    for start in STARTS:
        for first in range(10, 20):
            assert names(play([first, first + 20], start)) == ["pressed", "released"]


def test_a_press_is_dated_from_its_first_contact():
    assert play([50, 150])[0] == ("pressed", 50)


def test_a_glitch_of_5_ms_is_never_a_press():
    for start in STARTS:
        for first in range(10, 20):
            assert play([first, first + 5], start) == []


def test_glitches_that_come_every_10_ms_never_add_up():
    edges = []
    for first in range(10, 190, 10):
        edges += [first, first + 5]
    assert play(edges) == []


def test_a_press_of_20_ms_is_caught_when_samples_are_40_ms_apart():
    for first in range(10, 60):
        assert names(play([first, first + 20], every=40)) == ["pressed", "released"]


def test_a_glitch_is_refused_when_samples_are_40_ms_apart():
    for first in range(10, 60):
        assert play([first, first + 5], every=40) == []


def test_a_bouncing_contact_is_one_press():
    bounces = [10, 12, 13, 15, 16, 18, 19, 100, 102, 103, 105, 106]
    assert names(play(bounces)) == ["pressed", "released"]


def test_a_contact_that_opens_for_a_moment_in_a_press_is_one_press():
    assert names(play([10, 60, 64, 120])) == ["pressed", "released"]


def test_a_button_held_at_power_up_is_pressed():
    assert names(play([0])) == ["pressed"]


def test_a_press_while_the_loop_is_blocked_rings():
    assert names(play([50, 120], blind_from=30, blind_to=150)) == ["pressed", "released"]


def test_a_press_within_a_block_is_found_however_late_the_next_sample_comes():
    for lag in (0, 3, 4, 10, 50):
        debounce = Debounce(0)
        debounce.step([], False, 10)
        # Both handlers run when the block is over, and see the contact open again.
        events = debounce.step([(False, 2_000), (False, 2_000)], False, 2_000 + lag, True)
        assert names(events) == ["pressed"]


def test_a_press_that_begins_while_the_loop_is_blocked_is_one_press():
    assert names(play([50, 180], blind_from=30, blind_to=150)) == ["pressed", "released"]


def test_a_press_that_ends_while_the_loop_is_blocked_is_one_press():
    assert names(play([10, 120], blind_from=30, blind_to=150)) == ["pressed", "released"]


def test_it_is_settled_when_nothing_can_happen_without_an_edge():
    debounce = Debounce(0)
    assert debounce.is_settled
    debounce.step([(True, 5)], True, 5)
    assert not debounce.is_settled
    debounce.step([], True, 20)
    assert debounce.is_settled


def test_a_glitch_of_5_ms_is_refused_even_if_its_end_is_noticed_2_ms_late():
    for start in STARTS:
        for late in range(3):
            debounce = Debounce(start)
            edges = [(True, ticks_add(start, 10)), (False, ticks_add(start, 15 + late))]
            assert debounce.step(edges, False, ticks_add(start, 20)) == []


def test_what_is_left_until_something_happens_is_known():
    debounce = Debounce(0)
    assert debounce.left_ms == 0
    debounce.step([(True, 5)], True, 5)
    for passed in range(8):
        assert debounce.left_ms == 8 - passed
        assert debounce.step([], True, 6 + passed) == ([("pressed", 5)] if passed == 7 else [])
    assert debounce.left_ms == 0

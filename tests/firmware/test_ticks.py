"""Ticks that begin again at 2**30."""

from bell.ticks import PERIOD, is_over, ticks_add, ticks_diff


def test_a_difference_is_the_same_everywhere_on_the_circle():
    for start in (0, 1, PERIOD // 2, PERIOD - 1000, PERIOD - 1):
        later = ticks_add(start, 5000)
        assert ticks_diff(later, start) == 5000
        assert ticks_diff(start, later) == -5000


def test_ticks_stay_below_the_period():
    assert ticks_add(PERIOD - 1, 1) == 0
    assert ticks_add(0, -1) == PERIOD - 1


def test_a_deadline_across_the_wrap_is_over_at_its_tick_and_not_before():
    deadline = ticks_add(PERIOD - 10, 20)
    assert not is_over(PERIOD - 10, deadline)
    assert not is_over(9, deadline)
    assert is_over(10, deadline)
    assert is_over(5000, deadline)

"""The queue of one channel: what goes next, and when."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lovebell.domain.pacing import (
    AT_ONCE,
    LONGEST_PAUSE_MS,
    LONGEST_SILENCE_MS,
    OLDEST_MS,
    Queue,
    Window,
    pause_ms,
)
from lovebell.domain.records import Outgoing

_numbers = itertools.count(1)


def message(kind: str = "call", key: str = "", serial: int = 1) -> Outgoing:
    return Outgoing(key or f"k-{next(_numbers)}", "e-1", kind, "r-1", "sms", serial, {}, 0)


def sent(queue: Queue, now: int) -> list[str]:
    """Send all that may go, and be done with it at once."""
    kinds: list[str] = []
    while (one := queue.next(now)) is not None:
        kinds.append(one.kind)
        queue.answered(one)
    return kinds


def test_calls_go_before_news_and_news_before_faults() -> None:
    queue = Queue()
    for kind in ("fault", "resolved", "call", "coming", "call"):
        queue.put(message(kind), 0)
    assert sent(queue, 0) == ["call", "call", "resolved", "coming", "fault"]


def test_among_equals_the_oldest_goes_first() -> None:
    queue = Queue()
    queue.put(message(key="young"), 10)
    queue.put(message(key="left from before a restart"), 10, waited_ms=60_000)
    first = queue.next(10)
    assert first is not None
    assert first.key == "left from before a restart"


def test_the_limit_of_a_service_holds_in_every_window_and_nothing_is_lost() -> None:
    queue = Queue(20, 60_000)
    for n in range(50):
        queue.put(message(), n)
    assert len(sent(queue, 1_000)) == 20
    assert queue.upcoming(1_000) == 61_000
    assert len(sent(queue, 60_999)) == 0
    assert len(sent(queue, 61_000)) == 20
    assert len(sent(queue, 121_000)) == 10
    assert queue.is_empty


def test_what_left_before_a_restart_counts_for_the_limit() -> None:
    queue = Queue(20, 60_000)
    for n in range(19):
        queue.remember(-30_000 + n)
    queue.put(message(), 0)
    queue.put(message(), 0)
    assert len(sent(queue, 0)) == 1
    assert queue.upcoming(0) == 30_000


@given(
    st.integers(1, 5),
    st.integers(1, 1_000),
    st.lists(st.integers(0, 400), min_size=1, max_size=60),
)
def test_no_window_ever_lets_more_through_than_its_limit(
    count: int, per_ms: int, gaps: list[int]
) -> None:
    window, now, taken = Window(count, per_ms), 0, list[int]()
    for gap in gaps:
        now += gap
        if window.opens(now) <= now:
            window.take(now)
            taken.append(now)
    for one in taken:
        assert sum(1 for other in taken if one <= other < one + per_ms) <= count


def test_what_has_left_counts_after_a_while_without_a_limit() -> None:
    window = Window(2, 60_000)
    window.take(0)
    window.take(1)
    window.limit(0, 0)
    assert window.opens(2) <= 2
    window.limit(2, 60_000)
    assert window.opens(3) == 60_000
    assert window.opens(60_000) <= 60_000


def test_what_failed_is_tried_again_after_pauses_that_grow_and_differ() -> None:
    assert [pause_ms(n, 1) for n in (1, 2, 3, 4)] == [2_000, 4_000, 8_000, 16_000]
    assert pause_ms(1, 0) == 1_000
    assert pause_ms(10_000, 1) == LONGEST_PAUSE_MS
    queue = Queue()
    one = message()
    queue.put(one, 0)
    assert queue.next(0) is one
    queue.again(one, 100, 1, None)
    assert queue.next(2_099) is None
    assert queue.upcoming(100) == 2_100
    assert queue.next(2_100) is one


def test_a_message_that_fails_holds_up_no_other() -> None:
    queue = Queue()
    bad = message()
    queue.put(bad, 0)
    assert queue.next(0) is bad
    queue.again(bad, 0, 1, None)
    queue.put(message("fault"), 1)
    assert sent(queue, 1) == ["fault"]


def test_a_service_that_asks_for_silence_gets_it_but_not_for_ever() -> None:
    queue = Queue()
    one = message()
    queue.put(one, 0)
    queue.next(0)
    queue.again(one, 0, 1, 30_000)
    queue.put(message(), 1)
    assert queue.next(29_999) is None
    assert queue.upcoming(1) == 30_000
    assert queue.next(30_000) is not None
    queue.again(one, 30_000, 1, 10**12)
    assert queue.upcoming(30_000) == 30_000 + LONGEST_SILENCE_MS


def test_few_travel_at_a_time_and_an_answer_lets_the_next_one_go() -> None:
    queue = Queue()
    for _ in range(AT_ONCE + 1):
        queue.put(message(), 0)
    out = [queue.next(0) for _ in range(AT_ONCE)]
    assert queue.next(0) is None
    assert out[0] is not None
    queue.answered(out[0])
    assert queue.next(0) is not None


@pytest.mark.parametrize("kind", OLDEST_MS)
def test_a_message_is_given_up_by_its_age_and_not_by_its_tries(kind: str) -> None:
    queue = Queue()
    one = message(kind)
    queue.put(one, 0, waited_ms=1_000)
    assert queue.upcoming(0) == 0
    age = OLDEST_MS[kind] - 1_000
    assert queue.take_old(age - 1) == []
    assert queue.next(age) is one
    assert queue.take_old(age) == []  # it travels: its fate will be known
    queue.again(one, age, 1, None)
    assert queue.take_old(age) == [one]
    assert queue.is_empty


def test_later_news_takes_the_place_of_what_has_not_left() -> None:
    queue = Queue()
    queue.put(message("call", "slot", 1), 0)
    queue.put(message("coming", "slot", 2), 5)
    assert sent(queue, 5) == ["coming"]
    assert queue.is_empty


def test_a_call_that_is_repeated_while_it_waits_keeps_its_place() -> None:
    queue = Queue(count=2, per_ms=60_000)
    called: set[str] = set()
    for minute in range(6):
        now = minute * 60_000
        if minute % 2 == 0:  # every call is repeated, in the same order
            for home in "abcdef":
                queue.put(message("call", home, serial=minute + 1), now)
        while (one := queue.next(now)) is not None:
            called.add(one.key)
            queue.answered(one)
    assert called == set("abcdef")


def test_news_stands_behind_the_news_that_was_there_before_it() -> None:
    queue = Queue()
    queue.put(message("call", "first"), 0)
    queue.put(message("coming", "other"), 1)
    queue.put(message("coming", "first", serial=2), 2)
    one = queue.next(2)
    assert one is not None
    assert one.key == "other"


def test_later_news_waits_for_what_is_under_way_so_that_it_arrives_last() -> None:
    queue = Queue()
    old, new = message("call", "slot", 1), message("coming", "slot", 2)
    queue.put(old, 0)
    assert queue.next(0) is old
    queue.put(new, 1)
    assert queue.next(1) is None
    queue.answered(old)
    assert queue.next(1) is new
    queue.again(new, 1, 1, None)
    assert queue.next(10_000) is new


def test_a_service_that_is_down_is_not_asked_sooner_because_the_news_has_changed() -> None:
    queue = Queue()
    old = message("call", "slot", 1)
    queue.put(old, 0)
    queue.next(0)
    queue.again(old, 0, 1, None)
    queue.put(message("call", "slot", 2), 1)
    assert queue.next(1_999) is None
    assert queue.next(2_000) is not None

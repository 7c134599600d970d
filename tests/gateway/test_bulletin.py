"""Which faults technicians are told of, and when."""

from __future__ import annotations

import pytest

from lovebell.domain.bulletin import (
    AT_ONCE_MS,
    EVERY_MS,
    SETTLE_MS,
    Bulletin,
    Hours,
    Key,
    News,
    merged,
)
from lovebell.domain.faults import Fault

HOURS = Hours(8 * 60, 18 * 60, frozenset({1, 2, 3, 4, 5}), frozenset({"broker"}))
NOON, NIGHT, MONDAY, SUNDAY = 12 * 60, 2 * 60, 1, 7
DEAD, WEAK, BROKER = ("b-1", "offline"), ("c-1", "signal"), ("@gateway", "broker")


def faults(*keys: Key) -> dict[Key, Fault]:
    return {key: Fault(*key, 0, 0) for key in keys}


def look(
    bulletin: Bulletin, *keys: Key, at: int, minute: int = NOON, day: int = MONDAY
) -> News | None:
    """Look, and tell what is to be told."""
    news = bulletin.due(faults(*keys), at, minute, day)
    if news is not None:
        bulletin.tell(news, at)
    return news


def test_faults_that_come_together_are_told_together_after_a_minute() -> None:
    bulletin = Bulletin(HOURS, ())
    assert look(bulletin, DEAD, at=0) is None
    assert look(bulletin, DEAD, WEAK, at=SETTLE_MS - 1) is None
    assert look(bulletin, DEAD, WEAK, at=SETTLE_MS) == News((DEAD, WEAK))
    assert look(bulletin, DEAD, WEAK, at=EVERY_MS * 9) is None


def test_a_thousand_faults_are_one_message() -> None:
    bulletin = Bulletin(HOURS, ())
    many = [(f"b-{n}", "offline") for n in range(1_000)]
    told = [look(bulletin, *many, at=at) for at in range(0, EVERY_MS, 5_000)]
    assert [len(news.opened) for news in told if news is not None] == [1_000]


def test_the_next_message_waits_for_a_quarter_of_an_hour() -> None:
    bulletin = Bulletin(HOURS, ())
    look(bulletin, DEAD, at=0)
    assert look(bulletin, DEAD, at=SETTLE_MS) is not None
    told_at = SETTLE_MS
    assert look(bulletin, DEAD, WEAK, at=told_at + EVERY_MS - 1) is None
    assert look(bulletin, DEAD, WEAK, at=told_at + EVERY_MS + SETTLE_MS) == News((WEAK,))


def test_a_device_that_dies_at_night_is_told_of_in_the_morning() -> None:
    bulletin = Bulletin(HOURS, ())
    for at in range(0, 10 * SETTLE_MS, SETTLE_MS):
        assert look(bulletin, DEAD, at=at, minute=NIGHT) is None
    assert look(bulletin, DEAD, at=10 * SETTLE_MS, day=SUNDAY) is None
    assert look(bulletin, DEAD, at=11 * SETTLE_MS, minute=8 * 60) == News((DEAD,))


def test_a_broker_that_is_gone_waits_for_nobody_and_takes_no_device_along() -> None:
    bulletin = Bulletin(HOURS, ())
    assert look(bulletin, BROKER, DEAD, at=0, minute=NIGHT, day=SUNDAY) == News((BROKER,))
    assert look(bulletin, DEAD, at=AT_ONCE_MS - 1, minute=NIGHT) is None
    assert look(bulletin, DEAD, at=AT_ONCE_MS, minute=NIGHT) == News((), (BROKER,))


def test_what_was_told_as_open_is_told_as_over_also_after_a_restart() -> None:
    bulletin = Bulletin(HOURS, {DEAD})
    assert look(bulletin, at=0) is None
    assert look(bulletin, at=SETTLE_MS) == News((), (DEAD,))


def test_what_came_and_went_before_anybody_was_told_is_not_worth_a_word() -> None:
    bulletin = Bulletin(HOURS, ())
    look(bulletin, DEAD, at=0)
    assert look(bulletin, at=SETTLE_MS) is None


@pytest.mark.parametrize(
    ("hours", "minute", "day", "works"),
    [
        (HOURS, 8 * 60, 1, True),
        (HOURS, 8 * 60 - 1, 1, False),
        (HOURS, 18 * 60, 1, False),
        (HOURS, NOON, 6, False),
        (Hours(0, 0, frozenset({7})), 0, 7, True),
        (Hours(0, 0, frozenset({7})), 1_439, 7, True),
        (Hours(0, 0, frozenset({7})), 0, 1, False),
        (Hours(22 * 60, 6 * 60, frozenset({7})), 23 * 60, 7, True),
        (Hours(22 * 60, 6 * 60, frozenset({7})), 5 * 60, 1, True),
        (Hours(22 * 60, 6 * 60, frozenset({7})), 5 * 60, 7, False),
    ],
)
def test_who_works_when(hours: Hours, minute: int, day: int, works: bool) -> None:
    assert hours.are_now(minute, day) is works


def test_news_joins_what_has_not_left_yet_and_what_is_moot_falls_out() -> None:
    waiting = merged(None, News((DEAD, WEAK), (BROKER,)))
    joined = merged(waiting, News((BROKER, ("c-2", "old")), (DEAD,)))
    assert joined == {"opened": [list(WEAK), ["c-2", "old"]], "closed": []}

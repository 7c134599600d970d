"""Shifts as they are written, and by the calendar: against a walk, minute by minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lovebell.domain.model import Holidays, Shift
from lovebell.domain.rota import (
    BadShiftError,
    EmptyShiftError,
    covered,
    format_shift,
    is_on,
    parse_shift,
    span_of,
    windows,
)
from lovebell.domain.spans import holds, joined, within, without

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour forward and back
SHANGHAI = ZoneInfo("Asia/Shanghai")
SAMOA = ZoneInfo("Pacific/Apia")  # left out a whole day, 2011-12-30
MINUTE_MS = 60_000

SHIFTS = st.builds(
    Shift,
    st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.just(("r-1",)),
    st.sampled_from(Holidays),
).filter(lambda shift: shift.begins != shift.ends)
#: Three days around each time at which the clocks of these places were set, and ordinary days.
PLACES = st.sampled_from(
    [
        (BERLIN, date(2027, 3, 28)),
        (BERLIN, date(2027, 10, 31)),
        (BERLIN, date(2027, 6, 15)),
        (LORD_HOWE, date(2027, 4, 4)),
        (LORD_HOWE, date(2027, 10, 3)),
        (SHANGHAI, date(2027, 2, 17)),
        (SAMOA, date(2011, 12, 30)),
    ]
)


def walk(day: date, zone: ZoneInfo) -> list[tuple[int, datetime]]:
    """Every minute of some days, and what the clocks on the wall show then."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    first = noon - timedelta(days=3)
    moments = (first + timedelta(minutes=n) for n in range(6 * 24 * 60))
    return [
        (round(moment.timestamp() * 1000), moment.astimezone(zone).replace(tzinfo=None, fold=0))
        for moment in moments
    ]


WALKS = {
    (zone, day): walk(day, zone)
    for zone, day in [
        (BERLIN, date(2027, 3, 28)),
        (BERLIN, date(2027, 10, 31)),
        (BERLIN, date(2027, 6, 15)),
        (LORD_HOWE, date(2027, 4, 4)),
        (LORD_HOWE, date(2027, 10, 3)),
        (SHANGHAI, date(2027, 2, 17)),
        (SAMOA, date(2011, 12, 30)),
    ]
}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(shift=SHIFTS, place=PLACES)
def test_a_shift_is_from_its_first_minute_until_its_last_has_gone_for_good(
    shift: Shift, place: tuple[ZoneInfo, date]
) -> None:
    """By the walk: the clocks have shown its beginning, or later, and will yet show a time before
    its end.
    """
    zone, day = place
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    begins = midnight + timedelta(minutes=shift.begins)
    ends = midnight + timedelta(minutes=shift.ends)
    ends += timedelta(days=1) if shift.ends <= shift.begins else timedelta(0)
    minutes = WALKS[place]
    begun = next(at for at, wall in minutes if wall >= begins)
    gone = next(at for at, wall in reversed(minutes) if wall < ends) + MINUTE_MS
    assert span_of(shift, day, zone) == (begun, max(begun, gone))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    shifts=st.lists(SHIFTS, min_size=1, max_size=3),
    place=PLACES,
    is_holiday=st.booleans(),
    since=st.integers(1, 40),
    hours=st.integers(1, 90),
)
def test_windows_are_all_the_shifts_that_touch_a_stretch_of_time(
    shifts: list[Shift], place: tuple[ZoneInfo, date], is_holiday: bool, since: int, hours: int
) -> None:
    zone, day = place
    holidays = {day} if is_holiday else set[date]()
    begin = WALKS[place][since * 60][0]
    end = begin + hours * 3_600_000
    days = [day + timedelta(days=n) for n in range(-9, 10)]
    expected = joined(
        span_of(shift, one, zone) for shift in shifts for one in days if is_on(shift, one, holidays)
    )
    assert within(covered(shifts, zone, holidays, begin, end), begin, end) == within(
        expected, begin, end
    )
    for begins, ends, shift in windows(shifts, zone, holidays, begin, end):
        assert shift in shifts
        assert begins < end
        assert ends > begin


@settings(max_examples=100, deadline=None, derandomize=True)
@given(place=PLACES, minute=st.integers(0, 1439), day=st.integers(-1, 1))
def test_where_one_shift_follows_another_somebody_is_always_there(
    place: tuple[ZoneInfo, date], minute: int, day: int
) -> None:
    zone, first = place[0], place[1] + timedelta(days=day)
    daily = (
        Shift(tuple(range(7)), 0, minute, ("r-1",)),
        Shift(tuple(range(7)), minute, 1440, ("r-2",)),
    )
    shifts = [shift for shift in daily if shift.begins != shift.ends % 1440]
    begin = round(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() * 1000)
    end = begin + 86_400_000
    if shifts:
        assert within(covered(shifts, zone, (), begin, end), begin, end) == ((begin, end),)


@given(shift=SHIFTS)
def test_a_shift_is_read_as_it_is_written(shift: Shift) -> None:
    shift = replace(shift, members=("r-1", "g-night"))
    if shift.holidays is Holidays.NEVER and not shift.days:
        return  # no day at all: nobody can write it
    if not shift.days and shift.holidays is Holidays.ALIKE:
        return
    assert parse_shift(format_shift(shift)) == shift


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mon-fri 8:00-18:00 r-1", "mon-fri 08:00-18:00 r-1"),
        ("fri-mon 22:00-06:00 r-1,r-2", "mon,fri-sun 22:00-06:00 r-1,r-2"),
        ("daily 00:00-24:00 g-all", "daily 00:00-24:00 g-all"),
        ("sat,sun,holidays 08:00-20:00 r-1", "sat,sun,holidays 08:00-20:00 r-1"),
        ("holidays 00:00-24:00 r-1", "holidays 00:00-24:00 r-1"),
        ("not-holidays 09:00-17:00 r-1", "daily,not-holidays 09:00-17:00 r-1"),
        ("mon 18:00-24:00 r-1 , r-1", "mon 18:00-24:00 r-1"),
    ],
)
def test_days_may_be_written_in_several_ways(text: str, written: str) -> None:
    assert format_shift(parse_shift(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon 08:00-18:00",
        "monday 08:00-18:00 r-1",
        "mon 08:00 r-1",
        "mon 25:00-26:00 r-1",
        "mon 24:00-08:00 r-1",
        "mon 08:60-09:00 r-1",
        "mon 08:00-24:01 r-1",
        "holidays,not-holidays 08:00-18:00 r-1",
        "mon,daily 08:00-18:00 r-1",
        "mon 08:00-18:00 R 1",
        "mon 08:00-18:00 r-1,,r-2",
        "mon 08:00-18:00 ４",
        "mon- 08:00-18:00 r-1",
    ],
)
def test_what_is_no_shift_is_refused(text: str) -> None:
    with pytest.raises(BadShiftError):
        parse_shift(text)


def test_a_shift_without_any_time_in_it_is_refused() -> None:
    with pytest.raises(EmptyShiftError):
        parse_shift("mon 08:00-08:00 r-1")


@pytest.mark.parametrize(
    ("zone", "day", "text", "begins", "ends"),
    [
        # 02:00 to 03:00 is left out: both happen when the clock leaps, at 01:00 UTC.
        (BERLIN, (2027, 3, 28), "sun 02:30-04:00 r-1", "01:00", "02:00"),
        (BERLIN, (2027, 3, 28), "sun 00:00-02:30 r-1", "23:00", "01:00"),
        # 02:00 to 03:00 comes twice: from the first 02:30 to the second.
        (BERLIN, (2027, 10, 31), "sun 02:30-04:00 r-1", "00:30", "03:00"),
        (BERLIN, (2027, 10, 31), "sun 00:00-02:30 r-1", "22:00", "01:30"),
        # Half an hour: 02:00 becomes 02:30 in spring, 01:30 in autumn.
        (LORD_HOWE, (2027, 10, 3), "sun 02:15-04:00 r-1", "15:30", "17:00"),
        (LORD_HOWE, (2027, 4, 4), "sun 01:45-04:00 r-1", "14:45", "17:30"),
        (SHANGHAI, (2027, 2, 17), "wed 18:00-08:00 r-1", "10:00", "00:00"),
    ],
)
def test_where_the_clock_is_set_a_shift_loses_no_minute(
    zone: ZoneInfo, day: tuple[int, int, int], text: str, begins: str, ends: str
) -> None:
    span = span_of(parse_shift(text), date(*day), zone)
    told = [datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M") for at in span]
    assert told == [begins, ends]


def test_a_day_that_a_place_left_out_has_no_shift() -> None:
    begins, ends = span_of(parse_shift("daily 00:00-24:00 r-1"), date(2011, 12, 30), SAMOA)
    assert begins == ends


SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (min(pair), max(pair)))
).map(joined)


@given(some=SPANS, others=SPANS)
def test_stretches_of_time_are_joined_and_taken_away_moment_by_moment(
    some: tuple[tuple[int, int], ...], others: tuple[tuple[int, int], ...]
) -> None:
    for at in range(41):
        assert holds(joined((*some, *others)), at) == (holds(some, at) or holds(others, at))
        assert holds(without(some, others), at) == (holds(some, at) and not holds(others, at))
        assert holds(within(some, 10, 20), at) == (holds(some, at) and 10 <= at < 20)

"""Holidays as files have them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lovebell.domain.holidays import BadHolidaysError, read_holidays


def calendar(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"))


def test_a_list_is_a_day_and_its_name_a_line() -> None:
    text = "\ufeff# 示例\n2027-02-17 春节\n\n2027-05-01\n2027-10-01, 国庆节 # 放假\n"
    assert read_holidays(text) == (
        {date(2027, 2, 17): "春节", date(2027, 5, 1): "", date(2027, 10, 1): "国庆节"},
        0,
    )


def test_a_calendar_has_whole_days_and_the_end_is_the_day_after() -> None:
    text = calendar(
        "UID:1",
        "DTSTART;VALUE=DATE:20270217",
        "DTEND;VALUE=DATE:20270219",
        "SUMMARY;LANGUAGE=zh:春节\\, 假",
        " 期",
    )
    assert read_holidays(text)[0] == {
        date(2027, 2, 17): "春节, 假期",
        date(2027, 2, 18): "春节, 假期",
    }


def test_an_event_without_an_end_is_one_day() -> None:
    assert read_holidays(calendar("DTSTART:20270501", "SUMMARY:x"))[0] == {date(2027, 5, 1): "x"}


@pytest.mark.parametrize("name", ["春节（班）", "国庆节班", "补班", "调休上班"])
def test_weekend_days_that_are_worked_in_exchange_are_no_holidays(name: str) -> None:
    text = f"2027-02-17 春节\n2027-02-20 {name}\n"
    assert read_holidays(text) == ({date(2027, 2, 17): "春节"}, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("2027-02-17 x\n17.2.2027 x\n", 2),
        ("2027-02-30 x", 1),
        ("0001-01-01 x", 1),
        (calendar("DTSTART:20270217T080000Z"), 3),
        (calendar("SUMMARY:x"), 2),
        (calendar("DTSTART:20270217", "RRULE:FREQ=YEARLY"), 4),
        (calendar("DTSTART:20270217", "DTEND:20280217"), 4),
        (calendar("DTSTART:20270217", "DTEND:20270216"), 4),
        ("<html>", 1),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text: str, line: int) -> None:
    with pytest.raises(BadHolidaysError) as caught:
        read_holidays(text)
    assert caught.value.line == line


@given(st.text(max_size=200), st.booleans())
def test_rubbish_is_refused_and_breaks_nothing(text: str, is_calendar: bool) -> None:
    try:
        days, _ = read_holidays(f"BEGIN:VCALENDAR\n{text}" if is_calendar else text)
    except BadHolidaysError as why:
        assert why.line >= 1
    else:
        assert all(isinstance(day, date) for day in days)

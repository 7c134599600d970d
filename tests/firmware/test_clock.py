"""The date: what moves it, what is kept, and that it never goes back."""

import os

from bell import clock as subject
from bell import flash
from bell.clock import EARLIEST_S, KEEP_AFTER_S, RETRY_AFTER_S, Clock, seconds_of

EPOCH_S = subject._EPOCH_S


class Calendar:
    """The chip's calendar; `seconds` since 1970."""

    def __init__(self, seconds=0):
        self.seconds = seconds

    def date(self):
        return self.seconds - EPOCH_S

    def set_date(self, moment):
        year, month, day, _, hour, minute, second, _ = moment
        self.seconds = seconds_of(year, month, day, hour, minute, second)


class Board:
    """One board and its flash; `start` is a power-up at which the chip says `seconds`."""

    def __init__(self, kept=None):
        self.directory = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - no tempfile
        os.mkdir(self.directory)
        if kept is not None:
            flash.write(self.directory + "/date.txt", [str(kept).encode()])

    def start(self, seconds=0):
        calendar = Calendar(seconds)
        return Clock(self.directory, calendar), calendar


def test_seconds_of_a_date_are_those_of_everybody_else():
    assert seconds_of(1970, 1, 1, 0, 0, 0) == 0
    assert seconds_of(2000, 1, 1, 0, 0, 0) == 946_684_800
    assert seconds_of(2000, 2, 29, 12, 0, 0) == 951_825_600
    assert seconds_of(2024, 2, 29, 23, 59, 59) == 1_709_251_199
    assert seconds_of(2025, 1, 1, 0, 0, 0) == EARLIEST_S
    assert seconds_of(2038, 1, 19, 3, 14, 8) == 1 << 31


def test_a_new_board_begins_no_earlier_than_its_firmware():
    board = Board()
    clock, calendar = board.start()
    assert calendar.seconds == EARLIEST_S == clock.now()
    assert clock.today() == "2025-01-01"


def test_a_date_proven_by_a_certificate_outlives_a_power_cut():
    board = Board()
    clock, calendar = board.start()
    calendar.seconds = EARLIEST_S + 100 * KEEP_AFTER_S
    clock.proven()
    clock.keep()
    _, calendar = board.start()
    assert calendar.seconds == EARLIEST_S + 100 * KEEP_AFTER_S


def test_the_flash_is_written_once_a_day():
    clock, calendar = Board(kept=EARLIEST_S + KEEP_AFTER_S).start()
    written = []
    real = flash.write
    flash.write = lambda path, lines: written.append(path) or real(path, lines)
    try:
        for _ in range(72):
            calendar.seconds += 3600
            clock.proven()
            clock.keep()
    finally:
        flash.write = real
    assert len(written) == 3


def test_the_date_is_kept_once_a_day_while_a_connection_lasts():
    board = Board()
    clock, calendar = board.start()
    clock.proven()
    clock.keep()
    for _ in range(30):
        calendar.seconds += KEEP_AFTER_S
        clock.keep()
    assert board.start()[1].seconds == EARLIEST_S + 30 * KEEP_AFTER_S


def test_without_a_certificate_nothing_is_kept():
    board = Board()
    clock, calendar = board.start()
    calendar.seconds += 30 * KEEP_AFTER_S
    clock.keep()
    assert board.start()[1].seconds == EARLIEST_S


def test_what_a_time_server_has_moved_is_not_proven_any_more():
    board = Board()
    clock, calendar = board.start()
    clock.proven()
    clock.keep()
    clock.told(calendar.seconds + 30)  # a trifle
    calendar.seconds += KEEP_AFTER_S
    clock.keep()
    kept = clock.kept
    assert kept == EARLIEST_S + 30 + KEEP_AFTER_S
    clock.told(calendar.seconds + 1000 * KEEP_AFTER_S)
    clock.keep()
    assert clock.kept == kept


def test_the_calendar_of_a_chip_that_kept_its_power_is_believed():
    clock, _ = Board(kept=EARLIEST_S + 400).start(EARLIEST_S + 500)
    assert clock.now() == EARLIEST_S + 500


def test_a_certificate_moves_the_date_forwards_only():
    board = Board()
    clock, calendar = board.start()
    assert clock.at_least(EARLIEST_S + 10)
    assert not clock.at_least(EARLIEST_S + 5)
    assert calendar.seconds == EARLIEST_S + 10


def test_a_calendar_that_does_not_move_is_not_said_to_have_moved():
    clock, calendar = Board().start()
    calendar.set_date = lambda moment: None
    assert not clock.at_least(EARLIEST_S + 10)


def test_a_time_server_is_believed_but_not_before_what_was_proven():
    clock, calendar = Board(kept=EARLIEST_S + 1000).start()
    assert clock.told(EARLIEST_S + 9000)
    assert clock.told(EARLIEST_S + 2000)  # the later answer corrects the one before
    assert not clock.told(EARLIEST_S + 999)
    assert calendar.seconds == EARLIEST_S + 2000


def test_what_a_time_server_says_is_kept_only_when_a_certificate_agrees():
    board = Board()
    clock, _ = board.start()
    clock.told(EARLIEST_S + 10 * KEEP_AFTER_S)
    _, calendar = board.start()
    assert calendar.seconds == EARLIEST_S
    clock, _ = board.start()
    clock.told(EARLIEST_S + 10 * KEEP_AFTER_S)
    clock.proven()
    clock.keep()
    _, calendar = board.start()
    assert calendar.seconds == EARLIEST_S + 10 * KEEP_AFTER_S


def test_a_broken_file_is_no_date():
    board = Board()
    with open(board.directory + "/date.txt", "w") as file:
        file.write("99999999999")
    clock, _ = board.start()
    assert clock.now() == EARLIEST_S


def test_a_flash_that_takes_nothing_does_no_harm():
    board = Board()
    clock, calendar = board.start()
    tries = []
    real = flash.write
    flash.write = lambda path, lines: bool(tries.append(path))
    try:
        calendar.seconds += 2 * KEEP_AFTER_S
        clock.proven()
        for _ in range(5 * RETRY_AFTER_S):
            calendar.seconds += 1
            clock.keep()
    finally:
        flash.write = real
    assert clock.kept == EARLIEST_S
    assert len(tries) == 5  # once an hour: to ask it again and again would wear it out
    assert clock.keep() is False
    calendar.seconds += RETRY_AFTER_S
    assert clock.keep()
    assert clock.kept == calendar.seconds

"""The date, which the certificates of brokers are checked against; nothing else needs it.

Owns the file date.txt: the latest date that was certainly over. Knows nothing of TLS and of how a
time server is asked. Dates are seconds since 1970.

An ESP32 begins at the year 2000 when power comes, and then every certificate is of the future.
So the date goes on from the one on flash. That one was true: it is written only when a broker's
certificate has been accepted at it, once a day. It never goes back, and whatever is told later
cannot come before it. Three may move the date:

- a certificate that an authority of ours has signed and that begins later: it is from the past,
  so the date is at least its beginning (`at_least`);
- a time server (`told`), which is believed until it says something else, but not kept before a
  certificate has been accepted at it: a forged answer lasts until the next true one or the next
  start;
- the chip, which counts on while it has power.
"""

import time

from bell import flash

EARLIEST_S = 1_735_689_600  # 2025-01-01: this firmware is younger
TRIFLE_S = 60  # no certificate turns on it
KEEP_AFTER_S = 24 * 3600  # the flash is to live long
RETRY_AFTER_S = 3600  # when it has refused
# Ports count from 1970 or from 2000.
_EPOCH_S = 946_684_800 if time.gmtime(0)[0] == 2000 else 0


class Clock:
    """The date of `board`, which has date(), as time.time(), and set_date(moment), as
    machine.RTC().datetime()."""

    def __init__(self, directory: str, board) -> None:
        self._path = directory + "/date.txt"
        self._board = board
        self._kept = max(EARLIEST_S, self._read())
        self._is_proven = False  # by a certificate, and not moved since
        self._due = self._kept + KEEP_AFTER_S  # when to write it down again
        self.at_least(self._kept)

    def now(self) -> int:
        """Seconds since 1970, as far as anybody here knows."""
        return self._board.date() + _EPOCH_S

    def today(self) -> str:
        """The date as 2026-01-31."""
        return "{:04d}-{:02d}-{:02d}".format(*time.gmtime(self._board.date())[:3])

    @property
    def kept(self) -> int:
        """What it certainly is later than."""
        return self._kept

    def at_least(self, seconds: int) -> bool:
        """It is that late. Whether that has moved the date."""
        if seconds <= self.now():
            return False
        self._set(seconds)
        return self.now() >= seconds  # a calendar that is broken stays where it is

    def told(self, seconds: int) -> bool:
        """A time server has said so. Whether it can be."""
        if seconds < self._kept:
            return False
        if abs(seconds - self.now()) > TRIFLE_S:
            self._is_proven = False
        self._set(seconds)
        return True

    def proven(self) -> None:
        """A certificate has been accepted just now."""
        self._is_proven = True

    def keep(self) -> bool:
        """Write the date down if it is proven and the flash has an old one. Whether it tried to.
        Call it now and then: a connection may last for months."""
        now = self.now()
        if not self._is_proven or now < self._due:
            return False
        if flash.write(self._path, [str(now).encode()]):
            self._kept = now
            self._due = now + KEEP_AFTER_S
        else:
            self._due = now + RETRY_AFTER_S
        return True

    def _set(self, seconds: int) -> None:
        year, month, day, hour, minute, second, weekday = time.gmtime(seconds - _EPOCH_S)[:7]
        self._board.set_date((year, month, day, weekday, hour, minute, second, 0))

    def _read(self) -> int:
        lines, _ = flash.read(self._path)
        return int(lines[0]) if lines and lines[0].isdigit() else 0


def seconds_of(year: int, month: int, date: int, hour: int, minute: int, second: int) -> int:
    """Seconds since 1970, after 1970."""
    if month <= 2:
        year -= 1
        month += 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + date
    return (days - 719469) * 86400 + hour * 3600 + minute * 60 + second

"""Stand-in for MicroPython's time: a clock that select.py moves on, with the ESP32's ticks.

Owns what the board believes to be the time. The environment says how: LOVEBELL_SPEED is how many
times faster than the real clock waiting goes, LOVEBELL_TICKS the ticks at the start. Only waiting
is fast: while the firmware computes, time passes as it really does, so that a busy PC does not
look like a slow board.

Two faces: asyncio, which compares ticks in C with this interpreter's own period, must have been
imported before like_the_board() makes them wrap at 2**30 for the firmware.
"""

import uos
import utime

PERIOD = 1 << 30  # ESP32: ticks begin again here
EPOCH = 946_684_800  # ESP32: 2000-01-01, in seconds of Unix
SPEED = int(uos.getenv("LOVEBELL_SPEED") or 1)
_START = int(uos.getenv("LOVEBELL_TICKS") or 0)

ticks_add = utime.ticks_add
ticks_diff = utime.ticks_diff
_began = utime.ticks_ms()
_skipped = 0  # milliseconds that waiting has skipped


def skip_ms(ms):
    """Let the board's time go on by `ms` besides what really passes."""
    global _skipped
    _skipped += ms


def passed_ms():
    """The board's milliseconds since its start."""
    return utime.ticks_diff(utime.ticks_ms(), _began) + _skipped


def ticks_ms():
    return utime.ticks_add(utime.ticks_ms(), _skipped)


def _board_ticks_ms():
    return (_START + passed_ms()) & (PERIOD - 1)


def _board_ticks_add(ticks, delta):
    return (ticks + delta) & (PERIOD - 1)


def _board_ticks_diff(later, earlier):
    distance = (later - earlier) & (PERIOD - 1)
    return distance - PERIOD if distance >= PERIOD >> 1 else distance


def ticks_us():
    return ((_START + passed_ms()) * 1000) & (PERIOD - 1)


def sleep_ms(ms):
    utime.sleep_ms(ms // SPEED)
    skip_ms(ms - ms // SPEED)


def sleep(seconds):
    sleep_ms(int(seconds * 1000))


_BORN = int(utime.time())


def time():
    return _BORN + passed_ms() // 1000 - EPOCH


def gmtime(seconds=None):
    return utime.gmtime((time() if seconds is None else seconds) + EPOCH)[:8]


def localtime(seconds=None):
    return gmtime(seconds)


def mktime(moment):
    return int(utime.mktime(moment)) - EPOCH


def like_the_board():
    """From now on ticks begin at LOVEBELL_TICKS and wrap. Call it after asyncio is imported."""
    global ticks_ms, ticks_add, ticks_diff
    ticks_ms = _board_ticks_ms
    ticks_add = _board_ticks_add
    ticks_diff = _board_ticks_diff

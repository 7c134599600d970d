"""Stand-in for MicroPython's select, where a fast board waits.

Owns the speed of waiting. A real broker answers in real milliseconds: right after the board has
written something time passes as it really does, until an answer comes or GRACE_MS have gone.
Otherwise a deadline of five seconds would be over before Mosquitto has woken up.
"""

import sys
import time

import uselect
import utime
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT

__all__ = ("POLLERR", "POLLHUP", "POLLIN", "POLLOUT", "poll", "watch_writing")
GRACE_MS = 150
_BLIND_MS = 5  # really
_LONGEST_MS = 1000  # of the board's time at once, so that a hasty wait still looks around


_patient_until = None


def _be_patient(until):
    global _patient_until
    _patient_until = until


def _is_patient(now):
    if _patient_until is not None and utime.ticks_diff(now, _patient_until) >= 0:
        _be_patient(None)
    return _patient_until is not None


def watch_writing(stream):
    """Be patient whenever something is written to an object of the class `stream`."""
    write = stream.write

    def patiently(self, data):
        _be_patient(utime.ticks_add(utime.ticks_ms(), GRACE_MS))
        return write(self, data)

    stream.write = patiently


class _Poll:
    def __init__(self):
        self._poll = uselect.poll()
        self._owed = 0  # thousandths of a real millisecond that waiting has saved up
        self._polled = utime.ticks_ms()

    def register(self, stream, events=POLLIN | POLLOUT):
        self._poll.register(stream, events)

    def modify(self, stream, events):
        self._poll.modify(stream, events)

    def unregister(self, stream):
        self._poll.unregister(stream)

    def poll(self, ms=-1, flags=0):
        began = utime.ticks_ms()
        if ms < 0 or _is_patient(began):
            found = self._poll.poll(ms if 0 <= ms < GRACE_MS else GRACE_MS)
        else:
            ms = min(ms, _LONGEST_MS)
            self._owed += ms * 1000 // time.SPEED
            if self._owed < 1000 and utime.ticks_diff(began, self._polled) < _BLIND_MS:
                time.skip_ms(ms)  # with TLS even a poll that does not wait takes a millisecond
                return []
            self._polled = began
            wait, self._owed = self._owed // 1000, self._owed % 1000
            found = self._poll.poll(wait)
            really = utime.ticks_diff(utime.ticks_ms(), began)
            time.skip_ms(max(0, min(ms, really * time.SPEED if found else ms) - really))
        for stream, events in found:
            if stream is not sys.stdin and events & ~POLLOUT:
                _be_patient(None)
        return found

    def ipoll(self, ms=-1, flags=0):
        return iter(self.poll(ms, flags))


def poll():
    return _Poll()

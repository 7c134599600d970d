"""Asks a time server for the date: SNTP version 4, RFC 4330.

Owns one question and the doubts about the answer. Knows nothing of what the date is for.
"""

import asyncio
import os
import socket

from bell.dial import look_up

ANSWER_MS = 3_000
LOOK_MS = 50
PORT = 123
_SINCE_1900 = 2_208_988_800
_ERA = 1 << 32  # the counter begins again in 2036
_LONGEST = 48


async def ask(host: str, earliest: int) -> int | None:
    """Seconds since 1970 as `host` says, not before `earliest`; None if it says nothing. Looks
    up the name first, which blocks. Raises OSError without a way to it."""
    # The ESP32 port ignores what kind is asked for, and answers with a stream.
    family, _, _, _, address = look_up(host, PORT, socket.SOCK_DGRAM)
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        cookie = os.urandom(8)
        sock.sendto(question(cookie), address)
        for _ in range(ANSWER_MS // LOOK_MS):
            await asyncio.sleep(LOOK_MS / 1000)
            try:
                answer = sock.recv(_LONGEST)
            except OSError:
                continue  # nothing yet
            seconds = understood(answer, cookie, earliest)
            if seconds is not None:
                return seconds
    finally:
        sock.close()
    return None


def question(cookie: bytes) -> bytes:
    """The packet that asks. `cookie`, eight bytes, comes back in the answer to it."""
    return b"\x23" + bytes(39) + cookie


def understood(answer: bytes, cookie: bytes, earliest: int) -> int | None:
    """Seconds since 1970 in `answer`, None if it is none to that cookie."""
    if len(answer) < _LONGEST or answer[24:32] != cookie:
        return None
    synchronised = answer[0] >> 6 != 3 and 0 < answer[1] < 16
    if answer[0] & 7 != 4 or not synchronised:
        return None
    seconds = int.from_bytes(answer[40:44], "big") - _SINCE_1900
    while seconds < earliest - _ERA // 2:
        seconds += _ERA
    return seconds

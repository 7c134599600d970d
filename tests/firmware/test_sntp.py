"""What a time server answers, and what is no answer."""

import asyncio
import os
import socket

from bell import sntp
from bell.clock import EARLIEST_S, seconds_of
from bell.sntp import question, understood

COOKIE = b"12345678"


def answer(seconds, first=0x24, stratum=2, cookie=COOKIE):
    moment = ((seconds + 2_208_988_800) & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes([first, stratum]) + bytes(22) + cookie + bytes(8) + moment + bytes(4)


def test_the_question_is_one_of_a_client_and_carries_the_cookie():
    packet = question(COOKIE)
    assert len(packet) == 48
    assert packet[0] & 7 == 3
    assert packet[40:] == COOKIE


def test_the_answer_is_the_date():
    now = seconds_of(2026, 11, 22, 2, 15, 0)
    assert understood(answer(now), COOKIE, EARLIEST_S) == now


def test_the_counter_that_begins_again_in_2036_is_understood():
    now = seconds_of(2040, 1, 1, 0, 0, 0)
    assert understood(answer(now), COOKIE, EARLIEST_S) == now


def test_an_answer_to_another_question_is_none():
    assert understood(answer(EARLIEST_S, cookie=b"otherone"), COOKIE, EARLIEST_S) is None


def test_a_server_that_does_not_know_the_time_itself_is_not_believed():
    assert understood(answer(EARLIEST_S, first=0xE4), COOKIE, EARLIEST_S) is None
    assert understood(answer(EARLIEST_S, stratum=0), COOKIE, EARLIEST_S) is None
    assert understood(answer(EARLIEST_S, stratum=16), COOKIE, EARLIEST_S) is None


def test_a_question_or_a_fragment_is_no_answer():
    assert understood(answer(EARLIEST_S, first=0x23), COOKIE, EARLIEST_S) is None
    assert understood(answer(EARLIEST_S)[:40], COOKIE, EARLIEST_S) is None
    assert understood(b"", COOKIE, EARLIEST_S) is None


class Server:
    """A time server on this machine, on a port of its own."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = self._bound()
        self.socket.setblocking(False)

    def _bound(self):
        # MicroPython cannot ask which port it was given: it looks for one that nobody has.
        for _ in range(20):
            port = 20_000 + int.from_bytes(os.urandom(2), "big") % 40_000
            address = socket.getaddrinfo("127.0.0.1", port, 0, socket.SOCK_DGRAM)[0][-1]
            try:
                self.socket.bind(address)
            except OSError:
                continue
            return port
        raise OSError("no port")

    async def serve(self):
        while True:
            await asyncio.sleep(0.001)
            try:
                asked, client = self.socket.recvfrom(100)
            except OSError:
                continue
            for seconds in self.answers:
                self.socket.sendto(answer(seconds, cookie=asked[40:48]), client)

    def asked(self, answer_ms=60_000):
        async def ask():
            serving = asyncio.create_task(self.serve())
            try:
                return await sntp.ask("127.0.0.1", EARLIEST_S)
            finally:
                serving.cancel()

        real = sntp.PORT, sntp.ANSWER_MS, sntp.LOOK_MS
        sntp.PORT, sntp.ANSWER_MS, sntp.LOOK_MS = self.port, answer_ms, 2
        try:
            return asyncio.run(ask())
        finally:
            sntp.PORT, sntp.ANSWER_MS, sntp.LOOK_MS = real
            self.socket.close()


def test_a_server_is_asked_over_udp():
    now = seconds_of(2026, 11, 22, 2, 15, 0)
    assert Server(now).asked() == now


def test_a_server_that_says_nothing_is_not_waited_for():
    assert Server().asked(200) is None

"""Rubbish for the boards: whatever it is, MicroPython and CPython say the same of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fuzz import peer
from fuzz.doors import gateway_says, is_for_both
from fuzz.kit import PIECES, dose, fields, filled, kept, mangled, vectors, written
from hypothesis import given
from hypothesis import strategies as st

from simulator.interpreter import choose, find_firmware

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES = [topic.encode() + b"\0" + payload for topic, payload in vectors()]
FIELDS = fields()
TOPICS = sorted({topic.encode() for topic, _ in vectors()})
CONFIG: dict[str, Any] = {
    "device": "b-01",
    "role": "button",
    "wifi": [{"ssid": "示例", "password": "secret-secret"}],
    "broker": [{"host": "192.168.1.2", "port": 8883, "tls": True}],
    "user": "b-01",
    "password": "x",
    "ca": "ca.der",
    "ntp": "pool.example",
    "heartbeat_s": 60,
    "hears": ["b-02"],
    "pins": {"button": 27, "lamp": 26, "buzzer": 25, "supply": 34},
    "supply": {"low_mv": 3500, "ratio_milli": 2000},
}
#: What a broker says to a device, byte for byte after the MQTT 3.1.1 standard.
SAID = [
    bytes.fromhex("20020000"),
    bytes.fromhex("20020100 9003000101 4002 0001 d000"),
    bytes.fromhex("20020000 300d0003612f62") + b"12345678",
    bytes.fromhex("20020000 330f0003612f62 0007") + b"12345678",
    bytes.fromhex("20020005"),
    bytes.fromhex("20020000 32ff0f0003612f62000a") + b"x" * 2000,
]


class Board:
    """The firmware's decoders in a process of the board's own interpreter."""

    def __init__(self) -> None:
        micropython = ["-m", "micropython_unix"] if choose().name == "micropython" else []
        path = f"{find_firmware()}:.frozen"
        self._process = subprocess.Popen(
            [sys.executable, *micropython, peer.__file__],
            env={**os.environ, "MICROPYPATH": path, "PYTHONPATH": str(find_firmware())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, door: str, raw: bytes) -> str:
        """What it says of these bytes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{door} {raw.hex()}\n")
        self._process.stdin.flush()
        verdict = self._process.stdout.readline()
        assert verdict.endswith("\n"), "the board's interpreter died"
        return verdict[:-1]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(10) == 0


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    made = Board()
    yield made
    made.close()


def both(board: Board, door: str, raw: bytes) -> str:
    """What both interpreters say."""
    here = peer.DOORS[door](raw)
    assert board.ask(door, raw) == here
    return here


def judge_message(board: Board, raw: bytes) -> None:
    """Gateway, CPython and board agree."""
    if is_for_both(raw):
        assert both(board, "message", raw) == gateway_says(raw)


@dose(100)
@given(
    mangled(MESSAGES)
    | st.builds(lambda t, f: t + b"\0" + f, st.sampled_from(TOPICS), written(filled(*FIELDS)))
)
def test_gateway_and_boards_agree_on_every_message(board: Board, raw: bytes) -> None:
    judge_message(board, raw)


def test_they_agree_on_every_message_that_was_kept(board: Board) -> None:
    for raw in kept("messages"):
        judge_message(board, raw)


@dose(100)
@given(
    mangled([payload for _, payload in vectors()])
    | st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join)
)
def test_boards_agree_on_what_is_json(board: Board, raw: bytes) -> None:
    both(board, "text", raw)


@dose(100)
@given(written(filled(CONFIG)) | mangled([json.dumps(CONFIG).encode()]))
def test_a_configuration_is_taken_or_refused_by_name(board: Board, raw: bytes) -> None:
    # What is JSON at all is not the same to both: MicroPython reads more.
    for verdict in (board.ask("settings", raw), peer.settings(raw)):
        assert verdict[:1] == "{" or verdict in ("refused", "no JSON"), verdict


@dose(100)
@given(mangled(SAID) | st.binary(max_size=60))
def test_whatever_a_broker_says_the_connection_ends_with_a_reason(board: Board, raw: bytes) -> None:
    verdict = both(board, "broker", raw)
    assert peer.plain("broken") in verdict


def test_a_broker_that_hangs_up_after_any_byte_is_a_broken_connection(board: Board) -> None:
    for said in SAID:
        for end in range(len(said) if len(said) < 100 else 40):
            assert peer.plain("broken") in both(board, "broker", said[:end])

"""The real mpremote and the real esptool on virtual boards."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import sys
import tty
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lovebell.provision.bundle import Identity
from lovebell_tools.board import Board, BoardError
from lovebell_tools.gateway import Given
from lovebell_tools.identity import Site
from lovebell_tools.ledger import Ledger
from lovebell_tools.making import desired_of
from lovebell_tools.plan import PUBLISHER, steps
from lovebell_tools.upkeep import verify
from simulator.interpreter import find_firmware

if TYPE_CHECKING:
    from collections.abc import Iterator

    from technician.bench import Bench

    from lovebell_tools.crew import Done
    from simulator.serial_board import SerialBoard


def why(done: Done) -> str | None:
    return done.why.name if done.why else None


def what_is_missing(
    bench: Bench, board: SerialBoard, device: str, site: Site | None = None
) -> list[str]:
    order = replace(bench.order, site=site or bench.order.site)
    identity = next(one for one in bench.order.bundle.identities if one.device == device)
    given = Given(identity, bench.order.bundle, 0)
    with Board(board.port) as prompt:
        return [step.path for step in steps(desired_of(given, order), prompt.hashes())]


def test_eight_boards_at_once_of_which_one_is_unplugged_one_is_full_and_one_is_mute(
    bench: Bench,
) -> None:
    bare = [bench.board(is_bare=True) for _ in range(3)]
    others = [bench.board() for _ in range(2)]
    pulled, full, mute = bench.board(), bench.board(blocks=12), bench.board(is_mute=True)
    pulled.unplug_at(b"bell/link.mpy")

    done = bench.make(*bare, *others, pulled, full, mute)

    good, bad = done[:5], done[5:]
    assert [(one.made.proof if one.made else why(one)) for one in good] == ["broker"] * 5
    assert [why(one) for one in bad] == ["unplugged", "full", "mute"]
    given = {one.made.device for one in good if one.made}
    assert len(given) == 5
    for one, board in zip(good, [*bare, *others], strict=True):
        assert one.made is not None
        assert what_is_missing(bench, board, one.made.device) == []

    # The one that was unplugged does nothing at all until it is set up again.
    had = bench.order.ledger.given()[":".join(f"{byte:02x}" for byte in pulled.mac)]
    pulled.heard.clear()
    pulled.plug()
    pulled.wait_for(b">>> ")
    assert b"boot" not in pulled.heard
    (again,) = bench.make(pulled)
    assert again.made is not None
    assert (again.made.device, again.made.proof) == (had, "broker")
    assert had not in given
    assert what_is_missing(bench, pulled, had) == []


def test_wherever_the_plug_is_pulled_a_board_is_what_it_was_or_silent_until_it_is_set_up_again(
    bench: Bench,
) -> None:
    board = bench.board()
    (made,) = bench.make(board, start_s=0)
    assert made.made is not None
    moments = (b"os.remove", b"machine.reset", b"w=f.write", b"'main.py.new'")
    for number, moment in enumerate(moments):
        site = Site([{"ssid": f"示例网络 {number}", "password": "12345678"}])
        board.unplug_at(moment)
        (broken,) = bench.make(board, site=site, start_s=0)
        assert why(broken) == "unplugged", moment
        board.unplug()
        board.heard.clear()
        board.plug()
        if moment == b"os.remove":  # nothing had been done to it yet
            board.wait_for(b"boot ")
        else:
            board.wait_for(b">>> ")
            assert b"boot " not in board.heard, moment
        (made,) = bench.make(board, site=site, start_s=0)
        assert made.made is not None, moment
        assert what_is_missing(bench, board, "b-01", site) == []


def test_a_board_keeps_its_identity_without_the_ledger_and_is_another_with_another_bundle(
    bench: Bench,
) -> None:
    board = bench.board()
    (made,) = bench.make(board, device="b-07", start_s=0)
    assert made.made is not None
    assert made.made.device == "b-07"
    with Board(board.port) as prompt:
        prompt.write("journal", b"a press of b-07")
        prompt.write("config.good.json", b'{"device": "b-07"}')
    lost = Ledger(bench.folder / "lost.given.json")
    (made,) = bench.make(board, ledger=lost, start_s=0)
    assert made.made is not None
    assert made.made.device == "b-07"
    with Board(board.port) as prompt:
        assert prompt.read("journal") is not None

    other = replace(bench.order.bundle, identities=[Identity("b-70", "button", "y" * 32)])
    fresh = Ledger(bench.folder / "other.given.json")
    (made,) = bench.make(board, bundle=other, ledger=fresh, start_s=0)
    assert made.made is not None
    assert made.made.device == "b-70"
    with Board(board.port) as prompt:
        kept = [prompt.read(path) or b"" for path in ("journal", "config.good.json")]
    assert b"b-07" not in b"".join(kept)  # of its own it may have some by now


UPDATED = """\
import binascii, os
for path in ('a', 'a/bell', 'b'):
    os.mkdir(path)
for name in os.listdir('bell'):
    if name != '__init__.mpy':
        with open('bell/' + name, 'rb') as before, open('a/bell/' + name, 'wb') as after:
            after.write(before.read())
line = b'a 9.9.9 - 0 9.9.9 1 good'
kept = {
 'a/bell/__init__.py': PACKAGE,
 'slots': '{:08x} '.format(binascii.crc32(line)).encode() + line + b'\\n',
 'update': b'', 'update.of': b'',
}
for path in kept:
    with open(path, 'wb') as file:
        file.write(kept[path])
"""


def test_a_board_that_was_updated_over_the_air_is_good_until_it_is_set_up_again(
    bench: Bench,
) -> None:
    board = bench.board()
    known = replace(bench.order.bundle, publisher="c1" * 256)
    (made,) = bench.make(board, bundle=known, start_s=0)
    assert made.made is not None
    with Board(board.port) as prompt:
        assert prompt.read(PUBLISHER) == b"c1" * 256 + b"\n"
    package = (find_firmware() / "bell" / "__init__.py").read_text(encoding="utf-8")
    package = package.replace(f'"{bench.order.firmware.version}"', '"9.9.9"')
    todo = f"PACKAGE = {package.encode()!r}\n{UPDATED}"
    asked = [sys.executable, "-m", "mpremote", "connect", board.port, "exec", todo, "reset"]
    subprocess.run(asked, check=True, capture_output=True)
    board.wait_for(b"button b-01 9.9.9")
    with Board(board.port) as prompt:
        assert prompt.facts().version == "9.9.9"
    assert verify(board.port, bench.order.firmware, 0) == made.made.device
    (made,) = bench.make(board, start_s=0)
    assert made.made is not None
    with Board(board.port) as prompt:
        assert prompt.facts().version == bench.order.firmware.version
        left = [path for path in prompt.hashes() if path[:2] in ("a/", "b/") or path == PUBLISHER]
        assert left == []
        assert prompt.read("slots") is prompt.read("update") is prompt.read("update.of") is None


@pytest.fixture
def port() -> Iterator[str]:
    """A serial port at whose end nobody answers."""
    ends = pty.openpty()
    tty.setraw(ends[1])
    yield os.ttyname(ends[1])
    for end in ends:
        os.close(end)


@pytest.mark.parametrize(("waits", "why"), [(3, "no_answer"), (1000, "no_port")])
def test_a_port_that_another_program_lets_go_of_is_had_and_one_that_it_keeps_is_told(
    port: str, monkeypatch: pytest.MonkeyPatch, waits: int, why: str
) -> None:
    """A program that was started while the port was open holds its lock for a moment longer."""
    other = os.open(port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX)
    left = iter(range(waits))

    def sleep(_: float) -> None:
        if next(left, None) is None:
            fcntl.flock(other, fcntl.LOCK_UN)

    monkeypatch.setattr("lovebell_tools.board.time.sleep", sleep)
    with pytest.raises(BoardError) as told:
        Board(port, knocks_s=(0,))
    assert told.value.name == why
    os.close(other)

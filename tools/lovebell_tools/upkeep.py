"""What is done to a board that has been set up: look at it, blink, label it, empty it.

Owns each of these for one board. Asks nobody anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lovebell_tools.board import Board, BoardError, again
from lovebell_tools.console import Console
from lovebell_tools.identity import access_of
from lovebell_tools.labels import Label
from lovebell_tools.making import see_connected
from lovebell_tools.plan import (
    CERTIFICATE,
    CONFIG,
    OF_BEFORE,
    READY,
    device_in,
    is_of_updates,
    steps,
)

if TYPE_CHECKING:
    from lovebell_tools.release import Firmware

LAMP: Final = 26  # where the lamp is unless config.json says otherwise, see docs/hardware.md
BLINKS, BLINK_MS = 10, 150
#: First what makes it start, so that a plug pulled half-way leaves a board that does nothing.
TO_EMPTY: Final = (READY, CONFIG, *OF_BEFORE, CERTIFICATE)


def verify(port: str, firmware: Firmware, wait_s: float) -> str:
    """The device on that port: its files are the firmware's, and it has reached the broker.

    Raises BoardError: `not_set_up`, `not_ours`, `not_connected`, `not_heard`.
    """
    with Board(port) as board:
        hashes = board.hashes()
        # What has come over the air since is as good as signed; what a technician has set up is
        # what the board falls back to.
        present = {path: sum_ for path, sum_ in hashes.items() if not is_of_updates(path)}
        device = device_in(board.read(CONFIG)) if CONFIG in present else None
        if device is None or READY not in present:
            board.restart()
            raise BoardError("not_set_up")
        paths = sorted({step.path for step in steps(firmware.files, present)} - {READY})
        if paths or steps({READY: firmware.files[READY]}, {READY: present[READY]}):
            board.restart()
            raise BoardError("not_ours", paths=", ".join(paths or [READY]))
        board.restart()
    if wait_s:
        with again(lambda: Console(port)) as console:
            see_connected(console, wait_s)
    return device


def identify(port: str) -> None:
    """Blink the lamp, and go on as before. Raises BoardError."""
    with Board(port) as board:
        board.blink(_lamp(board.read(CONFIG)), BLINKS, BLINK_MS)
        board.restart()


def who(port: str) -> Label:
    """What belongs on the label of the board on that port; it goes on as before.

    Raises BoardError: `not_set_up`.
    """
    with Board(port) as board:
        raw = board.read(CONFIG)
        board.restart()
    try:
        fields: Any = json.loads(raw or b"{}")
        device, role, secret = (str(fields[name]) for name in ("device", "role", "password"))
    except (ValueError, KeyError, TypeError):
        raise BoardError("not_set_up") from None
    return Label(device, role, access_of(device, secret))


def about(port: str) -> tuple[str | None, bool]:
    """(the device on that port, whether presses on it have not been delivered), as it is asked
    before a board is emptied. The board stays at its prompt. Raises BoardError."""
    with Board(port) as board:
        return device_in(board.read(CONFIG)), bool(board.read("journal"))


def empty(port: str) -> None:
    """Take away who it is. The firmware stays, and does nothing. Raises BoardError."""
    with Board(port) as board:
        present = board.hashes()
        for path in TO_EMPTY:
            if path in present:
                board.remove(path)
        board.restart()


def go_on(port: str) -> None:
    """Start a board that was asked about and is left as it was. Raises BoardError."""
    with Board(port) as board:
        board.restart()


def _lamp(config: bytes | None) -> int:
    try:
        fields: Any = json.loads(config or b"{}")
        return int(fields["pins"]["lamp"])
    except (ValueError, KeyError, TypeError):
        return LAMP

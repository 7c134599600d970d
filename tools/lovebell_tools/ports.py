"""What is plugged in: which serial ports there are, and what is at the end of each.

Owns the look. It breaks into a board that runs and starts it again afterwards.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from serial.tools import list_ports

from lovebell_tools import chip as chips
from lovebell_tools.board import Board, BoardError
from lovebell_tools.plan import CONFIG, READY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: USB vendors of the converters on ESP32 boards: Espressif, Silicon Labs, WCH, FTDI.
VENDORS: Final = (0x303A, 0x10C4, 0x1A86, 0x0403)
READY_AS: Final = {(True, True): "is_ready", (True, False): "is_half", (False, True): "is_half"}


@dataclass(frozen=True, slots=True)
class Found:
    """What is at the end of a port. `kind` is micropython, bare, mute or gone; `standing` whether
    it is set up: is_ready, is_half or is_empty. What is not known is None."""

    port: str
    kind: str
    chip: str | None = None
    mac: str | None = None
    release: str | None = None
    version: str | None = None
    device: str | None = None
    role: str | None = None
    standing: str | None = None

    def document(self) -> dict[str, object]:
        """For a program."""
        return asdict(self)


def plugged() -> list[str]:
    """All ports that a board may be on."""
    return sorted(one.device for one in list_ports.comports() if one.vid in VENDORS)


def watch(
    plugged: Callable[[], list[str]], look: Callable[[str], Found], pause: Callable[[], object]
) -> Iterator[Found]:
    """What is plugged in, one after the other, and whatever is plugged in or out from then on; of
    one that is gone the kind is `gone`."""
    known: set[str] = set()
    while True:
        there = plugged()
        for port in sorted(known - set(there)):
            yield Found(port, "gone")
        for port in there:
            if port not in known:
                yield look(port)
        known = set(there)
        pause()


def ports(named: Sequence[str]) -> list[str]:
    """Those that were named, else all that a board may be on. Raises BoardError: `no_boards`."""
    found = list(named) or plugged()
    if not found:
        raise BoardError("no_boards")
    return list(dict.fromkeys(found))


def look(port: str) -> Found:
    """What is at the end of that port. One that cannot be looked at counts as mute."""
    try:
        return _look(port)
    except BoardError:
        return Found(port, "mute")


def _look(port: str) -> Found:
    try:
        board = Board(port)
    except BoardError as why:
        if why.name != "no_answer":
            raise
        chip = chips.find(port)
        if chip is None:
            return Found(port, "mute")
        return Found(port, "bare", chip.name, chip.mac)
    with board:
        facts = board.facts()
        config = board.read(CONFIG)
        is_ready = board.read(READY) is not None
        device, role = _named(config)
        standing = READY_AS.get((config is not None, is_ready), "is_empty")
        if is_ready:
            board.restart()
    return Found(
        port,
        "micropython",
        facts.machine,
        facts.mac,
        facts.release,
        facts.version,
        device,
        role,
        standing,
    )


def _named(config: bytes | None) -> tuple[str | None, str | None]:
    try:
        fields: Any = json.loads(config or b"{}")
        return fields.get("device"), fields.get("role")
    except (ValueError, AttributeError):
        return None, None

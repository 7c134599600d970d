"""A technician's bench: virtual boards on serial ports, and an order for them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lovebell.provision.bundle import Broker, Bundle, Identity
from lovebell_tools.crew import Done, make_all
from lovebell_tools.identity import Site
from lovebell_tools.ledger import Ledger
from lovebell_tools.making import Order
from simulator.serial_board import SerialBoard

if TYPE_CHECKING:
    from pathlib import Path

    from lovebell_tools.release import Firmware

SECRET = "0123456789abcdef" * 2
WIFI = {"ssid": "示例网络", "password": "12345678"}


class Bench(ExitStack):
    """Boards are unplugged at the end."""

    def __init__(self, folder: Path, firmware: Firmware, broker_port: int) -> None:
        super().__init__()
        self.folder = folder
        self.boards: list[SerialBoard] = []
        image = folder / "micropython.bin"
        image.write_bytes(b"\xe9" + bytes(range(256)) * 16)
        identities = [Identity(f"b-{number:02}", "button", SECRET) for number in range(1, 10)]
        self.order = Order(
            firmware,
            Bundle(
                [*identities, Identity("c-01", "chime", SECRET)],
                [Broker("127.0.0.1", broker_port, tls=False)],
                certificate=None,
                expires_ms=1 << 50,
            ),
            Site([WIFI], hears={"c-01": ["b-01"]}),
            Ledger(folder / "bundle.given.json"),
            folder / "cache",
            role="button",
            image=image,
            start_s=120,
            press_s=0,
        )

    def board(self, **how: Any) -> SerialBoard:
        """One more board, plugged in."""
        number = len(self.boards) + 1
        board = SerialBoard(self.folder / f"board-{number}", number, **how)
        self.callback(board.close)
        self.boards.append(board)
        board.plug()
        return board

    def make(self, *boards: SerialBoard, **changes: Any) -> list[Done]:
        """Set them up, all at once."""
        order = replace(self.order, **changes)
        return make_all([board.port for board in boards], order, "en", is_shown=False)

"""An operator at a keyboard in a test: the real commands, the real database and, if it runs, the
whole gateway; time moves only when somebody waits.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from stories.street import Street, furnish

from lovebell.cli import cli
from lovebell.commands.app import Edge

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


LOOK_MS = 5_000


class Town:
    """Give it an end with `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.street = Street(path)
        self.gateway_is_up = False
        self.waits = 0
        self.patience = 1_000
        self._looked = 0
        self._loop = asyncio.Runner()

    def furnish(self) -> None:
        """Enter one home, its volunteer, a neighbour and the desk in the books."""
        furnish(self.street)

    def type(self, *args: str, language: str = "en") -> Result:
        """Run `lovebell` with these arguments."""
        edge = Edge(lambda: self.street.now, self.sleep)
        environment = {"LOVEBELL_DATABASE": str(self.path), "LOVEBELL_LANGUAGE": language}
        return CliRunner(env=environment).invoke(cli, args, obj=edge, prog_name="lovebell")

    def read(self, *args: str) -> Any:
        """What the command says with --json; it must succeed."""
        result = self.type(*args, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def sleep(self, seconds: float) -> None:
        """The command waits: the clock moves, and the gateway goes on with its work."""
        self.waits += 1
        if self.waits > self.patience:
            raise KeyboardInterrupt
        self.street.now += round(seconds * 1000)
        self.go_on()

    # -- the gateway ---------------------------------------------------------------------

    def power_up(self) -> None:
        """Start the gateway."""
        self._loop.run(self.street.power_up())
        self.gateway_is_up = True
        self._looked = self.street.now
        self.go_on()

    def power_cut(self) -> None:
        """Stop the gateway."""
        self._loop.run(self.street.power_cut())
        self.gateway_is_up = False

    def press(self, button: str = "b-1", press_id: str = "") -> None:
        """The elder presses."""
        self.go_on()
        self._loop.run(self.street.press(button, press_id=press_id))

    def answer(self, chime: str) -> None:
        """A responder presses the chime that rings."""
        self._loop.run(self.street.answer(chime))

    def forward(self, seconds: float) -> None:
        """Time goes by."""
        self._loop.run(self.street.forward(seconds))

    def look(self) -> None:
        """The gateway looks after its devices, as it has done all the while."""
        street, end = self.street, self.street.now
        for street.now in (*range(self._looked, end, LOOK_MS), end):
            street.warden.tick(street.now)
        self._looked = end
        self.go_on()

    def go_on(self) -> None:
        """Let the gateway, if it runs, take up what operators have done."""
        if self.gateway_is_up:
            self._loop.run(self._go_on())

    async def _go_on(self) -> None:
        street = self.street
        await street.engine.reread(street.now)
        street.operators.take_all(street.now)
        await street.settle()

    def close(self) -> None:
        """Stop the gateway if it runs."""
        if self.gateway_is_up:
            self.power_cut()
        self._loop.close()

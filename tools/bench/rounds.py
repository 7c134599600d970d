"""One round: the echo and then the gateway, at the same broker, with the same presses.

Owns what is measured and in which order. Knows nothing of tables and files.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from pydantic import BaseModel
from simulator.mosquitto import Mosquitto

from bench.load import Load, Tools, echoing, press

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Presses before the first measurement: connections, caches and the processor's clock warm up.
WARM_UP = 50
#: Between two single presses all must be quiet, so that a press meets a gateway at rest.
PAUSE_MS = 2


class Sizes(BaseModel):
    """How many presses a round makes. Each press comes from a home of its own: a second one
    would only be counted in the first one's episode, and ring nobody."""

    single: int
    saturated: int

    @property
    def homes(self) -> int:
        """Homes needed: the warm-up, the single presses, and two saturated runs."""
        return WARM_UP + self.single + 2 * self.saturated


class Loads(BaseModel):
    """What one responder, echo or gateway, did in one round."""

    single: Load
    window_50: Load
    window_500: Load


class Round(BaseModel):
    """Both, in the same round."""

    echo: Loads


def measure(tools: Tools, port: int, sizes: Sizes, *options: str) -> Loads:
    """Press one at a time, then with 50, then with 500 unanswered."""
    press(tools, port, WARM_UP, "--first=1", *options)
    first = 1 + WARM_UP
    single = press(
        tools, port, sizes.single, f"--first={first}", f"--pause-ms={PAUSE_MS}", *options
    )
    first += sizes.single
    window_50 = press(tools, port, sizes.saturated, f"--first={first}", *options, window=50)
    first += sizes.saturated
    window_500 = press(tools, port, sizes.saturated, f"--first={first}", *options, window=500)
    return Loads(single=single, window_50=window_50, window_500=window_500)


def play_round(tools: Tools, folder: Path, sizes: Sizes, say: Callable[[str], None]) -> Round:
    """A new broker and a new gateway, so that no round inherits anything of the one before."""
    with ExitStack() as stack:
        broker = Mosquitto(folder / "broker")
        stack.callback(broker.kill)
        broker.start()
        say("echo")
        with echoing(tools, broker.port):
            echo = measure(tools, broker.port, sizes, "--ring-only")
    return Round(echo=echo)

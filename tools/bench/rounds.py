"""One round: the echo and then the gateway, at the same broker, with the same presses.

Owns what is measured and in which order. Knows nothing of tables and files.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from pydantic import BaseModel

from bench.gateway import Gateway, lost, set_up
from bench.load import Load, Tools, beat, echoing, press
from bench.nodered import NodeRed
from bench.stopping import held
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Presses before the first measurement: connections, caches and the processor's clock warm up.
WARM_UP = 50


class Sizes(BaseModel):
    """How many presses a round makes. Each press comes from a home of its own: a second one
    would only be counted in the first one's episode, and ring nobody.

    Before each single press all is quiet for `pause_ms`, for echo and gateway alike.
    """

    single: int
    saturated: int
    pause_ms: int

    @property
    def homes(self) -> int:
        """Homes needed: the warm-up, the single presses, and two saturated runs."""
        return WARM_UP + self.single + 2 * self.saturated


class Loads(BaseModel):
    """What the echo, or the gateway, did in one round."""

    single: Load
    window_50: Load
    window_500: Load


class GatewayLoads(Loads):
    """What the gateway did, and at what cost. `lost` presses were answered and are not on disk,
    or were never answered: there must be none."""

    cpu_us_per_press: float
    peak_mb: float
    lost: int


class OtherLoads(Loads):
    """What another way to do it did. What it loses is its own affair, and is told."""

    lost: int


class Round(BaseModel):
    """All of them, in the same round."""

    echo: Loads
    gateway: GatewayLoads
    node_red: OtherLoads | None = None


def _echo(tools: Tools, port: int, sizes: Sizes) -> Loads:
    """The limit: what a gateway could do that had nothing to decide and nothing to keep."""
    pause = f"--pause-ms={sizes.pause_ms}"
    with echoing(tools, port):
        press(tools, port, WARM_UP, "--ring-only")
        return Loads(
            single=press(tools, port, sizes.single, "--ring-only", pause),
            window_50=press(tools, port, sizes.saturated, "--ring-only", window=50),
            window_500=press(tools, port, sizes.saturated, "--ring-only", window=500),
        )


def _gateway(tools: Tools, folder: Path, port: int, sizes: Sizes) -> GatewayLoads:
    """The same presses, each from another home; then what the database holds of them."""
    gateway = Gateway(folder, port)
    runs: list[tuple[int, Load]] = []
    first = 2  # `wait_until_ready` presses the first

    def run(presses: int, *options: str, window: int = 1) -> Load:
        nonlocal first
        load = press(tools, port, presses, f"--first={first}", *options, window=window)
        gateway.settle()
        runs.append((first, load))
        first += presses
        return load

    try:
        gateway.start()
        gateway.wait_until_ready(tools)
        beat(tools, port, sizes.homes)  # of a device that was never heard more has to be found out
        gateway.settle()
        run(WARM_UP - 1)
        single = run(sizes.single, f"--pause-ms={sizes.pause_ms}")
        window_50 = run(sizes.saturated, window=50)
        before_s = gateway.cpu_s()
        window_500 = run(sizes.saturated, window=500)
        cpu_us = (gateway.cpu_s() - before_s) * 1e6 / sizes.saturated
        peak_mb = gateway.peak_mb()
        gateway.stop()
    finally:
        gateway.kill()
    return GatewayLoads(
        single=single,
        window_50=window_50,
        window_500=window_500,
        cpu_us_per_press=round(cpu_us, 1),
        peak_mb=peak_mb,
        lost=sum(lost(gateway.database, number, load) for number, load in runs),
    )


def _node_red(tools: Tools, script: Path, folder: Path, port: int, sizes: Sizes) -> OtherLoads:
    """The same presses for a flow in Node-RED that keeps them in SQLite."""
    other = NodeRed(script, folder, port)
    lost = 0
    first = 2

    def run(presses: int, *options: str, window: int = 1) -> Load:
        nonlocal first, lost
        load = press(tools, port, presses, f"--first={first}", *options, window=window)
        lost += other.lost(first, load)
        first += presses
        return load

    try:
        other.start(tools)
        run(WARM_UP)
        single = run(sizes.single, f"--pause-ms={sizes.pause_ms}")
        window_50 = run(sizes.saturated, window=50)
        window_500 = run(sizes.saturated, window=500)
    finally:
        other.kill()
    return OtherLoads(single=single, window_50=window_50, window_500=window_500, lost=lost)


def play_round(
    tools: Tools, folder: Path, sizes: Sizes, say: Callable[[str], None], node_red: Path | None
) -> Round:
    """A new broker and a new gateway, so that no round inherits anything of the one before.

    `node_red` is its script, if it is to be measured too; on a broker of its own.
    """
    with ExitStack() as stack:
        say("setting up the homes")
        set_up(folder / "lovebell.db", sizes.homes)
        broker = _broker(folder / "broker", stack)
        say("the echo")
        echo = _echo(tools, broker.port, sizes)
        say("the gateway")
        gateway = _gateway(tools, folder, broker.port, sizes)
        other = None
        if node_red is not None:
            say("Node-RED")
            port = _broker(folder / "other-broker", stack).port
            other = _node_red(tools, node_red, folder / "node-red", port, sizes)
        return Round(echo=echo, gateway=gateway, node_red=other)


def _broker(folder: Path, stack: ExitStack) -> Mosquitto:
    broker = Mosquitto(folder)
    stack.callback(broker.kill)
    with held():
        broker.start()
    return broker

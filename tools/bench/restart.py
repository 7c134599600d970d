"""`python -m bench.restart`: after a stop, how soon is every overdue call rung on?

Measures the real gateway from outside: its start, with so many calls that are over in its
database, and the rings on the wire; beside it a bare client that publishes as many messages
through the same Mosquitto. Decides nothing about the gateway.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench import stopping
from bench.gateway import Gateway, set_up
from bench.overdue import fill
from simulator.mosquitto import Mosquitto
from simulator.numbers import Whole

if TYPE_CHECKING:
    from collections.abc import Generator

FOLDER = Path(__file__).parents[2] / "build" / "bench"
#: The goal: all of ten thousand within ten seconds of a restart.
LONGEST_S = 120


class Ears:
    """Hears which episodes are rung. Open it with `listening`."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}
        self.changed = threading.Condition()

    def hear(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        episode: str = json.loads(message.payload)["episode"]
        with self.changed:
            self.heard.setdefault(episode, time.monotonic())
            self.changed.notify_all()

    def wait_for(self, episodes: int) -> float:
        """When so many different ones had been heard. Raises TimeoutError."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.heard) >= episodes, LONGEST_S):
                raise TimeoutError(f"{len(self.heard)} of {episodes} were rung in {LONGEST_S} s")
        return sorted(self.heard.values())[episodes - 1]


@contextmanager
def listening(port: int) -> Generator[Ears]:
    """Ears at the broker."""
    ears, is_there = Ears(), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bench-ears")
    client.on_message = ears.hear
    client.on_subscribe = lambda *_, **__: is_there.set()  # pyright: ignore[reportUnknownLambdaType]
    client.connect("127.0.0.1", port)
    client.subscribe("lovebell/v1/+/ring", 1)
    client.loop_start()
    is_there.wait(10)
    try:
        yield ears
    finally:
        client.disconnect()
        client.loop_stop()


def bare(port: int, calls: int) -> float:
    """Seconds that a bare client takes to publish as many rings to the same ears."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bench-bare")
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    with listening(port) as ears:
        begun = time.monotonic()
        for n in range(calls):
            fields: dict[str, Any] = {"episode": f"b-{n:05d}.bare-1-1", "kind": "call", "step": 2}
            fields |= {"button": f"b-{n:05d}", "home": f"示例路 {n} 号", "for_ms": 120_000}
            body = json.dumps(fields, ensure_ascii=False)
            client.publish(f"lovebell/v1/c-{n:05d}/ring", body, qos=1)
        took_s = ears.wait_for(calls) - begun
    client.disconnect()
    client.loop_stop()
    return took_s


def restart(folder: Path, calls: int, past: int) -> dict[str, float]:
    """One start of the gateway on a database that it left in the middle of so many calls."""
    broker = Mosquitto(folder / "broker")
    gateway = Gateway(folder, broker.port)
    try:
        with stopping.held():
            broker.start()
        set_up(gateway.database, calls)
        fill(gateway.database, calls, past, int(time.time() * 1000))
        with listening(broker.port) as ears:
            begun = time.monotonic()
            gateway.start()
            first, last = ears.wait_for(1), ears.wait_for(calls)
        gateway.settle()
        used_s = gateway.cpu_s()
        gateway.stop()
        return {
            "first ring, s": round(first - begun, 2),
            "last ring, s": round(last - begun, 2),
            "last after first, s": round(last - first, 2),
            "bare client, s": round(max(bare(broker.port, calls), 0.001), 3),
            "processor, s": round(used_s, 2),
        }
    finally:
        gateway.kill()
        broker.stop()


@click.command()
@click.option("--calls", default=10_000, show_default=True, type=Whole(1, 99_999))
@click.option(
    "--past", default=100_000, show_default=True, type=Whole(0), help="Calls that are over."
)
@click.option("--rounds", default=3, show_default=True, type=Whole(1, 100))
def main(calls: int, past: int, rounds: int) -> None:
    """Measure how soon overdue calls are rung on after a restart."""
    stopping.catch()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for n in range(1, rounds + 1):
        folder = Path(tempfile.mkdtemp(prefix="restart-", dir=FOLDER))
        try:
            found = restart(folder, calls, past)
        finally:
            shutil.rmtree(folder)
        ratio = found["last after first, s"] / found["bare client, s"]
        told = ", ".join(f"{name} {value}" for name, value in found.items())
        click.echo(f"round {n}: {told}, ratio {ratio:.1f}")


if __name__ == "__main__":
    main()

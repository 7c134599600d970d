"""A virtual board: the real firmware in an interpreter of its own, with stand-ins for the chip.

Owns the process and the directory that is its flash. Knows the console lines of the firmware and
nothing of the gateway.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from typing import TYPE_CHECKING

from simulator.interpreter import FAST, STANDINS, choose, find_firmware

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from simulator.interpreter import Name

__all__ = ("STANDINS", "VirtualBoard", "choose", "find_firmware")
TRACE = "\x01"
LOG_LINES = 500


class VirtualBoard:
    """One device. `directory` is its flash and outlives a power cut.

    `lamp` is the word of the lamp's state, `who` what it says besides; `ringing` the episodes a
    chime rings, the longest first; `log` the last console lines. All are as the firmware last
    said on its console; without power the lamp is "off" and nothing rings. `resets` counts how
    often the firmware has started the chip again by itself. `access_point` is what the board's own
    one is set to while it is in the air; its page is on the port LOVEBELL_PAGE_PORT of the
    `environment`.
    """

    def __init__(
        self,
        directory: Path,
        config: dict[str, object] | None,
        *,
        interpreter: Name | None = None,
        firmware: Path | None = None,
        standins: Path = STANDINS,
        heap: str = "1m",
        trace: bool = False,
        speed: int = 1,
        ticks0: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`config` is written to the flash at every start; None leaves what is there. `firmware`
        and `standins` may be folders of .mpy files. `heap` bounds MicroPython's heap. With
        `trace`, `outputs` follows pins, buzzer and watchdog.

        With `speed` the board's time passes so many times faster while it waits, and its ticks
        begin at `ticks0` and wrap at 2**30. Both need MicroPython: RuntimeError without it.
        """
        self.directory = directory
        self.config = config
        self.interpreter = choose(interpreter)
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.lamp = "off"
        self.who = ""
        self.ringing: tuple[str, ...] = ()
        self.wifi_is_up = False
        self.broker_is_up = False
        self.outputs: dict[str, tuple[int, ...]] = {}
        self.access_point: dict[str, object] | None = None
        self._firmware = firmware or find_firmware()
        self._standins = standins
        self._heap = heap
        self._trace = trace
        self._is_fast = speed != 1 or ticks0 is not None
        if self._is_fast and self.interpreter.name != "micropython":
            raise RuntimeError("the board's time can be changed under MicroPython only")
        self._extra = environment or {}
        self._speed = speed
        self._ticks0 = ticks0 or 0
        self._tokens = 0
        self._passed: set[str] = set()
        self._air: dict[str, str] = {}  # what has been told of the air; it outlives a power cut
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._has_power = False
        self._is_resetting = False
        self.resets = 0
        self._changed = asyncio.Event()
        self._waits: list[tuple[Callable[[VirtualBoard], object], asyncio.Future[None]]] = []

    @property
    def alive(self) -> bool:
        """Whether the board has power and its firmware runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError without power."""
        if self._process is None:
            raise RuntimeError(f"{self.directory.name} has no power")
        return self._process.pid

    async def start(self, *how: str) -> None:
        """Give it power. Returns when the process runs, not when the firmware is ready.

        `held`: the button is closed when the power comes, until `release`. `keyed`: somebody
        closes the service key a second later, and holds it for six. `deaf`: the output of stored
        sounds takes nothing.
        """
        if self.alive:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.config is not None:
            self._write_config()
        self._has_power = True
        process = await self._boot(*how)
        self._reader = asyncio.create_task(self._live(process))

    async def _boot(self, *how: str) -> asyncio.subprocess.Process:
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command(),
            *how,
            cwd=self.directory,
            env=self._environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for the one who started us
        )
        for what, words in self._air.items():
            self._tell(f"{what} {words}")
        return process

    async def _live(self, process: asyncio.subprocess.Process) -> None:
        while True:
            self._is_resetting = False
            await self._read(process)
            if not (self._is_resetting and self._has_power):
                return
            process = await self._boot("again")
            self.resets += 1
            if not self._has_power:  # it went while the chip was starting again
                process.kill()

    async def power_cut(self) -> None:
        """Cut the power at once. What is on flash stays."""
        self._has_power = False
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self._gone()

    async def stop(self) -> None:
        """End it and leave no process behind."""
        self._has_power = False
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()  # the end of its input is the end of the board
            try:
                async with asyncio.timeout(2):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        await self._gone()

    def press(self, ms: int = 200) -> None:
        """Press the button of the board for `ms`. Does not wait for the release."""
        self._tell(f"press {ms}")

    def hold(self, ms: int = 3500) -> None:
        """Hold the button for `ms`."""
        self.press(ms)

    def key(self, ms: int = 3000) -> None:
        """Hold the service key for `ms`."""
        self._tell(f"key {ms}")

    def release(self) -> None:
        """Let go of a button that was held when the power came."""
        self._tell("release")

    def blind(self, block_ms: int, press_ms: int) -> None:
        """Block the interpreter for so long, and press meanwhile for `press_ms`."""
        self._tell(f"blind {block_ms} {press_ms}")

    def supply(self, mv: int) -> None:
        """Have the converter see so many millivolts. It outlives a power cut."""
        self._tell_air("supply", str(mv * 1000))

    def wifi(self, up: bool) -> None:
        """Switch the air on or off around this board. It outlives a power cut."""
        self._tell_air("wifi", str(int(up)))

    def air(self, networks: dict[str, str] | None) -> None:
        """Say which networks there are, by name with their passwords; None for any."""
        self._tell_air("air", json.dumps(networks))

    def address(self, address: str) -> None:
        """Have the router give the board this address from now on."""
        self._tell_air("address", address)

    async def let_pass(self, seconds: float, timeout_s: float = 600) -> None:
        """Wait until `seconds` of the board's own time have passed. Raises TimeoutError, also
        when its power is cut meanwhile."""
        self._tokens += 1
        token = str(self._tokens)
        self._tell(f"pass {int(seconds * 1000)} {token}")
        await self.wait_for(lambda board: token in board._passed, timeout_s)

    async def changed(self) -> None:
        """Wait until anything about the board changes."""
        await self._changed.wait()

    async def wait_for(
        self, predicate: Callable[[VirtualBoard], object], timeout_s: float = 60
    ) -> None:
        """Wait until `predicate(board)` is true or has been: it is asked at each change, so that
        no state is too short to be seen. Raises TimeoutError with the last lines."""
        if predicate(self):
            return
        seen = asyncio.get_running_loop().create_future()
        self._waits.append((predicate, seen))
        try:
            async with asyncio.timeout(timeout_s):
                await seen
        except TimeoutError:
            lines = "\n  ".join(list(self.log)[-15:])
            raise TimeoutError(
                f"{self.directory.name} not as expected after {timeout_s} s: lamp {self.lamp}, "
                f"ringing {self.ringing}; its console:\n  {lines}"
            ) from None
        finally:
            self._waits.remove((predicate, seen))

    def _write_config(self) -> None:
        new = self.directory / "config.json.new"
        new.write_text(json.dumps(self.config, ensure_ascii=False), encoding="utf-8")
        new.replace(self.directory / "config.json")

    def _command(self) -> list[str]:
        script = self._standins / "start.py"
        start = [str(script)] if script.is_file() else ["-m", "start"]
        start.append(str(self._firmware))
        if self._trace:
            start.append("trace")
        if self.interpreter.name == "micropython":
            return [
                sys.executable,
                "-m",
                "micropython_unix",
                "-X",
                f"heapsize={self._heap}",
                *start,
            ]
        return [sys.executable, "-u", *start]

    def _environment(self) -> dict[str, str]:
        if not self._is_fast:
            return {**os.environ, **self._extra, "MICROPYPATH": f"{self._standins}:.frozen"}
        return {
            **os.environ,
            **self._extra,
            "MICROPYPATH": f"{FAST}:{self._standins}:.frozen",
            "LOVEBELL_SPEED": str(self._speed),
            "LOVEBELL_TICKS": str(self._ticks0),
        }

    def _tell_air(self, what: str, words: str) -> None:
        self._air[what] = words
        if self.alive:
            self._tell(f"{what} {words}")

    def _tell(self, line: str) -> None:
        if not self.alive or self._process is None or self._process.stdin is None:
            raise RuntimeError(f"{self.directory.name} has no power")
        self._process.stdin.write(line.encode() + b"\n")

    async def _gone(self) -> None:
        if self._process is not None:
            await self._process.wait()
        if self._reader is not None:
            await self._reader
        self._process = None
        self._reader = None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        async for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip("\r\n")
            if line.startswith(TRACE):
                words = line[1:].split()
                if words[0] == "reset":
                    self._is_resetting = True
                    continue
                if words[0] == "done":
                    self._passed.add(words[1])
                    self._change()
                    continue
                if words[0] == "ap":
                    self.access_point = json.loads(line[4:])
                    self._change()
                    continue
                self.outputs[f"{words[0]} {words[1]}"] = tuple(int(word) for word in words[2:])
            else:
                self._hear(line)
            self._change()
        await process.wait()
        self.lamp, self.who, self.ringing = "off", "", ()
        self.access_point = None
        self.wifi_is_up = self.broker_is_up = False
        self._change()

    def _hear(self, line: str) -> None:
        self.log.append(line)
        word, _, rest = line.partition(" ")
        if word == "lamp":
            self.lamp, _, self.who = rest.partition(" ")
        elif word == "rings":
            self.ringing = tuple(rest.split()) if rest != "-" else ()
        elif word == "wifi":
            self.wifi_is_up = rest == "up"
        elif word == "broker":
            self.broker_is_up = rest == "up"

    def _change(self) -> None:
        for predicate, seen in self._waits:
            try:
                if not seen.done() and predicate(self):
                    seen.set_result(None)
            except Exception as why:  # noqa: BLE001 - whoever asked is to hear of it
                seen.set_exception(why)
        # Wakes all who wait now and leaves a fresh event for those who wait next.
        self._changed.set()
        self._changed = asyncio.Event()

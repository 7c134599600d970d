"""The board: button, lamp, buzzer, clock, watchdog.

Owns the pins and is the only importer of machine. Knows nothing of presses that travel, of
episodes or of the network: it turns edges into presses, and patterns into light and sound.
"""

import asyncio
import gc
import time
from array import array

import machine

from bell.debounce import Debounce
from bell.ticks import PERIOD, ticks_diff

EDGES = 32  # latched between two samples; a power of two
SAMPLE_MS = 2
IDLE_MS = 250
# While the link may block the loop, samples must tell how long it was blind.
WATCHFUL_MS = 15
BLIND_MS = 25
WATCHDOG_MS = 60_000


def _ticks() -> int:
    return time.ticks_ms() & (PERIOD - 1)  # pyright: ignore[reportOperatorIssue] - it is an integer


class Board:
    """The pins of `pins` ({"button", "lamp", "buzzer"}). The button closes to ground."""

    def __init__(self, pins: dict) -> None:
        self.watchful = False  # whether something may block the loop
        self.rounds = 0  # samples taken, as the watchdog is to know
        self._contact = machine.Pin(pins["button"], machine.Pin.IN, machine.Pin.PULL_UP)
        self._lamp = machine.Pin(pins["lamp"], machine.Pin.OUT, value=0)
        self._buzzer = pins["buzzer"]
        self._blinking = None
        self._sounding = None
        self._watchdog = None
        self._flag = asyncio.ThreadSafeFlag()
        self._levels = bytearray(EDGES)
        self._times = array("i", [0] * EDGES)
        self._head = 0  # written by the interrupt only
        self._tail = 0  # written by the sampler only
        self._last = self.now()
        self._debounce = Debounce(self._last)
        self._contact.irq(self._latch, machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)

    def now(self) -> int:
        """Ticks of the board's clock, in milliseconds, beginning again at PERIOD."""
        return _ticks()

    async def watch(self, happened) -> None:
        """Call `happened(event)` for each press and release, for ever."""
        while True:
            await self._wait()
            self.rounds = (self.rounds + 1) & 0xFFFF
            now = self.now()
            blind = self.watchful and ticks_diff(now, self._last) >= BLIND_MS
            self._last = now
            closed = not self._contact.value()
            for event in self._debounce.step(self._edges(), closed, now, blind):
                happened(event)

    def lamp(self, cycle: tuple) -> None:
        """Blink `cycle` for ever: milliseconds on, off, on, off, …"""
        if self._blinking is not None:
            self._blinking.cancel()
        self._blinking = asyncio.create_task(self._blink(cycle))

    def sound(self, notes: tuple, again_ms: int) -> None:
        """Play `notes`, (hertz, milliseconds, duty) each, again after `again_ms` if not 0. Ends
        what sounds now; without notes there is silence."""
        if self._sounding is not None:
            self._sounding.cancel()
            self._sounding = None
        if notes:
            self._sounding = asyncio.create_task(self._play(notes, again_ms))

    def guard(self) -> None:
        """Start the watchdog, which nothing can stop, or feed it."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=WATCHDOG_MS)
        self._watchdog.feed()

    def heap(self) -> int:
        """Free bytes after a collection, which is better now than in the middle of a press."""
        gc.collect()
        return gc.mem_free()

    def reset_cause(self) -> int:
        """Why the board started, as the chip numbers it."""
        return machine.reset_cause()

    def _latch(self, pin) -> None:  # the interrupt: no allocation in here
        head = self._head
        if (head - self._tail) & (2 * EDGES - 1) < EDGES:
            self._levels[head & (EDGES - 1)] = not pin.value()
            self._times[head & (EDGES - 1)] = _ticks()
            self._head = (head + 1) & (2 * EDGES - 1)
        self._flag.set()

    def _edges(self) -> list:
        edges = []
        while self._tail != self._head:
            place = self._tail & (EDGES - 1)
            edges.append((bool(self._levels[place]), self._times[place]))
            self._tail = (self._tail + 1) & (2 * EDGES - 1)
        return edges

    async def _wait(self) -> None:
        if not self._debounce.is_settled:
            await asyncio.sleep(SAMPLE_MS / 1000)
            return
        idle_ms = WATCHFUL_MS if self.watchful else IDLE_MS
        try:
            await asyncio.wait_for(self._flag.wait(), idle_ms / 1000)
        except asyncio.TimeoutError:
            pass

    async def _blink(self, cycle: tuple) -> None:
        while True:
            for place, ms in enumerate(cycle):
                if ms:
                    self._lamp.value(1 - place % 2)
                    await asyncio.sleep(ms / 1000)

    async def _play(self, notes: tuple, again_ms: int) -> None:
        buzzer = machine.PWM(machine.Pin(self._buzzer), freq=1000, duty_u16=0)
        try:
            while True:
                for hertz, ms, duty in notes:
                    if hertz:
                        buzzer.freq(hertz)
                    buzzer.duty_u16(duty if hertz else 0)
                    await asyncio.sleep(ms / 1000)
                buzzer.duty_u16(0)
                if not again_ms:
                    return
                await asyncio.sleep(again_ms / 1000)
        finally:
            buzzer.duty_u16(0)
            buzzer.deinit()

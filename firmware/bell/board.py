"""The board: button, lamp, sound, supply, clock, watchdog.

Owns the pins and is the only importer of machine. Knows nothing of presses that travel, of
episodes or of the network: it turns edges into presses, and patterns into light and sound.
"""

import asyncio
import gc
import time

import machine

from bell.contact import Contact
from bell.debounce import Debounce
from bell.ticks import PERIOD, ticks_diff
from bell.voice import Voice

SAMPLE_MS = 2
# The end of a press is not slept through but waited for: the loop of asyncio sleeps whole
# milliseconds and more (ten on an ESP32, whose system counts in hundredths of a second: MicroPython
# issue 5994).
LAST_MS = 2
# Looks in a row at a contact that does not rest, of a millisecond or two each: what bounces for
# longer is no finger.
MOST_LOOKS = 100
IDLE_MS = 250
# While the link may block the loop, samples must tell how long it was blind.
WATCHFUL_MS = 15
BLIND_MS = 25
LEFTOVER_MS = 20
WATCHDOG_MS = 60_000
READINGS = 16  # of the supply; the converter of an ESP32 is noisy
WORDS = ("set-up", "call")  # for the next start


def _ticks() -> int:
    return time.ticks_ms() & (PERIOD - 1)  # pyright: ignore[reportOperatorIssue] - it is an integer


def left() -> str:
    """The word that leave() was told before this start, "" for none. It is forgotten at once."""
    memory = machine.RTC()
    raw = bytes(memory.memory())
    for word in WORDS:
        if raw == word.encode():
            memory.memory(b"")
            return word
    return ""


def forget() -> None:
    """Let go of what only the start of a board needs: the code of it takes room on the heap. There
    is no second Board after that."""
    global left
    left = None  # type: ignore
    # Not `del`, which in MicroPython leaves the value of a class where the collector finds it.
    Board.__init__ = Board._closing = Board._stored = None  # type: ignore
    Contact.__init__ = Debounce.__init__ = Voice.__init__ = None  # type: ignore


class Board:
    """The pins of `pins`: button, lamp and buzzer, and perhaps service, supply and those of I2S.
    Contacts close to ground. `sound` is the path of a stored one; `ratio_milli` says how many
    thousandths of what the converter sees the supply is."""

    def __init__(self, pins: dict, sound: str | None = None, ratio_milli: int = 1000) -> None:
        self.watchful = False  # whether something may block the loop
        self.blocked = False  # set by whoever has blocked it
        self.rounds = 0  # samples taken, as the watchdog is to know
        self.fed = 0  # how often the watchdog was
        self._flag = asyncio.ThreadSafeFlag()
        self._last = self.now()
        self._collects_after = gc.threshold()  # so many bytes, as main.py has chosen
        self._looks = 0  # since a contact rested
        self._contact = self._closing(pins["button"])
        self._key = self._closing(pins["service"]) if "service" in pins else None
        self._lamp = machine.Pin(pins["lamp"], machine.Pin.OUT, value=0)
        self._blinking = None
        self._buzzer = pins["buzzer"]
        self._faults: list = []  # found before anybody watched
        self._happened = self._faults.append
        self._voice = Voice(self._buzz, self._stored(pins, sound), self._mute)
        self._supply = None
        if "supply" in pins:
            # Without it the converter of an ESP32 is at its end with one volt.
            wide = machine.ADC.ATTN_11DB
            self._supply = machine.ADC(machine.Pin(pins["supply"]), atten=wide)
        self._ratio_milli = ratio_milli
        self._watchdog = None

    def now(self) -> int:
        """Ticks of the board's clock, in milliseconds, beginning again at PERIOD."""
        return _ticks()

    async def watch(self, happened) -> None:
        """Call `happened(event)` for each press and release, of the service key too, and for each
        fault of the board, for ever."""
        self._happened = happened
        for event in self._faults:
            happened(event)
        while True:
            await self._wait()
            self.rounds = (self.rounds + 1) & 0xFFFF
            now = self.now()
            blind = self.blocked or (self.watchful and ticks_diff(now, self._last) >= BLIND_MS)
            self.blocked = False
            self._last = now
            # The key first: who presses both at once means a test.
            if self._key is not None:
                for name, at in self._key.sample(now, False):
                    happened(("service", name == "pressed", at))
            for event in self._contact.sample(now, blind):
                happened(event)

    def leftover(self) -> bool:
        """Whether the button was pressed since watch() has ended."""
        events = self._contact.sample(self.now(), True)
        time.sleep(LEFTOVER_MS / 1000)  # a finger that is still there makes its press in here
        events += self._contact.sample(self.now(), False)
        return any(event[0] == "pressed" for event in events)

    def lamp(self, cycle: tuple) -> None:
        """Blink `cycle` for ever: milliseconds on, off, on, off, …"""
        if self._blinking is not None:
            self._blinking.cancel()
        self._blinking = asyncio.create_task(self._blink(cycle))

    def sound(self, notes: tuple, again_ms: int, level: int = 0) -> None:
        """Play `notes`, as voice.py says; a `level` above 0 is a ring."""
        self._voice.sound(notes, again_ms, level)

    def guard(self) -> None:
        """Start the watchdog, which nothing can stop, or feed it."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=WATCHDOG_MS)
        self._watchdog.feed()
        self.fed = (self.fed + 1) & 0xFFFF

    def heap(self) -> int:
        """Free bytes after a collection, which is better now than in the middle of a press."""
        gc.collect()
        self.blocked = True
        return gc.mem_free()

    def supply_mv(self) -> int | None:
        """Millivolts of the supply, None where it is not measured."""
        if self._supply is None:
            return None
        total = 0
        try:
            for _ in range(READINGS):
                total += self._supply.read_uv()
        except OSError:  # some pins of the ESP32 cannot be read while Wi-Fi is on
            return None
        return total // READINGS * self._ratio_milli // 1_000_000

    def reset_cause(self) -> int:
        """Why the board started, as the chip numbers it."""
        return machine.reset_cause()

    def date(self) -> int:
        """The chip's calendar as time.time(). It goes on until a power cut."""
        return int(time.time())

    def set_date(self, moment: tuple) -> None:
        """Set the calendar: year, month, day, weekday, hour, minute, second, microsecond."""
        machine.RTC().datetime(moment)

    def leave(self, word: str) -> None:
        """Tell the next start one of WORDS, or "" for none: that it is for the set-up of the Wi-Fi,
        or that it owes a call. A restart leaves it where it is said and a power cut does not."""
        machine.RTC().memory(word.encode())

    def _closing(self, number: int) -> Contact:
        pin = machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP)
        edges = machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING
        return Contact(pin, edges, _ticks, self._flag.set)

    def _buzz(self):
        return machine.PWM(machine.Pin(self._buzzer), freq=1000, duty_u16=0)

    def _stored(self, pins: dict, sound: str | None):
        if sound is None:
            return None
        from bell.stored import Stored

        try:
            return Stored(machine, pins, sound)
        except (OSError, ValueError) as why:
            self._mute(why)
        return None

    def _mute(self, why: Exception) -> None:
        print("the stored sound cannot be played, the buzzer rings:", why)
        self._happened(("fault", "sound", True))

    async def _wait(self) -> None:
        key = self._key
        if not self._contact.is_settled or not (key is None or key.is_settled):
            # Until a press is on the wire nothing is collected, unless the heap is full: the edges
            # would wait for it, and so would the press. But a wet contact may bounce for hours, and
            # a heap that is collected only when it is full falls to pieces, or grows where TLS
            # needs the room (MicroPython's commit 05dcb8b).
            self._looks = min(MOST_LOOKS, self._looks + 1)
            gc.threshold(-1 if self._looks < MOST_LOOKS else self._collects_after)
            left_ms = self._contact.left_ms or SAMPLE_MS + LAST_MS
            await asyncio.sleep(max(0, min(SAMPLE_MS, left_ms - LAST_MS)) / 1000)
            while left_ms <= LAST_MS and ticks_diff(self.now(), self._last) < left_ms:
                pass
            return
        self._looks = 0
        gc.threshold(self._collects_after)
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

"""The board with pins that the test drives: what it makes of edges, blocks and faults."""

import asyncio
import gc
import sys

from bell.ticks import PERIOD, ticks_add, ticks_diff

if not hasattr(asyncio, "ThreadSafeFlag"):
    asyncio.ThreadSafeFlag = asyncio.Event
if not hasattr(gc, "threshold"):
    gc.threshold = lambda *_: -1

STARTS = (0, PERIOD - 60)  # the second wraps within every story
PINS = {"button": 27, "lamp": 26, "buzzer": 25, "service": 0, "supply": 34}


class Pin:
    """A pin of the chip; those made last are in `made`, those closed at power-up in `closed`."""

    IN = OUT = PULL_UP = IRQ_RISING = IRQ_FALLING = 1
    made: dict = {}  # noqa: RUF012
    closed: tuple = ()

    def __init__(self, number, mode=-1, pull=-1, value=1):
        self.level = 0 if number in Pin.closed else value
        self.handler = None
        Pin.made[number] = self

    def value(self, level=None):
        if level is not None:
            self.level = level
        return self.level

    def irq(self, handler, trigger):
        self.handler = handler

    def drive(self, level):
        self.level = level
        self.handler(self)


class ADC:
    ATTN_11DB = 3
    microvolts = 0

    def __init__(self, pin, atten=0):
        pass

    def read_uv(self):
        return ADC.microvolts


class Machine:
    """What the firmware calls machine."""


Machine.Pin = Pin
Machine.ADC = ADC
sys.modules["machine"] = Machine

from bell import board as module  # noqa: E402 - it needs the chip
from bell import debounce  # noqa: E402


class Clock:
    now = 0

    def ticks_ms(self):
        return self.now + 2 * PERIOD  # other ports count further than an ESP32


class Over(Exception):  # noqa: N818
    pass


class Story:
    """A board whose loop wakes when the test has gone on."""

    def __init__(self, start=0, closed=(), pins=PINS, **more):
        self.start = start
        self.clock = module.time = Clock()
        self.clock.now = start
        Pin.closed = closed
        self.board = module.Board(pins, **more)
        self.button = Pin.made[pins["button"]]
        self.key = Pin.made[pins["service"]]
        self.events = []

    def go(self, *acts):
        """Between two samples of the loop each of `acts` happens."""
        acts = list(acts)

        async def wait():
            if not acts:
                raise Over
            acts.pop(0)()

        def happened(event):
            words = list(event)
            if type(words[-1]) is int:
                words[-1] = ticks_diff(words[-1], self.start)
            self.events.append(tuple(words))

        self.board._wait = wait
        try:
            asyncio.run(self.board.watch(happened))
        except Over:
            pass
        found, self.events = self.events, []
        return found

    def wait(self, ms):
        def act():
            self.clock.now = ticks_add(self.clock.now, ms)

        return act

    def close(self):
        self.button.drive(0)

    def open(self):
        self.button.drive(1)


def test_a_press_comes_out_with_the_time_of_its_edge():
    for start in STARTS:
        it = Story(start)
        found = it.go(it.wait(40), it.close, it.wait(20), it.open, it.wait(20))
        assert found == [("pressed", 40), ("released", 80)]


def test_a_button_held_at_power_up_is_pressed_at_the_first_moment():
    for start in STARTS:
        it = Story(start, closed=(27,))
        assert it.go(it.wait(10), it.wait(10)) == [("pressed", 0)]


def test_the_service_key_has_events_of_its_own_and_comes_first():
    for start in STARTS:
        it = Story(start)

        def both(it=it):
            it.key.drive(0)
            it.close()

        assert it.go(it.wait(40), both, it.wait(20)) == [("service", True, 40), ("pressed", 40)]
        assert it.go(lambda it=it: it.key.drive(1), it.wait(20)) == [("service", False, 80)]


def test_a_board_without_a_service_key_has_none():
    pins = {"button": 27, "lamp": 26, "buzzer": 25}
    Pin.made = {}
    module.time = Clock()
    module.Board(pins)
    assert sorted(Pin.made) == [26, 27]


def noticed(it):
    """A press within a block: its interrupts run at the end and see an open contact."""
    it.button.handler(it.button)
    it.button.handler(it.button)


def test_a_press_while_the_link_blocks_is_a_press():
    for start in STARTS:
        it = Story(start)
        it.board.watchful = True
        found = it.go(it.wait(10), it.wait(300), lambda it=it: noticed(it), it.wait(10))
        assert [name for name, _ in found] == []
        it = Story(start)
        it.board.watchful = True

        def block(it=it):
            it.wait(300)()
            noticed(it)

        found = it.go(it.wait(10), block, it.wait(10))
        assert [name for name, _ in found] == ["pressed", "released"]


def test_a_press_while_the_flash_is_written_is_a_press():
    for start in STARTS:
        it = Story(start)

        def write(it=it):
            it.wait(15)()
            noticed(it)
            it.board.blocked = True

        found = it.go(it.wait(100), write, it.wait(10), lambda it=it: noticed(it), it.wait(10))
        assert [name for name, _ in found] == ["pressed", "released"]


def test_what_is_pressed_after_the_loop_has_ended_is_seen_once():
    # The firmware has failed, and waits a moment before the chip starts again.
    for start in STARTS:
        for finger in ("none", "short", "long", "unseen", "held since before"):
            it = Story(start)
            it.clock.sleep = lambda seconds, it=it: it.wait(int(seconds * 1000))()
            it.go(it.wait(40), *([it.close, it.wait(20)] if finger[0] == "h" else []))
            it.wait(500)()
            if finger in ("short", "long"):
                it.close()
                it.wait(25)()
            if finger == "short":
                it.open()
            if finger == "unseen":
                noticed(it)
            it.wait(1500)()
            assert it.board.leftover() == (finger in ("short", "long", "unseen")), finger
            assert not it.board.leftover()


def test_noise_while_nothing_blocks_is_no_press():
    for start in STARTS:
        it = Story(start)

        def noise(it=it):
            it.wait(200)()
            noticed(it)

        assert it.go(it.wait(100), noise, it.wait(10), noise, it.wait(10)) == []


def test_the_supply_is_what_the_divider_says():
    it = Story(ratio_milli=2000)
    ADC.microvolts = 1_850_000
    assert it.board.supply_mv() == 3700
    pins = dict(PINS)
    del pins["supply"]
    assert Story(pins=pins).board.supply_mv() is None


def test_a_stored_sound_that_is_not_there_is_a_fault_told_once_somebody_watches():
    it = Story(sound="/nowhere/ding.wav")
    assert it.go(it.wait(1)) == [("fault", "sound", True)]


class Loop:
    """In place of asyncio and time: who sleeps wakes `late_us` too late, and then the next of
    `acts` happens; a look at the clock takes a moment too."""

    TimeoutError = asyncio.TimeoutError
    ThreadSafeFlag = asyncio.ThreadSafeFlag

    def __init__(self, start_us, late_us):
        self.now_us = start_us
        self.late_us = late_us
        self.acts = []
        self.sleeps = 0

    def ticks_ms(self):
        self.now_us += 10
        return self.now_us // 1000

    async def sleep(self, seconds):
        self.sleeps += 1
        self.now_us += int(seconds * 1_000_000) + self.late_us

    async def wait_for(self, waited, seconds):
        waited.close()
        if not self.acts:
            raise Over
        self.acts.pop(0)()


class Heap:
    """In place of gc."""

    def __init__(self):
        self.collects_after = 4096

    def threshold(self, *size):
        if size:
            self.collects_after = size[0]
        return self.collects_after


def watched(start_us, late_us, *acts):
    """What watch() makes of a button that does each of `acts` when nothing else happens:
    (name, milliseconds from the edge to this event, whether collections wait) each. And the loop
    and the heap."""
    loop = module.asyncio = module.time = Loop(start_us, late_us)
    heap = module.gc = Heap()
    found = []
    try:
        Pin.closed = ()
        board = module.Board({"button": 27, "lamp": 26, "buzzer": 25})
        pin = Pin.made[27]
        loop.acts = [lambda level=level: pin.drive(level) for level in acts]

        def happened(event):
            after_ms = ticks_diff(loop.now_us // 1000, event[1]) if len(event) > 1 else None
            found.append((event[0], after_ms, heap.collects_after == -1))

        asyncio.run(board.watch(happened))
    except Over:
        pass
    finally:
        module.asyncio, module.gc = asyncio, gc
    return found, loop, heap


def test_a_press_is_told_in_the_millisecond_in_which_it_is_one():
    for start_us in range(0, 2_000, 130):
        for late_us in (50, 400, 900):
            found, _, _ = watched(start_us, late_us, 0)
            assert found == [("pressed", debounce.PRESS_MS, True)], (start_us, late_us, found)


def test_nothing_is_collected_between_the_first_touch_and_the_press():
    _, loop, heap = watched(0, 400, 0, 1)
    assert heap.collects_after == 4096  # but afterwards
    assert loop.sleeps > 2


def test_a_contact_that_never_rests_leaves_the_loop_to_others_and_the_heap_as_it_was():
    for late_us in (50, 400, 900):
        loop = module.asyncio = module.time = Loop(0, late_us)
        heap = module.gc = Heap()
        sleep, ticks_ms = loop.sleep, loop.ticks_ms

        async def slept(seconds, loop=loop, sleep=sleep):
            await sleep(seconds)
            pin = Pin.made[27]
            pin.drive(1 - pin.level)
            if loop.sleeps == 500:
                raise Over

        def looked(loop=loop, ticks_ms=ticks_ms):
            if loop.now_us > 10_000_000:
                raise Over  # nobody has slept
            return ticks_ms()

        loop.sleep, loop.ticks_ms = slept, looked
        try:
            Pin.closed = ()
            board = module.Board({"button": 27, "lamp": 26, "buzzer": 25})
            loop.acts = [lambda: Pin.made[27].drive(0)]
            asyncio.run(board.watch(lambda event: None))
        except Over:
            pass
        finally:
            module.asyncio, module.gc = asyncio, gc
        assert loop.sleeps == 500
        assert heap.collects_after == 4096

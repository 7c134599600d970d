"""The serial line: short, and no flood."""

from bell import console
from bell.console import BURST, REFILL_MS, Console
from bell.ticks import PERIOD, ticks_add


class Serial:
    """A console whose lines the test reads, and its clock, just before ticks begin again."""

    def __init__(self):
        self.now = PERIOD - 100
        self.lines = []
        console.print = lambda *words: self.lines.append(" ".join(str(word) for word in words))
        self.console = Console(lambda: self.now)

    def say(self, line):
        self.console.say(line)

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)


def test_a_flood_is_cut_short_and_counted():
    serial = Serial()
    for number in range(BURST + 30):
        serial.say("line {}".format(number))
    assert len(serial.lines) == BURST
    serial.wait(REFILL_MS)
    serial.say("after")
    assert serial.lines[BURST:] == ["omitted 30", "after"]


def test_in_the_long_run_four_lines_a_second_come_through():
    serial = Serial()
    for _ in range(BURST):
        serial.say("flood")
    for _ in range(100):
        serial.wait(REFILL_MS // 2)
        serial.say("more")
    more = [line for line in serial.lines if line == "more"]
    assert 49 <= len(more) <= 51


def test_what_the_people_see_is_always_told():
    serial = Serial()
    for _ in range(BURST * 3):
        serial.say("flood")
    serial.say("lamp unheard")
    serial.say("rings b-01.1")
    assert "lamp unheard" in serial.lines
    assert "rings b-01.1" in serial.lines

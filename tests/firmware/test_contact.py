"""The latch between an interrupt and the debounce."""

from bell.contact import EDGES, Contact
from bell.ticks import PERIOD, ticks_add, ticks_diff

STARTS = (0, PERIOD - 40)  # the second wraps within every story


class Pin:
    """A pin whose level the test drives; `late` ones notice only when the chip finds time."""

    def __init__(self, level=1):
        self.level = level
        self.handler = None

    def value(self):
        return self.level

    def irq(self, handler, trigger):
        self.handler = handler

    def drive(self, level):
        self.level = level
        self.handler(self)


class Story:
    def __init__(self, start=0, level=1):
        self.start = self.now = start
        self.woken = 0
        self.pin = Pin(level)
        self.contact = Contact(self.pin, 3, lambda: self.now, self._wake)

    def _wake(self):
        self.woken += 1

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)

    def sample(self, blind=False):
        found = self.contact.sample(self.now, blind)
        return [(name, ticks_diff(at, self.start)) for name, at in found]


def test_a_press_is_dated_by_the_interrupt_and_not_by_the_sample():
    for start in STARTS:
        story = Story(start)
        story.wait(20)
        story.pin.drive(0)
        assert story.woken == 1
        assert not story.contact.is_settled
        story.wait(30)
        assert story.sample() == [("pressed", 20)]
        story.pin.drive(1)
        story.wait(30)
        assert story.sample() == [("released", 80)]
        assert story.contact.is_settled


def test_a_press_that_is_over_before_anybody_looked_is_a_press():
    for start in STARTS:
        story = Story(start)
        story.wait(10)
        story.pin.drive(0)
        story.wait(20)
        story.pin.drive(1)
        story.wait(200)
        assert [name for name, _ in story.sample()] == ["pressed", "released"]


def test_a_contact_closed_at_power_up_is_pressed_from_the_first_moment():
    for start in STARTS:
        story = Story(start, level=0)
        assert not story.contact.is_settled
        story.wait(10)
        assert story.sample() == [("pressed", 0)]


def test_more_edges_than_the_latch_holds_are_no_harm():
    for start in STARTS:
        story = Story(start)
        story.wait(10)
        for _ in range(2 * EDGES):
            story.pin.drive(0)
            story.pin.drive(1)
        story.pin.drive(0)
        story.sample()
        story.wait(10)
        assert [name for name, _ in story.sample()] == ["pressed"]
        story.pin.drive(1)
        story.wait(10)
        assert [name for name, _ in story.sample()] == ["released"]


def test_the_latch_goes_round_without_losing_an_edge():
    story = Story()
    for _ in range(5 * EDGES):
        story.pin.drive(0)
        story.wait(20)
        story.pin.drive(1)
        story.wait(20)
        assert [name for name, _ in story.sample()] == ["pressed", "released"]


def test_a_press_within_a_block_is_noticed_though_every_interrupt_sees_an_open_contact():
    for start in STARTS:
        story = Story(start)
        story.wait(300)
        story.pin.handler(story.pin)  # closed, and opened again: both handlers run at the end
        story.pin.handler(story.pin)
        assert story.sample(blind=True) == [("pressed", 300)]
        story.wait(10)
        assert story.sample() == [("released", 310)]


def test_without_a_block_such_interrupts_are_a_glitch():
    story = Story()
    story.wait(300)
    story.pin.handler(story.pin)
    story.pin.handler(story.pin)
    assert story.sample() == []
    story.wait(10)
    assert story.sample() == []

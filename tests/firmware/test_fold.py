"""A hundred presses without a link: button, journal and schedule together, over a power cut."""

import os

from bell import button, wire
from bell.journal import Journal
from bell.ticks import PERIOD, ticks_add

PRESSES = 100
APART_MS = 60_000
STARTS = (0, PERIOD - 50 * APART_MS)  # the second wraps after half of them


class Device:
    """What app.py does, on a directory and with a clock that the test moves."""

    def __init__(self, path, start, boot=1):
        self.now = start
        self.journal = Journal(path, "life", boot)
        self.state = button.begin({}, self.journal.records, start)
        self.sent = []

    def happen(self, *event):
        events = [event]
        while events:
            self.state, actions = button.step(self.state, events.pop(0), self.now, {})
            for what, *arguments in actions:
                if what == "note":
                    leaf, fields, at = arguments
                    record, absorbed, kept = self.journal.add(leaf, fields)
                    events.append(("noted", record, absorbed, kept, at))
                elif what == "drop":
                    self.journal.drop(arguments[0])
                elif what == "send":
                    topic = wire.topic("b-01", arguments[0])
                    self.sent.append(wire.decode(topic, wire.encode(*arguments))[2])

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)
        self.happen("tick")

    def press(self):
        self.happen("pressed", self.now)
        self.wait(200)
        self.happen("released", self.now)
        self.wait(APART_MS - 200)


def on_flash(test):
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    try:
        test(path)
    finally:
        for name in os.listdir(path):
            os.remove(path + "/" + name)
        os.rmdir(path)


def test_a_hundred_presses_reach_the_wire_with_first_last_and_count():
    for start in STARTS:

        def story(path, start=start):
            device = Device(path, start)
            for _ in range(PRESSES):
                device.press()
            assert device.sent == []
            device.happen("link", True)
            sent = device.sent
            assert len(sent) <= 10
            assert sum(fields["count"] for fields in sent) == PRESSES
            ages = [fields["age_ms"] for fields in sent]
            firsts = [fields.get("first_age_ms", fields["age_ms"]) for fields in sent]
            assert max(firsts) == PRESSES * APART_MS
            assert min(ages) == APART_MS
            folded = [fields for fields in sent if fields["count"] > 1]
            assert len(folded) == 1
            # Those before the folded one went on their own; it begins right after them.
            alone = len(sent) - 1
            assert folded[0]["first_age_ms"] == (PRESSES - alone) * APART_MS
            assert folded[0]["age_ms"] == APART_MS
            assert folded[0]["count"] == PRESSES - alone
            assert len({fields["id"] for fields in sent}) == len(sent)

        on_flash(story)


def test_after_a_power_cut_the_count_is_whole_and_no_age_is_made_up():
    def story(path):
        device = Device(path, 0)
        for _ in range(PRESSES):
            device.press()
        device = Device(path, 0, boot=2)
        device.happen("link", True)
        assert sum(fields["count"] for fields in device.sent) == PRESSES
        for fields in device.sent:
            assert "age_ms" not in fields
            assert "first_age_ms" not in fields
        for fields in device.sent:
            device.happen("message", "b-01", "receipt", {"id": fields["id"]})
        assert device.journal.records == []
        assert Journal(path, "life", 3).records == []

    on_flash(story)


def test_a_press_after_the_power_came_back_folds_with_those_before_it():
    def story(path):
        device = Device(path, 0)
        for _ in range(PRESSES):
            device.press()
        device = Device(path, 0, boot=2)
        device.press()
        device.happen("link", True)
        assert sum(fields["count"] for fields in device.sent) == PRESSES + 1
        newest = device.sent[-1]
        assert newest["age_ms"] == APART_MS
        assert "first_age_ms" not in newest  # nobody knows any more

    on_flash(story)

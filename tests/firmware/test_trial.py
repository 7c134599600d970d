"""A firmware on trial stays when it gets through, and makes room when it does not."""

import os

from bell import slots, trial
from bell.ticks import PERIOD


def on_flash(test):
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    try:
        test(path)
    finally:
        for name in os.listdir(path):
            os.remove(path + "/" + name)
        os.rmdir(path)


class Owner:
    """A device whose firmware is on trial in slot b, with a clock that the test moves."""

    def __init__(self, path, start=0):
        about = slots.read(path)
        about.update({"good": "a", "newest": "0.2.0", "trial": "b", "tries": 1, "why": "crash"})
        about.update({"version": "0.3.0", "attempt": 2})
        assert slots.write(path, about)
        self.time = start
        self.is_subscribed = False
        self.waiting = False
        self.told = []
        self.trial = trial.Trial(path, self)

    def now(self):
        return self.time

    def is_waiting(self):
        return self.waiting

    def say(self, line):
        pass

    def tell(self, leaf, fields):
        self.told.append((leaf, fields))

    def after(self, seconds):
        """What the trial says within so many seconds, and when."""
        for passed in range(1, seconds * 10 + 1):
            self.time = (self.time + 100) % PERIOD
            said = self.trial.step()
            if said is not None:
                return said, passed // 10
        return None, seconds


def test_a_minute_with_its_subscriptions_makes_it_the_good_one():
    def story(path):
        for start in (0, PERIOD - 30_000):
            owner = Owner(path, start)
            assert owner.after(20) == (None, 20)
            owner.is_subscribed = True
            assert owner.after(100) == ("over", 60)
            fields = {"state": "good", "version": "0.3.0", "attempt": 2}
            assert owner.told == [("update", fields)]
            about = slots.read(path)
            assert (about["good"], about["trial"], about["newest"]) == ("b", "-", "0.3.0")
            assert slots.begin(path) == ("b", "-")

    on_flash(story)


def test_a_connection_that_breaks_every_minute_is_not_good():
    def story(path):
        owner = Owner(path)
        for _ in range(9):
            owner.is_subscribed = True
            assert owner.after(59)[0] is None
            owner.is_subscribed = False
            assert owner.after(1)[0] is None
        owner.is_subscribed = True
        assert owner.after(59)[0] is None
        owner.is_subscribed = False
        assert owner.after(1)[0] == "restart"

    on_flash(story)


def test_without_a_link_the_chip_starts_again_after_ten_minutes_and_three_tries_are_enough():
    def story(path):
        owner = Owner(path)
        assert owner.after(1000) == ("restart", 600)
        for _ in range(2):
            assert slots.begin(path) == ("b", "a", "-")
            owner.trial = trial.Trial(path, owner)
            assert owner.after(1000) == ("restart", 600)
        assert slots.begin(path) == ("a", "-")
        told = {"state": "failed", "version": "0.3.0", "attempt": 2, "why": "link"}
        assert slots.story(path, "a") == told

    on_flash(story)


def test_a_press_that_waits_a_minute_is_left_to_the_firmware_before():
    def story(path):
        owner = Owner(path)
        owner.after(100)
        owner.waiting = True
        assert owner.after(100) == ("restart", 60)
        assert slots.begin(path) == ("a", "-")
        assert slots.story(path, "a")["why"] == "link"

    on_flash(story)


def test_so_is_one_that_gets_no_receipt_though_there_is_a_link():
    def story(path):
        owner = Owner(path)
        owner.is_subscribed = True
        owner.after(30)
        owner.waiting = True
        assert owner.after(100) == ("restart", 60)
        assert slots.begin(path) == ("a", "-")

    on_flash(story)


def test_a_press_that_got_its_receipt_does_no_harm():
    def story(path):
        owner = Owner(path)
        owner.is_subscribed = True
        for _ in range(3):
            owner.waiting = True
            assert owner.after(15)[0] is None
            owner.waiting = False
            assert owner.after(2)[0] is None
        assert owner.after(30)[0] == "over"

    on_flash(story)


def test_a_flash_that_refuses_is_asked_again():
    real = slots.write

    def story(path):
        owner = Owner(path)
        owner.is_subscribed = True
        slots.write = lambda path, about: False
        try:
            assert owner.after(70)[0] is None
        finally:
            slots.write = real
        assert owner.told == []
        assert owner.after(70)[0] == "over"

    on_flash(story)

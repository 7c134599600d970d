"""Which firmware starts, and what a board remembers of one that failed."""

import os

from bell import flash, slots
from bell.starts import Starts


def on_flash(test):
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    try:
        test(path)
    finally:
        for name in os.listdir(path):
            os.remove(path + "/" + name)
        os.rmdir(path)


def on_trial(path, slot="b", good="a"):
    about = slots.read(path)
    about.update({"good": good, "newest": "0.2.0", "trial": slot, "why": "crash"})
    about.update({"version": "0.3.0", "attempt": 2})
    assert slots.write(path, about)


def test_without_a_file_the_technicians_firmware_starts_and_nothing_is_written():
    def story(path):
        assert slots.begin(path) == ("-",)
        assert slots.story(path, "-") is None
        assert os.listdir(path) == []

    on_flash(story)


def test_a_file_that_is_broken_or_makes_no_sense_leads_to_the_technicians_firmware():
    def story(path):
        for content in (b"", b"a 0.2.0 - 0 0.2.0 1 good\n", b"\xff" * 60):
            with open(path + "/slots", "wb") as file:
                file.write(content)
            assert slots.begin(path) == ("-",)
        for line in (b"a", b"a 0.2.0 b x 0.3.0 1 crash", b"../x 0.2.0 ../y 0 - 0 -"):
            flash.write(path + "/slots", (line,))
            assert slots.begin(path) == ("-",)

    on_flash(story)


def test_no_bit_that_turns_in_the_file_starts_anything_but_what_was_there():
    def story(path):
        on_trial(path)
        with open(path + "/slots", "rb") as file:
            content = file.read()
        for place in range(len(content) * 8):
            rotten = bytearray(content)
            rotten[place // 8] ^= 1 << place % 8
            with open(path + "/slots", "wb") as file:
                file.write(rotten)
            assert slots.begin(path) == ("-",)

    on_flash(story)


def test_a_file_of_a_later_version_with_more_words_is_read():
    def story(path):
        flash.write(path + "/slots", (b"b 0.9.0 - 0 0.9.0 1 good and more",))
        assert slots.begin(path) == ("b", "-")
        assert slots.story(path, "b") == {"state": "good", "version": "0.9.0", "attempt": 1}

    on_flash(story)


def test_a_firmware_on_trial_is_counted_on_flash_before_it_starts_and_given_up_after_three():
    def story(path):
        on_trial(path)
        for tries in (1, 2, 3):
            assert slots.begin(path) == ("b", "a", "-")
            assert slots.read(path)["tries"] == tries
        assert slots.begin(path) == ("a", "-")
        assert slots.begin(path) == ("a", "-")
        told = {"state": "failed", "version": "0.3.0", "attempt": 2, "why": "crash"}
        assert slots.story(path, "a") == told

    on_flash(story)


def test_the_reason_of_the_last_try_is_the_one_that_is_told():
    def story(path):
        on_trial(path)
        for _ in range(3):
            slots.begin(path)
        about = slots.read(path)
        about["why"] = "link"
        slots.write(path, about)
        slots.begin(path)
        assert slots.story(path, "a")["why"] == "link"

    on_flash(story)


def test_what_cannot_be_counted_is_not_tried():
    real = flash.write

    def story(path):
        on_trial(path)
        flash.write = lambda path, lines: False
        try:
            assert slots.begin(path) == ("a", "-")
        finally:
            flash.write = real
        assert slots.story(path, "a") == {"state": "ready", "version": "0.3.0", "attempt": 2}

    on_flash(story)


def test_failed_starts_of_a_trial_do_not_bring_the_good_one_into_safe_mode():
    def story(path):
        on_trial(path)
        for _ in range(3):
            slots.begin(path)
            last = Starts(path)
        slots.begin(path)
        after = [Starts(path) for _ in range(5)]
        assert not any(one.is_safe for one in after)
        assert after[0].boot == last.boot + 1
        assert after[0].life == last.life

    on_flash(story)


def test_a_good_one_that_fails_in_safe_mode_too_makes_way_for_the_technicians():
    def story(path):
        on_trial(path)
        slots.fail(path, "link")
        for _ in range(slots.MOST_FAILED):
            assert slots.begin(path) == ("a", "-")
            last = Starts(path)
        assert last.is_safe
        assert slots.begin(path) == ("-", "a", "-")
        Starts(path).healthy()
        assert slots.begin(path) == ("a", "-")

    on_flash(story)


def test_to_give_up_what_is_not_on_trial_changes_nothing():
    def story(path):
        assert slots.fail(path, "start")
        assert os.listdir(path) == []

    on_flash(story)


def test_what_runs_tells_what_it_is():
    def story(path):
        on_trial(path)
        assert slots.story(path, "b")["state"] == "trial"
        about = slots.read(path)
        about.update({"trial": "-", "why": "image"})
        slots.write(path, about)
        told = {"state": "refused", "version": "0.3.0", "attempt": 2, "why": "image"}
        assert slots.story(path, "a") == told
        about.update({"good": "b", "why": "good"})
        slots.write(path, about)
        assert slots.story(path, "b")["state"] == "good"
        # The good one could not be started: what runs is the technician's.
        told = {"state": "failed", "version": "0.3.0", "attempt": 2, "why": "start"}
        assert slots.story(path, "-") == told

    on_flash(story)

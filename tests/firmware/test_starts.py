"""Starts are counted, and an id never comes twice whatever happens to the count."""

import os

from bell.journal import Journal
from bell.starts import MOST_FAILED, Starts


def on_flash(test):
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    try:
        test(path)
    finally:
        for name in os.listdir(path):
            os.remove(path + "/" + name)
        os.rmdir(path)


def ids_of(path, starts, count=3):
    journal = Journal(path, starts.life, starts.boot)
    return [journal.add("press", {"kind": "call"})[0]["id"] for _ in range(count)]


def test_every_start_counts_and_every_id_is_new():
    def story(path):
        seen = set()
        for boot in range(1, 6):
            starts = Starts(path)
            assert starts.boot == boot
            for name in ids_of(path, starts):
                assert name not in seen
                seen.add(name)

    on_flash(story)


def test_a_life_is_eight_hexadecimal_digits_and_stays():
    def story(path):
        life = Starts(path).life
        assert len(life) == 8
        assert int(life, 16) >= 0
        assert Starts(path).life == life

    on_flash(story)


def test_a_lost_count_is_another_life_and_is_told():
    def story(path):
        before = Starts(path)
        for content in (b"", b"01234567 9c41f00a 3 0\n", b"\xff" * 40, None):
            if content is None:
                os.remove(path + "/starts")
            else:
                with open(path + "/starts", "wb") as file:
                    file.write(content)
            after = Starts(path)
            assert after.life != before.life
            assert after.boot == 1
            assert bool(after.was_lost) == bool(content)

    on_flash(story)


def test_no_bit_that_turns_in_the_count_brings_an_id_again():
    def story(path):
        seen = set(ids_of(path, Starts(path)))
        with open(path + "/starts", "rb") as file:
            content = file.read()
        for place in range(len(content) * 8):
            rotten = bytearray(content)
            rotten[place // 8] ^= 1 << place % 8
            with open(path + "/starts", "wb") as file:
                file.write(rotten)
            for name in ids_of(path, Starts(path), 1):
                assert name not in seen
                seen.add(name)

    on_flash(story)


def test_a_flash_that_takes_no_count_makes_another_life_at_every_start():
    lives = {Starts("/nowhere/at/all").life for _ in range(20)}
    assert len(lives) == 20


def test_after_five_failed_starts_the_sixth_is_safe():
    def story(path):
        assert [Starts(path).is_safe for _ in range(7)] == [False] * MOST_FAILED + [True] * 2

    on_flash(story)


def test_a_healthy_start_clears_the_count_of_failed_ones():
    def story(path):
        for _ in range(MOST_FAILED):
            last = Starts(path)
        last.healthy()
        after = Starts(path)
        assert not after.is_safe
        assert after.boot == MOST_FAILED + 1
        assert after.life == last.life

    on_flash(story)

"""The watchdog is fed only when every part has advanced."""

from bell.vigil import PARTS, Vigil


def test_all_must_have_advanced_since_the_last_time():
    vigil = Vigil()
    assert vigil.look((1, 1, 1))
    assert not vigil.look((1, 1, 1))
    assert not vigil.look((2, 1, 1))
    assert not vigil.look((2, 2, 1))
    assert vigil.look((2, 2, 2))
    assert not vigil.look((2, 2, 2))


def test_each_stuck_part_starves_the_watchdog_and_is_named():
    for stuck, name in enumerate(PARTS):
        vigil = Vigil()
        vigil.look((0, 0, 0))
        for count in range(1, 100):
            rounds = [count] * len(PARTS)
            rounds[stuck] = 0
            assert not vigil.look(tuple(rounds))
        assert vigil.stuck() == name


def test_a_count_that_begins_again_is_an_advance():
    vigil = Vigil()
    vigil.look((0xFFFF, 0xFFFF, 0xFFFF))
    assert vigil.look((0, 0, 0))

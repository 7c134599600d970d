"""Whoever hears badly can tell the lamps apart, whoever sees badly the sounds.

The criterion. No two states of one device may differ in pitch, loudness or colour alone.

Light: what the eye takes from a lamp is the number of flashes in a group, whether they are alike
or long and short, the length of the longest one, and how often it all comes again. Two lights
differ when the number differs, or one group has long and short flashes and the other has not, or
the longest flash or the period of one is at least twice that of the other.

Sound: what is left of a melody in a bad ear is the number of notes, whether they rise or fall
(by two semitones at least), and their length. Two sounds differ when the number differs, or the
course, or the longest note of one is at least twice that of the other.
"""

from bell import melody, patterns
from bell.patterns import PATTERNS, TABLE

STATES = [line.partition("=")[0] for line in TABLE.strip().split("\n")]
# One state, told more or less often.
ONE_STATE = ("unheard", "unheard later", "unheard once")
BUTTON = (
    "idle sensed received coming arrived cancelling cancelled unheard supply fault setup"
).split()
# What a chime can show: `coming` says that the answer was received.
CHIME = "idle sensed coming unheard supply fault setup".split()
SEMITONES_2 = 1.122


def on_times(cycle):
    return [ms for place, ms in enumerate(cycle) if place % 2 == 0]


def is_steady(cycle):
    return sum(cycle) == sum(on_times(cycle))


def light(cycle):
    """(flashes, long and short ones, longest, period) of a light; a steady one has no flash."""
    on = on_times(cycle)
    if is_steady(cycle):
        return 0, False, 1_000_000, 1_000_000
    return len(on), max(on) >= 2 * min(on), max(on), sum(cycle)


def is_far(one, other):
    return max(one, other) >= 2 * min(one, other)


def lights_differ(one, other):
    a, b = light(one), light(other)
    return a[0] != b[0] or a[1] != b[1] or is_far(a[2], b[2]) or is_far(a[3], b[3])


def sound(notes):
    """(number of notes, their course, longest) of a melody."""
    audible = [note for note in notes if note[0]]
    course = ""
    for place, one in enumerate(audible[:-1]):
        other = audible[place + 1]
        rises = other[0] >= one[0] * SEMITONES_2
        falls = one[0] >= other[0] * SEMITONES_2
        course += "+" if rises else "-" if falls else "="
    return len(audible), course, max([note[1] for note in audible] or [0])


def sounds_differ(one, other):
    a, b = sound(one), sound(other)
    return a[0] != b[0] or a[1] != b[1] or is_far(a[2], b[2])


def pairs(things):
    return [(a, b) for place, a in enumerate(things) for b in things[place + 1 :]]


def test_every_two_lights_of_a_button_differ_for_one_who_hears_badly():
    for one, other in pairs(BUTTON):
        assert lights_differ(PATTERNS[one][0], PATTERNS[other][0]), (one, other)


def test_every_two_lights_of_a_chime_differ_whatever_the_number_of_homes():
    lights = [(name, PATTERNS[name][0]) for name in CHIME]
    lights += [(homes, melody.ringing(homes)) for homes in range(1, 6)]
    for (one, a), (other, b) in pairs(lights):
        assert lights_differ(a, b), (one, other)


def test_every_two_sounds_of_a_button_differ_for_one_who_sees_badly():
    sounding = [name for name in BUTTON if PATTERNS[name][1]]
    for one, other in pairs(sounding):
        assert sounds_differ(PATTERNS[one][1], PATTERNS[other][1]), (one, other)


def test_every_two_sounds_of_a_chime_differ_and_a_test_is_no_ring():
    sounds = [(name, PATTERNS[name][1]) for name in CHIME if PATTERNS[name][1]]
    sounds += [("ring", melody.RINGS[0][0]), ("test", melody.TEST), ("click", melody.CLICK)]
    for (one, a), (other, b) in pairs(sounds):
        assert sounds_differ(a, b), (one, other)


def test_every_state_but_idle_can_be_heard():
    assert [name for name in STATES if not PATTERNS[name][1]] == ["idle"]


def test_one_state_looks_and_sounds_the_same_however_often_it_is_told():
    assert len({PATTERNS[name][:2] for name in ONE_STATE}) == 1
    assert set(BUTTON) | set(ONE_STATE) == set(STATES)


def test_no_light_flashes_more_than_three_times_in_any_second():
    lights = [PATTERNS[name][0] for name in STATES]
    lights += [melody.ringing(homes) for homes in range(1, 6)]
    for cycle in lights:
        starts = []
        at = 0
        while at < 20_000:
            for place, ms in enumerate(cycle):
                if place % 2 == 0 and not is_steady(cycle):
                    starts.append(at)
                at += ms
        for place, fourth in enumerate(starts[3:]):
            assert fourth - starts[place] >= 1000, cycle


def test_notes_are_low_enough_for_old_ears_and_long_enough_to_be_notes():
    melodies = [PATTERNS[name][1] for name in STATES] + [notes for notes, _ in melody.RINGS]
    for notes in melodies:
        for hertz, ms, duty in notes:
            assert hertz == 0 or 500 <= hertz <= 1600
            assert ms >= 60
            assert 0 <= duty <= patterns.LOUD


def test_what_calls_for_help_is_as_loud_as_can_be():
    for name in STATES:
        assert all(duty == patterns.LOUD for hertz, _, duty in PATTERNS[name][1] if hertz)
    assert all(duty == patterns.LOUD for _, _, duty in melody.RINGS[-1][0])


def test_a_ring_grows_louder_and_comes_faster():
    duties = [notes[0][2] for notes, _ in melody.RINGS]
    periods = [sum(note[1] for note in notes) + again_ms for notes, again_ms in melody.RINGS]
    assert duties == sorted(duties)
    assert periods == sorted(periods, reverse=True)
    assert is_far(duties[0], duties[1])
    assert is_far(duties[1], duties[2])

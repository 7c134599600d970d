"""Light and sound of every state, for button and chime, as data. docs/hardware.md shows them; what
a chime does when it rings stands in melody.py.

Owns the table. Knows nothing of when a state is shown, and of pins.

Two states never differ in colour, pitch or loudness alone: an old ear has lost the high notes and
a cheap lamp has one colour. They differ in light by the number of flashes in a group, their
length or their rate, and in sound by the number of notes, whether they rise or fall, or their
length. tests/firmware/test_patterns.py holds the table to it.
"""

LOUD = 32768  # half of the time on: as loud as a buzzer can be


class _Table:
    """Reads a pattern when it is shown. As tuples they would take five times the heap."""

    def __getitem__(self, state: str) -> tuple:
        """(light: milliseconds on, off, on, off, … for ever; sound: (hertz, milliseconds, duty of
        65535) each, a hertz of 0 being a rest; milliseconds until the sound comes again, 0 for
        once)."""
        start = TABLE.find("\n" + state + "=") + len(state) + 2
        line = TABLE[start : TABLE.find("\n", start)]
        light, sound, again_ms = line.replace("UNHEARD", _UNHEARD).split(";")
        return tuple([int(ms) for ms in light.split()]), _notes(sound), int(again_ms)


def _notes(sound: str) -> tuple:
    notes = []
    for note in sound.split():
        hertz, _, ms = note.partition(":")
        notes.append((int(hertz), int(ms), LOUD if hertz != "0" else 0))
    return tuple(notes)


# 520 Hz: of all sounds tried, a square wave of that pitch wakes most of those who hear badly.
_UNHEARD = "170 170 170 170 170 1000; 520:300 0:150 520:300 0:150 520:700;"

# A state a line: milliseconds of light on, off, …; notes as hertz:milliseconds; milliseconds until
# the sound comes again. Never more than three flashes in a second: more can bring on a fit (WCAG
# 2.3.1). The three of "unheard" say that nothing gets through: the elder must hear that it is time
# to reach for the telephone.
TABLE = """
idle=30 9970;; 0
sensed=170 170; 1319:120; 0
received=500 500; 1047:150 1319:250; 30000
coming=1000 0; 1047:200 1319:200 1568:500; 60000
arrived=2500 500; 1319:400 1047:700; 0
cancelling=1000 170; 880:800; 0
cancelled=100 1900; 1319:150 1047:150 784:450; 0
unheard=UNHEARD 12000
unheard later=UNHEARD 60000
unheard once=UNHEARD 0
supply=60 300 60 4580; 1319:60 0:150 1319:60; 300000
fault=60 300 60 300 60 300 60 3860; 660:120 0:150 660:120 0:150 660:120 0:150 660:120; 300000
setup=900 200 150 1250; 660:200 988:200 660:400; 300000
"""
PATTERNS = _Table()

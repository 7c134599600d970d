"""Light and sound of a chime that rings, as data. docs/hardware.md shows them.

Owns the table. A button has no use for it, and so does not load it. Knows nothing of when
something rings.
"""

from bell.patterns import LOUD

SOFT = 1500

# The chime's ding-dong by the step of the plan, as (sound, milliseconds until it comes again):
# louder and faster. The last one counts for all later steps.
RINGS = (
    (((988, 400, 6000), (784, 800, 6000)), 3000),
    (((988, 350, 16000), (784, 700, 16000)), 1500),
    (((1319, 250, LOUD), (1047, 500, LOUD)), 600),
)
TEST = ((784, 150, SOFT), (988, 250, SOFT))  # a test: dong-ding, once, softly
CLICK = ((1760, 40, SOFT),)  # the chime was pressed while nothing rings: it lives

_FLASH = (400, 200)
MOST_FLASHES = 5


def ringing(homes: int) -> tuple:
    """The light of a chime: a long flash for each home that rings, at most five."""
    return (_FLASH * min(homes, MOST_FLASHES))[:-1] + (1200,)

"""Whether every part of the device is alive, for the watchdog.

Owns the comparison. Pure: a part is alive when its count of rounds has changed.
"""

PARTS = ("button", "link", "journal")


class Vigil:
    """The parts, in the order of PARTS."""

    def __init__(self) -> None:
        self._seen = [-1] * len(PARTS)
        self._moved = [False] * len(PARTS)

    def look(self, rounds: tuple) -> bool:
        """Whether all have advanced since this last was so."""
        for place, count in enumerate(rounds):
            if count != self._seen[place]:
                self._seen[place] = count
                self._moved[place] = True
        if not all(self._moved):
            return False
        self._moved = [False] * len(PARTS)
        return True

    def stuck(self) -> str:
        """The parts that have not advanced yet."""
        return " ".join(PARTS[place] for place, moved in enumerate(self._moved) if not moved)

"""Lines for whoever looks at the serial port. No secrets; a flood is cut short.

Owns the rate. What a line says is decided elsewhere.
"""

from bell.ticks import ticks_diff

BURST = 40
REFILL_MS = 250  # four lines a second in the long run


class Console:
    """Prints lines, at most BURST at once. Says how many it left out."""

    def __init__(self, now) -> None:
        self._now = now
        self._left = BURST
        self._since = now()
        self._omitted = 0

    def say(self, line: str) -> None:
        """Print `line`, or count it."""
        gained = ticks_diff(self._now(), self._since) // REFILL_MS
        if gained < 0:  # silent for so long that the ticks went half round
            gained = BURST
        if gained:
            self._left = min(BURST, self._left + gained)
            self._since = self._now()
        # What the device shows to its people is always told: there is little of it.
        if self._left <= 0 and not line.startswith(("lamp ", "rings ")):
            self._omitted += 1
            return
        if self._omitted:
            print("omitted", self._omitted)
            self._omitted = 0
        self._left = max(0, self._left - 1)
        print(line)

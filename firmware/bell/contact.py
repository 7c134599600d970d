"""One contact to ground: its edges as an interrupt latches them, and the presses they make.

Owns the latch. The pin is given to it; the clock too. What a press is, debounce.py decides.
"""

from array import array

from bell.debounce import Debounce

EDGES = 32  # latched between two samples; a power of two


class Contact:
    """The contact at `pin`. `wake()` is called from the interrupt."""

    def __init__(self, pin, trigger: int, ticks, wake) -> None:
        self._pin = pin
        self._ticks = ticks
        self._wake = wake
        self._levels = bytearray(EDGES)
        self._times = array("i", [0] * EDGES)
        self._head = 0  # written by the interrupt only
        self._tail = 0  # written by the sampler only
        self._debounce = Debounce(ticks(), not pin.value())
        pin.irq(self._latch, trigger)

    @property
    def is_settled(self) -> bool:
        """Whether nothing can happen until the next edge."""
        return self._debounce.is_settled and self._tail == self._head

    @property
    def left_ms(self) -> int:
        """So long after the last sample something will have happened if no edge comes before."""
        return self._debounce.left_ms

    def sample(self, now: int, blind: bool) -> list:
        """The events since the last sample: ("pressed", at) and ("released", at)."""
        return self._debounce.step(self._edges(), not self._pin.value(), now, blind)

    def _latch(self, pin) -> None:  # the interrupt: no allocation in here
        head = self._head
        if (head - self._tail) & (2 * EDGES - 1) < EDGES:
            self._levels[head & (EDGES - 1)] = not pin.value()
            self._times[head & (EDGES - 1)] = self._ticks()
            self._head = (head + 1) & (2 * EDGES - 1)
        self._wake()

    def _edges(self) -> list:
        edges = []
        while self._tail != self._head:
            place = self._tail & (EDGES - 1)
            edges.append((bool(self._levels[place]), self._times[place]))
            self._tail = (self._tail + 1) & (2 * EDGES - 1)
        return edges

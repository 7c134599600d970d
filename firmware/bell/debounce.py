"""From a bouncing contact to presses: an integrating debounce.

Owns the decision what is a press and what a glitch. Pure: board.py feeds it edges, as the
interrupt latched them, and samples; it never reads a pin or a clock.

The integrator is a charge in milliseconds: it grows while the contact is closed and shrinks
while it is open, between 0 and PRESS_MS. Full, the button is pressed; empty again, released. So
8 ms of contact within a bounce make a press, and a glitch of 5 ms decays without a trace.
"""

from bell.ticks import ticks_add, ticks_diff

# A glitch of 5 ms is refused even if the handler of its end comes 2 ms late. With 7 it could be 1,
# and with 6 none: tests/firmware/test_debounce.py.
PRESS_MS = 8
# An ESP32 runs a pin's handler between two instructions of the interpreter (MicroPython has no
# hard interrupts there: its issues 4214 and 14330). While a DNS query or a TLS handshake blocks,
# edges queue, and all get the time at which the block ended, and the level that the pin has by
# then. When the loop was blind, openings without a closing may have been a real press, and so may
# edges crowded into its last moment. Ring.
CROWD_MS = 4


class Debounce:
    """One contact. `pressed` and `released` come out as ("pressed", at) and ("released", at)."""

    def __init__(self, now: int, closed: bool = False) -> None:
        # Not pressed until proven so: a button held at power-up is pressed, not inverted.
        self._closed = closed
        self._pressed = False
        self._charge = 0
        self._began = now  # when the charge last left zero
        self._last = now

    @property
    def is_settled(self) -> bool:
        """Whether nothing will happen until the next edge."""
        return self.left_ms == 0

    @property
    def left_ms(self) -> int:
        """So long after the last sample something will have happened if no edge comes before."""
        return PRESS_MS - self._charge if self._closed else self._charge

    def step(self, edges: list, closed: bool, now: int, blind: bool = False) -> list:
        """The events that follow from `edges`, (closed, at) each, and a sample taken `now`.

        `blind` says that the loop has been blocked since the sample before.
        """
        events: list = []
        # Open before, open now, and nothing but openings in between, however long ago the block
        # ended: somebody closed it unseen. Or edges crowded into this moment.
        unseen = False
        if blind and edges and not (closed or self._closed or self._charge):
            unseen = ticks_diff(now, edges[0][1]) < CROWD_MS
            unseen = unseen or not [at for level, at in edges if level]
        for edge, at in edges:
            self._integrate(at, events)
            self._closed = edge
        self._integrate(now, events)
        self._closed = closed
        if unseen and not self._pressed and not events:
            events.append(("pressed", edges[0][1]))
            # Released when the contact stays open: it may only be bouncing at this moment.
            self._pressed = True
            self._charge = PRESS_MS
        return events

    def _integrate(self, until: int, events: list) -> None:
        passed = max(0, ticks_diff(until, self._last))
        if self._closed:
            if self._charge == 0:
                self._began = self._last
            self._charge = min(PRESS_MS, self._charge + passed)
            if self._charge == PRESS_MS and not self._pressed:
                self._pressed = True
                events.append(("pressed", self._began))
        else:
            self._charge = max(0, self._charge - passed)
            if self._charge == 0 and self._pressed:
                self._pressed = False
                events.append(("released", until))
        if passed:
            self._last = ticks_add(self._last, passed)

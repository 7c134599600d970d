"""The gesture that opens the set-up of the Wi-Fi: whoever has just given the board power closes the
service key, holds it, and lets it go.

Owns the decision. Pure, and let go of when the time for it is over. A press of the button is never
part of it: it makes a test of what was begun, and a call of everything else.
"""

from bell.ticks import ticks_diff

WITHIN_MS = 10_000  # of the start the key must close: later it means a test press
HOLD_MS = 5_000
MOST_MS = 30_000  # what is held for longer is no finger: it may be let go any day
POWER_UP_MS = 100


class Gesture:
    """That of a start at `now`, with the configuration `settings`."""

    def __init__(self, settings: dict, now: int) -> None:
        # Without a secret of its own the access point of a board would be anybody's.
        self._is_possible = "service" in settings["pins"] and bool(settings["password"])
        self._began = now
        self._since: int | None = None  # since when the key has been closed
        self._is_made = False
        self._has_told = False

    def happen(self, event: tuple) -> None:
        """Take note of what board.watch() has seen."""
        if event[0] == "pressed":
            self.forget()
        elif event[0] == "service":
            _, closed, at = event
            self._tire(at)
            if not closed and self.is_long(at):
                self._is_made = True
            after_ms = ticks_diff(at, self._began)
            # A key that is closed when the power comes is broken. It must not keep a button from
            # its network after every power cut.
            is_good = closed and POWER_UP_MS <= after_ms < WITHIN_MS
            self._since = at if is_good and self._is_possible else None

    def forget(self) -> None:
        """Whatever the key has done so far, nobody asks for the set-up."""
        self._since = None
        self._is_made = False

    def is_long(self, now: int) -> bool:
        """Whether the key has been held for long enough. It counts when it is let go: at the pin
        of the usual key the chip looks when it starts, and would wait for its loader."""
        return self._since is not None and ticks_diff(now, self._since) >= HOLD_MS

    def is_to_be_told(self, now: int) -> bool:
        """Whether it is time to say so; once."""
        is_news = self.is_long(now) and not self._has_told
        self._has_told = self._has_told or is_news
        return is_news

    def is_made(self) -> bool:
        """Whether the set-up is wanted."""
        return self._is_made

    def is_over(self, now: int) -> bool:
        """Whether it has been made, or cannot be made any more."""
        self._tire(now)
        is_late = ticks_diff(now, self._began) >= WITHIN_MS
        return self._is_made or (self._since is None and (is_late or not self._is_possible))

    def _tire(self, now: int) -> None:
        if self._since is not None and ticks_diff(now, self._since) >= MOST_MS:
            self._since = None

"""The starts of this board: how many there were, and how many came to nothing.

Owns the file `starts` in its directory: one line with the life, the count of starts and the
failed ones in a row, so that a start costs one write. Knows nothing of why a start failed.

A start has failed until healthy() says otherwise, whatever ended it. Somebody who plays with the
plug five times ends in safe mode too, which does no harm: safe mode calls for help like any
other. The reset cause could tell the two apart, but not a power cut from a supply that breaks
down whenever the radio starts, which safe mode can help.
"""

import os

from bell import flash

NAME = "starts"
MOST_FAILED = 5
HEALTHY_MS = 60_000


class Starts:
    """The starts counted in `directory`. To open it is to count one."""

    def __init__(self, directory: str) -> None:
        self._path = directory + "/" + NAME
        lines, self.was_lost = flash.read(self._path)
        try:
            life, boot, failed = lines[0].decode().split(" ")
            self.life, self.boot, self.failed = life, int(boot) + 1, int(failed)
        except (IndexError, ValueError):
            # A flash used for the first time, or one that lost the count: another life, so that
            # an id of the one before can never come again.
            self.life, self.boot, self.failed = _life(), 1, 0
        self.is_safe = self.failed >= MOST_FAILED
        if not self._write(self.failed + 1):
            # The next start will count the same number again: it must not make the same ids.
            self.life = _life()

    def healthy(self) -> None:
        """This start has not failed. Say so when it has lasted HEALTHY_MS."""
        self._write(0)

    def _write(self, failed: int) -> bool:
        line = "{} {} {}".format(self.life, self.boot, failed)
        return flash.write(self._path, (line.encode(),))


def _life() -> str:
    return os.urandom(4).hex()

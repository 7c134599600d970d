"""A firmware on trial: whether it stays, or makes room for the one before.

Owns the three measures of a trial and writes the verdict into `slots`. Knows nothing of how the
firmware came. Imported only while there is a trial.
"""

from bell import slots
from bell.starts import HEALTHY_MS
from bell.ticks import ticks_diff

LONGEST_MS = 600_000
# The journal keeps a press that waits; the firmware before is to send it.
PRESS_MS = 60_000


def verdict(lived_ms: int, good_ms: int, waited_ms: int) -> str | None:
    """What to do: `good`, `again` for another try, `link` to give up at once, or None to wait.

    It has lived so long, its subscriptions have held for so long, and a press or an answer has
    been without its receipt for so long.
    """
    if waited_ms >= PRESS_MS:
        return "link"
    if waited_ms == 0 and good_ms >= HEALTHY_MS:
        return "good"
    return "again" if lived_ms >= LONGEST_MS else None


class Trial:
    """The trial of the firmware that runs. `owner` has now(), is_waiting(), say(line), tell(leaf,
    fields) and the attribute is_subscribed."""

    def __init__(self, directory: str, owner) -> None:
        self._directory = directory
        self._owner = owner
        self._at = owner.now()
        self._lived_ms = self._good_ms = self._waited_ms = 0

    def hear(self, leaf: str, fields: dict) -> None:
        """One thing after the other: an offer is heard when this is over (renewal.py)."""

    def close(self) -> None:
        """Nothing is open."""

    def step(self) -> str | None:
        """Call it often. `over` when this firmware stays, `restart` when the chip must start
        anew."""
        now = self._owner.now()
        passed = max(0, ticks_diff(now, self._at))
        self._at = now
        self._lived_ms += passed
        self._good_ms = self._good_ms + passed if self._owner.is_subscribed else 0
        self._waited_ms = self._waited_ms + passed if self._owner.is_waiting() else 0
        said = verdict(self._lived_ms, self._good_ms, self._waited_ms)
        if said is None:
            return None
        return self._promote() if said == "good" else self._give_up(said)

    def _promote(self) -> str | None:
        about = slots.read(self._directory)
        about.update({"good": about["trial"], "newest": about["version"], "why": "good"})
        about.update({"trial": slots.NONE, "tries": 0})
        if not slots.write(self._directory, about):
            self._good_ms = 0  # a flash that refuses is asked again a minute later
            return None
        self._owner.say("update: {} is good".format(about["version"]))
        told = {"state": "good", "version": about["version"], "attempt": about["attempt"]}
        self._owner.tell("update", told)
        return "over"

    def _give_up(self, said: str) -> str:
        self._owner.say("update: it does not get through, starting again")
        if said == "link":
            slots.fail(self._directory, "link")
        else:  # counted as a try when it was started; this is why, if it was the last
            about = slots.read(self._directory)
            about["why"] = "link"
            slots.write(self._directory, about)
        return "restart"

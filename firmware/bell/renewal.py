"""New firmware beside the device's daily work: what comes of an offer, and of a trial.

Owns whatever of both is loaded, which in daily life is nothing, and what was last told of it.
Decides whether an offer is worth a look; what to do with it stands in update.py, how a firmware on
trial does in trial.py.
"""

from bell import VERSION, release, wire
from bell.ticks import ticks_diff

STEP_MS = 5  # a step that took longer may have hidden a press
_MODULES = ("update", "signature", "image", "quiet", "trial", "slots")


class Renewal:
    """That of the device with these `settings`. `owner` has say(line), is_waiting() and
    role_state(), the state of its role."""

    def __init__(self, settings: dict, directory: str, board, link, owner) -> None:
        self._settings = settings
        self._directory = directory
        self._board = board
        self._link = link
        self._told = settings["update"]
        self._work = None
        self.is_subscribed = False  # whether the broker has taken the subscriptions
        self.say = owner.say
        self.is_waiting = owner.is_waiting
        self.role_state = owner.role_state
        self.now = board.now
        if self._told is not None and self._told["state"] == "trial":
            from bell import trial

            self._work = trial.Trial(directory, self)

    def connected(self) -> None:
        """There is a new connection: nobody knows what was heard on the one before."""
        if self._told is not None:
            self.tell("update", self._told)

    def hear(self, leaf: str, fields: dict) -> None:
        """A `firmware` or a `piece` message."""
        if self._work is None and leaf == "firmware" and self._is_new(fields):
            from bell import update

            self._work = update.Update(self._directory, self._settings["slot"], self)
        if self._work is not None:
            self._work.hear(leaf, fields)

    def tell(self, leaf: str, fields: dict) -> None:
        """A `fetch`, or an `update`, which is told again on every connection."""
        is_kept = leaf == "update"
        if is_kept:
            self._told = fields
        payload = wire.encode(leaf, fields)
        topic = wire.topic(self._settings["device"], leaf)
        self._link.send(topic, payload, int(is_kept), is_kept)

    def step(self) -> bool:
        """Call it often; it takes some ten milliseconds. Whether the chip must start anew."""
        work = self._work
        if work is None:
            return False
        began = self.now()
        try:
            said = work.step()
        except Exception as why:  # noqa: BLE001 - nothing of it may end the device
            self.say("update: broken off: {}".format(repr(why)))
            said = "over"
        if ticks_diff(self.now(), began) >= STEP_MS:
            self._board.blocked = True
        if said is not None:
            work.close()
            self._work = None
            for name in _MODULES:
                release(name)
        return said == "restart"

    def _is_new(self, offer: dict) -> bool:
        """Whether an offer is worth a look. In safe mode none is: it may be an offer's doing."""
        version = offer.get("version", VERSION)
        if version == VERSION or self._settings["safe"]:
            return False
        told = self._told
        if told is None or told["state"] not in ("failed", "refused"):
            return True
        return (told["version"], told["attempt"]) != (version, offer.get("attempt", 1))

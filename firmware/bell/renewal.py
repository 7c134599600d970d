"""New firmware beside the device's daily work: what comes of an offer, or of a trial.

Owns whatever of both is loaded; imported only when there is one, and released after. Decides
whether an offer is worth a look; what to do with it stands in update.py, how a firmware on trial
does in trial.py. What was last told of it stands in the device's settings, as `update`.
"""

from bell import release, wire
from bell.ticks import ticks_diff

STEP_MS = 5  # a step that took longer may have hidden a press
_MODULES = ("update", "signature", "image", "quiet", "trial", "slots")


def begun(offer: dict | None, settings: dict, directory: str, board, link, owner):
    """The look at an offer, None if it is not worth one; without an offer the trial of the firmware
    that runs. The others are what Renewal wants."""
    if offer is not None and not is_new(offer, settings):
        return None
    return Renewal(offer is None, settings, directory, board, link, owner)


def is_new(offer: dict, settings: dict) -> bool:
    """Whether an offer is worth a look. In safe mode none is: it may be an offer's doing."""
    told = settings["update"]
    if settings["safe"]:
        return False
    if told is None or told["state"] not in ("failed", "refused"):
        return True
    return (told["version"], told["attempt"]) != (offer.get("version"), offer.get("attempt", 1))


class Renewal:
    """That of the device with these `settings`. `owner` has say(line), is_waiting(), role_state(),
    the state of its role, and renewed(offer), to be called when it is over, with an offer to look
    at then or None."""

    def __init__(self, is_trial: bool, settings: dict, directory: str, board, link, owner) -> None:
        self._settings = settings
        self._board = board
        self._link = link
        self._renewed = owner.renewed
        self._is_trial = is_trial
        self._later = None  # what was offered during a trial: nobody repeats it
        self.is_subscribed = not is_trial  # whether the broker has taken the subscriptions
        self.say = owner.say
        self.is_waiting = owner.is_waiting
        self.role_state = owner.role_state
        self.now = board.now
        if is_trial:
            from bell import trial

            self._work = trial.Trial(directory, self)
        else:
            from bell import update

            self._work = update.Update(directory, settings["slot"], self)

    def hear(self, leaf: str, fields: dict) -> None:
        """A `firmware` or a `piece` message."""
        if self._is_trial and leaf == "firmware":
            self._later = fields
        self._work.hear(leaf, fields)

    def tell(self, leaf: str, fields: dict) -> None:
        """A `fetch`, or an `update`, which is told again on every connection."""
        is_kept = leaf == "update"
        if is_kept:
            self._settings["update"] = fields
        payload = wire.encode(leaf, fields)
        topic = wire.topic(self._settings["device"], leaf)
        self._link.send(topic, payload, int(is_kept), is_kept)

    def step(self) -> bool:
        """Call it often; it takes some ten milliseconds. Whether the chip must start anew."""
        began = self.now()
        try:
            said = self._work.step()
        except Exception as why:  # noqa: BLE001 - nothing of it may end the device
            self.say("update: broken off: {}".format(repr(why)))
            said = "over"
        if ticks_diff(self.now(), began) >= STEP_MS:
            self._board.blocked = True
        if said is not None:
            self._work.close()
            for name in _MODULES:
                release(name)
            self._renewed(self._later if said == "over" else None)
        return said == "restart"

"""The button: what a press, a receipt and an episode make of its lamp, its sound and its messages.

Owns the behaviour of the elder's button. Pure: `step(state, event, now)` gives the next state and
the actions; time comes in as ticks, the flash is written by whoever carries out `note`.

Events: ("pressed", at), ("released", at), ("noted", record, absorbed, kept, at), ("link", up),
("message", device, leaf, fields), ("tick",). Actions: ("note", leaf, fields, at), ("drop", id),
("send", leaf, fields), ("lamp", cycle), ("sound", notes, again_ms), ("say", line).
"""

from bell import pending
from bell.ticks import is_over, ticks_add, ticks_diff

HEARS = ("receipt", "episode")  # of our own topics
HOLD_MS = 3_000
MOMENT_MS = 10_000

_LOUD = 32768
_SOFT = 3000
# lamp -> (milliseconds on, off, on, off, … for ever; sound as (hertz, milliseconds, duty) each;
# milliseconds until the sound comes again, 0 for once). A hertz of 0 is a rest.
LAMPS = {
    "idle": ((30, 9970), (), 0),
    "sensed": ((100, 100), ((1760, 80, _LOUD),), 0),
    "received": ((500, 500), ((1320, 120, _LOUD), (1760, 180, _LOUD)), 0),
    "coming": ((1000, 0), ((1047, 200, _LOUD), (1319, 200, _LOUD), (1568, 400, _LOUD)), 0),
    "arrived": ((2500, 500), (), 0),
    "cancelled": ((100, 1900), ((880, 200, _LOUD), (440, 400, _LOUD)), 0),
    # Not getting through: the elder must hear that it is time to reach for the telephone.
    "unheard": (
        (120, 120, 120, 120, 120, 1000),
        ((440, 300, _LOUD), (0, 100, 0), (440, 300, _LOUD), (0, 100, 0), (440, 600, _LOUD)),
        12_000,
    ),
}
_LAMP_OF = {"ringing": "received", "coming": "coming", "arrived": "arrived", "resolved": "idle"}


def begin(config: dict, records: list, now: int) -> dict:
    """The state at power-up, with what the journal holds from before."""
    return {
        "link": False,
        "pending": pending.restored(records, now),
        "last": None,  # the last press since the start: its kind, id, and the episode it is in
        "told": None,  # the last `episode` message
        "moment": None,  # (lamp, until): shown for a while
        "down": None,  # (since, whether to hold it on means cancel)
        "shown": None,
    }


def subscriptions(config: dict) -> list:
    """What to subscribe to besides our own topics: nothing."""
    return []


def step(state: dict, event: tuple, now: int) -> tuple:
    """(state, actions) after `event`. An unknown event changes nothing."""
    state = dict(state)
    actions: list = []
    happen = _ON.get(event[0])
    if happen is not None:
        happen(state, event, now, actions)
    if state["link"]:
        state["pending"], messages = pending.due(state["pending"], now)
        actions.extend([("send", leaf, fields) for leaf, fields in messages])
    _show(state, now, actions)
    return state, actions


def _pressed(state: dict, event: tuple, now: int, actions: list) -> None:
    # A first press held too long, by a hand that shakes or a body that lies on it, must not
    # cancel itself. To take a call back is to press again and hold.
    state["down"] = (event[1], _is_open(state, now))
    actions.append(("note", "press", {"kind": "call"}, event[1]))


def _released(state: dict, event: tuple, now: int, actions: list) -> None:
    state["down"] = None


def _noted(state: dict, event: tuple, now: int, actions: list) -> None:
    record = event[1]
    state["pending"] = pending.added(state["pending"], event[1:], now)
    state["last"] = (record["kind"], record["id"], None)
    state["moment"] = None
    actions.append(("say", "press {} {}".format(record["kind"], record["id"])))


def _link(state: dict, event: tuple, now: int, actions: list) -> None:
    state["link"] = event[1]
    if event[1]:
        state["pending"], messages = pending.due(state["pending"], now, everything=True)
        actions.extend([("send", leaf, fields) for leaf, fields in messages])


def _message(state: dict, event: tuple, now: int, actions: list) -> None:
    _, _, leaf, fields = event
    if leaf == "episode":
        state["told"] = fields
    elif leaf == "receipt":
        _receipt(state, fields, now, actions)


def _receipt(state: dict, fields: dict, now: int, actions: list) -> None:
    name = fields["id"]
    state["pending"] = pending.without(state["pending"], name)
    actions.append(("drop", name))
    actions.append(("say", "receipt {}".format(name)))
    if state["last"] is None or state["last"][1] != name or state["last"][2] is not None:
        return
    kind = state["last"][0]
    state["last"] = (kind, name, fields.get("episode", ""))
    if kind != "call":
        lamp = "cancelled" if kind == "cancel" else "received"
        state["moment"] = (lamp, ticks_add(now, MOMENT_MS))


def _tick(state: dict, event: tuple, now: int, actions: list) -> None:
    state["pending"] = pending.aged(state["pending"], now)
    if state["moment"] is not None and is_over(now, state["moment"][1]):
        state["moment"] = None
    if state["down"] is not None:
        since, cancels = state["down"]
        if cancels and ticks_diff(now, since) >= HOLD_MS:
            state["down"] = (since, False)
            actions.append(("note", "press", {"kind": "cancel"}, now))


# Every event the button knows.
_ON = {
    "pressed": _pressed,
    "released": _released,
    "noted": _noted,
    "link": _link,
    "message": _message,
    "tick": _tick,
}


def _is_open(state: dict, now: int) -> bool:
    return _lamp(state, now) not in ("idle", "cancelled")


def _lamp(state: dict, now: int) -> str:
    """Protocol page, end of section 6."""
    if state["pending"]:
        return "unheard" if pending.is_unheard(state["pending"], now) else "sensed"
    if state["moment"] is not None:
        return state["moment"][0]
    told = state["told"]
    last = state["last"]
    if last is not None and (told is None or told["episode"] != last[2]):
        return "received" if last[0] == "call" else "idle"
    return "idle" if told is None else _LAMP_OF[told["state"]]


def _show(state: dict, now: int, actions: list) -> None:
    lamp = _lamp(state, now)
    words = lamp
    if lamp in ("coming", "arrived"):
        words = (lamp + " " + state["told"].get("who", "")).rstrip()
    if words == state["shown"]:
        return
    state["shown"] = words
    cycle, notes, again_ms = LAMPS[lamp]
    actions.append(("say", "lamp " + words))
    actions.append(("lamp", cycle))
    actions.append(("sound", notes, again_ms))

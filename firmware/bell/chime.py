"""The chime: what a ring, a hush and a press on it make of its sound and its messages.

Owns the behaviour of the volunteer's chime, the direct ring (protocol page, section 7) included.
Pure, with the same events and actions as button.py; it may be asked about other devices too:
the presses of the buttons it hears.
"""

from bell import pending
from bell.ticks import is_over, ticks_add

HEARS = ("receipt", "ring", "hush")  # of our own topics
MOMENT_MS = 10_000
DIRECT_AFTER_MS = 2_000
DIRECT_FOR_MS = 120_000
MOST_RINGS = 16
MOST_SEEN = 32

# step -> ("ding-dong" as (hertz, milliseconds, duty) each, milliseconds of silence after it):
# louder and faster as the plan goes on. The last one counts for all later steps.
RINGS = (
    (((988, 400, 12000), (784, 800, 12000)), 3000),
    (((988, 350, 24000), (784, 700, 24000)), 1500),
    (((1319, 250, 32768), (1047, 500, 32768)), 600),
)
TEST = ((988, 150, 1500), (784, 250, 1500))
CLICK = ((1760, 40, 1500),)
# lamp -> milliseconds on, off, on, off, … for ever
LAMPS = {
    "idle": (30, 9970),
    "ringing": (150, 150),
    "sensed": (100, 100),
    "received": (1000, 0),
    "unheard": (120, 120, 120, 120, 120, 1000),
}


def begin(config: dict, records: list, now: int) -> dict:
    """The state at power-up. No ring survives one: the gateway rings again."""
    return {
        "hears": tuple(config["hears"]),
        "link": False,
        "pending": pending.restored(records, now),
        "rings": (),  # the one ringing longest first
        "heard": (),  # presses heard directly, waiting for the gateway's ring
        "seen": (),  # presses heard before: a repeated one is no new one
        "moment": None,  # until when the lamp shows that the acknowledgement was received
        "shown": None,
        "sounding": None,
    }


def subscriptions(config: dict) -> list:
    """(device, leaf) to subscribe to besides our own."""
    return [(button, "press") for button in config["hears"]]


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
    if state["rings"]:
        fields = {"episode": state["rings"][0]["episode"]}
        actions.append(("note", "acknowledge", fields, event[1]))
    else:
        actions.append(("sound", CLICK, 0))


def _noted(state: dict, event: tuple, now: int, actions: list) -> None:
    record = event[1]
    state["pending"] = pending.added(state["pending"], event[1:], now)
    state["rings"] = _without(state["rings"], "episode", record["episode"])
    actions.append(("say", "acknowledge {} {}".format(record["episode"], record["id"])))


def _link(state: dict, event: tuple, now: int, actions: list) -> None:
    state["link"] = event[1]
    if event[1]:
        state["pending"], messages = pending.due(state["pending"], now, everything=True)
        actions.extend([("send", leaf, fields) for leaf, fields in messages])


def _message(state: dict, event: tuple, now: int, actions: list) -> None:
    _, device, leaf, fields = event
    if leaf == "press":
        _heard(state, device, fields, now)
    elif leaf == "ring":
        _ring(state, fields, now, actions)
    elif leaf == "hush":
        _hush(state, fields, actions)
    elif leaf == "receipt":
        actions.append(("say", "receipt {}".format(fields["id"])))
        actions.append(("drop", fields["id"]))
        before = len(state["pending"])
        state["pending"] = pending.without(state["pending"], fields["id"])
        if len(state["pending"]) < before:
            state["moment"] = ticks_add(now, MOMENT_MS)


def _ring(state: dict, fields: dict, now: int, actions: list) -> None:
    episode = fields["episode"]
    _forget_direct(state, fields["button"])
    acknowledged = any(entry["record"]["episode"] == episode for entry in state["pending"])
    if fields["kind"] == "test":
        if not state["rings"]:
            actions.append(("sound", TEST, 0))
    elif not acknowledged and not _put(state, fields, now, direct=False):
        return  # no room: unconfirmed, so that the gateway calls somebody else
    actions.append(("send", "ringing", {"episode": episode}))


def _put(state: dict, fields: dict, now: int, direct: bool) -> bool:
    ring = {
        "episode": fields["episode"],
        "button": fields["button"],
        "step": fields["step"],
        "until": ticks_add(now, fields["for_ms"]),
        "direct": direct,
    }
    rings = list(state["rings"])
    for place, old in enumerate(rings):
        if old["episode"] == ring["episode"]:
            rings[place] = ring
            break
    else:
        if len(rings) >= MOST_RINGS:
            return False
        rings.append(ring)
    state["rings"] = tuple(rings)
    return True


def _hush(state: dict, fields: dict, actions: list) -> None:
    episode = fields["episode"]
    _forget_direct(state, episode.split(".")[0])
    state["rings"] = _without(state["rings"], "episode", episode)
    actions.append(("send", "hushed", {"episode": episode}))


def _heard(state: dict, button: str, fields: dict, now: int) -> None:
    name = "{}.{}".format(button, fields["id"])
    if button not in state["hears"] or name in state["seen"]:
        return
    state["seen"] = (state["seen"] + (name,))[-MOST_SEEN:]
    if fields["kind"] == "cancel":
        _forget_direct(state, button)
    elif fields["kind"] == "call" and not any(ring["button"] == button for ring in state["rings"]):
        due = ticks_add(now, DIRECT_AFTER_MS)
        state["heard"] += ({"button": button, "episode": name, "due": due},)


def _forget_direct(state: dict, button: str) -> None:
    """The gateway has spoken of this button, or the press was taken back."""
    state["heard"] = _without(state["heard"], "button", button)
    state["rings"] = tuple(
        ring for ring in state["rings"] if not (ring["direct"] and ring["button"] == button)
    )


def _tick(state: dict, event: tuple, now: int, actions: list) -> None:
    state["pending"] = pending.aged(state["pending"], now)
    state["rings"] = tuple(ring for ring in state["rings"] if not is_over(now, ring["until"]))
    if state["moment"] is not None and is_over(now, state["moment"]):
        state["moment"] = None
    for press in state["heard"]:
        if is_over(now, press["due"]):
            state["heard"] = _without(state["heard"], "episode", press["episode"])
            fields = dict(press)
            fields.update({"step": 1, "for_ms": DIRECT_FOR_MS})
            if _put(state, fields, now, direct=True):
                actions.append(("say", "direct {}".format(press["episode"])))
                actions.append(("send", "ringing", {"episode": press["episode"]}))


# Every event the chime knows.
_ON = {
    "pressed": _pressed,
    "noted": _noted,
    "link": _link,
    "message": _message,
    "tick": _tick,
}


def _without(entries: tuple, name: str, value: str) -> tuple:
    return tuple(entry for entry in entries if entry[name] != value)


def _lamp(state: dict, now: int) -> str:
    if state["rings"]:
        return "ringing"
    if state["pending"]:
        return "unheard" if pending.is_unheard(state["pending"], now) else "sensed"
    return "idle" if state["moment"] is None else "received"


def _show(state: dict, now: int, actions: list) -> None:
    episodes = tuple(ring["episode"] for ring in state["rings"])
    lamp = _lamp(state, now)
    if (lamp, episodes) != state["shown"]:
        if state["shown"] is None or episodes != state["shown"][1]:
            actions.append(("say", "rings " + (" ".join(episodes) or "-")))
        if state["shown"] is None or lamp != state["shown"][0]:
            actions.append(("say", "lamp " + lamp))
        actions.append(("lamp", _cycle(lamp, len(episodes))))
        state["shown"] = (lamp, episodes)
    loudest = max([ring["step"] for ring in state["rings"]] or [0])
    if loudest != (state["sounding"] or 0):
        notes, again_ms = RINGS[min(loudest, len(RINGS)) - 1] if loudest else ((), 0)
        actions.append(("sound", notes, again_ms))
    state["sounding"] = loudest


def _cycle(lamp: str, homes: int) -> tuple:
    """One flash for each home that rings, so that the volunteer sees how many there are."""
    if lamp != "ringing":
        return LAMPS[lamp]
    flashes = LAMPS[lamp] * min(homes, 5)
    return flashes[:-1] + (800,)

"""The chime: what a ring, a hush and a press on it make of its sound and its messages.

Owns the behaviour of the volunteer's chime, the direct ring (protocol page, section 7) included.
Pure, with the events and actions of button.py, except that a link that is up says whether the
broker may have kept messages for us, and that a sound may have a fourth part: the loudness, 1 to
3, of a ring, for which a board may have a better sound. It may be asked about other devices too:
the presses of the buttons it hears.

While nothing rings, a press within ten seconds of closing the service key is a test: the gateway
rings this chime alone, softly. While something rings, a press is an answer, whatever the key does.
"""

from bell import health, melody, patterns, pending
from bell.ticks import is_over, ticks_add, ticks_diff

NOTES = "acknowledge"  # what of us is journalled
HEARS = ("receipt", "ring", "hush", "settings", "firmware", "piece")  # of our own topics
MOMENT_MS = 10_000
DIRECT_AFTER_MS = 2_000
DIRECT_FOR_MS = 120_000
# What the broker kept for us while we were away comes at once on connecting. Such a ring may be
# stale: it is confirmed, which makes the gateway hush it, and sounds if that does not come soon.
BACK_MS = 2_000
STALE_MS = 1_000
# A hand that strikes twice means one home, not two.
AGAIN_MS = 1_000
SERVICE_MS = 10_000
RESOUND_MS = 1_500
MOST_RINGS = 16
MOST_SEEN = 32

# What the volunteer sees when her answer has arrived is what the elder sees: somebody is coming.
_PATTERN_OF = {"received": "coming"}


def begin(config: dict, records: list, now: int) -> dict:
    """The state at power-up. No ring survives one: the gateway rings again."""
    state = {
        "hears": tuple(config["hears"]),
        "link": False,
        "back": None,  # until when a ring may be one that the broker kept
        "pending": pending.restored(records, now),
        "rings": (),  # the one ringing longest first
        "heard": (),  # presses heard directly, waiting for the gateway's ring
        "seen": (),  # presses heard before: a repeated one is no new one
        "answered": None,  # until when another press is the same hand's
        "service": None,  # until when a press is a test
        "moment": None,  # until when the lamp shows that the acknowledgement was received
        "unheard": None,  # since when an acknowledgement has not got through
        "late": False,  # whether that is more than a minute ago
        "resound": None,  # when what sounded before a short sound goes on
        "shown": None,
        "sounding": None,
    }
    state.update(health.begin(config))
    return state


def subscriptions(config: dict) -> list:
    """(device, leaf) to subscribe to besides our own."""
    return [(button, "press") for button in config["hears"]]


def step(state: dict, event: tuple, now: int, room: dict) -> tuple:
    """(state, actions) after `event`. An unknown event changes nothing.

    `room` is an older state that nobody needs any more, or empty: the new one is written into it.
    In a full heap a piece of that size may not be found, and then a press would have to wait.
    """
    room.update(state)
    state = room
    actions: list = []
    happen = _ON.get(event[0])
    if happen is not None:
        happen(state, event, now, actions)
    if state["link"]:
        state["pending"], messages = pending.due(state["pending"], now)
        actions.extend([("send", leaf, fields) for leaf, fields in messages])
    pending.notice(state, now)
    _show(state, now, actions)
    return state, actions


def _pressed(state: dict, event: tuple, now: int, actions: list) -> None:
    at = event[1]
    health.pressed(state, at)
    rings = _sounding(state, now)
    if rings:
        if state["answered"] is None or is_over(at, state["answered"]):
            actions.append(("note", "acknowledge", {"episode": rings[0]["episode"]}, at))
    elif state["service"] is not None and not is_over(at, state["service"]):
        actions.append(("note", "press", {"kind": "test"}, at))
    else:
        actions.append(("sound", melody.CLICK, 0))
        state["resound"] = ticks_add(now, RESOUND_MS)
    state["service"] = None  # one test for one closing of the key


def _released(state: dict, event: tuple, now: int, actions: list) -> None:
    health.released(state, actions)


def _service(state: dict, event: tuple, now: int, actions: list) -> None:
    _, closed, at = event
    state["service"] = ticks_add(at, SERVICE_MS) if closed else None


def _noted(state: dict, event: tuple, now: int, actions: list) -> None:
    _, record, _, kept, at = event
    state["pending"] = pending.added(state["pending"], event[1:], now)
    if record["leaf"] == "press":
        actions.append(("say", "press {} {}".format(record["kind"], record["id"])))
        return
    state["rings"] = _without(state["rings"], "episode", record["episode"])
    state["answered"] = ticks_add(at, AGAIN_MS)
    health.set_fault(state, "flash", not kept, actions)
    actions.append(("say", "acknowledge {} {}".format(record["episode"], record["id"])))


def _link(state: dict, event: tuple, now: int, actions: list) -> None:
    state["link"] = event[1]
    if event[1]:
        state["back"] = ticks_add(now, BACK_MS) if event[2] else None
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
    elif leaf == "settings":
        health.set_by_gateway(state, fields, actions)
    elif leaf == "receipt":
        actions.append(("say", "receipt {}".format(fields["id"])))
        actions.append(("drop", fields["id"]))
        for entry in state["pending"]:
            record = entry["record"]
            if record["id"] == fields["id"] and record["leaf"] == NOTES:
                state["moment"] = ticks_add(now, MOMENT_MS)
        state["pending"] = pending.without(state["pending"], fields["id"])


def _ring(state: dict, fields: dict, now: int, actions: list) -> None:
    episode = fields["episode"]
    if fields["kind"] == "test":
        actions.append(("say", "test " + episode))
        if not state["rings"] and not state["quiet"]:
            actions.append(("sound", melody.TEST, 0))
            state["resound"] = ticks_add(now, RESOUND_MS)
    else:
        crossed = _crosses(state, fields, now)
        _forget_direct(state, fields["button"])
        # Unconfirmed, so that it comes again, and the gateway calls somebody else.
        if crossed or not _put(state, fields, now, direct=False):
            return
    actions.append(("send", "ringing", {"episode": episode}))


def _crosses(state: dict, fields: dict, now: int) -> bool:
    """Whether this ring may have been on its way when it was answered here. Not when the button
    was heard since, nor when the answer has been under way for long: then it rings again."""
    if any(press["button"] == fields["button"] for press in state["heard"]):
        return False
    return any(
        entry["record"].get("episode") == fields["episode"]
        and not pending.is_unheard((entry,), now)
        for entry in state["pending"]
    )


def _put(state: dict, fields: dict, now: int, direct: bool) -> bool:
    is_back = state["back"] is not None and not is_over(now, state["back"])
    ring = {
        "episode": fields["episode"],
        "button": fields["button"],
        "step": fields["step"],
        "since": ticks_add(now, STALE_MS) if is_back and not direct else now,
        "until": ticks_add(now, fields["for_ms"]),
        "direct": direct,
    }
    rings = list(state["rings"])
    for place, old in enumerate(rings):
        if old["episode"] == ring["episode"]:
            ring["since"] = old["since"]
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
    state["heard"] = _without(state["heard"], "episode", episode)
    state["rings"] = _without(state["rings"], "episode", episode)
    actions.append(("send", "hushed", {"episode": episode}))


def _heard(state: dict, button: str, fields: dict, now: int) -> None:
    name = "{}.{}".format(button, fields["id"])
    if button not in state["hears"] or name in state["seen"]:
        return
    state["seen"] = (state["seen"] + (name,))[-MOST_SEEN:]
    if fields["kind"] == "cancel":
        _forget_direct(state, button)
    elif fields["kind"] == "call" and not _prolonged(state, button, now):
        due = ticks_add(now, DIRECT_AFTER_MS)
        state["heard"] += ({"button": button, "episode": name, "due": due},)


def _prolonged(state: dict, button: str, now: int) -> bool:
    """Whether this home rings already; then a new press makes it go on."""
    until = ticks_add(now, DIRECT_FOR_MS)
    rings = tuple(
        dict(ring, until=until)
        if ring["button"] == button and ticks_diff(until, ring["until"]) > 0
        else ring
        for ring in state["rings"]
    )
    state["rings"] = rings
    return any(ring["button"] == button for ring in rings)


def _forget_direct(state: dict, button: str) -> None:
    """The gateway has spoken of this button, or the press was taken back."""
    state["heard"] = _without(state["heard"], "button", button)
    state["rings"] = tuple(
        ring for ring in state["rings"] if not (ring["direct"] and ring["button"] == button)
    )


def _tick(state: dict, event: tuple, now: int, actions: list) -> None:
    state["pending"] = pending.aged(state["pending"], now)
    state["rings"] = tuple(
        dict(ring, since=None)
        if ring["since"] is not None and is_over(now, ring["since"])
        else ring
        for ring in state["rings"]
        if not is_over(now, ring["until"])
    )
    for name in ("moment", "back", "answered", "resound", "service"):
        if state[name] is not None and is_over(now, state[name]):
            state[name] = None
            if name == "resound":  # what sounded before goes on
                state["sounding"] = None
    for press in state["heard"]:
        if is_over(now, press["due"]):
            state["heard"] = _without(state["heard"], "episode", press["episode"])
            _ring_directly(state, press, now, actions)
    health.tick(state, now, actions)


def _ring_directly(state: dict, press: dict, now: int, actions: list) -> None:
    fields = press.copy()
    fields.update({"step": 1, "for_ms": DIRECT_FOR_MS})
    if _put(state, fields, now, direct=True):
        actions.append(("say", "direct {}".format(press["episode"])))
        actions.append(("send", "ringing", {"episode": press["episode"]}))


# Every event the chime knows.
_ON = {
    "pressed": _pressed,
    "released": _released,
    "service": _service,
    "noted": _noted,
    "link": _link,
    "message": _message,
    "retained": _message,
    "fault": health.on_fault,
    "supply": health.on_supply,
    "tick": _tick,
}


def _without(entries: tuple, name: str, value: str) -> tuple:
    return tuple(entry for entry in entries if entry[name] != value)


def _sounding(state: dict, now: int) -> list:
    """The rings that can be heard; the others may be stale."""
    return [ring for ring in state["rings"] if ring["since"] is None or is_over(now, ring["since"])]


def _lamp(state: dict, now: int) -> str:
    if _sounding(state, now):
        return "ringing"
    if state["pending"]:
        return "unheard" if pending.is_unheard(state["pending"], now) else "sensed"
    return health.lamp(state) if state["moment"] is None else "received"


def _show(state: dict, now: int, actions: list) -> None:
    rings = _sounding(state, now)
    episodes = tuple(ring["episode"] for ring in rings)
    lamp = _lamp(state, now)
    pattern = _PATTERN_OF.get(lamp, lamp)
    if (lamp, episodes) != state["shown"]:
        if state["shown"] is None or episodes != state["shown"][1]:
            actions.append(("say", "rings " + (" ".join(episodes) or "-")))
        if state["shown"] is None or lamp != state["shown"][0]:
            actions.append(("say", "lamp " + lamp))
        cycle = melody.ringing(len(rings)) if rings else patterns.PATTERNS[pattern][0]
        actions.append(("lamp", cycle))
        state["shown"] = (lamp, episodes)
    # The place of the sound in RINGS, the name of a pattern, or silence.
    sounding = pattern
    if rings:
        sounding = min(max([ring["step"] for ring in rings]), len(melody.RINGS))
    elif (state["quiet"] and lamp in health.LAMPS) or (lamp == "unheard" and state["late"]):
        sounding = "silence"
    # A short sound is heard to its end: a test is over before it has been.
    if sounding != state["sounding"] and (rings or state["resound"] is None):
        state["sounding"] = sounding
        actions.append(("sound",) + _sound(sounding))


def _sound(sounding: int | str) -> tuple:
    if isinstance(sounding, int):
        return melody.RINGS[sounding - 1] + (sounding,)
    if sounding == "silence":
        return (), 0
    _, notes, again_ms = patterns.PATTERNS[sounding]
    # Once: she is on her way, and nobody must be woken by what she cannot help.
    return notes, again_ms if sounding in health.LAMPS or sounding == "unheard" else 0

"""The button: what a press, a receipt and an episode make of its lamp, its sound and its messages.

Owns the behaviour of the elder's button. Pure: `step(state, event, now)` gives the next state and
the actions; time comes in as ticks, the flash is written by whoever carries out `note`.

Events: ("pressed", at), ("released", at), ("service", closed, at), ("noted", record, absorbed,
kept, at), ("link", up), ("message", device, leaf, fields), ("retained", device, leaf, fields) for
what the broker has kept, ("fault", word, there), ("supply", mv), ("tick",). Actions: ("note", leaf,
fields, at), ("drop", id), ("send", leaf, fields), ("lamp", cycle), ("sound", notes, again_ms),
("every", heartbeat_s), ("faults", words), ("say", line).

A press is a call, at once, whatever follows. Two gestures lie beside it and can take nothing
from it. Cancel: within a minute of a call press again and hold; that press was a call too. Test:
hold the service key, which lies inside the case, and press within ten seconds. No gesture of the
button alone makes a test: whatever it were, an elder would make it one day, and a call would have
been a test. Nothing erases a setting.
"""

from bell import health, pending
from bell.patterns import PATTERNS
from bell.ticks import is_over, ticks_add, ticks_diff

NOTES = "press"  # what of us is journalled
HEARS = ("receipt", "episode", "settings", "firmware", "piece")  # of our own topics
HOLD_MS = 3_000
MOMENT_MS = 10_000
SENSED_MS = 2_000
SERVICE_MS = 10_000
POWER_UP_MS = 100
CANCEL_WITHIN_MS = 60_000
UNSEEN_MS = 500
QUIET_MS = 3_600_000
MOST_OVER = 4

_LAMP_OF = {"ringing": "received", "coming": "coming", "arrived": "arrived", "resolved": "idle"}


def begin(config: dict, records: list, now: int) -> dict:
    """The state at power-up, with what the journal holds from before."""
    state = {
        "link": False,
        "pending": pending.restored(records, now),
        "last": None,  # the last call or cancel: its kind, id, and the episode it is in
        "told": None,  # the last `episode` message
        "holds": None,  # until when it holds, if it says so
        "over": (),  # the last episodes that were told to be resolved
        "moment": None,  # (lamp, until): shown for a while
        "sensed": None,  # (lamp, until): shown for a while even if others do not get through
        "unheard": None,  # since when something has not got through
        "late": False,  # whether that is more than a minute ago
        "quieted": None,  # until when the elder wants to hear no more of it
        "began": now,  # None once the time of power-up is over
        "called": None,  # until when to press again and hold takes back the last call
        "ticked": now,
        "cancels": False,  # whether to hold on means cancel
        "service": None,  # until when a press is a test
        "shown": ("", ""),
    }
    state.update(health.begin(config))
    return state


def subscriptions(config: dict) -> list:
    """What to subscribe to besides our own topics: nothing."""
    return []


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
    if state["unheard"] is None:
        state["quieted"] = None
    _show(state, now, actions)
    return state, actions


def _pressed(state: dict, event: tuple, now: int, actions: list) -> None:
    at = event[1]
    kind = "call"
    if state["service"] is not None and not is_over(at, state["service"]):
        kind = "test"
        state["service"] = None  # one test for one closing of the key: a second press is a call
    # A first press held too long, by a hand that shakes or a body that lies on it, must not
    # cancel itself. To take a call back is to press again and hold. And who holds it while the
    # power comes back has not let go of the first press.
    # Only soon after a call of its own: what was told may be long out of date.
    state["cancels"] = kind == "call" and state["called"] is not None
    if _is_power_up(state, at):
        state["cancels"] = False
    health.pressed(state, at)
    actions.append(("note", "press", {"kind": kind}, at))


def _released(state: dict, event: tuple, now: int, actions: list) -> None:
    state["cancels"] = False
    health.released(state, actions)


def _service(state: dict, event: tuple, now: int, actions: list) -> None:
    _, closed, at = event
    # A key that is closed when the power comes is broken, and would turn calls into tests.
    usable = closed and not _is_power_up(state, at)
    state["service"] = ticks_add(at, SERVICE_MS) if usable else None


def _noted(state: dict, event: tuple, now: int, actions: list) -> None:
    _, record, _, kept, _ = event
    state["pending"] = pending.added(state["pending"], event[1:], now)
    state["moment"] = None
    state["sensed"] = None
    if kept:
        lamp = "cancelling" if record["kind"] == "cancel" else "sensed"
        state["sensed"] = (lamp, ticks_add(now, SENSED_MS))
    if record["kind"] == "call":
        state["called"] = ticks_add(now, CANCEL_WITHIN_MS)
        # It calls again: who was said to come was so before it.
        if state["told"] is not None and state["told"]["state"] in ("coming", "arrived"):
            state["told"] = {"episode": state["told"]["episode"], "state": "ringing"}
    if record["kind"] != "test":
        state["last"] = (record["kind"], record["id"], None)
    if state["late"]:
        state["quieted"] = ticks_add(now, QUIET_MS)
    health.set_fault(state, "flash", not kept, actions)
    actions.append(("say", "press {} {}".format(record["kind"], record["id"])))


def _link(state: dict, event: tuple, now: int, actions: list) -> None:
    state["link"] = event[1]
    if event[1]:
        state["pending"], messages = pending.due(state["pending"], now, everything=True)
        actions.extend([("send", leaf, fields) for leaf, fields in messages])


def _message(state: dict, event: tuple, now: int, actions: list) -> None:
    _, _, leaf, fields = event
    if leaf == "episode":
        _told(state, fields, now)
    elif leaf == "receipt":
        _receipt(state, fields, now, actions)
    elif leaf == "settings":
        health.set_by_gateway(state, fields, actions)


def _retained(state: dict, event: tuple, now: int, actions: list) -> None:
    """What the broker says on every connection. That somebody comes is no news if that was the last
    that was heard: it holds no longer for being said again."""
    told, fields = state["told"], event[3]
    if told is None or "for_ms" not in fields or fields != dict(told, state="coming"):
        _message(state, event, now, actions)


def _told(state: dict, fields: dict, now: int) -> None:
    """A broker that starts with an old memory repeats old words: nobody comes any more for what
    was resolved, unless it was reopened, which is told first."""
    episode = fields["episode"]
    if fields["state"] in ("coming", "arrived") and episode in state["over"]:
        return
    state["over"] = tuple([one for one in state["over"] if one != episode])
    if fields["state"] == "resolved":
        state["over"] = (state["over"] + (episode,))[-MOST_OVER:]
    state["told"] = fields
    is_for_a_while = fields["state"] == "coming" and "for_ms" in fields
    state["holds"] = ticks_add(now, fields["for_ms"]) if is_for_a_while else None
    _settle(state, now)


def _receipt(state: dict, fields: dict, now: int, actions: list) -> None:
    name = fields["id"]
    kinds = [one["record"]["kind"] for one in state["pending"] if one["record"]["id"] == name]
    state["pending"] = pending.without(state["pending"], name)
    actions.append(("drop", name))
    actions.append(("say", "receipt {}".format(name)))
    last = state["last"]
    if "call" in kinds and last is not None and last[0] == "cancel" and last[2] == "":
        # It came after its cancel, which found nothing to take back: it rings.
        last = ("call", name, None)
        state["moment"] = None
    if last is not None and last[1] == name and last[2] is None:
        state["last"] = (last[0], name, fields.get("episode", ""))
        # On disk is not taken back: the gateway may have somebody make sure first.
        if last[0] == "cancel" and "episode" not in fields:
            state["moment"] = ("cancelled", ticks_add(now, MOMENT_MS))
        _settle(state, now)
    elif "test" in kinds:
        state["moment"] = ("received", ticks_add(now, MOMENT_MS))


def _settle(state: dict, now: int) -> None:
    """Forget the last press when its episode is over: what is told next need not be of it."""
    last, told = state["last"], state["told"]
    if last and told and told["episode"] == last[2] and told["state"] == "resolved":
        if last[0] == "cancel":
            state["moment"] = ("cancelled", ticks_add(now, MOMENT_MS))
        state["last"] = None


def _tick(state: dict, event: tuple, now: int, actions: list) -> None:
    state["pending"] = pending.aged(state["pending"], now)
    # Who was to be here by now is not, or the gateway would have said so, or it is gone itself.
    if state["holds"] is not None and is_over(now, state["holds"]):
        state["holds"] = None
        state["told"] = dict(state["told"], state="ringing")
    for name in ("moment", "sensed"):
        if state[name] is not None and is_over(now, state[name][1]):
            state[name] = None
    for name in ("service", "quieted", "called"):
        if state[name] is not None and is_over(now, state[name]):
            state[name] = None
    if state["began"] is not None and ticks_diff(now, state["began"]) >= POWER_UP_MS:
        state["began"] = None
    # A hold has to be seen: after a moment without a look the finger may have been gone long.
    if ticks_diff(now, state["ticked"]) > UNSEEN_MS:
        state["cancels"] = False
    state["ticked"] = now
    if state["cancels"] and is_over(now, ticks_add(state["down"], HOLD_MS)):
        state["cancels"] = False
        actions.append(("note", "press", {"kind": "cancel"}, now))
    health.tick(state, now, actions)


# Every event the button knows.
_ON = {
    "pressed": _pressed,
    "released": _released,
    "service": _service,
    "noted": _noted,
    "link": _link,
    "message": _message,
    "retained": _retained,
    "fault": health.on_fault,
    "supply": health.on_supply,
    "tick": _tick,
}


def _is_power_up(state: dict, at: int) -> bool:
    return state["began"] is not None and ticks_diff(at, state["began"]) < POWER_UP_MS


def _lamp_of_call(state: dict, now: int) -> str:
    """Protocol page, end of section 6."""
    if state["pending"]:
        if state["sensed"] is not None:
            return state["sensed"][0]
        if pending.is_unheard(state["pending"], now):
            return "unheard"
        newest = state["pending"][-1]["record"]
        return "cancelling" if newest["kind"] == "cancel" else "sensed"
    if state["moment"] is not None:
        return state["moment"][0]
    told = state["told"]
    last = state["last"]
    if last is not None and (told is None or told["episode"] != last[2]):
        return "received" if last[0] == "call" else "idle"
    return "idle" if told is None else _LAMP_OF[told["state"]]


def _pattern(state: dict, lamp: str) -> str:
    """Which pattern says it. The first minute cannot be quieted. After that the elder can: a
    press is told once more that it does not get through, and then it is light only."""
    if lamp != "unheard":
        return lamp
    if state["quieted"] is not None or not _is_wanted(state):
        return "unheard once"
    return "unheard later" if state["late"] else "unheard"


def _is_wanted(state: dict) -> bool:
    """Whether a call waits that was not taken back: only then the telephone is the way."""
    wanted = False
    for entry in state["pending"]:
        kind = entry["record"]["kind"]
        if kind != "test":
            wanted = kind == "call"
    return wanted


def _show(state: dict, now: int, actions: list) -> None:
    lamp = _lamp_of_call(state, now)
    if lamp == "idle":
        lamp = health.lamp(state)
    words = lamp
    if lamp in ("coming", "arrived"):
        words = (lamp + " " + state["told"].get("who", "")).rstrip()
    pattern = _pattern(state, lamp)
    key = pattern + " quietly" if state["quiet"] and lamp in health.LAMPS else pattern
    before = state["shown"]
    if (words, key) == before:
        return
    state["shown"] = (words, key)
    cycle, notes, again_ms = PATTERNS[pattern]
    if words != before[0]:
        actions.append(("say", "lamp " + words))
        actions.append(("lamp", cycle))
    actions.append(("sound", notes, again_ms) if key == pattern else ("sound", (), 0))

"""What is wrong with this device, and how loudly it may say so.

Owns the faults of a role's state, with the time after which a contact is stuck and the voltage
below which the supply is low, and what the gateway has set. Pure, shared by button.py and
chime.py: each function changes the state it is given, which is the copy that step() made.
"""

from bell.ticks import is_over, ticks_add

STUCK_MS = 30_000
LAMPS = ("setup", "fault", "supply")  # of which a quiet device makes no sound
# Every other fault is a "fault".
_LAMP_OF = {"config": "setup", "password": "setup", "supply": "supply"}


def begin(config: dict) -> dict:
    """The part of a role's state that this module owns."""
    return {
        "faults": (),
        "down": None,  # since when the contact has been closed; None again once it is stuck
        "quiet": False,
        "low_mv": (config.get("supply") or {}).get("low_mv", 0),
    }


def pressed(state: dict, at: int) -> None:
    """The contact has closed."""
    state["down"] = at


def released(state: dict, actions: list) -> None:
    """The contact has opened: it is not stuck, whatever it was."""
    state["down"] = None
    set_fault(state, "stuck", False, actions)


def tick(state: dict, now: int, actions: list) -> None:
    """Time has passed."""
    if state["down"] is not None and is_over(now, ticks_add(state["down"], STUCK_MS)):
        state["down"] = None
        set_fault(state, "stuck", True, actions)


def on_fault(state: dict, event: tuple, now: int, actions: list) -> None:
    """("fault", word, whether it is there): somebody else has found one."""
    set_fault(state, event[1], event[2], actions)


def on_supply(state: dict, event: tuple, now: int, actions: list) -> None:
    """("supply", millivolts). Low until it is three hundredths above the mark again."""
    low_mv = state["low_mv"]
    if "supply" in state["faults"]:
        low_mv += low_mv * 3 // 100
    set_fault(state, "supply", event[1] < low_mv, actions)


def set_by_gateway(state: dict, fields: dict, actions: list) -> None:
    """A `settings` message: what it leaves out is as the configuration has it."""
    state["quiet"] = fields.get("quiet", False)
    actions.append(("every", fields.get("heartbeat_s")))


def set_fault(state: dict, word: str, is_there: bool, actions: list) -> None:
    """Add or take away a fault. A change is told to the gateway, by the next heartbeat."""
    if (word in state["faults"]) == is_there:
        return
    words = [other for other in state["faults"] if other != word]
    if is_there:
        words.append(word)
    state["faults"] = tuple(sorted(words))
    actions.append(("faults", " ".join(state["faults"])))


def lamp(state: dict) -> str:
    """What the lamp says when there is nothing more important: the worst fault, or idle."""
    worst = [_LAMP_OF.get(word, "fault") for word in state["faults"]]
    for word in LAMPS:
        if word in worst:
            return word
    return "idle"

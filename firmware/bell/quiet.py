"""Whether a device is wanted by nobody at the moment, by the state of its role.

Pure. Shared by both roles, and by nothing but updates, so it is imported with them.
"""

from bell.health import LAMPS


def is_calm(state: dict) -> bool:
    """Whether nothing rings here, no press or acknowledgement waits, and no call is open: not even
    a piece of firmware is asked for otherwise."""
    if state["pending"] or state.get("rings") or state.get("heard"):
        return False
    # A button shows a call until it is over, a chime for a moment that it has answered.
    return state["shown"] is not None and state["shown"][0] in ("idle",) + LAMPS


def is_untouched(state: dict) -> bool:
    """Whether no contact is closed. One that is stuck is: a start would take it for a press."""
    is_held = state["down"] is not None or "stuck" in state["faults"]
    return not is_held and state.get("service") is None

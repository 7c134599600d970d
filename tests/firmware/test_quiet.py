"""A device is left alone while anybody wants something of it."""

from bell import button, chime, quiet

BUTTON = {"supply": None}
CHIME = {"hears": ["b-01"], "supply": None}


def told(role, state, event, now=1000):
    return role.step(state, event, now, {})[0]


def idle(role, config):
    return told(role, role.begin(config, [], 0), ("tick",))


def pressed(state, kind="call", now=2000):
    state = told(button, state, ("pressed", now), now)
    record = {"leaf": "press", "id": "9c41f00a-1-1", "kind": kind}
    state = told(button, state, ("noted", record, None, True, now), now)
    return told(button, state, ("released", now + 200), now + 200)


def message(leaf, **fields):
    return ("message", "b-01", leaf, fields)


def test_a_device_that_nobody_uses_is_calm_and_untouched():
    for role, config in ((button, BUTTON), (chime, CHIME)):
        state = idle(role, config)
        assert quiet.is_calm(state)
        assert quiet.is_untouched(state)


def test_a_button_that_has_not_shown_anything_yet_is_not_calm():
    assert not quiet.is_calm(button.begin(BUTTON, [], 0))


def test_a_call_is_open_until_it_is_over():
    state = pressed(idle(button, BUTTON))
    assert not quiet.is_calm(state)
    episode = "b-01.9c41f00a-1-1"
    receipt = message("receipt", id="9c41f00a-1-1", episode=episode)
    state = told(button, state, receipt, 3000)
    assert not quiet.is_calm(state)
    for word in ("ringing", "coming", "arrived"):
        state = told(button, state, message("episode", episode=episode, state=word), 4000)
        assert not quiet.is_calm(state)
    state = told(button, state, message("episode", episode=episode, state="resolved"), 5000)
    assert quiet.is_calm(state)


def test_a_fault_that_only_a_technician_can_mend_holds_up_no_update():
    state = told(button, idle(button, BUTTON), ("fault", "sound", True))
    assert quiet.is_calm(state)
    assert quiet.is_untouched(state)


def test_a_closed_contact_is_touched_and_so_is_one_that_is_stuck():
    state = told(button, idle(button, BUTTON), ("pressed", 1000))
    assert not quiet.is_untouched(state)
    state = told(button, state, ("tick",), 1000 + 40_000)
    assert "stuck" in state["faults"]
    assert not quiet.is_untouched(state)
    state = told(button, state, ("released", 50_000), 50_000)
    assert quiet.is_untouched(state)


def test_a_closed_service_key_is_touched():
    state = told(button, idle(button, BUTTON), ("service", True, 1000))
    assert not quiet.is_untouched(state)


def test_a_chime_that_rings_or_may_soon_or_has_answered_is_not_calm():
    state = idle(chime, CHIME)
    heard = told(chime, state, message("press", id="9c41f00a-1-1", kind="call", count=1))
    assert not quiet.is_calm(heard)
    ring = {"kind": "call", "button": "b-01", "home": "示例", "step": 1, "for_ms": 60_000}
    rings = told(chime, state, message("ring", episode="b-01.1", **ring))
    assert not quiet.is_calm(rings)
    record = {"leaf": "acknowledge", "id": "51d0aa37-1-1", "episode": "b-01.1"}
    answered = told(chime, rings, ("noted", record, None, True, 3000), 3000)
    assert not quiet.is_calm(answered)
    done = told(chime, answered, message("receipt", id="51d0aa37-1-1"), 4000)
    assert not quiet.is_calm(done)
    assert quiet.is_calm(told(chime, done, ("tick",), 60_000))

"""What a stolen board or a stranger tries at a broker that `lovebell broker init` has made."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from lovebell.domain.wire import FROM_DEVICES, LEAVES, topic
from lovebell.provision.probe import NO_SUBSCRIBERS, OK, REFUSED, Place, Probe, ProbeError
from lovebell.provision.rights import GATEWAY

if TYPE_CHECKING:
    from provision.conftest import Installation

DOWN = [leaf for leaf in LEAVES if leaf not in FROM_DEVICES]
TAKEN = (OK, NO_SUBSCRIBERS)


def gateway(installation: Installation) -> Probe:
    return Probe(installation.inner, GATEWAY, installation.secrets[GATEWAY])


def test_a_board_says_its_own_leaves_and_nothing_else(installation: Installation) -> None:
    mine, theirs = installation.enrol("button", 2)
    with installation.connect(mine) as board:
        for leaf in FROM_DEVICES:
            assert board.publish(topic(mine, leaf)) in TAKEN
            assert board.publish(topic(theirs, leaf)) == REFUSED
            assert board.publish(topic(theirs, leaf), retain=True) == REFUSED
        for leaf in DOWN:
            assert board.publish(topic(mine, leaf)) == REFUSED
            assert board.publish(topic(theirs, leaf), retain=True) == REFUSED
        for other in (
            *("$SYS/broker/uptime", "$CONTROL/dynamic-security/v1", "lovebell", "x", "/"),
            *(f"lovebell/v2/{mine}/press", f"lovebell/v1/{mine}/press/x", f"lovebell/v1/{mine}"),
        ):
            assert board.publish(other) == REFUSED, other


def test_a_board_hears_its_own_whatever_it_subscribes_to(installation: Installation) -> None:
    mine, theirs = installation.enrol("chime", 2)
    with installation.connect(mine) as board, gateway(installation) as owner:
        for wanted in ("#", "+/+/+/+", "$SYS/#", "$CONTROL/#", "lovebell/v1/+/ring"):
            board.subscribe(wanted)
        board.subscribe(f"$share/thieves/lovebell/v1/{theirs}/ring")
        assert owner.publish(topic(theirs, "ring")) in TAKEN
        assert owner.publish(topic(theirs, "settings"), retain=True) in TAKEN
        assert owner.publish(topic(mine, "ring")) == OK
        assert {name for name, _ in board.hear()} == {topic(mine, "ring")}
        board.received.clear()
        board.subscribe("lovebell/v1/+/settings")  # what is retained is another way to listen
        assert board.hear() == []


def test_nobody_can_throw_a_board_out_by_its_client_id(installation: Installation) -> None:
    victim, thief = installation.enrol("button", 2)
    with installation.connect(victim) as board:
        for version in (4, 5):
            with installation.connect(thief, client=victim, version=version) as stolen:
                assert stolen.is_alive()
                assert board.is_alive()
        with pytest.raises(ProbeError):
            Probe(installation.place, victim, installation.secrets[thief])
        assert board.is_alive()


def test_who_has_no_name_no_secret_or_no_encryption_is_not_let_in(
    installation: Installation,
) -> None:
    (name,) = installation.enrol("button")
    for user, secret in (("", ""), (name, ""), (name, "0" * 32), ("root", ""), (GATEWAY, "x")):
        for place in (installation.place, installation.inner):
            with pytest.raises(ProbeError):
                Probe(place, user, secret, client=name)
    plain = Place("localhost", installation.place.port)
    with pytest.raises(OSError):
        Probe(plain, name, installation.secrets[name])


def test_what_is_too_large_ends_the_connection_and_reaches_nobody(
    installation: Installation,
) -> None:
    (name,) = installation.enrol("button")
    with gateway(installation) as owner:
        owner.subscribe("lovebell/+/+/press")
        with suppress(OSError), installation.connect(name) as board:
            board.publish(topic(name, "press"), b"x" * 100_000)
            raise AssertionError("the broker took it")
        with installation.connect(name) as board:
            board.publish(topic(name, "press"), b"{}")
        assert [payload for _, payload in owner.hear()] == [b"{}"]


def test_a_flood_from_one_board_does_not_hold_up_anothers_press(
    installation: Installation,
) -> None:
    """Counted, not timed: of what was flooded only a part comes before each press."""
    flooder, elder = installation.enrol("button", 2)
    over = threading.Event()

    def flood() -> None:
        with suppress(OSError), installation.connect(flooder) as board:
            while not over.wait(0.1):
                board.flood(topic(flooder, "press"), b'{"id":"x","kind":"call"}', 100)

    with gateway(installation) as owner, installation.connect(elder) as board:
        owner.subscribe("lovebell/+/+/press")
        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            waited: list[int] = []
            for n in range(10):
                while len(owner.hear()) < 100:
                    over.wait(0.01)
                owner.received.clear()
                assert board.publish(topic(elder, "press"), json.dumps({"id": n}).encode()) == OK
                names = [name for name, _ in owner.hear()]
                assert topic(elder, "press") in names
                waited.append(names.index(topic(elder, "press")))
        finally:
            over.set()
            flooding.join()
    # A thousand a second: fewer before it than flood in a second.
    assert max(waited) < 1000


def test_the_gateways_account_may_only_do_a_gateways_work(installation: Installation) -> None:
    (name,) = installation.enrol("button")
    with gateway(installation) as owner:
        for leaf in DOWN:
            assert owner.publish(topic(name, leaf)) in TAKEN
        for leaf in FROM_DEVICES:
            assert owner.publish(topic(name, leaf)) == REFUSED
        for other in ("$SYS/x", "$CONTROL/dynamic-security/v1", "x", "lovebell/v2/b/ring"):
            assert owner.publish(other) == REFUSED


def heard(chime: Probe) -> list[Any]:
    found = [name for name, _ in chime.hear()]
    chime.received.clear()
    return found


def test_pairing_and_unpairing_change_what_a_connected_chime_hears(
    installation: Installation,
) -> None:
    (button,), (chime,) = installation.enrol("button"), installation.enrol("chime")
    installation.do("home", "add", "h-1", "--name", "示例奶奶")
    installation.do("responder", "add", "r-1", "--name", "示例大姐")
    press = topic(button, "press")
    with installation.connect(chime) as bell, installation.connect(button) as board:
        bell.subscribe(press)
        board.publish(press)
        assert heard(bell) == []
        for pair in ((button, "h-1"), (chime, "r-1"), ("r-1", "h-1")):
            installation.do("pair", *pair)
        board.publish(press)
        assert heard(bell) == [press]
        installation.do("unpair", "r-1", "h-1")
        board.publish(press)
        assert heard(bell) == []
        assert bell.is_alive()


def test_a_revoked_board_is_cut_off_at_once_and_nobody_else_is(
    installation: Installation,
) -> None:
    stolen, good = installation.enrol("button", 2)
    with installation.connect(stolen) as thief, installation.connect(good) as board:
        installation.do("device", "revoke", stolen)
        assert not thief.is_alive()
        assert board.is_alive()
    with pytest.raises(ProbeError):
        installation.connect(stolen)
    again = installation.town.type("device", "revoke", stolen)
    assert again.exit_code == 1
    assert "nothing to revoke" in again.stderr


def test_what_waits_for_a_gateway_that_is_away_outlives_a_change_of_rights(
    installation: Installation,
) -> None:
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    (button,) = installation.enrol("button")

    def session(*, subscribe: bool) -> list[bytes]:
        got: list[bytes] = []
        client = mqtt.Client(CallbackAPIVersion.VERSION2, GATEWAY, clean_session=False)
        client.username_pw_set(GATEWAY, installation.secrets[GATEWAY])
        done = threading.Event()

        def connected(own: mqtt.Client, *_: object) -> None:
            if subscribe:
                own.subscribe("lovebell/+/+/press", 1)

        client.on_connect = connected
        client.on_subscribe = lambda *_: done.set()  # pyright: ignore
        client.on_message = lambda _c, _u, m: (got.append(m.payload), done.set())  # pyright: ignore
        client.connect(installation.inner.host, installation.inner.port)
        client.loop_start()
        assert done.wait(20)
        client.disconnect()
        client.loop_stop()
        return got

    session(subscribe=True)
    with installation.connect(button) as board:
        assert board.publish(topic(button, "press"), b"help") == OK
    installation.enrol("chime", 2)
    installation.do("device", "revoke", button)
    assert session(subscribe=False) == [b"help"]

"""Is a running broker as safe as it was set up? Tried from outside.

Two accounts serve for it, one with a device's rights and one with the gateway's, so that neither
the gateway's session nor a board's is disturbed. Owns what is tried; knows no files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lovebell.domain.wire import FROM_DEVICES, LEAVES, topic
from lovebell.provision.probe import REFUSED, Place, Probe, ProbeError
from lovebell.provision.rights import PROBE, TWIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The certificate is to be renewed so long before it ends.
SOON_MS: Final = 30 * 86_400_000
# Devices that nobody has: a full stop is in no device's name.
_OTHER: Final = "lovebell.other"
_DOWN: Final = [leaf for leaf in LEAVES if leaf not in FROM_DEVICES]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried; `said` is what was wrong, in a few words."""

    name: str
    is_good: bool
    said: str = ""


def inspect(place: Place, secrets: Mapping[str, str], until_ms: int, now_ms: int) -> list[Finding]:
    """Try everything. `place` is the port for boards, with TLS."""
    device, twin = (PROBE, secrets[PROBE]), (TWIN, secrets[TWIN])
    tries: dict[str, Callable[[], str]] = {
        "reached": lambda: _reached(place, device),
        "anonymous": lambda: _refused(place, "", ""),
        "wrong_secret": lambda: _refused(place, PROBE, "0" * 32),
        "plain": lambda: _no_plain(replace(place, ca=None), device),
        "write_others": lambda: _writes(place, device, _others()),
        "read_others": lambda: _reads(place, device, twin),
        "gateway_least": lambda: _writes(place, twin, _not_the_gateways()),
        "date": lambda: "" if until_ms - now_ms > SOON_MS else "renew it",
    }
    return [_tried(name, attempt) for name, attempt in tries.items()]


def _tried(name: str, attempt: Callable[[], str]) -> Finding:
    try:
        said = attempt()
    except OSError as why:
        said = str(why)
    return Finding(name, not said, said)


def _reached(place: Place, account: tuple[str, str]) -> str:
    with Probe(place, *account):
        return ""


def _refused(place: Place, user: str, secret: str) -> str:
    try:
        with Probe(place, user, secret, client="nobody"):
            return "let in"
    except ProbeError:
        return ""


def _no_plain(place: Place, account: tuple[str, str]) -> str:
    try:
        with Probe(place, *account):
            return "let in"
    except OSError:
        return ""


def _others() -> list[str]:
    known = [topic(_OTHER, leaf) for leaf in LEAVES]
    own = [topic(PROBE, leaf) for leaf in _DOWN]  # what only the gateway may tell it
    return [*known, *own, "lovebell", "x", "$SYS/x", "$CONTROL/dynamic-security/v1"]


def _not_the_gateways() -> list[str]:
    events = [topic(_OTHER, leaf) for leaf in FROM_DEVICES]
    return [*events, "lovebell", "x", "$SYS/x", "$CONTROL/dynamic-security/v1"]


def _writes(place: Place, account: tuple[str, str], topics: list[str]) -> str:
    with Probe(place, *account) as probe:
        # An empty payload: were it let through, it would mean nothing to anybody.
        return ", ".join(one for one in topics if probe.publish(one, b"") != REFUSED)


def _reads(place: Place, account: tuple[str, str], twin: tuple[str, str]) -> str:
    """A device that wants to hear everything hears its own, and nothing else."""
    own, other = topic(PROBE, "hush"), topic(_OTHER, "hush")
    with Probe(place, *account) as probe, Probe(place, *twin) as gateway:
        for wanted in ("#", "$SYS/#", "+/+/+/+", topic("+", "press"), topic(_OTHER, "#")):
            probe.subscribe(wanted)
        gateway.publish(other)
        gateway.publish(own)
        heard = {name for name, _ in probe.hear()}
    if own not in heard:
        return f"{own} not heard"
    return ", ".join(sorted(heard - {own}))

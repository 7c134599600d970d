"""Who may do what at the broker: Mosquitto's password file and access list.

Pure. The files are a function of the books and the credentials, so whoever has the database can
make them anew; nothing in them grows step by step. The rights are those of docs/protocol.md,
section 2.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from lovebell.domain.model import DeviceKind, Link
from lovebell.domain.wire import FROM_DEVICES, LEAVES, ROOT, topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lovebell.domain.model import Books

# A full stop: no device can have such a name.
GATEWAY: Final = "lovebell.gateway"
#: Two accounts for trying the rights: one has those of a device, one those of the gateway.
PROBE: Final = "lovebell.probe"
TWIN: Final = "lovebell.twin"

# A secret of 128 bits is not guessed, stretched or not. Mosquitto looks at the password of every
# connected client when it reads the files again: with its usual 101 rounds and 9,000 devices that
# held up the ringing for 1.3 to 2.1 s, with one round for 0.6 s.
_ROUNDS: Final = 1
_SALT_BYTES: Final = 12


def hashed(secret: str, salt: bytes) -> str:
    """A secret as Mosquitto 2 keeps it: PBKDF2 with SHA-512 (mosquitto_passwd.c)."""
    raw = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt[:_SALT_BYTES], _ROUNDS)
    parts = (b64encode(part).decode() for part in (salt[:_SALT_BYTES], raw))
    return f"$7${_ROUNDS}${'$'.join(parts)}"


def own_salt(secret: str) -> bytes:
    """For a secret that no other account has: the same one always gives the same line."""
    return hashlib.sha256(b"lovebell salt " + secret.encode()).digest()


def passwords(accounts: Mapping[str, str]) -> str:
    """The password file: account, hashed secret."""
    return "".join(f"{user}:{secret}\n" for user, secret in accounts.items())


def access(books: Books, devices: Iterable[str]) -> str:
    """The access list. A chime that is in `devices` may hear the buttons it is paired with."""
    down = [leaf for leaf in LEAVES if leaf not in FROM_DEVICES]
    lines: list[str] = []
    for user in (GATEWAY, TWIN):
        lines.append(f"user {user}")
        # Of every version: a device of another one is refused with a record, not merely silent.
        lines += [f"topic read {ROOT}/+/+/{leaf}" for leaf in FROM_DEVICES]
        lines += [f"topic write {topic('+', leaf)}" for leaf in down]
    known = set(devices)
    for chime, buttons in hears(books).items():
        if chime in known:
            lines.append(f"user {chime}")
            lines += [f"topic read {topic(button, 'press')}" for button in buttons]
    lines += [f"pattern write {topic('%u', leaf)}" for leaf in FROM_DEVICES]
    lines += [f"pattern read {topic('%u', leaf)}" for leaf in down]
    return "\n".join(lines) + "\n"


def hears(books: Books) -> dict[str, list[str]]:
    """By chime, the buttons whose presses it may hear: those of its responder's homes."""
    buttons: dict[str, list[str]] = {}
    homes: dict[str, list[str]] = {}
    for pair in books.pairings:
        if pair.link is Link.BUTTON_HOME:
            buttons.setdefault(pair.object, []).append(pair.subject)
        elif pair.link is Link.RESPONDER_HOME:
            homes.setdefault(pair.subject, []).append(pair.object)
    found: dict[str, list[str]] = {}
    for pair in books.pairings:
        device = books.devices.get(pair.subject)
        if pair.link is Link.CHIME_RESPONDER and device and device.kind is DeviceKind.CHIME:
            its = [one for home in homes.get(pair.object, ()) for one in buttons.get(home, ())]
            if its:
                found[pair.subject] = sorted(its)
    return found

"""New identities: free names, secrets, and what a Mosquitto has to know of them.

Owns how a device is named and how its password is kept at the broker. Pure: randomness is an
argument.
"""

from __future__ import annotations

import base64
import hashlib
from itertools import count, islice
from typing import TYPE_CHECKING, Final

from lovebell.provision.bundle import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MOST: Final = 1000  # in one bundle; who loses one has to revoke them all
SECRET_BYTES: Final = 16
PREFIXES: Final = {"button": "b-", "chime": "c-"}
# Mosquitto's own, for PBKDF2 with SHA-512 (mosquitto_passwd.c, 2.0). A secret of 128 bits is not
# guessed, stretched or not, and ten thousand boards connect again at once after a restart.
_ROUNDS: Final = 101
_SALT_BYTES: Final = 12


def identities(
    role: str, number: int, taken: Collection[str], random: Callable[[int], bytes]
) -> list[Identity]:
    """So many new devices of that role, by the lowest free numbers: b-001, b-002, …"""
    names = (f"{PREFIXES[role]}{one:03}" for one in count(1))
    free = islice((name for name in names if name not in taken), number)
    return [Identity(name, role, random(SECRET_BYTES).hex()) for name in free]


def password_line(identity: Identity, random: Callable[[int], bytes]) -> str:
    """The line for a Mosquitto's password_file: a salted hash, from which nobody has the secret."""
    salt = random(_SALT_BYTES)
    hashed = hashlib.pbkdf2_hmac("sha512", identity.secret.encode(), salt, _ROUNDS)
    parts = (base64.b64encode(part).decode() for part in (salt, hashed))
    return f"{identity.device}:$7${_ROUNDS}${'$'.join(parts)}\n"

"""New identities: free names, secrets, and what a Mosquitto has to know of them.

Owns how a device is named and how its password is kept at the broker. Pure: randomness is an
argument.
"""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, Final

from lovebell.provision.bundle import Identity
from lovebell.provision.rights import hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MOST: Final = 1000  # in one bundle; who loses one has to revoke them all
SECRET_BYTES: Final = 16
PREFIXES: Final = {"button": "b-", "chime": "c-"}
_SALT_BYTES: Final = 12


def identities(
    role: str, number: int, taken: Collection[str], random: Callable[[int], bytes]
) -> list[Identity]:
    """So many new devices of that role, by the lowest free numbers: b-001, b-002, …"""
    names = (f"{PREFIXES[role]}{one:03}" for one in count(1))
    free = islice((name for name in names if name not in taken), number)
    return [Identity(name, role, random(SECRET_BYTES).hex()) for name in free]


def password_hash(identity: Identity, random: Callable[[int], bytes]) -> str:
    """What a Mosquitto keeps of a secret: a salted hash, from which nobody has it back."""
    return hashed(identity.secret, random(_SALT_BYTES))

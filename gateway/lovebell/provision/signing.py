"""The publisher's key: made, kept, used to sign, and used to check.

Owns the forms of both halves. RSA, because a board checks it with three multiplications of large
numbers and no library: 2048 bits or more, made with 3072 (BSI TR-02102-1 asks for 3000), exponent
65537, PKCS #1 v1.5 with SHA-256 (RFC 8017, section 8.2). The private half is PKCS #8 in PEM,
encrypted with a passphrase; the public one is the modulus in hexadecimal digits, on one line.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EXPONENT: Final = 65_537
MADE_BITS: Final = 3_072
#: What a board takes: shorter is not safe, longer does not fit into the offer.
LEAST_BITS, MOST_BITS = 2_048, 4_096
#: In bytes; OpenSSL takes no longer one.
MOST_PASSPHRASE: Final = 1_023

_MODULUS: Final = re.compile(r"[0-9a-f]{512,1024}\Z", re.ASCII)


class KeyFileError(ValueError):
    """A key that cannot be used. `code` is bad_key, wrong_key_passphrase or bad_publisher."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def make_key(passphrase: str) -> tuple[bytes, str]:
    """A new key: its private half in PEM, encrypted, and its modulus."""
    key = rsa.generate_private_key(EXPONENT, MADE_BITS)
    encryption = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption), modulus_of(key)


def read_key(pem: bytes, passphrase: Callable[[], str]) -> rsa.RSAPrivateKey:
    """The private half. The passphrase is asked for only if the file is a key that needs one.

    Raises KeyFileError (bad_key, wrong_key_passphrase).
    """
    if b"-----BEGIN" not in pem or b"PRIVATE KEY-----" not in pem:
        raise KeyFileError("bad_key")
    password = passphrase().encode() if b"ENCRYPTED" in pem else None
    try:
        key = load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFileError("bad_key" if password is None else "wrong_key_passphrase") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyFileError("bad_key")
    is_long_enough = LEAST_BITS <= key.key_size <= MOST_BITS
    if key.public_key().public_numbers().e != EXPONENT or not is_long_enough:
        raise KeyFileError("bad_key")
    return key


def modulus_of(key: rsa.RSAPrivateKey) -> str:
    """The public half, as boards and gateways know the publisher."""
    return f"{key.public_key().public_numbers().n:x}"


def read_modulus(text: str) -> str:
    """The modulus in the text of a file. Raises KeyFileError (bad_publisher)."""
    modulus = text.strip()
    if not _MODULUS.match(modulus):
        raise KeyFileError("bad_publisher")
    bits = int(modulus, 16).bit_length()
    # An even number is no product of two large primes: half a line, or another file.
    if not LEAST_BITS <= bits <= MOST_BITS or int(modulus[-1], 16) % 2 == 0:
        raise KeyFileError("bad_publisher")
    return modulus


def sign(key: rsa.RSAPrivateKey, statement: bytes) -> str:
    """The signature of a statement, in base64."""
    return base64.b64encode(key.sign(statement, padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(modulus: str, statement: bytes, signature: str) -> bool:
    """Whether the publisher with this modulus has signed the statement."""
    key = rsa.RSAPublicNumbers(EXPONENT, int(modulus, 16)).public_key()
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, statement, padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True

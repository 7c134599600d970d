"""The access point that a board opens while its Wi-Fi is set up: name, password, address.

Owns what stands on the label for it; `lovebell-tech label` prints it by this very code. Pure.

The password is made from the device's secret by HMAC-SHA256 (RFC 2104), so that no board has the
one of another and nothing more has to be kept. Nobody finds the secret from it, so it may stand on
a label: it opens a page on which the Wi-Fi can be set, while somebody holds the key inside the
case, and nothing else. Ten letters of 31 are 49 bits, years of a large machine for whoever
recorded that one visit.
"""

import hashlib

ADDRESS = "192.168.4.1"
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is easily read as another
LENGTH = 10
_BLOCK = 64  # of SHA-256, in bytes
_PURPOSE = b"lovebell access point 1"


def name(device: str) -> str:
    """What the phone finds in the air: at most 29 of 32 bytes."""
    return "bell-" + device


def password(secret: str) -> str:
    """What the phone is asked for."""
    letters = ""
    for byte in _hmac(secret.encode(), _PURPOSE):
        if len(letters) < LENGTH and byte < 248:  # a multiple of 31: each letter is as likely
            letters += LETTERS[byte % 31]
    return letters


def _hmac(key: bytes, message: bytes) -> bytes:
    # MicroPython has none.
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key += bytes(_BLOCK - len(key))
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]) + message).digest()
    return hashlib.sha256(bytes([byte ^ 0x5C for byte in key]) + inner).digest()

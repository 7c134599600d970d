"""Whether the publisher has signed: RSASSA-PKCS1-v1_5 with SHA-256 and the exponent 65537.

Pure. The whole padded block is compared, as RFC 8017, section 8.2.2, has it: whoever takes the
block apart instead can be deceived about its end. Imported only when there is something to check.
"""

import binascii
import hashlib

LEAST_BITS = 2048
MOST_BITS = 4096
# What stands before a SHA-256 in such a block: RFC 8017, section 9.2, note 1.
_SHA256 = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


def modulus(text: str) -> int:
    """The public key in hexadecimal digits. Raises ValueError if it is none."""
    number = int(text.strip(), 16)
    # An even one is no product of two large primes: half a line, or another file.
    if number >> LEAST_BITS - 1 == 0 or number >> MOST_BITS or number % 2 == 0:
        raise ValueError("no key")
    return number


def check(key: int, statement: bytes, signature: str):
    """A generator that returns whether the owner of `key` has signed the `statement`.

    The power is taken a multiplication at a time: with 3072 bits all seventeen would hold an ESP32
    up for a tenth of a second.
    """
    length = 0
    while key >> 8 * length:
        length += 1
    try:
        raw = binascii.a2b_base64(signature.encode())
    except ValueError:
        return False
    number = int.from_bytes(raw, "big")
    if len(raw) != length or number >= key:
        return False
    power = number
    for _ in range(16):  # 65537 is 2 ** 16 + 1
        power = power * power % key
        yield
    power = power * number % key
    digest = _SHA256 + hashlib.sha256(statement).digest()
    filling = b"\xff" * (length - len(digest) - 3)
    return power == int.from_bytes(b"\x00\x01" + filling + b"\x00" + digest, "big")

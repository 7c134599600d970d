"""When a certificate begins: the one thing that TLS does not tell us of it.

Owns as much of DER (X.690) and of X.509 (RFC 5280) as leads to notBefore. Imported only when the
date is in doubt.
"""

from bell.clock import seconds_of

_SEQUENCE = 0x30
_VERSION = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18


def beginning(der: bytes) -> int:
    """notBefore in seconds since 1970. Raises ValueError if there is none."""
    try:
        at, _ = _enter(der, 0, _SEQUENCE)  # Certificate
        at, _ = _enter(der, at, _SEQUENCE)  # TBSCertificate
        if der[at] == _VERSION:
            at = _after(der, at)
        for _ in ("serialNumber", "signature", "issuer"):
            at = _after(der, at)
        at, _ = _enter(der, at, _SEQUENCE)  # Validity
        kind = der[at]
        start, end = _enter(der, at, kind)
        return _seconds(kind, bytes(der[start:end]).decode())
    except IndexError:
        raise ValueError("a certificate that ends too soon")


def _enter(der: bytes, at: int, kind: int) -> tuple:
    """(start, end) of the content of the element of that kind."""
    if der[at] != kind:
        raise ValueError("not a certificate")
    length = der[at + 1]
    start = at + 2
    if length & 0x80:
        count = length & 0x7F
        length = 0
        for byte in bytes(der[start : start + count]):
            length = length << 8 | byte
        start += count
    if start + length > len(der):
        raise ValueError("a certificate that ends too soon")
    return start, start + length


def _after(der: bytes, at: int) -> int:
    return _enter(der, at, der[at])[1]


def _seconds(kind: int, text: str) -> int:
    if kind == _UTC_TIME:
        text = ("20" if text[:2] < "50" else "19") + text  # RFC 5280, section 4.1.2.5.1
    elif kind != _GENERALIZED_TIME:
        raise ValueError("no date")
    if len(text) != 15 or text[14] != "Z" or not text[:14].isdigit():
        raise ValueError("no date")
    parts = [int(text[start : start + 2]) for start in range(4, 14, 2)]
    return seconds_of(int(text[:4]), *parts)

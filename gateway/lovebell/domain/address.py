"""Where something listens, as people write it: a name, an address, and perhaps a port.

Owns how an IPv6 address is told from a name with a port: it stands in brackets where a port follows
(RFC 3986, 3.2.2), and may do so without one. Pure: nothing is looked up.
"""

from __future__ import annotations

from ipaddress import IPv6Address


def host_of(text: str) -> str:
    """The name or address alone, without brackets. Raises ValueError for a port or a URL."""
    if text.startswith("[") and text.endswith("]"):
        return str(IPv6Address(text[1:-1]))
    if ":" in text or "[" in text or "]" in text:
        return str(IPv6Address(text))
    return text


def place_of(text: str, default: int) -> tuple[str, int]:
    """Host and port; `default` where none is written. An address without brackets is read to its
    end: nothing says which of its groups were to be a port. Raises ValueError.
    """
    host, colon, digits = text.rpartition(":")
    if not colon or text.endswith("]") or (host.count(":") and not host.startswith("[")):
        return host_of(text), default
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits) <= 65_535):
        raise ValueError("no port")
    return host_of(host), int(digits)

"""How people write where something listens."""

from __future__ import annotations

import pytest

from lovebell.broker import Address
from lovebell.domain.address import host_of, place_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("bell.example", ("bell.example", 8883)),
        ("bell.example:1883", ("bell.example", 1883)),
        ("192.168.1.10", ("192.168.1.10", 8883)),
        ("192.168.1.10:1", ("192.168.1.10", 1)),
        ("::1", ("::1", 8883)),
        ("2001:db8::1", ("2001:db8::1", 8883)),
        ("[::1]", ("::1", 8883)),
        ("[::1]:1883", ("::1", 1883)),
        ("[2001:db8::1]:65535", ("2001:db8::1", 65535)),
        ("2001:DB8:0::1", ("2001:db8::1", 8883)),
        ("2001:db8::1:1883", ("2001:db8::1:1883", 8883)),  # an address, and no port
    ],
)
def test_a_place_is_a_host_and_perhaps_a_port(text: str, place: tuple[str, int]) -> None:
    assert place_of(text, 8883) == place


@pytest.mark.parametrize(
    "text",
    [
        *("bell.example:", "bell.example:0", "bell.example:65536", "bell.example:mqtt", "a:1:2"),
        *("[::1", "::1]", "[::1]:", "[::1]1883", "[bell.example]:1883", "[192.168.1.10]:1883"),
        *("[]", "[]:1883", ":::", "::1::", "bell.example:٣", "mqtt://bell.example", "[[::1]]"),
    ],
)
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        place_of(text, 8883)


@pytest.mark.parametrize("text", ["bell.example:1883", "192.0.2.7:1883", "[2001:db8::1]:1883"])
def test_the_log_names_a_broker_as_one_would_write_it(text: str) -> None:
    assert str(Address(*place_of(text, 0), "lovebell")) == text


@pytest.mark.parametrize("text", ["bell.example:1883", "[::1]:1883", "mqtt://bell.example"])
def test_a_host_has_no_port(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        host_of(text)

"""Where MQTT's packets end, and what a PUBLISH says, in both versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos import packets
from lovebell.broker import packets as gateways

CONNECT_4 = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x0a\x00\x04b-01"
PUBLISH_4 = b"\x32\x0c\x00\x05a/b/c\x00\x07{}x"
PUBACK = b"\x40\x02\x00\x07"


@given(st.lists(st.sampled_from([CONNECT_4, PUBLISH_4, PUBACK, b"\xd0\x00"])), st.data())
def test_packets_come_out_whole_however_they_were_cut(
    sent: list[bytes], data: st.DataObject
) -> None:
    stream, buffer, found = b"".join(sent), bytearray(), list[bytes]()
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        buffer += stream[:size]
        stream = stream[size:]
        found += packets.take(buffer)
    assert found == sent
    assert not buffer


def test_a_length_of_several_bytes_is_read() -> None:
    long = b"\x30\xc8\x01" + bytes(200)
    assert packets.take(bytearray(long + PUBACK)) == [long, PUBACK]


def test_what_is_no_mqtt_is_refused() -> None:
    with pytest.raises(ValueError, match="no MQTT"):
        packets.take(bytearray(b"\x30\xff\xff\xff\xff\xff"))


def test_a_publish_of_a_device_is_read() -> None:
    assert not packets.is_version_5(CONNECT_4)
    assert packets.publish(PUBLISH_4, version_5=False) == ("a/b/c", b"{}x", 7)
    assert packets.publish(b"\x30\x09\x00\x05a/b/c{}", version_5=False) == ("a/b/c", b"{}", 0)


def test_what_the_gateway_sends_is_read() -> None:
    assert packets.is_version_5(gateways.connect("gateway", "", "", 5))
    sent = gateways.publish(7, "a/b/c", b"{}", retain=True)
    assert packets.publish(sent, version_5=True) == ("a/b/c", b"{}", 7)


def test_a_repetition_is_marked_and_says_the_same() -> None:
    again = packets.repeated(PUBLISH_4)
    assert again[0] & packets.DUPLICATE
    assert packets.publish(again, version_5=False) == packets.publish(PUBLISH_4, version_5=False)
    assert packets.kind(again) == packets.PUBLISH
    assert packets.acknowledged(PUBACK) == 7

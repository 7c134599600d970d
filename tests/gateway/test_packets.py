"""The bytes of MQTT 5: what is written is what the standard says, and rubbish is refused."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lovebell.broker import packets
from lovebell.broker.packets import BadPacketError, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a broker may send, byte for byte after the standard's own figures.
CONNACK = bytes.fromhex("20 06 00 00 03 21 07d0")
SUBACK = bytes.fromhex("90 05 0001 00 01 87")
PUBLISH = bytes.fromhex("32 0a 0003 612f62 000a 00 7b7d")
PUBLISH_QOS_0 = bytes.fromhex("30 08 0003 612f62 00 7b7d")
PUBACK = bytes.fromhex("40 02 0001")
REFUSED = bytes.fromhex("40 03 0002 87")
GONE = bytes.fromhex("e0 02 8e 00")
PINGRESP = bytes.fromhex("d0 00")
STREAM = CONNACK + SUBACK + PUBLISH + PUBLISH_QOS_0 + PUBACK + REFUSED + PINGRESP + GONE

READERS = {
    packets.CONNACK: lambda _first, body: packets.read_connack(body),
    packets.PUBLISH: packets.read_publish,
    packets.PUBACK: lambda _first, body: packets.read_puback(body),
    packets.SUBACK: lambda _first, body: packets.read_suback(body),
    packets.DISCONNECT: lambda _first, body: packets.read_disconnect(body),
}


def read(chunks: Sequence[bytes]) -> list[object]:
    """All that these bytes say. Raises BadPacketError."""
    reader = Reader()
    said: list[object] = []
    for chunk in chunks:
        for first, body in reader.feed(chunk):
            reading = READERS.get(first & 0xF0)
            said.append(first if reading is None else reading(first, body))
    return said


def split(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[one:other] for one, other in itertools.pairwise(edges)]


def test_what_a_broker_says_is_understood() -> None:
    assert read([STREAM]) == [
        packets.Connack(0, 2000),
        b"\x01\x87",
        ("a/b", b"{}", 10),
        ("a/b", b"{}", 0),
        (1, 0),
        (2, 0x87),
        packets.PINGRESP,
        packets.TAKEN_OVER,
    ]


@given(st.lists(st.integers(0, 1000)))
def test_however_it_was_cut_on_its_way_it_says_the_same(places: list[int]) -> None:
    assert read(split(STREAM, places)) == read([STREAM])


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_rubbish_is_read_or_refused_by_name(rubbish: bytes, places: list[int]) -> None:
    try:
        read(split(rubbish, places))
    except BadPacketError as why:
        assert str(why)


@given(st.sampled_from(sorted(READERS)), st.integers(0, 15), st.binary(max_size=60))
def test_a_packet_of_rubbish_is_read_or_refused_by_name(kind: int, flags: int, body: bytes) -> None:
    try:
        read([bytes((kind | flags, len(body))) + body])
    except BadPacketError as why:
        assert str(why)


@given(st.integers(0, len(STREAM) - 1), st.integers(0, 255))
def test_one_wrong_byte_is_read_or_refused_by_name(place: int, byte: int) -> None:
    try:
        read([STREAM[:place] + bytes((byte,)) + STREAM[place + 1 :]])
    except BadPacketError as why:
        assert str(why)


@given(
    topic=st.text(max_size=50),
    payload=st.binary(max_size=40_000),
    mid=st.integers(1, 65_535),
    retain=st.booleans(),
    expires_s=st.none() | st.integers(0, 2**32 - 1),
)
def test_what_is_written_is_read_again(
    topic: str, payload: bytes, mid: int, retain: bool, expires_s: int | None
) -> None:
    try:
        written = packets.publish(mid, topic, payload, retain=retain, expires_s=expires_s)
    except UnicodeEncodeError:  # half of a surrogate pair: no topic of ours
        return
    assert written[0] == 0x32 | retain
    assert read([written]) == [(topic, payload, mid)]


@pytest.mark.parametrize(
    ("properties", "what"),
    [
        ("02 0101", "a payload format"),
        ("05 26 0001 ff 00", "a user property that is not UTF-8 and has no end"),
        ("04 03 0001 ff", "a content type that is not UTF-8"),
        ("02 7f 00", "a property that nobody knows"),
    ],
)
def test_what_hangs_onto_a_message_is_not_looked_at(properties: str, what: str) -> None:
    body = bytes.fromhex("0003 612f62 000a") + bytes.fromhex(properties) + b"{}"
    assert read([b"\x32" + bytes((len(body),)) + body]) == [("a/b", b"{}", 10)], what


def test_a_topic_that_is_not_utf_8_is_none_and_can_be_acknowledged() -> None:
    assert read([bytes.fromhex("32 08 0003 612fff 0007 00")]) == [("", b"", 7)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("32 ff ff ff ff 01", "more than four bytes"),
        ("32 81 80 04", "65537 bytes"),
        ("34 08 0001 61 0001 00 7b7d", "QoS 2"),
        ("32 03 0009 61", "broken PUBLISH"),
        ("32 06 0001 61 0001 09", "longer than their packet"),
        ("40 01 00", "broken PUBACK"),
        ("20 01 00", "broken CONNACK"),
        ("20 04 00 00 01 7f", "broken CONNACK"),
        ("90 01 00", "broken SUBACK"),
    ],
)
def test_what_is_not_mqtt_is_refused_by_name(said: str, why: str) -> None:
    with pytest.raises(BadPacketError, match=why):
        read([bytes.fromhex(said)])


def test_a_broker_that_speaks_only_an_older_mqtt_is_a_refusal_and_no_rubbish() -> None:
    (refused,) = read([bytes.fromhex("20 02 00 01")])
    assert isinstance(refused, packets.Connack)
    assert packets.reason(refused.code) == "the broker does not speak MQTT 5"


@pytest.mark.parametrize(
    "properties", ["", "22 0005", "1f 0002 6f6b", "26 0001 6b 0001 76 13 000a"]
)
def test_the_receive_maximum_is_found_among_other_properties(properties: str) -> None:
    others = bytes.fromhex(properties)
    for more, expected in ((b"", 65_535), (bytes.fromhex("21 0014"), 20)):
        body = bytes((0, 0, len(others + more))) + others + more
        assert read([b"\x20" + bytes((len(body),)) + body]) == [packets.Connack(0, expected)]


def test_connect_is_as_the_standard_draws_it() -> None:
    said = packets.connect("gw", "u", "p", 5)
    assert said == bytes.fromhex(
        "10 1f 0004 4d515454 05 c0 0005 0a 11 ffffffff 27 00010000 0002 6777 0001 75 0001 70"
    )
    assert packets.connect("gw", "", "", 5)[9] == 0  # flags: no user, no clean start


def test_subscribe_is_as_the_standard_draws_it() -> None:
    said = packets.subscribe(1, [("a/+", 1), ("b", 0)])
    assert said == bytes.fromhex("82 0d 0001 00 0003 612f2b 01 0001 62 00")

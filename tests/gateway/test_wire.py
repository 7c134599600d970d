"""The gateway's codec against the protocol's vectors, which are as normative as the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lovebell.domain import wire

VECTORS = Path(__file__).parents[1] / "protocol" / "v1"


def vectors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(VECTORS.glob("*.json")):
        found += json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return found


def payload(vector: dict[str, Any]) -> bytes:
    if "payload_hex" in vector:
        return bytes.fromhex(vector["payload_hex"])
    return vector["payload"].encode()


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["name"])
def test_the_vectors_are_read_as_the_protocol_says(vector: dict[str, Any]) -> None:
    if "error" in vector:
        with pytest.raises(wire.BadMessageError) as refused:
            wire.decode(vector["topic"], payload(vector))
        assert refused.value.code == vector["error"]
        return
    message = wire.decode(vector["topic"], payload(vector))
    assert (message.device, message.leaf) == (vector["device"], vector["leaf"])
    assert message.fields == vector["fields"]


@pytest.mark.parametrize(
    "vector", [v for v in vectors() if "fields" in v], ids=lambda vector: vector["name"]
)
def test_what_it_encodes_it_reads_again(vector: dict[str, Any]) -> None:
    again = wire.decode(wire.topic(vector["device"], vector["leaf"]), wire.encode(vector["fields"]))
    assert again.fields == vector["fields"]


def test_there_are_vectors_of_every_kind() -> None:
    assert {path.name for path in VECTORS.glob("*.json")} >= {
        "valid.json",
        "invalid.json",
        "future.json",
    }
    errors = {vector.get("error") for vector in vectors()}
    assert errors == {None, "topic", "version", "size", "json", "field"}


def test_a_message_nested_beyond_measure_is_refused_not_fatal() -> None:
    with pytest.raises(wire.BadMessageError) as refused:
        wire.decode("lovebell/v1/b-1/press", b"[" * 1024)
    assert refused.value.code == "json"


def test_a_text_is_cut_at_a_character_and_keeps_no_control_characters() -> None:
    assert wire.fit("示例\n奶奶", 10) == "示例 奶"
    assert wire.fit("abc", 10) == "abc"

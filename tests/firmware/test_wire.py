"""The codec of the firmware, against the vectors of the protocol page."""

import json

from bell import wire

VECTORS = __file__.rsplit("/", 2)[0] + "/protocol/v1/"


def vectors(name):
    with open(VECTORS + name + ".json", encoding="utf-8") as file:
        return json.load(file)["vectors"]


def payload_of(vector):
    if "payload_hex" in vector:
        return bytes.fromhex(vector["payload_hex"])
    return vector["payload"].encode()


def outcome_of(vector):
    """What a vector must lead to, and what it led to, in the same form."""
    if "error" in vector:
        expected = vector["error"]
    else:
        expected = (vector["device"], vector["leaf"], vector["fields"])
    try:
        return expected, wire.decode(vector["topic"], payload_of(vector))
    except wire.BadMessage as why:
        return expected, why.code


def wrong_in(name):
    wrong = []
    for vector in vectors(name):
        expected, happened = outcome_of(vector)
        if expected != happened:
            wrong.append((vector["name"], expected, happened))
    return wrong


def error_of(call, *arguments):
    try:
        call(*arguments)
    except wire.BadMessage as why:
        return why.code
    return None


def test_every_valid_vector_is_decoded_to_its_fields():
    assert wrong_in("valid") == []


def test_every_invalid_vector_is_refused_with_its_code():
    assert wrong_in("invalid") == []


def test_every_future_vector_is_treated_as_the_page_says():
    assert wrong_in("future") == []


def test_the_vectors_of_faults_and_settings_are_treated_as_the_page_says():
    assert wrong_in("settings") == []


def test_every_vector_that_came_later_is_treated_as_the_page_says():
    assert wrong_in("settings") == []
    assert wrong_in("safe") == []
    assert wrong_in("update") == []


def test_what_the_encoder_makes_decodes_to_the_same_fields():
    for vector in vectors("valid"):
        payload = wire.encode(vector["leaf"], vector["fields"])
        topic = wire.topic(vector["device"], vector["leaf"])
        assert wire.decode(topic, payload)[2] == vector["fields"], vector["name"]


def test_the_encoder_refuses_what_no_receiver_would_take():
    assert error_of(wire.encode, "press", {"id": "1"}) == "field"
    assert error_of(wire.encode, "press", {"id": "1", "kind": "call", "age_ms": -1}) == "field"
    assert error_of(wire.encode, "press", {"id": "1", "kind": "call", "age_ms": 1.0}) == "field"
    assert error_of(wire.encode, "heartbeat", {"every_s": True, "up_s": 0}) == "field"


def test_the_encoder_leaves_unknown_fields_out():
    payload = wire.encode("ringing", {"episode": "b-01.1", "mood": "fine"})
    assert json.loads(payload.decode()) == {"episode": "b-01.1"}


def test_a_payload_cut_short_anywhere_is_no_crash():
    # Whatever a broken sender cuts off, the answer is a code and never another exception.
    for vector in vectors("valid"):
        payload = payload_of(vector)
        for length in range(0, len(payload), 7):
            error_of(wire.decode, vector["topic"], payload[:length])


def test_what_is_no_json_is_told_with_the_place():
    for payload, place in (
        (b'{"a" 1}', 5),
        (b"{a: 1}", 1),
        (b'{"a": 1]', 7),
        (b'{"a": 01}', 6),
        (b'{"a": true1}', 6),
        (b'{"a": "\n"}', 7),
        (b'{"a": "\\x"}', 8),
        (b'{"a": "b}', 9),
        (b'{"a": 1} 2', 9),
    ):
        try:
            wire.decode("lovebell/v1/b-01/receipt", payload)
            why = "nothing"
        except wire.BadMessage as bad:
            why = str(bad)
        assert why == "json: byte {} cannot be there".format(place), (payload, why)


def test_the_three_words_of_json_and_nothing_like_them():
    ours = (b"true", b"false", b"null")
    others = (b"rue", b"tru", b"True", b"nul", b"e", b"truefalse", b"")
    for word in ours + others:
        payload = b'{"every_s":1,"up_s":1,"x":' + word + b"}"
        code = error_of(wire.decode, "lovebell/v1/b-01/heartbeat", payload)
        assert code == (None if word in ours else "json"), word


def test_a_broken_byte_anywhere_is_no_crash():
    payload = b'{"episode":"b-01.1","state":"coming","who":"\\u793a \xe4\xbe\x8b"}'
    for place in range(len(payload)):
        for byte in (0, 0x22, 0x5C, 0x7B, 0x2C, 0x80, 0xED, 0xF4, 0xFF):
            broken = payload[:place] + bytes([byte]) + payload[place + 1 :]
            error_of(wire.decode, "lovebell/v1/b-01/episode", broken)

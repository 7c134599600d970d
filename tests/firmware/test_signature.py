"""What the publisher has signed is believed, and nothing that is only like it."""

import binascii
import hashlib
import json

from bell import signature

STATEMENT = b"lovebell firmware 1\n0.2.0\n6\n61234\n" + b"ab" * 32 + b"\n"


def publisher():
    with open(__file__.rsplit("/", 1)[0] + "/publisher.json", encoding="utf-8") as file:
        return json.load(file)


MODULUS = publisher()["modulus"]
KEY = int(MODULUS, 16)
PRIVATE = int(publisher()["private"], 16)
LENGTH = len(MODULUS) // 2


def block_of(statement, prefix=signature._SHA256, begin=b"\x00\x01", filling=b"\xff"):
    digest = prefix + hashlib.sha256(statement).digest()
    return begin + filling * (LENGTH - len(digest) - 3) + b"\x00" + digest


def signed(block):
    return base64_of(pow(int.from_bytes(block, "big"), PRIVATE, KEY))


def base64_of(number, length=LENGTH):
    return binascii.b2a_base64(number.to_bytes(length, "big")).decode().strip()


def is_signed(statement, text):
    work = signature.check(KEY, statement, text)
    steps = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value, steps
        steps += 1


def error_of(text):
    try:
        signature.modulus(text)
    except ValueError:
        return True
    return False


def test_what_the_publisher_signed_is_believed_and_takes_a_step_for_each_multiplication():
    assert is_signed(STATEMENT, signed(block_of(STATEMENT))) == (True, 16)


def test_another_statement_is_not():
    good = signed(block_of(STATEMENT))
    for place in (0, 20, 26, 28, len(STATEMENT) - 2):
        other = bytearray(STATEMENT)
        other[place] ^= 1
        assert is_signed(bytes(other), good)[0] is False


def test_a_block_that_only_ends_or_begins_right_is_refused():
    digest = signature._SHA256 + hashlib.sha256(STATEMENT).digest()
    short = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest  # Bleichenbacher's forgery of 2006
    for block in (
        short + b"\x00" * (LENGTH - len(short)),
        b"\x00" * (LENGTH - len(digest)) + digest,
        block_of(STATEMENT, begin=b"\x00\x02"),
        block_of(STATEMENT, filling=b"\xfe"),
        block_of(STATEMENT, prefix=signature._SHA256[:-1] + b"\x21"),
    ):
        assert is_signed(STATEMENT, signed(block))[0] is False


def test_what_is_no_signature_at_all_is_refused_without_a_multiplication():
    good = pow(int.from_bytes(block_of(STATEMENT), "big"), PRIVATE, KEY)
    for text in (
        "",
        "示例",
        "AAAA",
        "A",
        base64_of(good, LENGTH + 1),
        base64_of(good)[:-8],
        base64_of(KEY),
        base64_of((1 << 8 * LENGTH) - 1),
    ):
        assert is_signed(STATEMENT, text) == (False, 0)
    assert is_signed(STATEMENT, base64_of(0))[0] is False
    assert is_signed(STATEMENT, base64_of(1))[0] is False


def test_a_key_is_a_modulus_of_2048_to_4096_bits_on_a_line():
    assert signature.modulus(MODULUS + "\n") == KEY
    for text in (
        "",
        "示例",
        MODULUS[:-1],
        MODULUS[: LENGTH - 2],
        MODULUS[:-1] + "0",
        "1" + MODULUS * 2,
    ):
        assert error_of(text)

"""Releases of the firmware: the image, the publisher's key, and what a board makes of both."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lovebell.domain.firmware import MOST_BYTES, is_newer, numbers
from lovebell.provision.image import ImageError, pack, statement, unpack
from lovebell.provision.signing import (
    KeyFileError,
    is_signed,
    make_key,
    modulus_of,
    read_key,
    read_modulus,
    sign,
)

MPY = b"M\x06\x00\x1f"
FILES = {"bell/start.mpy": MPY + b"start", "bell/__init__.mpy": MPY, "bell/app.mpy": MPY + b"\n\n"}
PASSPHRASE = "four plainly fictitious words"  # noqa: S105


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def refused_files(files: dict[str, bytes]) -> str:
    with pytest.raises(ImageError) as refused:
        pack(files, 6)
    return refused.value.code


def test_an_image_is_read_back_as_the_files_it_was_made_of() -> None:
    image = pack(FILES, 6)
    assert unpack(image) == FILES
    first = hashlib.sha256(MPY).hexdigest()
    assert image.startswith(f"bell/__init__.mpy 4 {first}\nbell/app.mpy 6 ".encode())


def test_only_modules_of_the_package_get_into_an_image() -> None:
    for path in ("main.py", "boot.py", "bell/x.py", "bell/../x.mpy", "a/bell/x.mpy", "bell/X.mpy"):
        assert refused_files({path: MPY}) == "bad_path"
    assert refused_files({"bell/" + "x" * 33 + ".mpy": MPY}) == "bad_path"
    assert refused_files({"bell/x.mpy\n": MPY}) == "bad_path"


def test_what_another_interpreter_needs_is_not_packed() -> None:
    assert refused_files({"bell/x.mpy": b"M\x05"}) == "bad_mpy"
    assert refused_files({"bell/x.mpy": b"#!"}) == "bad_mpy"


def test_an_image_has_at_least_a_file_and_no_more_bytes_than_a_board_takes() -> None:
    assert refused_files({}) == "empty_image"
    head = len(pack({"bell/x.mpy": b"M\x06" + bytes(200_000)}, 6)) - 200_002
    assert len(pack({"bell/x.mpy": b"M\x06" + bytes(MOST_BYTES - head - 2)}, 6)) == MOST_BYTES
    assert refused_files({"bell/x.mpy": b"M\x06" + bytes(MOST_BYTES - head - 1)}) == "large_image"


def test_a_broken_byte_anywhere_is_found_but_in_a_name() -> None:
    """Names are guarded by the hash of the whole, which is signed."""
    image = pack(FILES, 6)
    named = 0
    for place in range(len(image)):
        try:
            files = unpack(image[:place] + bytes([image[place] ^ 1]) + image[place + 1 :])
        except ImageError:
            continue
        named += 1
        assert list(files.values()) == [FILES[path] for path in sorted(FILES)]
    assert 0 < named <= sum(len(path) for path in FILES)


def test_an_image_cut_short_or_prolonged_anywhere_is_found() -> None:
    image = pack(FILES, 6)
    for length in range(len(image)):
        with pytest.raises(ImageError):
            unpack(image[:length])
    with pytest.raises(ImageError):
        unpack(image + b"x")


def test_an_image_with_a_path_twice_or_out_of_order_is_none() -> None:
    image = pack(FILES, 6)
    head, _, rest = image.partition(b"\n\n")
    lines = head.split(b"\n")
    with pytest.raises(ImageError):
        unpack(b"\n".join([lines[0], *lines]) + b"\n\n" + MPY + rest)
    with pytest.raises(ImageError):
        unpack(b"\n".join([lines[1], lines[0]]) + b"\n\n" + FILES["bell/app.mpy"] + MPY)


def test_what_was_signed_is_recognised_and_nothing_else_is(key: rsa.RSAPrivateKey) -> None:
    said = statement("0.2.0", 6, 61_234, "a" * 64)
    signature = sign(key, said)
    assert is_signed(modulus_of(key), said, signature)
    for other in (
        statement("0.2.1", 6, 61_234, "a" * 64),
        statement("0.2.0", 7, 61_234, "a" * 64),
        statement("0.2.0", 6, 61_235, "a" * 64),
        statement("0.2.0", 6, 61_234, "a" * 63 + "b"),
    ):
        assert not is_signed(modulus_of(key), other, signature)
    assert not is_signed(modulus_of(rsa.generate_private_key(65_537, 2_048)), said, signature)
    for broken in ("", "*", signature[:-4], signature + "AAAA", sign(key, b"x")):
        assert not is_signed(modulus_of(key), said, broken)


def test_a_board_with_nothing_but_large_numbers_comes_to_the_same_block(
    key: rsa.RSAPrivateKey,
) -> None:
    """RFC 8017, section 9.2: 00 01 ff … ff 00, then the DigestInfo of SHA-256 with the hash."""
    said = statement("0.2.0", 6, 61_234, "a" * 64)
    number = int.from_bytes(base64.b64decode(sign(key, said)), "big")
    block = pow(number, 65_537, int(modulus_of(key), 16)).to_bytes(256, "big")
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    tail = b"\0" + info + hashlib.sha256(said).digest()
    assert block == b"\0\1" + b"\xff" * (254 - len(tail)) + tail


def test_a_key_is_long_and_opens_with_its_passphrase_only() -> None:
    private, modulus = make_key(PASSPHRASE)
    assert b"ENCRYPTED" in private
    key = read_key(private, lambda: PASSPHRASE)
    assert key.key_size == 3_072
    assert modulus == modulus_of(key) == read_modulus(modulus + "\n")
    with pytest.raises(KeyFileError) as refused:
        read_key(private, lambda: "another")
    assert refused.value.code == "wrong_key_passphrase"


def test_what_is_no_key_of_a_publisher_is_refused_without_asking_for_a_passphrase() -> None:
    def asked() -> str:
        raise AssertionError("asked")

    short = pem(rsa.generate_private_key(65_537, 1_024))  # noqa: S505
    odd = pem(rsa.generate_private_key(3, 2_048))
    for content in (b"", b"\xff\0", short, odd, pem(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(KeyFileError) as refused:
            read_key(content, asked)
        assert refused.value.code == "bad_key"


def test_half_a_line_or_another_file_is_no_modulus(key: rsa.RSAPrivateKey) -> None:
    modulus = modulus_of(key)
    assert read_modulus(f"{modulus}\r\n") == modulus
    wrong = ("", "x", modulus[:-1], modulus + "1" * 513, modulus.upper(), modulus[:-1] + "0")
    for text in (*wrong, "0" + modulus[:-1], f"{modulus}\n{modulus}"):
        with pytest.raises(KeyFileError):
            read_modulus(text)


def test_versions_are_compared_as_numbers() -> None:
    assert numbers("65535.0.10") == (65_535, 0, 10)
    assert is_newer("0.10.0", "0.9.12")
    assert not is_newer("0.2.0", "0.2.0")
    assert not is_newer("0.2.0", "0.2.1")
    assert is_newer("0.0.0", "示例")
    for text in ("", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.65536", "1.2.-3", "1.2.3\n", "1.2.３"):
        with pytest.raises(ValueError, match=r"is no version|above 65535"):
            numbers(text)

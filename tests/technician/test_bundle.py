"""The bundle: what it holds comes out again, and only for whoever knows the passphrase."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lovebell.provision.bundle import Broker, Bundle, BundleError, Identity, open_bundle, seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXPIRES_MS = 1_800_000_000_000
BUNDLE = Bundle(
    [Identity("b-01", "button", "5ec7e7" * 5), Identity("c-01", "chime", "a" * 32)],
    [Broker("bell.example", 8883, tls=True)],
    b"\x30\x82\x01\x0a",
    EXPIRES_MS,
)
FOUR_WORDS = "四个 常见 的 词"


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return seal(BUNDLE, FOUR_WORDS, os.urandom)


@pytest.fixture
def code(tmp_path: Path) -> Callable[..., str]:
    def code(raw: bytes, passphrase: str = FOUR_WORDS, now_ms: int = EXPIRES_MS - 1) -> str:
        path = tmp_path / "bundle"
        path.write_bytes(raw)
        try:
            return repr(open_bundle(path, lambda: passphrase, now_ms) == BUNDLE)
        except BundleError as why:
            return why.code

    return code


def test_what_was_sealed_is_opened_with_the_passphrase_until_it_expires(
    sealed: bytes, code: Callable[..., str]
) -> None:
    assert code(sealed) == "True"
    assert code(sealed, now_ms=EXPIRES_MS) == "expired_bundle"
    assert code(sealed, passphrase="四个 常见 的") == "wrong_passphrase"


def test_nothing_of_it_can_be_read_or_changed_without_the_passphrase(
    sealed: bytes, code: Callable[..., str]
) -> None:
    assert b"b-01" not in sealed
    assert b"5ec7e7" not in sealed
    file = json.loads(sealed)
    for name in ("salt", "nonce", "sealed"):
        other = "A" if file[name][0] != "A" else "B"
        changed = file | {name: other + file[name][1:]}
        assert code(json.dumps(changed).encode()) == "wrong_passphrase", name


def test_a_file_that_is_no_bundle_is_not_asked_about(sealed: bytes, tmp_path: Path) -> None:
    def ask() -> str:
        raise AssertionError("asked for a passphrase")

    file = json.loads(sealed)
    cut = {name: value for name, value in file.items() if name != "salt"}
    broken = [b"", b"\xff", b"[]", b"{}", b"null", json.dumps(cut).encode()]
    broken += [json.dumps(file | {"salt": value}).encode() for value in ("", "AAAA", "?", 7)]
    for raw in broken:
        (tmp_path / "bundle").write_bytes(raw)
        with pytest.raises(BundleError, match="not_a_bundle"):
            open_bundle(tmp_path / "bundle", ask, 0)
    (tmp_path / "bundle").write_bytes(json.dumps(file | {"lovebell_bundle": 2}).encode())
    with pytest.raises(BundleError, match="newer_bundle"):
        open_bundle(tmp_path / "bundle", ask, 0)
    with pytest.raises(BundleError, match="no_bundle"):
        open_bundle(tmp_path, ask, 0)


def test_a_secret_is_in_no_representation() -> None:
    assert "5ec7e7" not in repr(BUNDLE)


def test_a_bundle_says_who_signs_new_firmware_and_one_of_before_that_is_opened_too(
    tmp_path: Path,
) -> None:
    @dataclass
    class Before:
        identities: list[Identity]
        brokers: list[Broker]
        certificate: bytes | None
        expires_ms: int

    path = tmp_path / "bundle"
    given = (list(BUNDLE.identities), list(BUNDLE.brokers), b"der", EXPIRES_MS)
    for made, publisher in ((Bundle(*given, "ab12"), "ab12"), (Before(*given), None)):
        path.write_bytes(seal(made, FOUR_WORDS, os.urandom))  # pyright: ignore[reportArgumentType]
        opened = open_bundle(path, lambda: FOUR_WORDS, EXPIRES_MS - 1)
        assert opened == Bundle(*given, publisher)

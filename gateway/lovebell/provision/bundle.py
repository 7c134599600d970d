"""The bundle: identities for boards, on their way from the gateway to a technician's laptop.

Owns the form of the file and its encryption. Pure but for the reading of one file; knows no
database, so a laptop without a gateway can open it.

The file is a JSON object: `lovebell_bundle` (the version of this form, 1), `salt`, `nonce` and
`sealed`, each in base64. `sealed` is ChaCha20-Poly1305 (RFC 8439) over the content, with the
version as associated data; its key is scrypt (RFC 7914) of the passphrase with N = 2**16, r = 8,
p = 1: 64 MiB and some tenths of a second a guess.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

VERSION: Final = 1
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
_N, _R, _P = 2**16, 8, 1
ROLES: Final = ("button", "chime")


class BundleError(ValueError):
    """A bundle cannot be opened. `code` is no_bundle, not_a_bundle, newer_bundle,
    wrong_passphrase or expired_bundle; `needs` are the gaps of a sentence about it."""

    def __init__(self, code: str, **needs: object) -> None:
        super().__init__(code, needs)
        self.code = code
        self.needs = needs


@dataclass(frozen=True, slots=True)
class Identity:
    """One device: its name, its role, and the secret that only it and the broker know."""

    device: str
    role: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where boards find a broker."""

    host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a technician is given. `certificate` is the authority's, in DER, None without TLS;
    `expires_ms` is UTC; `publisher` is the modulus by which boards know who signs their firmware,
    None where nobody does."""

    identities: Sequence[Identity]
    brokers: Sequence[Broker]
    certificate: bytes | None
    expires_ms: int
    publisher: str | None = None


def seal(bundle: Bundle, passphrase: str, random: Callable[[int], bytes]) -> bytes:
    """The file that `open_bundle` reads. `random(n)` gives n bytes that nobody can guess."""
    salt, nonce = random(SALT_BYTES), random(NONCE_BYTES)
    content = {
        **asdict(bundle),
        "certificate": None if bundle.certificate is None else _text(bundle.certificate),
    }
    plain = json.dumps(content, ensure_ascii=False).encode()
    sealed = ChaCha20Poly1305(_key(passphrase, salt)).encrypt(nonce, plain, _bound(VERSION))
    file = {
        "lovebell_bundle": VERSION,
        "salt": _text(salt),
        "nonce": _text(nonce),
        "sealed": _text(sealed),
    }
    return json.dumps(file, indent=1).encode() + b"\n"


def open_bundle(path: Path, passphrase: Callable[[], str], now_ms: int) -> Bundle:
    """The bundle in that file. The passphrase is asked for only once the file is known to be one.

    Raises BundleError.
    """
    try:
        raw = path.read_bytes()
    except OSError as why:
        raise BundleError("no_bundle", path=path, why=why.strerror) from None
    try:
        file: dict[str, Any] = json.loads(raw)
        version = file["lovebell_bundle"]
        parts = [base64.b64decode(file[name], validate=True) for name in ("salt", "nonce")]
        sealed = base64.b64decode(file["sealed"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BundleError("not_a_bundle", path=path) from None
    if version != VERSION:
        raise BundleError("newer_bundle", path=path, version=version)
    if [len(part) for part in parts] != [SALT_BYTES, NONCE_BYTES]:
        raise BundleError("not_a_bundle", path=path)
    salt, nonce = parts
    try:
        plain = ChaCha20Poly1305(_key(passphrase(), salt)).decrypt(nonce, sealed, _bound(version))
    except InvalidTag:
        raise BundleError("wrong_passphrase", path=path) from None
    bundle = _read(plain, path)
    if bundle.expires_ms <= now_ms:
        raise BundleError("expired_bundle", path=path)
    return bundle


def _read(plain: bytes, path: Path) -> Bundle:
    try:
        content: dict[str, Any] = json.loads(plain)
        certificate = content["certificate"]
        identities = [Identity(**one) for one in content["identities"]]
        if any(one.role not in ROLES for one in identities):
            raise BundleError("not_a_bundle", path=path)
        return Bundle(
            identities,
            [Broker(**one) for one in content["brokers"]],
            None if certificate is None else base64.b64decode(certificate),
            cast("int", content["expires_ms"]),
            cast("str | None", content.get("publisher")),  # there was none at first
        )
    except (ValueError, KeyError, TypeError):
        raise BundleError("not_a_bundle", path=path) from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=_N, r=_R, p=_P).derive(passphrase.encode())


def _bound(version: int) -> bytes:
    return f"lovebell bundle {version}".encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

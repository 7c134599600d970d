"""A publisher of firmware in a test: a key, and what `make firmware` would have made."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lovebell.provision.signing import modulus_of

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"M\x06\x00\x1f"  # of a module compiled for version 6 of .mpy


@cache
def key() -> rsa.RSAPrivateKey:
    """The publisher's key; as short as can be, because it is made for every run."""
    return rsa.generate_private_key(65_537, 2_048)


def write_key(folder: Path, made: rsa.RSAPrivateKey | None = None) -> Path:
    """The key without a passphrase, and beside it its public half."""
    made = made or key()
    path = folder / "firmware.key"
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.with_name("firmware.key.pub").write_text(modulus_of(made) + "\n", encoding="utf-8")
    return path


def write_build(folder: Path, version: str = "0.2.0", mpy: int = 6) -> Path:
    """A folder that could be build/firmware, with modules that do nothing."""
    files = {
        "main.py": b"",
        "bell/__init__.mpy": HEAD + version.encode(),
        "bell/start.mpy": HEAD + b"start",
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    listed = {
        path: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in files.items()
    }
    manifest = {"version": version, "mpy": {"version": mpy, "sub_version": 0}, "files": listed}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder

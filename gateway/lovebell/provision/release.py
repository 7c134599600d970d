"""Releases in files: the folder that `make firmware` makes, and the signed release that a publisher
hands on.

The release file is a JSON object: `lovebell_firmware` (the version of this form, 1), the fields of
the offer (docs/protocol.md, section 11) and `image` in base64. Nothing in it is secret.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lovebell.domain.firmware import MOST_BYTES, Release, numbers
from lovebell.provision.image import ImageError, pack, statement, unpack
from lovebell.provision.signing import is_signed, sign

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

FORM: Final = 1
#: A whole image in base64, and some room.
_MOST_FILE_BYTES: Final = MOST_BYTES * 2
_START: Final = "bell/start.mpy"
_TYPES: Final = {"version": str, "mpy": int, "size": int, "sha256": str, "signature": str}


class Build(NamedTuple):
    """What `make firmware` has made: by path, the files that an update brings."""

    version: str
    mpy: int
    files: dict[str, bytes]


def read_build(folder: Path) -> Build:
    """The modules in that folder, as its manifest.json names them.

    Raises ImageError (no_build, changed_build, bad_version).
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        version, mpy = str(manifest["version"]), int(manifest["mpy"]["version"])
        named = {str(path): str(one["sha256"]) for path, one in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise ImageError("no_build", path=str(folder)) from None
    if not 0 <= mpy <= 255:  # it is a byte of each module
        raise ImageError("no_build", path=str(folder))
    try:
        numbers(version)
    except ValueError:
        raise ImageError("bad_version", version=version) from None
    files: dict[str, bytes] = {}
    for path, sha256 in named.items():
        # boot.py and main.py choose between an update and what was there: they never change.
        if path.endswith(".mpy"):
            files[path] = _read(folder, path, sha256)
    # The firmware says its own version, and is only believed to run if it is this one.
    if _START not in files or version.encode() not in files.get("bell/__init__.mpy", b""):
        raise ImageError("no_build", path=str(folder))
    return Build(version, mpy, files)


def _read(folder: Path, path: str, sha256: str) -> bytes:
    try:
        content = (folder / path).read_bytes()
    except (OSError, ValueError):
        raise ImageError("changed_build", path=str(folder), file=path) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ImageError("changed_build", path=str(folder), file=path)
    return content


def signed(build: Build, key: RSAPrivateKey) -> tuple[Release, bytes]:
    """The release of a build, and its image.

    Raises ImageError (bad_path, bad_mpy, empty_image, large_image).
    """
    image = pack(build.files, build.mpy)
    sha256 = hashlib.sha256(image).hexdigest()
    signature = sign(key, statement(build.version, build.mpy, len(image), sha256))
    return Release(build.version, build.mpy, len(image), sha256, signature), image


def to_file(release: Release, image: bytes) -> bytes:
    """What `from_file` reads."""
    content = {"lovebell_firmware": FORM, **asdict(release)}
    content["image"] = base64.b64encode(image).decode()
    return json.dumps(content, indent=1).encode() + b"\n"


def from_file(path: Path) -> tuple[Release, bytes]:
    """The release in a file, and its image; that all of it fits together is certain, by whom it
    was signed is not.

    Raises ImageError (not_a_release, newer_release), OSError.
    """
    with path.open("rb") as file:
        raw = file.read(_MOST_FILE_BYTES + 1)
    try:
        content: dict[str, Any] = json.loads(raw)
        form = content["lovebell_firmware"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ImageError("not_a_release", path=str(path)) from None
    if form != FORM:
        raise ImageError("newer_release", path=str(path), version=str(form)[:20])
    try:
        release = Release(**{one.name: content[one.name] for one in fields(Release)})
        image = base64.b64decode(content["image"], validate=True)
        _check(release, image)
    except (ImageError, ValueError, KeyError, TypeError):
        raise ImageError("not_a_release", path=str(path)) from None
    return release, image


def _check(release: Release, image: bytes) -> None:
    """Raises ValueError."""
    for name, kind in _TYPES.items():
        if type(getattr(release, name)) is not kind:
            raise ValueError(name)
    numbers(release.version)
    found = (len(image), hashlib.sha256(image).hexdigest())
    if found != (release.size, release.sha256) or pack(unpack(image), release.mpy) != image:
        raise ValueError("the image is another")


def is_by(release: Release, modulus: str) -> bool:
    """Whether the publisher with this modulus has signed the release."""
    said = statement(release.version, release.mpy, release.size, release.sha256)
    return is_signed(modulus, said, release.signature)

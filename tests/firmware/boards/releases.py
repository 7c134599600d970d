"""Releases of the firmware of this checkout: changed, compiled, packed and signed, and a gateway's
part in handing them out."""

import asyncio
import base64
import hashlib
import shutil

from lovebell.domain.firmware import PIECE_BYTES, Release
from lovebell.provision.image import pack, statement
from lovebell.provision.signing import make_key, read_key, sign
from simulator.build import compiled
from simulator.interpreter import find_firmware

PASSPHRASE = "shi li shi li"  # noqa: S105 - of a key that lives as long as the tests


def source_of(target, version, *changes):
    """The firmware in the folder `target` as that version, in which for each (module, line, other)
    of `changes` the line is another."""
    shutil.copytree(find_firmware(), target, ignore=shutil.ignore_patterns("__pycache__"))
    head = (target / "bell" / "__init__.py").read_text("utf-8")
    before = head.partition('VERSION = "')[2].partition('"')[0]
    for module, line, other in (("bell/__init__.py", f'"{before}"', f'"{version}"'), *changes):
        text = (target / module).read_text("utf-8")
        assert text.count(line) == 1, (module, line)
        (target / module).write_text(text.replace(line, other), "utf-8")
    return target


class Publisher:
    """Compiles the firmware in `folder`, and signs it."""

    def __init__(self, folder):
        self._folder = folder
        pem, self.modulus = make_key(PASSPHRASE)
        self._key = read_key(pem, lambda: PASSPHRASE)

    def compiled(self, version):
        """The folder of that version, as `make firmware` leaves it."""
        target = self._folder / version
        if not target.exists():
            compiled(source_of(self._folder / f"{version}-source", version), target)
        return target

    def release(self, version, content=None):
        """(release, image) of that version; `content` is whose firmware is in it, if not its
        own."""
        folder = self.compiled(content or version)
        files = {f"bell/{path.name}": path.read_bytes() for path in folder.glob("bell/*.mpy")}
        mpy = files["bell/__init__.mpy"][1]
        image = pack(files, mpy)
        sha256 = hashlib.sha256(image).hexdigest()
        signature = sign(self._key, statement(version, mpy, len(image), sha256))
        return Release(version, mpy, len(image), sha256, signature), image


class Library:
    """Hands out the pieces of one image to whoever asks. Use it with `async with`."""

    def __init__(self, far_end, release, image):
        self._far_end = far_end
        self._release = release
        self._image = image
        self._served = 0
        self._task = None

    def offer(self, device, attempt=1):
        """Offer it to a device."""
        self._far_end.say(device, "firmware", self._release.offer(attempt), retain=True)

    async def __aenter__(self):
        self._task = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()

    async def _serve(self):
        while True:
            self._served += 1
            asked = await self._far_end.hears(
                "fetch", self._served, timeout_s=600, version=self._release.version
            )
            at = asked.fields["at"]
            data = base64.b64encode(self._image[at : at + PIECE_BYTES]).decode()
            piece = {"version": self._release.version, "at": at, "data": data}
            self._far_end.say(asked.device, "piece", piece, qos=0)

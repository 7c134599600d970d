"""An update on littlefs, and power cuts in it, at every STEP-th operation of the flash:
`micropython updates.py TEAR STEP [careless]`.

A board runs on slot a, fetches a newer firmware into slot b, tries it, and keeps it; then it
fetches one that it gives up. After each cut the flash is mounted again: whatever slot the board
would start must be whole, journal and starts must be as they were, and life goes on to its end.
Prints the number of cuts, and how many blocks and bytes the dearest step erases and programs. A
`careless` firmware is on trial before it is laid out.
"""

import binascii
import hashlib
import os
import sys

import vfs
from nor import Nor, PowerCut

from bell import flash, image, slots, update
from bell.starts import Starts
from bell.trial import Trial

ROOT = "/flash"
BLOCKS = 48
CALM = {"pending": (), "shown": ("idle", "idle"), "down": None, "faults": (), "service": None}
OLD, NEW, BAD = "900.0.0", "900.0.1", "900.0.2"
PRESS = b'{"leaf": "press", "id": "9c41f00a-1-1", "kind": "call"}'
COUNT = b"9c41f00a 1 0"


def firmware(version):
    """The files of a version: one that fits in a line of the tables, and one of two blocks."""
    return {
        "bell/__init__.mpy": b"M\x06" + version.encode(),
        "bell/app.mpy": (b"M\x06" + version.encode()) * 700,
    }


def image_of(files):
    lines = [
        "{} {} {}\n".format(path, len(files[path]), hashlib.sha256(files[path]).digest().hex())
        for path in sorted(files)
    ]
    return "".join(lines).encode() + b"\n" + b"".join(files[path] for path in sorted(files))


IMAGES = {version: image_of(firmware(version)) for version in (NEW, BAD)}


class Device:
    """A board, of which nobody wants anything."""

    def __init__(self):
        self.time = 0
        self.is_subscribed = True
        self.told = None
        self.dearest = (0, 0)

    def now(self):
        return self.time

    def is_waiting(self):
        return False

    def role_state(self):
        return CALM

    def say(self, line):
        pass

    def tell(self, leaf, fields):
        if leaf == "update":
            self.told = fields
            return
        version, at = fields["version"], fields["at"]
        piece = binascii.b2a_base64(IMAGES[version][at : at + 600]).decode().strip()
        self.work.hear("piece", {"version": version, "at": at, "data": piece})

    def run(self, work, nor):
        """Until it is over, a second at a time."""
        self.work = work
        while True:
            self.time += 1000
            before = nor.erased, nor.programmed
            said = work.step()
            cost = nor.erased - before[0], nor.programmed - before[1]
            self.dearest = max(self.dearest, cost)
            if said is not None:
                return said


class Counting(Nor):
    """A flash that counts what takes its time: blocks erased, and bytes programmed."""

    def __init__(self, count):
        super().__init__(count)
        self.erased = self.programmed = 0

    def writeblocks(self, block, buffer, offset=0):
        self.programmed += len(buffer)
        super().writeblocks(block, buffer, offset)

    def ioctl(self, what, argument):
        if what == 6:
            self.erased += 1
        return super().ioctl(what, argument)


def offer_of(version):
    made = IMAGES[version]
    sha256 = hashlib.sha256(made).digest().hex()
    return {"version": version, "mpy": 6, "size": len(made), "sha256": sha256, "signature": ""}


def started():
    """What the board starts: the slot and the version in it, which is whole."""
    slot = slots.begin(ROOT)[0]
    about = content(slot)
    for version in (OLD, NEW, BAD):
        if about == firmware(version):
            return slot, version
    raise AssertionError(slot)


def content(slot):
    folder = ROOT + "/" + slot + "/bell"
    try:
        return {"bell/" + name: read(folder + "/" + name) for name in os.listdir(folder)}
    except OSError:
        return None


def read(path):
    with open(path, "rb") as file:
        return file.read()


def live(nor, device):
    """From power-up to the next one, or to the end. Whether there was nothing more to do."""
    slot, version = started()
    lines, broken = flash.read(ROOT + "/journal")
    assert (lines, broken) == ([PRESS], 0)
    starts = Starts(ROOT)
    assert starts.life == "9c41f00a"
    if slots.read(ROOT)["trial"] == slot:
        assert version in (NEW, BAD)
        if version == BAD:
            return False  # it breaks down at once
        assert device.run(Trial(ROOT, device), nor) == "over"
    assert version in (OLD, NEW)
    assert not starts.is_safe
    starts.healthy()
    told = slots.story(ROOT, slot)
    if version == NEW and told["version"] == BAD:
        assert (told["state"], told["why"]) == ("failed", "crash")
        return True
    work = update.Update(ROOT, slot, device, 6)
    work.hear("firmware", offer_of(NEW if version == OLD else BAD))
    try:
        assert device.run(work, nor) == "restart", device.told
    finally:
        work.close()
    return False


def set_up():
    """A board that has been updated before."""
    nor = Counting(BLOCKS)
    vfs.VfsLfs2.mkfs(nor)
    vfs.mount(vfs.VfsLfs2(nor), ROOT)
    for folder in ("/a", "/a/bell", "/b", "/b/bell"):
        os.mkdir(ROOT + folder)
    for path, made in firmware(OLD).items():
        for slot in ("/a/", "/b/"):
            with open(ROOT + slot + path, "wb") as file:
                file.write(made)
    with open(ROOT + "/publisher.key", "w") as file:
        file.write("f" * 512)
    flash.write(ROOT + "/journal", (PRESS,))
    flash.write(ROOT + "/starts", (COUNT,))
    about = slots.read(ROOT)
    about.update({"good": "a", "newest": OLD, "version": OLD, "attempt": 1, "why": "good"})
    slots.write(ROOT, about)
    vfs.umount(ROOT)
    return nor


def powered(nor, device, lives):
    """Live on this flash. Whether the power lasted until all was done."""
    try:
        vfs.mount(vfs.VfsLfs2(nor), ROOT)
    except PowerCut:
        return False
    try:
        for _ in range(lives):
            if live(nor, device):
                return True
    except PowerCut:
        return False
    finally:
        vfs.umount(ROOT)
    raise AssertionError("it never comes to an end: {}".format(device.told))


def story(fresh, at, tear):
    """Cut at the `at`-th operation. Whether the story is longer than that."""
    device = Device()
    nor = copy(fresh)
    nor.cut(at, tear)
    lasted = powered(nor, device, 12)
    nor = copy(nor)
    assert powered(nor, device, 12)
    return not lasted, device.dearest


def copy(nor):
    """The flash as it is, with power: files of the life before are closed by whoever collects the
    garbage, and that writes."""
    again = Counting(0)
    again.content = bytearray(nor.content)
    return again


def main(tear, step):
    fresh = set_up()
    at, cuts, dearest = 1, 0, (0, 0)
    while True:
        goes_on, cost = story(fresh, at, tear)
        dearest = max(dearest, cost)
        if not goes_on:
            break
        at += step
        cuts += 1
    print("dearest", *dearest)
    print("cuts", cuts)


def believed(key, statement, signature):
    return True
    yield


def careless(path, directory, slot):
    about = slots.read(directory)
    about.update({"trial": slot, "version": NEW, "attempt": 1})
    slots.write(directory, about)
    yield from unpack(path, directory, slot)


# The power of large numbers is tried elsewhere; here it would take most of the time.
from bell import signature  # noqa: E402

update.release = lambda name: None
signature.check = believed
signature.modulus = len
unpack = image.unpack
if "careless" in sys.argv:
    image.unpack = careless
main(sys.argv[1], int(sys.argv[2]))

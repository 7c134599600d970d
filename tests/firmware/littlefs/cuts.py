"""One story on littlefs, its power cut at every operation of the flash: `micropython cuts.py
BLOCKS BLOCK_SIZE TEAR LIVES [careless]`.

After each cut the flash is mounted again and must hold what it held before the step that was cut,
or what that step was to make of it. Then life goes on, is cut a second time, and goes on again.
Prints the number of cuts. A `careless` firmware removes a file before it renames the new one.
"""

import json
import os
import sys

import vfs
from nor import Nor, PowerCut

from bell import config, flash, networks
from bell.clock import EARLIEST_S, KEEP_AFTER_S, Clock
from bell.journal import LIMIT, Journal
from bell.starts import Starts

ROOT = "/flash"


def settings(number):
    return {
        "device": "b-{:02d}".format(number),
        "role": "button",
        "wifi": [{"ssid": "示例", "password": "12345678"}] * (1 + number % 2),
        "broker": [{"host": "192.168.1.{}".format(number)}],
    }


class Chip:
    """What a clock asks of a board: seconds that nobody had told it yet."""

    def __init__(self):
        self.seconds = 0

    def date(self):
        return self.seconds

    def set_date(self, moment):
        pass


class Witness:
    """What the flash may hold, and every id there was."""

    def __init__(self):
        self.ids = set()
        self.starts = set()
        self.journal = [[]]
        self.config = [None]
        self.good = [None]
        self.date = [EARLIEST_S]

    def start(self):
        starts = Starts(ROOT)
        name = (starts.life, starts.boot)
        assert name not in self.starts, name
        assert len({life for life, _ in self.starts} | {starts.life}) == 1
        self.starts.add(name)
        self.book = Journal(ROOT, *name)
        assert not self.book.broken
        return starts

    def add(self, leaf, **fields):
        before = list(self.book.records)
        # What will be written is known only when the journal has made it: it is the same list.
        self.journal = [before, self.book.records]
        record, _, kept = self.book.add(leaf, fields)
        assert kept
        assert record["id"] not in self.ids
        self.ids.add(record["id"])
        self.journal = [list(self.book.records)]

    def drop(self, place):
        before = list(self.book.records)
        self.journal = [before, self.book.records]
        assert self.book.drop(before[place]["id"])
        self.journal = [list(self.book.records)]

    def configure(self, number):
        self.config = [self.config[-1], settings(number)]
        config.write(ROOT, settings(number))
        self.config = [settings(number)]
        _, proof, complaints = config.load(ROOT)
        assert not complaints
        self.good = [self.good[-1], settings(number)]
        config.keep(ROOT, proof)
        self.good = [settings(number)]

    def join(self, number):
        before = self.config[-1]
        new = {"ssid": "示例 {}".format(number), "password": "87654321"}
        after = dict(before, wifi=networks.merged(before["wifi"], new, True))
        self.config = [before, after]
        networks.save(ROOT, before["device"], new, True)
        self.config = [after]

    def prove(self):
        chip = Chip()
        clock = Clock(ROOT, chip)
        assert clock.kept in self.date
        chip.seconds = clock.kept + KEEP_AFTER_S
        self.date = [clock.kept, chip.seconds]
        clock.proven()
        clock.keep()
        assert clock.kept == chip.seconds
        self.date = [chip.seconds]

    def look(self):
        """Compare the flash with what it may hold."""
        lines, broken = flash.read(ROOT + "/journal")
        assert not broken
        found = [json.loads(line) for line in lines]
        assert found in self.journal, (found, self.journal)
        self.journal = [found]
        assert Clock(ROOT, Chip()).kept in self.date
        for name, allowed in ((config.NAME, self.config), (config.GOOD, self.good)):
            found = content(name)
            assert found in allowed, (name, found, allowed)
            allowed[:] = [found]
        if self.config != [None]:
            assert config.load(ROOT)[2] == []


def content(name):
    try:
        with open(ROOT + "/" + name) as file:
            return json.load(file)
    except OSError:
        return None


def live(witness, number):
    """One life of a button, from power-up on."""
    starts = witness.start()
    witness.configure(number)
    for _ in range(LIMIT + 1):
        witness.add("press", kind="call")
    witness.add("press", kind="cancel")
    starts.healthy()
    witness.prove()
    witness.drop(0)
    witness.drop(-1)
    witness.configure(number + 1)
    witness.join(number)
    witness.add("acknowledge", episode="b-01.9c41f00a-7-2")
    while len(witness.book.records) > 1:
        witness.drop(0)


def powered(nor, work):
    """Do `work` on this flash. Whether the power lasted."""
    try:
        vfs.mount(vfs.VfsLfs2(nor), ROOT)
    except PowerCut:
        return False
    try:
        work()
    except PowerCut:
        return False
    finally:
        vfs.umount(ROOT)
    return True


def after_a_cut(nor):
    """The flash as it is, with power. A copy, because the files of the life before are closed by
    whoever collects the garbage, and that writes."""
    nor.cut(0, "")
    again = Nor(0, nor.size)
    again.content = bytearray(nor.content)
    return again


def story(fresh, lives, at, tear):
    """Cut at the `at`-th operation. Whether the story is longer than that."""
    witness = Witness()
    nor = after_a_cut(fresh)
    nor.cut(at, tear)
    lasted = powered(nor, lambda: [live(witness, 3 * life) for life in range(lives)])
    for again_at in (1 + at * 7 % 97, 0):
        nor = after_a_cut(nor)
        assert powered(nor, witness.look)
        nor.cut(again_at, tear)
        powered(nor, lambda: live(witness, 20))
    nor = after_a_cut(nor)
    assert powered(nor, witness.look)
    return not lasted


def main(blocks, size, tear, lives):
    fresh = Nor(blocks, size)
    vfs.VfsLfs2.mkfs(fresh)
    at = 1
    while story(fresh, lives, at, tear):
        at += 1
    print("cuts", at - 1)


def careless(path, lines):
    with open(path + ".new", "wb") as file:
        for line in lines:
            file.write(flash._checked(line))
    if path.split("/")[-1] in os.listdir(ROOT):
        os.remove(path)
    os.rename(path + ".new", path)
    return True


config.release = lambda name: None  # to compile fields.py each time would take most of the time
if "careless" in sys.argv:
    flash.write = careless
main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))

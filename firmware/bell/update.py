"""New firmware over the air, from an offer to the moment before its first start.

Owns the files `update`, the image as far as it is here, and `update.of`, whose it is. Decides in
which order things happen; how an image is read stands in image.py, what starts in slots.py.
Imported only when there is an offer, and released after.

All of it is one generator, which step() takes on by one step of some ten milliseconds whenever the
device has a moment: no step waits, and between two of them everything else goes on.
"""

import binascii
import os
import sys

from bell import VERSION, flash, image, quiet, release, slots
from bell.ticks import is_over, ticks_add, ticks_diff

NAME = "update"
KEY = "publisher.key"
REPEAT_MS = (5_000, 10_000, 20_000, 40_000, 60_000)  # the last one for ever
# So much is gathered before it goes to the flash: it is what the flash erases at a time.
GATHER = 4096
MOST_PIECE = 600
QUIET_MS = 60_000
_STATEMENT = "lovebell firmware 1\n{version}\n{mpy}\n{size}\n{sha256}\n"
_MUST = ("version", "mpy", "size", "sha256", "signature")


class Refused(Exception):  # noqa: N818 - the offer is
    """The offer is not taken; the message is the word of the protocol page for why."""


class Update:
    """What is offered to the device of `owner`, whose files are in `directory` and whose firmware
    runs in `slot`. `owner` has now(), say(line), tell(leaf, fields), role_state() and the attribute
    is_subscribed; `mpy` is the version of .mpy that this interpreter reads."""

    def __init__(
        self,
        directory: str,
        slot: str,
        owner,
        mpy: int = getattr(sys.implementation, "_mpy", 0) & 0xFF,
    ) -> None:
        self._directory = directory
        self._slot = slot
        self._owner = owner
        self._mpy = mpy
        self._path = directory + "/" + NAME
        self._offer: dict = {}
        self._wanted = None  # where the piece begins that was asked for
        self._piece = None
        self._work = None

    def hear(self, leaf: str, fields: dict) -> None:
        """A `firmware` or a `piece` message."""
        if leaf == "piece":
            is_ours = fields["version"] == self._offer.get("version")
            if is_ours and fields["at"] == self._wanted:
                self._piece = fields["data"]
            return
        offer = dict(fields)
        offer.setdefault("attempt", 1)
        if offer != self._offer:
            self.close()
            self._offer = offer
            is_one = all(name in offer for name in _MUST) and offer["version"] != VERSION
            self._work = self._take() if is_one else self._forget()

    def close(self) -> None:
        """Leave off where it is. What is on flash can be gone on with."""
        if self._work is not None:
            self._work.close()
            self._work = None

    def step(self) -> str | None:
        """Call it often. `over` when there is nothing more to do, `restart` when the chip is to
        start anew with what has come."""
        try:
            return next(self._work) if self._work is not None else "over"
        except StopIteration:
            pass
        except (Refused, ValueError) as why:
            # What the image says of itself was signed, so it is wrong for good.
            self._refuse(str(why) if isinstance(why, Refused) else "image")
        except MemoryError:
            self._refuse("memory")
        except Exception as why:  # noqa: BLE001 - whatever it was, the device must go on
            self._owner.say("update: {!r}".format(why))
            self._refuse("flash" if isinstance(why, OSError) else "crash")
        self._work = None
        return "over"

    def _take(self):
        yield from self._judge()
        target = "b" if slots.read(self._directory)["good"] == "a" else "a"
        if target == self._slot:  # what runs, though it is not the good one, stays too
            target = "a" if target == "b" else "b"
        yield from self._prepare(target)
        for _ in range(2):  # a piece that was not what was signed is asked for once more
            yield from self._fetch()
            if (yield from image.digest(self._path)) == self._offer["sha256"]:
                break
            self._remove()
            yield
        else:
            raise Refused("image")
        yield from image.unpack(self._path, self._directory, target)
        self._remove()
        yield
        self._tell("ready")
        yield from self._wait_for_quiet()
        self._try(target)
        yield "restart"

    def _judge(self):
        """Raises Refused for an offer that this device must not take."""
        from bell import signature

        try:
            with open(self._directory + "/" + KEY) as file:
                key = signature.modulus(file.read(2048))
        except (OSError, ValueError):
            raise Refused("key")
        statement = _STATEMENT.format(**self._offer).encode()
        is_signed = yield from signature.check(key, statement, self._offer["signature"])
        release("signature")
        if not is_signed:
            raise Refused("signature")
        newest = slots.read(self._directory)["newest"]
        version = numbers(self._offer["version"])
        if version <= max(numbers(VERSION), numbers(newest)):
            raise Refused("older")
        if self._offer["mpy"] != self._mpy:
            raise Refused("mpy")

    def _prepare(self, target: str):
        """Make room, and find out how much is here already."""
        about = slots.read(self._directory)
        if about["trial"] != slots.NONE and not slots.fail(self._directory, "flash"):
            raise OSError("slots")  # it may still be started: leave it as it is
        yield from image.clear(self._directory + "/" + target)
        owner = "{version} {sha256}".format(**self._offer).encode()
        if flash.read(self._path + ".of")[0] != [owner] or self._here() > self._offer["size"]:
            self._remove()
            yield
            if not flash.write(self._path + ".of", (owner,)):
                raise OSError("update.of")
        yield
        try:  # the image and what is in it; how many blocks that is, its lines will tell
            image.need(self._directory, 2 * self._offer["size"] - self._here())
        except OSError:
            raise Refused("size")
        yield

    def _fetch(self):
        """Ask for one piece after the other until all is here."""
        size = self._offer["size"]
        here = self._here()
        told = 0
        gathered: list = []  # as they came: a full heap has no four kilobytes in one piece
        length = 0
        self._tell("fetching", at=here)
        while here < size:
            piece = yield from self._ask(here + length)
            gathered.append(piece)
            length += len(piece)
            if length >= GATHER or here + length >= size:
                yield from self._append(gathered)
                here += length
                gathered, length = [], 0
            if here * 10 // size > told:
                told = here * 10 // size
                self._tell("fetching", at=here)

    def _ask(self, at: int):
        """Returns the piece that begins there, however long it takes to come."""
        tries = 0
        while True:
            while not self._is_calm():
                yield
            self._piece = None
            self._wanted = at
            self._owner.tell("fetch", {"version": self._offer["version"], "at": at})
            due = ticks_add(self._owner.now(), REPEAT_MS[min(tries, len(REPEAT_MS) - 1)])
            tries += 1
            while self._piece is None and not is_over(self._owner.now(), due):
                yield
            if self._piece is not None:
                piece = _decoded(self._piece)
                self._piece = None
                if 0 < len(piece) <= min(MOST_PIECE, self._offer["size"] - at):
                    self._wanted = None
                    return piece
                while not is_over(self._owner.now(), due):  # a broken one is no reason to hurry
                    yield

    def _append(self, pieces: list):
        # Closed only when all of it is there: until then a power cut leaves the file as it was.
        with open(self._path, "ab") as file:
            for piece in pieces:
                file.write(piece)
                yield

    def _wait_for_quiet(self):
        """Until nobody has wanted anything of this device for a while, and nobody does now."""
        since = self._owner.now()
        while True:
            state = self._owner.role_state()
            if not (self._is_calm() and quiet.is_untouched(state)):
                since = self._owner.now()
            if ticks_diff(self._owner.now(), since) >= QUIET_MS:
                return
            yield

    def _try(self, target: str) -> None:
        about = slots.read(self._directory)
        about.update({"trial": target, "tries": 0, "why": "crash"})
        about.update({name: self._offer[name] for name in ("version", "attempt")})
        if not slots.write(self._directory, about):
            raise OSError("slots")
        self._owner.say("update: starting {} on trial".format(self._offer["version"]))

    def _refuse(self, why: str) -> None:
        self._owner.say("update: {} refused: {}".format(self._offer["version"], why))
        self._remove()
        if why in ("image", "flash"):  # to find out again would wear the flash
            about = slots.read(self._directory)
            if about["trial"] == slots.NONE:
                about.update({name: self._offer[name] for name in ("version", "attempt")})
                about["why"] = why
                slots.write(self._directory, about)
        self._tell("refused", why=why)

    def _forget(self):
        """The offer was withdrawn."""
        self._remove()
        yield

    def _remove(self) -> None:
        for name in (self._path, self._path + ".of"):
            try:
                os.remove(name)
            except OSError:
                pass  # it is not there

    def _tell(self, state: str, **more) -> None:
        fields = {"state": state}
        fields.update({name: self._offer[name] for name in ("version", "attempt")})
        fields.update(more)
        self._owner.tell("update", fields)

    def _here(self) -> int:
        return image.size_of(self._path)

    def _is_calm(self) -> bool:
        return self._owner.is_subscribed and quiet.is_calm(self._owner.role_state())


def numbers(version: str) -> tuple:
    """The three numbers of a version, for comparing. Of what is none, less than any."""
    words = version.split(".")
    if len(words) != 3 or not all(_is_number(word) for word in words):
        return (-1,)
    return tuple([int(word) for word in words])


def _is_number(word: str) -> bool:
    is_plain = word.isdigit() and (word == "0" or word[0] != "0")
    return is_plain and len(word) <= 5 and int(word) <= 65535


def _decoded(data: str) -> bytes:
    try:
        return binascii.a2b_base64(data.encode())
    except ValueError:
        return b""

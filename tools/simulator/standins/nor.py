"""A flash chip in memory whose power can be cut at any operation, for littlefs to live on.

Owns what NOR flash does: an erase sets every bit of a block, a program only clears bits, and
either can be torn by a power cut. MicroPython's block device protocol, the extended form, with
the sizes of an ESP32. Runs on MicroPython only.
"""

BLOCK = 4096
TEARS = ("before", "half", "bits", "after")
_SYNC, _COUNT, _SIZE, _ERASE = 3, 4, 5, 6


class PowerCut(BaseException):
    """The power has gone. Nothing of the firmware can catch it."""


class Nor:
    """`count` blocks of `size` bytes. Programs, erases and syncs are counted in `operations`."""

    def __init__(self, count, size=BLOCK):
        self.content = bytearray(b"\xff" * (count * size))
        self.size = size
        self.operations = 0
        self._cut_at = 0
        self._tear = "before"
        self._noise = 1

    def cut(self, at, tear):
        """Cut the power at the `at`-th operation from now. 0 is never. `tear` says how far that
        operation gets: not at all, by half, with some of its bits still as they were, or to its
        end, only that nobody hears of it."""
        self.operations = 0
        self._cut_at = at
        self._tear = tear
        self._noise = at

    def readblocks(self, block, buffer, offset=0):
        self._check_power()
        start = block * self.size + offset
        buffer[:] = self.content[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * self.size + offset
        torn = self._operate()
        if torn != "before":
            self._program(start, buffer[: len(buffer) // 2] if torn == "half" else buffer, torn)
        self._check_power()

    def _program(self, start, buffer, torn):
        end = start + len(buffer)
        if torn is None and self.content[start:end] == b"\xff" * len(buffer):
            self.content[start:end] = buffer
            return
        for place, byte in enumerate(buffer, start):
            if self.content[place] & byte != byte:
                raise AssertionError("programmed a bit that had not been erased")
            self.content[place] &= byte | (self._random() if torn == "bits" else 0)

    def ioctl(self, what, argument):
        self._check_power()
        if what == _COUNT:
            return len(self.content) // self.size
        if what == _SIZE:
            return self.size
        if what == _SYNC:
            self._operate()
        elif what == _ERASE:
            self._erase(argument * self.size)
        self._check_power()
        return 0

    def _erase(self, start):
        torn = self._operate()
        end = self.size // 2 if torn == "half" else self.size
        if torn == "bits":
            for place in range(start, start + end):
                self.content[place] |= self._random()
        elif torn != "before":
            self.content[start : start + end] = b"\xff" * end

    def _operate(self):
        self._check_power()
        self.operations += 1
        return self._tear if self.operations == self._cut_at else None

    def _check_power(self):
        if 0 < self._cut_at <= self.operations:
            raise PowerCut

    def _random(self):
        self._noise = (self._noise * 1103515245 + 12345) & 0x7FFFFFFF
        return self._noise >> 16 & 0xFF

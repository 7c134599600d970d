"""A sound stored on flash, played over I2S: a WAV file of 16 bits, mono.

Owns the reading of the file and the output. Imported only where config.json names a sound: the
notes of the buzzer need none of this.
"""

import asyncio

CHUNK = 1024
IBUF = 4096
# The output takes a chunk in some 30 ms. One that has not in a second is broken: the notes ring.
PATIENCE_S = 1


class Stored:
    """The sound in the file `path`. Raises OSError or ValueError if there is none in it."""

    def __init__(self, machine, pins: dict, path: str) -> None:
        self._machine = machine
        self._pins = pins
        self._path = path
        self._output = None
        self._ready = asyncio.ThreadSafeFlag()
        with open(path, "rb") as file:
            self._rate, self._start, self._size = header(file)

    async def play(self, level: int) -> None:
        """Play it once; at level 3 as it is, at 2 half as loud, at 1 a quarter.

        Raises OSError, ValueError or asyncio.TimeoutError when it cannot go on.
        """
        buffer = memoryview(bytearray(CHUNK))
        i2s = self._machine.I2S
        self._output = output = self._open()
        output.irq(lambda _: self._ready.set())
        with open(self._path, "rb") as file:
            file.seek(self._start)
            left = self._size
            while left:
                count = file.readinto(buffer[: min(CHUNK, left)])
                if not count:
                    raise ValueError("{} ends too soon".format(self._path))
                part = buffer[:count]
                if level < 3:
                    i2s.shift(buf=part, bits=16, shift=level - 3)
                output.write(part)
                await asyncio.wait_for(self._ready.wait(), PATIENCE_S)
                left -= count
        await asyncio.sleep(IBUF / 2 / self._rate)  # what the output still holds
        self.stop()

    def stop(self) -> None:
        """Silence, at once."""
        if self._output is not None:
            self._output.deinit()
            self._output = None

    def _open(self):
        pin = self._machine.Pin
        i2s = self._machine.I2S
        return i2s(
            0,
            sck=pin(self._pins["sck"]),
            ws=pin(self._pins["ws"]),
            sd=pin(self._pins["sd"]),
            mode=i2s.TX,
            bits=16,
            format=i2s.MONO,
            rate=self._rate,
            ibuf=IBUF,
        )


def header(file) -> tuple:
    """(samples a second, where they begin, how many bytes they are) of a WAV file.

    Raises ValueError for any other: what it says is what a technician has to change.
    """
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        raise ValueError("no WAV file")
    place = 12
    rate = 0
    while True:
        chunk = file.read(8)
        if len(chunk) < 8:
            raise ValueError("a WAV file without sound")
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            if not rate or size < 2:
                raise ValueError("a WAV file without sound")
            return rate, place + 8, size & ~1
        if chunk[:4] == b"fmt ":
            rate = _rate(file.read(16))
        place += 8 + size + size % 2
        file.seek(place)


def _rate(form: bytes) -> int:
    kind, channels, rate = (
        int.from_bytes(form[a:b], "little") for a, b in ((0, 2), (2, 4), (4, 8))
    )
    if kind != 1 or channels != 1 or form[14:16] != b"\x10\x00" or not 8000 <= rate <= 48000:
        raise ValueError("not 16 bits, mono, 8 to 48 kHz")
    return rate

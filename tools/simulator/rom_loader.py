"""The loader in the ROM of an ESP32, as far as esptool needs it to write a flash.

Owns the flash of a virtual board, the registers that esptool looks at, and the frames. Pure: bytes
in, bytes out. The commands are those of Espressif's page "Serial Protocol" in the documentation of
esptool; there is no second stage, so esptool has to be told --no-stub.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Final

FLASH_BYTES: Final = 4 << 20
SECTOR: Final = 4096
#: Where MicroPython's images for this chip begin, and the first byte of every image.
IMAGE_AT: Final = 0x1000
IMAGE_MAGIC: Final = 0xE9

END: Final = b"\xc0"
SYNC: Final = b"\xc0\x00\x08"  # how a frame begins with which esptool asks whether anybody is there
_ESCAPED: Final = ((b"\xdb", b"\xdb\xdd"), (b"\xc0", b"\xdb\xdc"))

_FLASH_BEGIN, _FLASH_DATA, _FLASH_END = 0x02, 0x03, 0x04
_SYNC, _WRITE_REG, _READ_REG = 0x08, 0x09, 0x0A
_SPI_PARAMS, _SPI_ATTACH, _BAUD = 0x0B, 0x0D, 0x0F
_DEFLATED_BEGIN, _DEFLATED_DATA, _DEFLATED_END = 0x10, 0x11, 0x12
_MD5 = 0x13
_INVALID = 5  # "received message is invalid"

_CHIP_MAGIC_AT, _CHIP_MAGIC = 0x40001000, 0x00F01D83
_MAC_AT = 0x3FF5A004  # two words of the fuses
_UART_DIVIDER_AT, _UART_DIVIDER = 0x3FF40014, 347  # a crystal of 40 MHz at 115200 baud
_SPI_COMMAND_AT, _SPI_WHICH_AT, _SPI_ANSWER_AT = 0x3FF42000, 0x3FF42024, 0x3FF42080
_READ_FLASH_ID, _FLASH_ID = 0x9F, 0x00164020  # 4 MiB


class RomLoader:
    """One chip that waits to be written. `flash` is what has been written so far."""

    def __init__(self, mac: bytes) -> None:
        """`mac` is its six bytes."""
        self.flash = bytearray(b"\xff" * FLASH_BYTES)
        high, low = struct.unpack(">HI", mac)
        self._registers = {
            _CHIP_MAGIC_AT: _CHIP_MAGIC,
            _UART_DIVIDER_AT: _UART_DIVIDER,
            _MAC_AT: low,
            _MAC_AT + 4: high,
        }
        self._input = b""
        self._place = 0
        self._inflate = zlib.decompressobj()

    @property
    def has_image(self) -> bool:
        """Whether there is something on the flash that the chip would start."""
        return self.flash[IMAGE_AT] == IMAGE_MAGIC

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """(answers to whole frames in `data` and what came before, what is no frame).

        What is no frame is for whatever runs on the chip once the loader has gone.
        """
        answers = b""
        self._input += data
        while self._input:
            begin = self._input.find(END)
            if begin:  # something before the frame, or no frame at all
                rest = self._input if begin < 0 else self._input[:begin]
                self._input = b"" if begin < 0 else self._input[begin:]
                return answers, rest
            end = self._input.find(END, 1)
            if end < 0:
                break
            frame, self._input = self._input[1:end], self._input[end:]
            if frame:
                self._input = self._input[1:]
                answers += self._answer(_unescaped(frame))
            # Two ends in a row: the second is where the next frame begins.
        return answers, b""

    def _answer(self, frame: bytes) -> bytes:
        if len(frame) < 8:
            return b""
        command = frame[1]
        try:
            return self._obey(command, frame[8:])
        except (struct.error, zlib.error, IndexError):
            return _reply(command, error=_INVALID)

    def _obey(self, command: int, body: bytes) -> bytes:
        if command == _SYNC:
            return _reply(command, value=1) * 8
        if command == _READ_REG:
            return _reply(command, value=self._registers.get(struct.unpack("<I", body[:4])[0], 0))
        if command == _WRITE_REG:
            self._set_register(*struct.unpack("<II", body[:8]))
        elif command in (_FLASH_BEGIN, _DEFLATED_BEGIN):
            self._begin(*struct.unpack("<IIII", body[:16]))
        elif command == _FLASH_DATA:
            self._program(_payload(body))
        elif command == _DEFLATED_DATA:
            self._program(self._inflate.decompress(_payload(body)))
        elif command == _MD5:
            place, size = struct.unpack("<II", body[:8])
            digest = hashlib.md5(self.flash[place : place + size], usedforsecurity=False)
            return _reply(command, data=digest.hexdigest().encode())
        elif command not in (_SPI_PARAMS, _SPI_ATTACH, _BAUD, _FLASH_END, _DEFLATED_END):
            return _reply(command, error=_INVALID)
        return _reply(command)

    def _set_register(self, place: int, value: int) -> None:
        self._registers[place] = value
        if place == _SPI_COMMAND_AT:  # carried out at once
            self._registers[place] = 0
            asked = self._registers.get(_SPI_WHICH_AT, 0) & 0xFF
            self._registers[_SPI_ANSWER_AT] = _FLASH_ID if asked == _READ_FLASH_ID else 0

    def _begin(self, size: int, _blocks: int, _block: int, place: int) -> None:
        self._inflate = zlib.decompressobj()
        self._place = place
        begin = place // SECTOR * SECTOR
        end = -(-(place + size) // SECTOR) * SECTOR
        self.flash[begin:end] = b"\xff" * (end - begin)

    def _program(self, data: bytes) -> None:
        self.flash[self._place : self._place + len(data)] = data
        self._place += len(data)


def _payload(body: bytes) -> bytes:
    return body[16 : 16 + struct.unpack("<I", body[:4])[0]]


def _unescaped(frame: bytes) -> bytes:
    for plain, escaped in reversed(_ESCAPED):
        frame = frame.replace(escaped, plain)
    return frame


def _reply(command: int, *, value: int = 0, data: bytes = b"", error: int = 0) -> bytes:
    status = bytes([1 if error else 0, error, 0, 0])
    frame = struct.pack("<BBHI", 1, command, len(data) + 4, value) + data + status
    for plain, escaped in _ESCAPED:
        frame = frame.replace(plain, escaped)
    return END + frame + END

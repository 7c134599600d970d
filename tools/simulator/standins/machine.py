"""Stand-in for MicroPython's machine: pins that the harness drives, a buzzer nobody hears."""

import os
import struct
import sys
import time

import control

MEMORY = "memory.rtc"  # not on the flash of a board
PWRON_RESET = 1
SOFT_RESET = 5


def reset_cause():
    return SOFT_RESET if "again" in sys.argv else PWRON_RESET


def unique_id():
    return bytes(6)  # the chip's own address; virtual boards go by their names


def reset():
    """The chip starts again: the harness gives this board a new process."""
    print(control.TRACE + "reset")
    control.die()


class Pin:
    IN = 1
    OUT = 3
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, number, mode=-1, pull=-1, value=1):
        self.number = number
        self.is_input = mode == Pin.IN
        self._value = value
        self._handler = None
        control.pins[number] = self
        if self.is_input and pull == Pin.PULL_UP:
            if "held" in sys.argv and not control.contacts:
                self._value = 0  # the finger was there before the power
            control.contacts.append(self)

    def value(self, value=None):
        if value is None:
            return self._value
        if value != self._value:
            self._value = value
            control.trace("pin", self.number, value)
        return None

    def irq(self, handler=None, trigger=3):
        self._handler = handler

    def drive(self, value):
        """The outside world changes the level."""
        if value != self._value:
            self._value = value
            if self._handler is not None:
                self._handler(self)

    def noticed(self, times):
        """The level changed and changed back before anybody could look."""
        for _ in range(times):
            self._handler(self)


class PWM:
    def __init__(self, pin, freq=0, duty_u16=0):
        self._pin = pin
        self._freq = freq
        self._duty = duty_u16

    def freq(self, freq):
        self._freq = freq

    def duty_u16(self, duty):
        if duty != self._duty:
            self._duty = duty
            control.trace("pwm", self._pin.number, self._freq, duty)

    def deinit(self):
        self.duty_u16(0)


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        self._pin = pin

    def read_uv(self):
        return control.supply["uv"]


class I2S:
    """Takes what is written in the time that it would sound, on a real output."""

    TX = 0
    MONO = 0

    def __init__(self, number, sck, ws, sd, mode, bits, format, rate, ibuf):
        control.trace("i2s", sd.number, rate)
        self._rate = rate
        self._handler = None
        self._written = 0

    @staticmethod
    def shift(buf, bits, shift):
        for place in range(0, len(buf), 2):
            sample = buf[place] | buf[place + 1] << 8
            sample = sample - 65536 if sample >= 32768 else sample
            sample = sample << shift if shift > 0 else sample >> -shift
            buf[place] = sample & 255
            buf[place + 1] = sample >> 8 & 255

    def irq(self, handler):
        self._handler = handler

    def write(self, buf):
        self._written += len(buf)
        control.trace("i2s", "wrote", self._written)
        if not control.i2s["deaf"]:
            control.later(len(buf) * 500 // self._rate, lambda: self._handler(self))

    def deinit(self):
        control.trace("i2s", "end", self._written)


class WDT:
    def __init__(self, timeout=5000):
        self._timeout = timeout

        control.trace("wdt", 0, timeout, 0)
        self._fed = 0

    def feed(self):
        self._fed += 1
        control.trace("wdt", 0, self._timeout, self._fed)


class RTC:
    """The chip's calendar: the PC's, unless the harness has given this board one of its own. And a
    little memory, which a restart leaves as it is and a power cut does not."""

    def memory(self, content=None):
        if content:
            with open(MEMORY, "wb") as file:
                file.write(content)
        elif content is not None and MEMORY in os.listdir():
            os.remove(MEMORY)
        if "again" not in sys.argv or MEMORY not in os.listdir():
            return b""
        with open(MEMORY, "rb") as file:
            return file.read()

    def datetime(self, moment):
        path = os.getenv("LOVEBELL_DATE")
        if path is None:
            return
        year, month, day, weekday, hour, minute, second, _ = moment
        wanted = time.mktime((year, month, day, hour, minute, second, weekday, 0))
        with open(path, "r+b") as file:  # in place: chip_date.c looks into it
            (moved,) = struct.unpack("<q", file.read(8))
            file.seek(0)
            file.write(struct.pack("<q", moved + int(wanted - time.time()) + 1))

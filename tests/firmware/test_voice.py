"""What is heard: whole melodies, silence at once, and notes when a stored sound fails."""

import asyncio
import io

if not hasattr(asyncio, "ThreadSafeFlag"):
    from asyncio import Event

    class Flag(Event):
        """What MicroPython has and CPython has not."""

        async def wait(self):
            await Event.wait(self)
            self.clear()

    asyncio.ThreadSafeFlag = Flag

from bell import stored, voice
from bell.voice import Voice

SHORT = ((1000, 1, 500), (0, 1, 0), (1200, 1, 600))
OTHER = ((2000, 1, 700),)


class Buzzer:
    def __init__(self, heard):
        self.heard = heard
        self.hertz = 0

    def freq(self, hertz):
        self.hertz = hertz

    def duty_u16(self, duty):
        self.heard.append((self.hertz, duty) if duty else "silence")

    def deinit(self):
        self.heard.append("off")


class Story:
    """A voice and what is heard of it."""

    def __init__(self, stored=None):
        self.heard = []
        self.failures = []
        self.voice = Voice(self._buzzer, stored, self.failures.append)

    def _buzzer(self):
        return Buzzer(self.heard)

    def notes(self):
        return [entry for entry in self.heard if entry not in ("silence", "off")]

    async def until(self, predicate):
        for _ in range(20_000):
            if predicate():
                return
            await asyncio.sleep(0)
        raise AssertionError(self.heard)

    async def quiet(self):
        await self.until(lambda: self.heard and self.heard[-1] == "off")


def test_a_melody_is_played_once_and_then_the_buzzer_is_off():
    async def story():
        it = Story()
        it.voice.sound(SHORT, 0)
        await it.quiet()
        assert it.heard == [(1000, 500), "silence", (1200, 600), "silence", "off"]

    asyncio.run(story())


def test_the_next_sound_waits_until_the_melody_is_over():
    async def story():
        it = Story()
        it.voice.sound(SHORT, 60_000)
        await it.until(it.notes)
        it.voice.sound(OTHER, 0)
        await it.until(lambda: (2000, 700) in it.heard)
        assert it.notes() == [(1000, 500), (1200, 600), (2000, 700)]

    asyncio.run(story())


def test_a_sound_that_comes_again_gives_way_to_the_next_in_its_pause():
    async def story():
        it = Story()
        it.voice.sound(OTHER, 60_000)
        await it.quiet()
        it.voice.sound(SHORT, 0)
        await it.until(lambda: (1200, 600) in it.heard)

    asyncio.run(story())


def test_a_sound_comes_again_and_again():
    async def story():
        it = Story()
        it.voice.sound(OTHER, 1)
        await it.until(lambda: len(it.notes()) >= 4)

    asyncio.run(story())


def test_silence_comes_at_once_and_a_sound_after_it_is_heard():
    async def story():
        it = Story()
        it.voice.sound(((1000, 60_000, 500),), 0)
        await it.until(it.notes)
        it.voice.sound((), 0)
        assert it.heard[-2:] == ["silence", "off"]
        it.voice.sound(OTHER, 0)
        await it.until(lambda: (2000, 700) in it.heard)

    asyncio.run(story())


class Broken:
    def __init__(self, why):
        self.why = why
        self.tries = 0

    async def play(self, level):
        self.tries += 1
        raise self.why

    def stop(self):
        pass


def test_a_stored_sound_that_fails_is_told_and_the_notes_ring_at_once():
    async def story():
        for why in (OSError(5), ValueError("broken"), MemoryError(), asyncio.TimeoutError()):
            broken = Broken(why)
            it = Story(broken)
            it.voice.sound(SHORT, 0, 3)
            await it.until(lambda it=it: (1200, 600) in it.heard)
            it.voice.sound(SHORT, 0, 3)
            await it.quiet()
            assert it.failures == [why]
            assert broken.tries == 1

    asyncio.run(story())


def wav(rate=16000, channels=1, bits=16, data=b"\x01\x00" * 100, before=b"", kind=1):
    form = bytearray(16)
    for place, width, value in ((0, 2, kind), (2, 2, channels), (4, 4, rate), (14, 2, bits)):
        form[place : place + width] = value.to_bytes(width, "little")
    body = b"WAVE" + before + b"fmt " + (16).to_bytes(4, "little") + bytes(form)
    body += b"data" + len(data).to_bytes(4, "little") + data
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def test_a_wav_file_says_its_rate_and_where_its_sound_is():
    assert stored.header(io.BytesIO(wav())) == (16000, 44, 200)
    odd = b"LIST" + (3).to_bytes(4, "little") + b"abc\x00"
    assert stored.header(io.BytesIO(wav(before=odd))) == (16000, 56, 200)


def test_what_is_no_wav_file_of_16_bits_mono_is_refused_by_name():
    wrong = [b"", b"RIFF", wav()[:40], b"ID3" + wav()]
    wrong += [wav(channels=2), wav(bits=8), wav(rate=96000), wav(kind=3), wav(data=b"")]
    for content in wrong:
        try:
            stored.header(io.BytesIO(content))
        except ValueError as why:
            assert str(why)
        else:
            raise AssertionError(content)


def test_a_buzzer_that_fails_once_sounds_the_next_time():
    async def story():
        it = Story()
        make, tries = it.voice._make, []

        def failing():
            tries.append(1)
            if len(tries) == 1:
                raise MemoryError("no room for a moment")
            return make()

        it.voice._make = failing
        voice.RECOVER_MS = 1
        it.voice.sound(OTHER, 1)
        await it.until(lambda: (2000, 700) in it.heard)
        assert len(it.failures) == 1

    asyncio.run(story())

"""What can be heard: notes on a buzzer, or a stored sound where there is one.

Owns the order of sounds: a melody that has begun is played to its end before the next one, so
that a quick answer does not cut "sensed" to a click; only silence comes at once. Knows nothing of
what a sound means, nor of pins: it is given what makes a buzzer.
"""

import asyncio

RECOVER_MS = 1_000


class Voice:
    """`buzzer()` makes a PWM output. `stored` has play(level) and stop(), or is None; when it
    fails, `failed(why)` is called, and from then on there are notes."""

    def __init__(self, buzzer, stored, failed) -> None:
        self._make = buzzer
        self._stored = stored
        self._failed = failed
        self._buzzer = None
        self._score: tuple = ((), 0, 0)
        self._task = None
        self._new = asyncio.Event()

    def sound(self, notes: tuple, again_ms: int, level: int = 0) -> None:
        """Play `notes`, (hertz, milliseconds, duty) each, again after `again_ms` if not 0.

        Without notes there is silence. A `level`, from 1, is a ring of that loudness.
        """
        self._score = (notes, again_ms, level)
        self._new.set()
        if not notes:
            if self._task is not None:
                self._task.cancel()
                self._task = None
            self._silence()  # here and not in the task, which may end after the next one began
        elif self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            self._new.clear()
            notes, again_ms, level = self._score
            try:
                await self._play(notes, level)
            except Exception as why:  # noqa: BLE001 - whatever it was, it must sound the next time
                self._failed(why)
                await asyncio.sleep(RECOVER_MS / 1000)
            self._silence()
            if self._new.is_set():
                continue
            if not again_ms:
                break
            try:
                await asyncio.wait_for(self._new.wait(), again_ms / 1000)
            except asyncio.TimeoutError:
                pass
        self._task = None

    async def _play(self, notes: tuple, level: int) -> None:
        if level and self._stored is not None:
            try:
                await self._stored.play(level)
                return
            except (OSError, ValueError, MemoryError, asyncio.TimeoutError) as why:
                self._silence()
                self._stored = None
                self._failed(why)
        buzzer = self._buzzer = self._make()
        for hertz, ms, duty in notes:
            if hertz:
                buzzer.freq(hertz)
            buzzer.duty_u16(duty if hertz else 0)
            await asyncio.sleep(ms / 1000)

    def _silence(self) -> None:
        if self._buzzer is not None:
            self._buzzer.duty_u16(0)
            self._buzzer.deinit()
            self._buzzer = None
        if self._stored is not None:
            self._stored.stop()

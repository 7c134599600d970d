"""What the chip does when power comes: run main.py. `INTERPRETER start.py FIRMWARE`, in the
directory that is the flash. Runs on MicroPython and on CPython, without boot.py: what that does
only the chip knows how to.
"""

import asyncio
import select
import sys
import time

if sys.implementation.name != "micropython":
    import on_cpython

    on_cpython.prepare()

import control

if hasattr(time, "like_the_board"):
    time.like_the_board()
    select.watch_writing(asyncio.StreamReader)
if control.tracing:
    control.watch_wire(asyncio.StreamWriter)
sys.path.insert(1, sys.argv[1])
_run = asyncio.run


def run(main):
    """asyncio.run, with the control of the virtual board beside the firmware."""

    async def both():
        listener = asyncio.create_task(control.listen())
        await main
        listener.cancel()

    return _run(both())


asyncio.run = run

with open(sys.argv[1] + "/main.py") as file:
    exec(compile(file.read(), "main.py", "exec"), {"__name__": "__main__"})  # noqa: S102

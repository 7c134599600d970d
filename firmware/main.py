"""What the board runs after boot.py: the device, and after any failure the device again.

The last resort, so it needs next to nothing and is not compiled. Only Ctrl-C leads to a prompt:
nobody is there to type at one when an elder presses.
"""

import gc
import sys
import time

PAUSE_S = 2
# The first with TCP_NODELAY on an ESP32 (micropython pull request 15107) and with a look at
# certificates (12259). With an older one every press would wait for Nagle's algorithm.
OLDEST = (1, 24)

# Collected this often, what is loaded lies close together: it saves a tenth of the heap.
gc.threshold(4096)

start = None
try:
    if sys.implementation.version[:2] < OLDEST:
        raise RuntimeError(
            "this is MicroPython {}.{}, older than {}.{}: write a newer one with esptool".format(
                *sys.implementation.version[:2], *OLDEST
            )
        )
    from bell import start

    start.run()
except Exception as why:  # noqa: BLE001 - whatever it was, a new start may heal it
    print("failed: {!r}, starting again in {} s".format(why, PAUSE_S))
    sys.print_exception(why)

time.sleep(PAUSE_S)  # long enough to read, short enough for a second press
try:
    if start is not None:
        start.farewell()
except Exception as why:  # noqa: BLE001 - the new start must come
    print("what was pressed in the pause is not kept: {!r}".format(why))

import machine  # noqa: E402 - not before it is needed

machine.reset()

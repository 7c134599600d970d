"""What the board runs after boot.py: the device, and after any failure the device again.

The last resort, so it needs next to nothing and is not compiled. Only Ctrl-C leads to a prompt:
nobody is there to type at one when an elder presses.

It chooses which firmware to be: `bell/` in the root, as the technician has set it up, or one of
the slots a/bell/ and b/bell/, which come over the air (bell/slots.py says which). No update
changes this file, boot.py or the root's bell/. Whatever of a firmware it relies on, every later
one must have: start.run() and start.farewell() in bell/start.py, and that sys.path[0] is its slot.
"""

import gc
import os
import sys
import time

PAUSE_S = 2
# The first with TCP_NODELAY on an ESP32 (micropython pull request 15107) and with a look at
# certificates (12259). With an older one every press would wait for Nagle's algorithm.
OLDEST = (1, 24)
WATCHDOG_MS = 60_000

# Collected this often, what is loaded lies close together: it saves a tenth of the heap.
gc.threshold(4096)

start = slots = None
order = ("-", "a", "b")  # of what is in the root, and if even that is broken whatever there is
try:
    if "slots" in os.listdir():
        from bell import slots

        order = slots.begin(".") + order
except Exception as why:  # noqa: BLE001 - then without it
    print("slots: {!r}".format(why))
try:
    if sys.implementation.version[:2] < OLDEST:
        raise RuntimeError(
            "this is MicroPython {}.{}, older than {}.{}: write a newer one with esptool".format(
                *sys.implementation.version[:2], *OLDEST
            )
        )
    for slot in order:
        for name in [name for name in sys.modules if name.split(".")[0] == "bell"]:
            del sys.modules[name]
        if sys.path[0] in ("a", "b"):
            sys.path.pop(0)
        try:
            if slot != "-":
                import machine

                machine.WDT(timeout=WATCHDOG_MS)  # who hangs before he starts one is found out
                sys.path.insert(0, slot)
            from bell import start

            if slot != "-" and not start.__file__.startswith(slot + "/"):
                raise ImportError("there is none")
            break
        except Exception as why:  # noqa: BLE001 - the next may do
            print("slot {} cannot be started: {!r}".format(slot, why))
            start = None
            if slots is not None:
                slots.cannot_start(".", slot)
    slots = None  # what it needs is needed elsewhere
    if start is None:
        raise ImportError("no firmware")
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

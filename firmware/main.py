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
ROOT = "-"

# Collected this often, what is loaded lies close together: it saves a tenth of the heap.
gc.threshold(4096)


def firmware():
    """bell.start of the first firmware that can be imported. Raises what the root's said if none
    can."""
    slots = None
    order = ()
    try:
        if "slots" in os.listdir():
            from bell import slots

            order = slots.begin(".")
    except Exception as why:  # noqa: BLE001 - then without it
        print("slots: {!r}".format(why))
    # The root's is the last resort, and if even that is broken any other.
    order += tuple([slot for slot in (ROOT, "a", "b") if slot not in order])
    failure = ImportError("no firmware")
    for slot in order:
        try:
            return imported(slot)
        except Exception as why:  # noqa: BLE001 - the next may do
            if slot == ROOT:
                failure = why
            print("slot {} cannot be started: {!r}".format(slot, why))
            if slots is not None and slot == slots.read(".")["trial"]:
                slots.fail(".", "start")
    raise failure


def imported(slot):
    """bell.start of that slot, and of no other."""
    for name in [name for name in sys.modules if name.split(".")[0] == "bell"]:
        del sys.modules[name]
    while sys.path[0] in ("a", "b"):
        sys.path.pop(0)
    if slot != ROOT:
        import machine

        machine.WDT(timeout=WATCHDOG_MS)  # who hangs before he starts one is found out too
        sys.path.insert(0, slot)
    from bell import start

    if slot != ROOT and not start.__file__.startswith(slot + "/"):
        raise ImportError("there is none")
    return start


start = None
try:
    if sys.implementation.version[:2] < OLDEST:
        raise RuntimeError(
            "this is MicroPython {}.{}, older than {}.{}: write a newer one with esptool".format(
                *sys.implementation.version[:2], *OLDEST
            )
        )
    start = firmware()
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

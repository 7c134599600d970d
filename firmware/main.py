"""What the board runs after boot.py: the device, and after any failure the device again.

The last resort, so it needs next to nothing and is not compiled. Only Ctrl-C leads to a prompt:
nobody is there to type at one when an elder presses.
"""

import gc
import sys
import time

PAUSE_S = 2

# Collected this often, what is loaded lies close together: it saves a tenth of the heap.
gc.threshold(4096)

try:
    from bell import start

    start.run()
except Exception as why:  # noqa: BLE001 - whatever it was, a new start may heal it
    print("failed: {!r}, starting again in {} s".format(why, PAUSE_S))
    sys.print_exception(why)

time.sleep(PAUSE_S)  # long enough to read, short enough for a second press

import machine  # noqa: E402 - not before it is needed

machine.reset()

"""What MicroPython has and CPython has not, where the firmware runs under CPython."""

import gc
import sys
import time
import traceback


def prepare():
    """Add it. Call this before anything of the firmware is imported."""
    time.ticks_ms = lambda: time.monotonic_ns() // 1_000_000
    gc.mem_free = lambda: 0
    gc.threshold = lambda *size: None if size else -1
    sys.print_exception = lambda why: print("".join(traceback.format_exception(why)))
    sys.dont_write_bytecode = True

"""In place of the firmware's main.py: a button that somebody else's MQTT client speaks for.

Starts again after whatever the client does not catch, as its careful users do.
"""

import sys
import time

import machine

try:
    import pressing

    pressing.run()
except Exception as why:  # noqa: BLE001
    sys.print_exception(why)
    time.sleep(1)
    machine.reset()

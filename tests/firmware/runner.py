"""Runs the test functions of one file on MicroPython: `micropython runner.py FILE`.

Prints one line for each function, `passed NAME` or `failed NAME`, a failure's traceback before
it. test_on_micropython.py reads these lines.
"""

import sys


def main(path):
    folder, _, name = path.rpartition("/")
    sys.path.insert(0, folder)
    module = __import__(name.rpartition(".")[0])
    names = [name for name in dir(module) if name.startswith("test_")]
    for name in sorted(names):
        try:
            getattr(module, name)()
        except Exception as why:  # noqa: BLE001 - whatever it is, this test failed and the next runs
            sys.print_exception(why)
            print("failed", name)
        else:
            print("passed", name)


main(sys.argv[1])

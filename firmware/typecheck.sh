#!/bin/sh
# Checks the types of the firmware against the stubs of MicroPython for the ESP32, which are kept
# in a folder of their own: beside CPython's they would hide it. `firmware/typecheck.sh BIN`,
# where BIN is the folder with pip and basedpyright.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-.venv/bin}
typings=$here/../build/typings
if [ ! -f "$typings/machine.pyi" ]; then
    "$bin/python" -m pip install --quiet --upgrade --target "$typings" 'micropython-esp32-stubs>=1.25'
fi
"$bin/basedpyright" --project "$here/pyrightconfig.json"

"""A power cut at every operation of the flash, torn ones included, on the real littlefs.

In short one life of a button and an ESP32's blocks; with LOVEBELL_CUTS=long two lives, and small
blocks besides, so that littlefs has to tidy up its tables again and again. An update is cut at
every seventh operation, in the long form at every one.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("micropython_unix")

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
STANDINS = ROOT / "tools" / "simulator" / "standins"
LONG = os.environ.get("LOVEBELL_CUTS") == "long"
BLOCKS = ("16 4096", "64 512") if LONG else ("16 4096",)


def cuts(*arguments, story="cuts.py"):
    """How many cuts the story has survived, and what was printed."""
    done = subprocess.run(
        [sys.executable, "-m", "micropython_unix", "-X", "heapsize=8m", story, *arguments],
        cwd=HERE,
        env={**os.environ, "MICROPYPATH": f"{ROOT / 'firmware'}:{STANDINS}:.frozen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=3600,
        check=False,
    )
    # Before it a few tracebacks of files that are closed long after their flash has gone.
    last = done.stdout.rstrip().rpartition("\n")[2]
    word, _, number = last.partition(" ")
    return int(number) if word == "cuts" else 0, done.stdout[-2000:]


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("tear", ["before", "half", "bits", "after"])
def test_the_flash_holds_the_old_or_the_new_wherever_the_power_is_cut(blocks, tear):
    survived, output = cuts(*blocks.split(), tear, "2" if LONG else "1")
    print(f"{survived} cuts survived: {blocks}, {tear}")
    assert survived > 100, output


def test_these_cuts_find_a_careless_firmware():
    survived, output = cuts("16", "4096", "before", "1", "careless")
    assert survived == 0
    assert "AssertionError" in output


@pytest.mark.parametrize("tear", ["before", "half", "bits", "after"])
def test_a_board_that_is_updated_can_start_wherever_the_power_is_cut(tear):
    survived, output = cuts(tear, "1" if LONG else "7", story="updates.py")
    print(f"{survived} cuts survived: update, {tear}")
    assert survived > 40, output
    erased, programmed = dearest(output)
    # One, and when littlefs has to tidy up its tables another: some 45 ms for each, and 0.7 ms for
    # 256 bytes, as the data sheet of the W25Q32 has it, a flash that many a module carries.
    assert erased <= 2
    assert programmed <= 2048


def dearest(output):
    line = next(line for line in output.splitlines() if line.startswith("dearest "))
    return [int(word) for word in line.split()[1:]]


def test_these_cuts_find_a_careless_update():
    survived, output = cuts("before", "7", "careless", story="updates.py")
    assert survived == 0
    assert "AssertionError" in output

"""`make fuzz`: rubbish at every door for as long as it is told, FUZZ_SECONDS=300 unless it is.

First the two decoders of bytes, led by atheris where there is a wheel of it, then rounds of the
tests beside this file, each with other rubbish. What is found is printed with the way to repeat
it. With `--keep` examples that led down a path of their own are added to the corpus.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.doors import DOORS
from fuzz.kit import CORPUS, kept, vectors

if TYPE_CHECKING:
    from types import FrameType

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "fuzz"
#: The longest example, in bytes: above the 1,024 of a payload.
LONGEST = 1_200
#: Whose paths count.
TRACED = ("broker/packets.py", "domain/wire.py", "bell/wire.py", "bell/strict.py")


def say(text: str) -> None:
    print(text, flush=True)


def seeds(door: str) -> list[bytes]:
    """What to begin with."""
    honest = [topic.encode() + b"\0" + payload for topic, payload in vectors()]
    return kept(door) + (honest if door == "messages" else [])


def folder_of(door: str) -> Path:
    """The examples as files, one each, as libFuzzer wants them."""
    folder = BUILD / door
    folder.mkdir(parents=True, exist_ok=True)
    for raw in seeds(door):
        (folder / hashlib.sha1(raw, usedforsecurity=False).hexdigest()).write_bytes(raw)
    return folder


def guided(door: str, seconds: int) -> bool:
    """Whether nothing was found."""
    say(f"{door}: {seconds} s, led by its coverage")
    command = [sys.executable, "-m", "fuzz.guided", door, str(folder_of(door))]
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-artifact_prefix={BUILD}/"]
    done = subprocess.run(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode == 0:
        say(f"  {done.stdout.decode(errors='replace').splitlines()[-1]}")
        return True
    say(done.stdout.decode(errors="replace")[-4_000:])
    for crash in BUILD.glob("crash-*"):
        say(f"keep it: echo '{crash.read_bytes().hex()}' >> {CORPUS / door}.txt")
    return False


def keep(door: str) -> None:
    """Add to the corpus what leads down paths that it does not know yet, the shortest first."""
    known = {step for raw in kept(door) for step in steps(door, raw)}
    new: list[bytes] = []
    for raw in sorted((path.read_bytes() for path in folder_of(door).iterdir()), key=len):
        walked = steps(door, raw)
        if walked - known:
            known |= walked
            new.append(raw)
    with (CORPUS / f"{door}.txt").open("a", encoding="ascii") as file:
        file.writelines(f"{raw.hex()}\n" for raw in new)
    say(f"{door}: {len(new)} examples kept")


def steps(door: str, raw: bytes) -> set[tuple[str, int, int]]:
    """The steps from line to line that an example leads down in our own code."""
    walked: set[tuple[str, int, int]] = set()

    def trace(frame: FrameType, _event: str, _arg: object) -> object:
        name, before = frame.f_code.co_filename, frame.f_lineno
        if not name.endswith(TRACED):
            return None

        def line(inner: FrameType, _event: str, _arg: object) -> object:
            nonlocal before
            walked.add((name, before, inner.f_lineno))
            before = inner.f_lineno
            return line

        return line

    sys.settrace(trace)
    try:
        DOORS[door](raw)
    finally:
        sys.settrace(None)
    return walked


def round_of_tests(seed: int) -> bool:
    """Whether nothing was found."""
    tests = ["-m", "pytest", "tests/fuzz", f"--hypothesis-seed={seed}"]
    say(f"round {seed}: FUZZ_ROUND={seed} python {' '.join(tests)}")
    done = subprocess.run(
        [sys.executable, *tests, "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=os.environ | {"FUZZ_ROUND": str(seed)},
        check=False,
    )
    return done.returncode == 0


def main() -> int:
    """0 when nothing was found."""
    given = os.environ.get("FUZZ_SECONDS", "300")
    if not (given.isascii() and given.isdigit()):
        say(f"FUZZ_SECONDS={given}：请写秒数，如 300。 Write seconds, such as 300.")
        return 2
    seconds = int(given)
    end = time.monotonic() + seconds
    is_well = True
    if importlib.util.find_spec("atheris") is None:
        say(
            "atheris 在这个 Python 上没有：两个解码器只由 hypothesis 试。\n"
            "There is no atheris for this Python: the two decoders are tried by hypothesis alone."
        )
    else:
        for door in DOORS:
            is_well &= guided(door, max(1, seconds // 6))
            if "--keep" in sys.argv:
                keep(door)
    while is_well:
        is_well = round_of_tests(random.randrange(1_000_000))
        if time.monotonic() >= end:
            break
    say(
        "没有发现问题 nothing found"
        if is_well
        else "发现了问题，见上 something was found: see above"
    )
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())

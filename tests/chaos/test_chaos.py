"""The short form of `make chaos`: real processes for two minutes, everything goes wrong, and the
checker finds nothing. The faults are always the same, so that a change is what turns it red; with
`SEED=…` others are dealt out, as `make chaos` does. The chronicle of one that failed lies in its
folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.build import find_compiler
from chaos import report
from chaos.facts import Fault
from chaos.run import Limit, run

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 120
KINDS = 11
SEED = int(os.environ.get("SEED") or 5)
#: What every run must have tried, or it has shown nothing.
TRIED = (
    "sensed is on record",
    "on record is rung",
    "nothing rung is invented",
    "first ring needs no gateway",
    "every call is with a human or rings",
    "the record is in order",
    "times are plausible",
    "told is on record",
    "received is received",
    "in the end lamps say what the record says",
)


# `make test` promises to need nothing but Python, git and make: as in tests/tools/test_bench.py.
if find_compiler():

    async def test_whatever_goes_wrong_no_press_is_lost_and_no_lamp_lies(tmp_path: Path) -> None:
        print(f"SEED={SEED}")
        found = await run(tmp_path, SEED, Limit(SECONDS, kinds=KINDS, tried=TRIED), print)
        print("\n".join(report.lines(found)))
        report.keep(found, tmp_path)
        assert found.verdict.violations == ()
        assert len({fault.kind for fault in found.story.of(Fault)}) >= KINDS
        assert all(found.verdict.judged[rule] for rule in TRIED)

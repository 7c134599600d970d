"""The short form of `make chaos KILLS=…`: gateway, broker and boards are killed at random moments
while people press and answer, and the checker finds nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.build import find_compiler
from chaos import report
from chaos.facts import Fault
from chaos.run import Limit, run

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 10
SEED = 4


if find_compiler():  # as in test_chaos

    async def test_whoever_is_killed_no_press_is_lost_and_no_episode_is_stuck(
        tmp_path: Path,
    ) -> None:
        found = await run(tmp_path, SEED, Limit(kills=KILLS), print)
        print("\n".join(report.lines(found)))
        report.keep(found, tmp_path)
        assert found.verdict.violations == ()
        killed = Counter(fault.kind for fault in found.story.of(Fault))
        assert killed.total() >= KILLS
        assert len(killed) == 4
        assert found.verdict.judged["sensed is on record"]
        assert found.verdict.judged["every call is with a human or rings"]

"""`make chaos` ends: when it is told to, as by Ctrl-C or by the time limit of a server that builds,
and after the time that it was given, which must be a number."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from processes import processes

from bench.build import find_compiler
from chaos.__main__ import FOLDER, main


@pytest.mark.parametrize("name", ["CHAOS_HOURS", "KILLS", "SEED"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "many"])
def test_a_number_that_is_none_or_would_never_end_is_refused_by_name(name: str, value: str) -> None:
    done = CliRunner().invoke(main, env={name: value})
    assert done.exit_code == 2
    assert name in done.output
    assert "give a" in done.output
    assert "请给一个" in done.output


if find_compiler():  # as in test_chaos

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
    def test_chaos_that_is_stopped_leaves_no_process_and_no_folder(how: signal.Signals) -> None:
        seed = random.randrange(10**8, 10**9)  # nobody else's folder begins with it
        command = [sys.executable, "-m", "chaos"]
        chaos = subprocess.Popen(command, env=os.environ | {"SEED": str(seed)})
        try:
            # The desk's chime is the last to be there.
            while chaos.poll() is None and not list(FOLDER.glob(f"{seed}-*/c-desk/config.json")):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    chaos.wait(0.05)
            while chaos.poll() is None:
                chaos.send_signal(how)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    chaos.wait(0.05)
        finally:
            chaos.kill()
            chaos.wait()
        assert chaos.returncode in (128 + how, -how)  # the last one may meet the very end
        assert list(FOLDER.glob(f"{seed}-*")) == []
        assert processes(FOLDER / f"{seed}-") == []

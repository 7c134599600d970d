"""The benchmark's own tools: they build, and they count right. How fast is never asserted."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from processes import processes

from bench import build
from bench.__main__ import main as bench
from bench.load import Tools, echoing, press
from bench.report import Result
from bench.restart import main as restart
from simulator import figures
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click import Command

BENCH = [sys.executable, "-m", "bench", "--presses=10", "--homes=100", "--no-node-red"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path / "broker")
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


def test_a_machine_without_a_compiler_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.CompilerMissingError, match="apt-get install gcc"):
        Tools.compile(tmp_path / "build")


# `make test` promises to need nothing but Python, git and make; a compiler is needed only by
# `make bench`. So where there is none these tests do not exist, and nothing is skipped.
if build.find_compiler():

    @pytest.fixture(scope="module")
    def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
        return Tools.compile(tmp_path_factory.mktemp("build"))

    def test_the_tools_compile_without_a_warning(tools: Tools) -> None:
        assert "-Werror" in build.FLAGS
        assert tools.echo.exists()
        assert tools.load.exists()

    @pytest.mark.parametrize("window", [1, 50])
    def test_every_press_at_the_echo_comes_back_as_one_ring(
        tools: Tools, broker: Mosquitto, window: int
    ) -> None:
        with echoing(tools, broker.port):
            load = press(tools, broker.port, 200, "--ring-only", window=window)
        assert load.presses == 200
        assert (load.ring.count, load.ring.missing, load.ring.duplicates) == (200, 0, 0)
        assert load.puback == 200
        assert load.foreign == 0

    def test_a_receipt_that_never_comes_is_reported_as_missing(
        tools: Tools, broker: Mosquitto
    ) -> None:
        with echoing(tools, broker.port):  # the echo gives no receipts
            load = press(tools, broker.port, 5, "--wait-s=1", window=5)
        assert load.receipt is not None
        assert (load.ring.missing, load.receipt.missing, load.missing) == (0, 5, 5)

    def test_a_ring_that_comes_twice_is_reported_as_a_duplicate(
        tools: Tools, broker: Mosquitto
    ) -> None:
        # As with two gateways by mistake: each press rings twice. How many of the second rings
        # come before the end is up to the machine; most do, and none may be taken for a first.
        with echoing(tools, broker.port), echoing(tools, broker.port, name="second"):
            load = press(tools, broker.port, 50, "--ring-only", "--pause-ms=5")
        assert load.ring.missing == 0
        assert 0 < load.ring.duplicates <= 50

    def test_presses_that_nobody_answers_are_all_reported_as_missing(
        tools: Tools, broker: Mosquitto
    ) -> None:
        load = press(tools, broker.port, 3, "--ring-only", "--wait-s=1", window=3)
        assert (load.ring.count, load.ring.missing) == (0, 3)

    def test_a_round_measures_echo_and_gateway_and_finds_every_press_on_disk(
        tmp_path: Path,
    ) -> None:
        command = [*BENCH, "--rounds=1", f"--folder={tmp_path}"]
        done = subprocess.run([*command, f"--json={tmp_path}/result.json"], capture_output=True)
        assert done.returncode == 0, done.stderr
        result = Result.model_validate_json((tmp_path / "result.json").read_bytes())
        assert result.faults == 0
        assert result.figures["presses lost"].greatest == 0
        (one,) = result.rounds
        assert (one.echo.single.presses, one.gateway.single.presses) == (10, 10)
        assert one.gateway.window_50.ring.duplicates == 0
        assert not list(tmp_path.glob("run-*"))

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
    def test_a_benchmark_that_is_stopped_again_and_again_leaves_no_process_and_no_file(
        tmp_path: Path, how: signal.Signals
    ) -> None:
        bench = subprocess.Popen(
            [*BENCH, "--rounds=100", f"--folder={tmp_path}"], stderr=subprocess.DEVNULL
        )
        try:
            # The log is there as soon as the gateway runs, with broker and homes before it.
            while bench.poll() is None and not list(tmp_path.glob("run-*/*/gateway.log")):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    bench.wait(0.05)
            # As `timeout` and make do it, each of which tells whom the other has told.
            while bench.poll() is None:
                bench.send_signal(how)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    bench.wait(0.01)
            assert bench.returncode in (128 + how, -how)  # the last one may meet the very end
        finally:
            bench.kill()
            bench.wait()
        assert not list(tmp_path.glob("run-*"))
        assert processes(tmp_path) == []


WRONG = (
    (bench, "--rounds", "0"),
    (bench, "--presses", "9"),
    (bench, "--homes", "many"),
    (bench, "--pause-ms", "1001"),
    (restart, "--calls", "1e4"),
    (restart, "--past", "-1"),
)


@pytest.mark.parametrize(("command", "option", "value"), WRONG)
def test_a_wrong_number_is_refused_by_name_in_both_languages(
    command: Command, option: str, value: str
) -> None:
    done = CliRunner().invoke(command, [option, value])
    assert done.exit_code == 2
    assert option in done.output
    assert value in done.output
    assert "give a whole number from" in done.output
    assert "请给一个" in done.output


def test_more_presses_than_homes_are_refused_in_both_languages() -> None:
    done = CliRunner().invoke(bench, ["--presses", "9000", "--homes", "9000"])
    assert done.exit_code == 2
    assert "or more" in done.output
    assert "不少于" in done.output


@pytest.mark.parametrize("option", ["--presses", "--runs"])
def test_figures_refuse_a_number_that_is_none_in_both_languages(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        figures.main([option, "half"])
    told = capsys.readouterr().err
    assert option in told
    assert "'half': give a whole number from" in told
    assert "请给一个" in told

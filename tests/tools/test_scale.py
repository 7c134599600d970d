"""Towns, histories and long nights, all small: that they are measured, and that nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from bench import build, compare, fleet, growth, nodered, scale, scale_report
from bench.load import Answers, Load, Tools
from bench.report import FIGURES, OTHER, Result, comparison, picture, summarise
from bench.rounds import GatewayLoads, Loads, OtherLoads, Round, Sizes
from lovebell.domain.codec import episode_from_json

if TYPE_CHECKING:
    from pathlib import Path


def answers(p50_us: float) -> Answers:
    more = {"p90_us": 2 * p50_us, "p99_us": 3 * p50_us, "max_us": 4 * p50_us}
    return Answers(count=10, missing=0, duplicates=0, p50_us=p50_us, **more)


def load(p50_us: float, per_s: float) -> Load:
    both = {"ring": answers(p50_us), "receipt": answers(3 * p50_us)}
    counts = {"presses": 10, "puback": 10, "foreign": 0, "seconds": 10 / per_s}
    return Load(life="00000001", presses_per_s=per_s, **both, **counts)


def result(*speeds: float, node_red: bool = False) -> Result:
    """A round for each speed, twice as fast at twice the speed."""
    rounds: list[Round] = []
    for speed in speeds:
        loads = {name: load(1000 / speed, 1000 * speed) for name in Loads.model_fields}
        echo = Loads(**{name: load(100, 9000) for name in Loads.model_fields})
        gateway = GatewayLoads(**loads, cpu_us_per_press=200, peak_mb=90, lost=0)
        other = OtherLoads(**loads, lost=1) if node_red else None
        rounds.append(Round(echo=echo, gateway=gateway, node_red=other))
    made = Result(
        version="0.1.0",
        machine={"cores": 2},
        sizes=Sizes(single=10, saturated=10, pause_ms=1),
        rounds=rounds,
    )
    summarise(made)
    return made


def test_a_figure_is_the_median_of_the_rounds_between_the_least_and_the_greatest() -> None:
    figure = result(1, 2, 4).figures["500 unanswered"]
    assert (figure.median, figure.least, figure.greatest) == (2000, 1000, 4000)


def test_node_red_is_told_where_it_was_measured() -> None:
    assert set(result(1).figures) == set(FIGURES)
    assert set(result(1, node_red=True).figures) == set(FIGURES) | set(OTHER)
    assert result(1, node_red=True).faults == 0  # what it loses is not ours


def test_the_picture_has_a_bar_for_each_figure_and_ours_are_marked() -> None:
    drawn = picture(result(1, 2, node_red=True))
    assert drawn.startswith("<svg ")
    assert drawn.count("<rect") == 7
    assert drawn.count('class="other"') == 3
    assert "press → receipt, p50" in drawn


def test_two_results_are_compared_and_a_difference_within_the_spread_is_called_none(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(result(1, 2).model_dump_json())
    new.write_text(result(4, 8).model_dump_json())
    done = CliRunner().invoke(compare.main, [str(old), str(new)], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    lines = {line.split("│")[1].strip(): line for line in done.output.splitlines() if "│" in line}
    assert "4.00 ×" in lines["500 unanswered"]
    assert "within the spread" not in lines["500 unanswered"]
    table = comparison(result(1, 2), result(2, 3))
    assert "within the spread" in list(table.columns[-1].cells)


def scaled(**more: int) -> scale_report.Result:
    """Everything measured once, with so much else said of the town."""
    life = {
        "devices": 50_000,
        "connections": 19_900,
        "joined_s": 20,
        "presses": 5,
        "rings": 5,
        "receipts": 5,
        "ring_p50_us": 700,
        "ring_p99_us": 9000,
        "ring_max_us": 9000,
        "most_stored": 9,
        "retained": 7,
        "silent": {"b-00001": 1},
    }
    town = {
        "life": life,
        "seconds": 60,
        "gateway_cpu_percent": 9.8,
        "gateway_mb": 427,
        "broker_cpu_percent": 4.4,
        "broker_mb": 177,
        "detected": 1,
        **more,
    }
    size = {"homes": 100, "database_mb": 1, "start_s": 2, "memory_mb": 80, "ring_p99_us": 9000}
    times = {"ring_p50_us": 1500, "receipt_p50_us": 6000}
    night = {"episodes": 10, "heard": 10, "start_s": 1, "heard_s": 2}
    grown = [{**size, **times, "episodes": past} for past in (0, 1000)]
    measured = {"version": "0.1.0", "machine": {}, "towns": [town], "grown": grown}
    return scale_report.Result.model_validate({**measured, "overdue": night})


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"detected": 0}, "of 1 dead devices 0 were found"),
        ({"mistaken": 3}, "of 50000 devices 3 that lived were taken for dead"),
    ],
)
def test_a_town_in_which_the_wrong_ones_are_dead_is_no_figure(
    more: dict[str, int], why: str
) -> None:
    scale.judge(scaled())
    with pytest.raises(click.ClickException, match=why):
        scale.judge(scaled(**more))


def test_towns_and_histories_are_told_in_tables_and_drawn() -> None:
    made = scaled()
    towns, books, nights = scale_report.tables(made)
    assert list(towns.columns[1].cells)[:3] == ["19,900", "9.8 %", "427 MB"]
    assert list(books.columns[1].cells) == ["0", "1,000"]
    assert nights.row_count == 1
    drawn = scale_report.picture(made)
    assert drawn.count("<rect") == 4
    for text in ("50,000 devices", "9.80", "100 homes", "1,000 episodes", "1.50"):
        assert text in drawn


def test_a_file_that_is_no_result_is_refused_by_name(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"version": 1}))
    done = CliRunner().invoke(compare.main, [str(wrong), str(wrong)])
    assert done.exit_code == 1
    assert "wrong.json is no result of the benchmark" in done.output


def test_where_npm_gets_nothing_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("npm", "node"):
        (programs / name).write_text("#!/bin/sh\necho no way to the registry >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    assert nodered.is_possible()
    with pytest.raises(nodered.NodeRedError, match="no way to the registry"):
        nodered.install(tmp_path / "node-red")


if build.find_compiler():  # as in test_bench: where there is none, nothing is skipped

    @pytest.fixture(scope="module")
    def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
        return Tools.compile(tmp_path_factory.mktemp("build"))

    def test_in_a_town_every_press_rings_and_every_dead_device_is_found(
        tools: Tools, tmp_path: Path
    ) -> None:
        town = fleet.live(tools, tmp_path, 20, seconds=1, every_s=1, die=2)
        assert (town.life.devices, town.life.connections) == (40, 40)
        assert town.life.presses > 0
        assert town.life.rings == town.life.receipts == town.life.presses
        assert (len(town.life.silent), town.detected) == (4, 4)

    def test_devices_that_share_a_connection_are_devices_all_the_same(
        tools: Tools, tmp_path: Path
    ) -> None:
        town = fleet.live(
            tools, tmp_path, 20, seconds=6, every_s=1, presses_per_s=20, die=2, connections=7
        )
        assert (town.life.devices, town.life.connections) == (40, 7)
        assert town.life.presses > 10
        assert town.life.rings == town.life.receipts == town.life.presses
        assert (len(town.life.silent), town.detected) == (4, 4)

    def test_a_history_is_as_long_as_asked_for_and_presses_find_their_way(
        tools: Tools, tmp_path: Path
    ) -> None:
        grown = growth.measure(tools, tmp_path, 400, 1000)
        assert (grown.homes, grown.episodes) == (400, 1000)
        assert grown.ring_p50_us > 0

    def test_the_history_is_one_that_the_gateway_could_have_written(
        tmp_path: Path,
    ) -> None:
        database = tmp_path / "lovebell.db"
        growth.set_up(database, 10)
        growth.fill(database, 10, 25)
        connection = sqlite3.connect(database)
        count = "SELECT (SELECT count(*) FROM episode), (SELECT count(*) FROM receipt)"
        assert connection.execute(count).fetchone() == (25, 25)
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (125,)
        row = connection.execute("SELECT id, body, call_plan FROM episode WHERE n = 13").fetchone()
        connection.close()
        assert episode_from_json(row[1], row[2]).id == row[0]

    def test_what_fell_due_while_the_gateway_was_down_rings_on_when_it_is_back(
        tools: Tools, tmp_path: Path
    ) -> None:
        night = growth.overdue(tools, tmp_path, 50, step_s=5)
        assert (night.episodes, night.heard) == (50, 50)

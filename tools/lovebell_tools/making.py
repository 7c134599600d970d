"""From whatever is plugged in to a button or a chime that is on the broker.

Owns the order of the stages for one board. Tells each stage to `tell`, and asks nobody anything.
Whatever goes wrong is a BoardError, and leaves a board that can simply be set up again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from lovebell_tools import chip as chips
from lovebell_tools import images
from lovebell_tools.board import PATIENT_S, Board, BoardError, again
from lovebell_tools.console import Console
from lovebell_tools.gateway import Given
from lovebell_tools.identity import config_for, of_role, sound_for
from lovebell_tools.plan import (
    CERTIFICATE,
    CONFIG,
    PUBLISHER,
    READY,
    Remove,
    Write,
    device_in,
    steps,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lovebell.provision.bundle import Bundle, Identity
    from lovebell_tools.board import Facts
    from lovebell_tools.gateway import Gateway
    from lovebell_tools.identity import Site
    from lovebell_tools.ledger import Ledger
    from lovebell_tools.plan import Step
    from lovebell_tools.release import Firmware

LEAST_RELEASE: Final = (1, 24)  # what main.py of the firmware asks for
UPSETS: Final = ("setup: ", "no Wi-Fi ", "broker down: ", "failed: ")
RECEIPT_S: Final = 20
_PRESSED: Final = re.compile(
    r"press \S+ \S+"
)  # whole: a serial line now and then loses some of one


class Tell(Protocol):
    """Hears how far a board is: a stage, a sentence of words.py, and per cent of it."""

    def __call__(self, stage: str, per_cent: int = 0, device: str | None = None) -> None:
        """Stages are look, image, files, start, press, press_chime."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of the boards. Identities come from the `bundle`, as the `ledger` gives
    them out, or without one from the `gateway`. `image` None means the checked one, kept in
    `cache`.

    `start_s` and `press_s` are the seconds to wait for the broker and for a finger; 0 leaves the
    stage out.
    """

    firmware: Firmware
    bundle: Bundle | None
    site: Site
    ledger: Ledger | None
    cache: Path
    role: str | None = None
    device: str | None = None
    image: Path | None = None
    start_s: float = 90
    press_s: float = 120
    gateway: Gateway | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A board that is ready. `proof` is how far that was seen: `files`, `broker`, or `press`."""

    device: str
    role: str
    mac: str
    proof: str
    reservation: int = 0


def make(port: str, order: Order, tell: Tell) -> Made:
    """Set the board on that port up. Raises BoardError."""
    tell("look")
    board = with_micropython(port, order, tell)
    with board:
        facts = board.facts()
        given = _fill(board, facts, order, tell)
        board.restart()
    identity = given.identity
    proof = _prove(port, identity, order, tell)
    return Made(identity.device, identity.role, facts.mac, proof, given.reservation)


def with_micropython(port: str, order: Order, tell: Tell) -> Board:
    """The board at its prompt, after writing MicroPython to it if it has none, or one that does
    not load our modules. Raises BoardError."""
    try:
        board = Board(port)
    except BoardError as why:
        if why.name != "no_answer":
            raise
    else:
        if _is_good_enough(board.facts(), order.firmware):
            return board
        board.close()
    chip = chips.find(port)
    if chip is None:
        raise BoardError("mute", port=port)
    image = order.image or images.fetched(chip.name, order.cache)
    tell("image")
    chips.write(port, chip, images.checked(image), lambda per_cent: tell("image", per_cent))
    board = Board(port, PATIENT_S)
    facts = board.facts()
    if not _is_good_enough(facts, order.firmware):
        board.close()
        raise BoardError("old_image", release=facts.release, least=_dotted(LEAST_RELEASE))
    return board


def _is_good_enough(facts: Facts, firmware: Firmware) -> bool:
    numbers = facts.release.partition("-")[0].split(".")
    release = tuple(int(number) for number in numbers if number.isdigit())
    return facts.mpy == firmware.mpy and release >= LEAST_RELEASE


def _dotted(release: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in release)


def _fill(board: Board, facts: Facts, order: Order, tell: Tell) -> Given:
    """Files and identity. On the way back the board holds all of it, and nothing else of ours."""
    tell("files")
    present = board.hashes()
    before = device_in(board.read(CONFIG)) if CONFIG in present else None
    given = _identity(facts.mac, before, order)
    desired = desired_of(given, order)
    tell("files", 0, given.identity.device)
    todo = steps(desired, present, is_another=before != given.identity.device)
    _carry_out(board, todo, tell)
    if todo:
        _check(board, desired)
        if order.gateway is not None and given.reservation:
            # Not before it is on the board, and before the board starts: whatever is lost on the
            # way, it is the old secret that holds, or this board is told to be set up again.
            order.gateway.confirm(facts.mac, given.reservation)
        board.write(READY, desired[READY])
    return given


def _identity(mac: str, before: str | None, order: Order) -> Given:
    """Who that board is going to be; `before` is the device that it was."""
    if order.bundle is None or order.ledger is None:
        if order.gateway is None or order.role is None:
            raise BoardError("no_source" if order.gateway is None else "online_role")
        return order.gateway.enrol(mac, order.role)
    identities = of_role(order.bundle, order.role)
    # The ledger knows best who it is; without one, a board that has an identity of the bundle.
    is_known = before in {one.device for one in identities}
    is_new = mac not in order.ledger.given()
    wanted = order.device or (before if is_known and is_new else None)
    return Given(order.ledger.claim(mac, identities, wanted), order.bundle, 0)


def desired_of(given: Given, order: Order) -> Mapping[str, bytes]:
    """All that a board with that identity must hold. Raises BoardError: `bad_config`,
    `no_sound`."""
    identity, bundle = given.identity, given.bundle
    desired = {
        **order.firmware.files,
        **sound_for(identity.role, order.site),
        CONFIG: config_for(identity, bundle, order.site),
    }
    if bundle.certificate is not None:
        desired[CERTIFICATE] = bundle.certificate
    if bundle.publisher is not None:
        desired[PUBLISHER] = f"{bundle.publisher}\n".encode()
    return desired


def _carry_out(board: Board, todo: list[Step], tell: Tell) -> None:
    """All but the last step, which makes the board start."""
    sizes = [len(step.content) if isinstance(step, Write) else 0 for step in todo]
    done = 0
    for step, size in zip(todo[:-1], sizes, strict=False):
        if isinstance(step, Remove):
            board.remove(step.path)
            if step.path == READY:
                # The firmware had started a watchdog, which nothing stops but a restart: it
                # would end the copying in the middle.
                board.start_afresh()
        else:
            board.write(step.path, step.content)
        done += size
        tell("files", done * 100 // max(1, sum(sizes)))


def _check(board: Board, desired: Mapping[str, bytes]) -> None:
    """What was written is what is there. Only then may the board start."""
    left = steps(desired, board.hashes())
    if [step.path for step in left] != [READY]:
        raise BoardError("not_as_written", paths=", ".join(step.path for step in left[:-1]))


def _prove(port: str, identity: Identity, order: Order, tell: Tell) -> str:
    if not order.start_s:
        return "files"
    tell("start")
    with again(lambda: Console(port)) as console:
        see_connected(console, order.start_s)
        if not order.press_s:
            return "broker"
        tell("press" if identity.role == "button" else "press_chime")
        return "press" if _see_press(console, identity, order.press_s) else "broker"


def see_connected(console: Console, seconds: float) -> None:
    """Until the board says that it is on the broker. Raises BoardError `not_connected` with what
    it last complained about."""
    complaint = ""
    for line in console.lines(seconds):
        if line == "broker up":
            return
        if line.startswith(UPSETS):
            complaint = line
    raise BoardError("not_connected" if complaint else "not_heard", why=complaint)


def _see_press(console: Console, identity: Identity, seconds: float) -> bool:
    """Whether a test press came, and its receipt: the gateway has it on disk. A chime has been
    rung besides, itself and nobody else.

    Raises BoardError: `no_receipt`, `no_ring`, or `real_call` when the press was no test.
    """
    pressed = console.wait(lambda line: _PRESSED.fullmatch(line) is not None, seconds)
    if pressed is None:
        return False
    _, kind, press_id = pressed.split(" ")
    if kind != "test":
        raise BoardError("real_call", id=press_id)
    receipt, ring = f"receipt {press_id}", f"test {identity.device}.{press_id}"
    missing = {receipt} if identity.role == "button" else {receipt, ring}
    for line in console.lines(RECEIPT_S):
        missing.discard(line)
        if not missing:
            return True
    raise BoardError("no_receipt" if receipt in missing else "no_ring", id=press_id)

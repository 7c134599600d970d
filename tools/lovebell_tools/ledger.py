"""Which board has been given which identity of a bundle, on this laptop.

Owns a file beside the bundle. An identity is written down before it goes to a board, so that a
board that was unplugged half-way is given the same one again, and nobody else ever is. No secret
is in it.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from lovebell.provision.bundle import Identity


PATIENCE_S: Final = 5  # a claim takes milliseconds: who holds the lock for longer has died


class Ledger:
    """What has been given out. Safe to be used from many threads and by two programs."""

    def __init__(self, path: Path) -> None:
        """Raises BoardError: `bad_ledger`."""
        self._path = path
        self._lock = threading.Lock()
        self._given = _read(path)

    def given(self) -> dict[str, str]:
        """Devices by the address (MAC) of the board that has them."""
        with self._lock:
            return dict(self._given)

    def claim(self, mac: str, identities: Iterable[Identity], wanted: str | None) -> Identity:
        """The identity for that board: the one it has had, the `wanted` one, or the next.

        Raises BoardError: `none_left`, `unknown_device`, `taken`, `has_another`.
        """
        with self._lock, _alone(self._path.with_name(self._path.name + ".lock")):
            self._given = _read(self._path)
            by_name = {one.device: one for one in identities}
            had = self._given.get(mac)
            if had is not None and had in by_name and wanted in (None, had):
                return by_name[had]
            if wanted is not None and had in by_name:
                raise BoardError("has_another", mac=mac, device=had)
            name = wanted or self._next(by_name)
            if name not in by_name:
                raise BoardError("unknown_device", device=name)
            taken_by = next((one for one, device in self._given.items() if device == name), None)
            if taken_by is not None:
                raise BoardError("taken", device=name, mac=taken_by)
            self._write({**self._given, mac: name})
            return by_name[name]

    def _next(self, by_name: dict[str, Identity]) -> str:
        taken = set(self._given.values())
        for name in by_name:
            if name not in taken:
                return name
        raise BoardError("none_left", count=len(by_name))

    def _write(self, given: dict[str, str]) -> None:
        new = self._path.with_name(self._path.name + ".new")
        new.write_text(json.dumps(given, indent=1) + "\n", encoding="utf-8")
        new.replace(self._path)
        self._given = given


def _read(path: Path) -> dict[str, str]:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BoardError("bad_ledger", path=path)
    return {str(mac): str(name) for mac, name in cast("dict[object, object]", found).items()}


@contextmanager
def _alone(lock: Path) -> Generator[None, None, None]:
    """So that two programs with one bundle never give one identity twice."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            lock.touch(exist_ok=False)
            break
        except FileExistsError:
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)

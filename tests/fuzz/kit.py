"""Rubbish: honest bytes with something wrong in them, and where the kept examples lie.

Owns what is made up. What must hold of it stands in the tests beside this file.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
VECTORS = HERE.parent / "protocol" / "v1"

#: `make fuzz` tries much more than a run of the tests does, and something else each time.
IS_LONG = "FUZZ_ROUND" in os.environ
TIMES = 10


def dose(examples: int) -> settings:
    """So much in every run of the tests, always the same; many times as much for `make fuzz`, which
    has a time to keep and does not look for the smallest example.
    """
    return settings(
        max_examples=examples * TIMES if IS_LONG else examples,
        derandomize=not IS_LONG,
        phases=[Phase.explicit, Phase.generate] if IS_LONG else tuple(Phase),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


#: Pieces that decoders stumble over.
PIECES = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"NaN", b"-", b"0"),
    *(b"1e999", b"-0.0", b"9" * 25, b"\\u0000", b"\\ud83d", b"\\ude00", b"\x00", b"\x7f", b" "),
    *(
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xf4\x90\x80\x80",
        b"\xff",
        b"\n",
        b"=",
        b"#",
    ),
    *("示例\u202e\u2028".encode(), b"\xe7\xa4", b"[" * 400, b'{"a":' * 100, b"x" * 1100),
)


@dataclass(frozen=True)
class Edit:
    """One thing that is wrong: `place` is a fraction of the whole, `n` how many bytes, or which
    bit."""

    kind: str
    place: float
    n: int
    piece: bytes

    def do(self, raw: bytes) -> bytes:
        """The bytes with this done to them."""
        at = round(self.place * len(raw))
        end = min(len(raw), at + self.n)
        match self.kind:
            case "cut":
                return raw[:at]
            case "out":
                return raw[:at] + raw[end:]
            case "twice":
                return raw[:end] + raw[at:]
            case "swap":
                return raw[:at] + self.piece[: self.n] + raw[at + len(self.piece[: self.n]) :]
            case "flip" if at < len(raw):
                return raw[:at] + bytes((raw[at] ^ 1 << self.n % 8,)) + raw[at + 1 :]
            case _:
                return raw[:at] + self.piece + raw[at:]


def _edits(*kinds: str) -> st.SearchStrategy[list[Edit]]:
    place = st.floats(0, 1)
    piece = st.sampled_from(PIECES) | st.binary(max_size=8)
    made = st.builds(Edit, st.sampled_from(kinds), place, st.integers(0, 8), piece)
    return st.lists(made, max_size=4)


EDITS = _edits("cut", "out", "twice", "swap", "flip", "fill")
#: What a worn-out disk does.
DECAY = _edits("cut", "flip", "flip", "flip", "swap")


def edited(raw: bytes, edits: Sequence[Edit]) -> bytes:
    """The bytes with all of that done to them, one after the other."""
    for edit in edits:
        raw = edit.do(raw)
    return raw


def mangled(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of these, as it is or with up to four things wrong."""
    return st.builds(edited, st.sampled_from(seeds), EDITS)


#: Any value that JSON can hold, and some that it cannot.
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["", "b-1", "call", "x" * 200, "\ud83d", "\x00", "示例", "a.b", "-1", "true"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def filled(*objects: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One of these objects, fields of it left out or with something else in them."""

    @st.composite
    def make(draw: st.DrawFn) -> dict[str, Any]:
        made = dict(draw(st.sampled_from(objects)))
        for name in draw(st.lists(st.sampled_from([*made, "zzz"]), max_size=3)):
            if draw(st.booleans()):
                made.pop(name, None)
            else:
                made[name] = draw(VALUES)
        return made

    return make()


def written(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """JSON, with escapes or without; what is no character as a careless sender would send it."""

    def write(value: object, is_plain: bool) -> bytes:
        return json.dumps(value, ensure_ascii=is_plain).encode(errors="surrogatepass")

    return st.builds(write, values, st.booleans())


def fields() -> list[dict[str, Any]]:
    """The fields of every good vector."""
    return [vector["fields"] for vector in _vectors() if "fields" in vector]


def vectors() -> list[tuple[str, bytes]]:
    """Topic and payload of every vector of the protocol, good and bad."""
    found: list[tuple[str, bytes]] = []
    for vector in _vectors():
        known = "payload" in vector
        payload = vector["payload"].encode() if known else bytes.fromhex(vector["payload_hex"])
        found.append((vector["topic"], payload))
    return found


def _vectors() -> list[dict[str, Any]]:
    paths = sorted(VECTORS.glob("*.json"))
    return [one for path in paths for one in json.loads(path.read_text("utf-8"))["vectors"]]


def kept(name: str) -> list[bytes]:
    """The examples kept of this kind: those that once broke something, and those that lead down
    every path. One a line, in hex; what follows a # is a remark."""
    lines = (CORPUS / f"{name}.txt").read_text(encoding="ascii").splitlines()
    return [
        bytes.fromhex(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()
    ]

"""Enrolment over the network: what a technician's token may do, and what is refused.

A board is known by its address (MAC). It is given a device's name once; asked again it is the
same device with a new secret, which replaces the old one only when the technician's laptop says
that it is on the board: whatever is lost on the way, the board that worked before still works.
Owns these decisions and the shape of what is asked. Knows nothing of HTTP, SQL and secrets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Final = ("button", "chime")
#: How far a guided setting-up was seen: the files are written, it reached the broker, and a test
#: press was received.
PROOFS: Final = ("files", "broker", "press")
#: So many boards in one list of what was given out.
MOST_GIVEN: Final = 50
#: A secret that was put in force and never used is void after this.
USED_WITHIN_MS: Final = 30 * 86_400_000
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){3,7}\Z", re.ASCII)
_LOOPBACK: Final = re.compile(r"127(\.[0-9]{1,3}){3}\Z", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,23}\Z", re.ASCII)


class RefusedError(ValueError):
    """What a technician's laptop asked for cannot be, and nothing was changed. `code` is one of
    the sentences of `web.enrolment`, `needs` its gaps."""

    def __init__(self, code: str, **needs: str | int) -> None:
        super().__init__(code, needs)
        self.code = code
        self.needs = needs


@dataclass(frozen=True, slots=True)
class Place:
    """Where boards find a broker, as they are told: (host, port, with TLS) each, and the
    authority's certificate in base64 of DER, "" without TLS."""

    brokers: tuple[tuple[str, int, bool], ...]
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """The right of whoever holds it to set up at most `boards` boards of these roles until then.

    Of boards that others have set up it renews the secret only if it `may_renew`: whoever finds
    a token must not be able to cut off the buttons of a village.
    """

    n: int
    who: str
    roles: tuple[str, ...]
    boards: int
    until_ms: int
    place: Place = field(repr=False)
    made_ms: int = 0
    may_renew: bool = False
    revoked_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """What a board was last made into: by the token `token`, 0 for a bundle. `reservation` counts
    the secrets that were made for it; `is_waiting` while the last one is not in force."""

    mac: str
    device: str
    role: str
    token: int = 0
    reservation: int = 0
    is_waiting: bool = False
    was_made: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for one board. `reservation` 0, `proof` "" and `did_sound` None where it is
    not said."""

    mac: str
    role: str = ""
    reservation: int = 0
    proof: str = ""
    did_sound: bool | None = None


def check_token(token: Token | None, now: int) -> Token:
    """Whoever comes with this token may ask. Raises RefusedError: bad_token, revoked_token,
    expired_token."""
    if token is None:
        raise RefusedError("bad_token")
    if token.revoked_ms is not None:
        raise RefusedError("revoked_token")
    if token.until_ms <= now:
        raise RefusedError("expired_token")
    return token


def check_enrol(token: Token, wish: Wish, known: Board | None, used: int) -> None:
    """Whether this token may have an identity for this board; `used` are the boards that it has
    set up so far. Raises RefusedError: wrong_role, other_role, not_yours, none_left."""
    if wish.role not in token.roles:
        raise RefusedError("wrong_role", role=wish.role, roles=", ".join(token.roles))
    if known is not None:
        if known.role != wish.role and known.was_made:  # else nobody knows that device yet
            raise RefusedError(
                "other_role", mac=wish.mac, device=known.device, is_role=known.role, role=wish.role
            )
        if known.token == token.n:
            return
        if known.was_made and not token.may_renew:
            raise RefusedError("not_yours", mac=wish.mac, device=known.device)
    if used >= token.boards:
        raise RefusedError("none_left", count=token.boards)


def may_give(token: Token, known: Board | None) -> bool:
    """Whether its word, that a board has an identity of a bundle now, is taken. A board that
    another token has set up would be that other device, in another home, when it is renewed."""
    return known is None or known.token in (0, token.n) or token.may_renew


def check_confirm(token: Token, wish: Wish, known: Board | None) -> Board:
    """The board whose last reserved secret is to be in force. Raises RefusedError:
    unknown_board, superseded."""
    if known is None or known.token != token.n:
        raise RefusedError("unknown_board", mac=wish.mac)
    if known.reservation != wish.reservation:
        raise RefusedError("superseded", mac=wish.mac, device=known.device)
    return known


# -- what is asked ---------------------------------------------------------------------------


def read_wish(verb: str, body: Mapping[str, Any]) -> Wish:
    """What is asked about one board. Raises RefusedError (bad_field)."""
    mac = _mac(body.get("mac"))
    if verb == "enrol":
        return Wish(mac, role=_one_of("role", body.get("role"), ROLES))
    number = body.get("reservation")
    if type(number) is not int or not 1 <= number < 2**31:
        raise RefusedError("bad_field", field="reservation")
    if verb == "confirm":
        return Wish(mac, reservation=number)
    sounded = body.get("sounded")
    if not (sounded is None or isinstance(sounded, bool)):
        raise RefusedError("bad_field", field="sounded")
    proof = _one_of("proof", body.get("proof"), PROOFS)
    return Wish(mac, reservation=number, proof=proof, did_sound=sounded)


def read_given(body: Mapping[str, Any]) -> dict[str, str]:
    """Devices by the address of the board that they were given to. Raises RefusedError."""
    said = body.get("given")
    if not isinstance(said, dict):
        raise RefusedError("bad_field", field="given")
    given = cast("dict[object, object]", said)
    if len(given) > MOST_GIVEN:
        raise RefusedError("bad_field", field="given")
    found: dict[str, str] = {}
    for mac, device in given.items():
        if not isinstance(device, str) or not _NAME.match(device):
            raise RefusedError("bad_field", field="given")
        found[_mac(mac, "given")] = device
    return found


def _mac(value: object, name: str = "mac") -> str:
    if not isinstance(value, str) or not _MAC.match(value):
        raise RefusedError("bad_field", field=name)
    return value


def _one_of(name: str, value: object, words: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in words:
        raise RefusedError("bad_field", field=name)
    return value


def is_private(peer: str, host: str, scheme_before: str | None, public_url: str) -> bool:
    """Whether nobody on the way could read the token: it came from this machine itself, or by a
    reverse proxy that says https, and one that is configured (`public_url`).

    `scheme_before` is what the proxy says (X-Forwarded-Proto), None without one.
    """
    if public_url or scheme_before is not None:
        return scheme_before == "https" and public_url.startswith("https://")
    return _is_loopback(peer) and _is_loopback(_host(host))


def _host(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def _is_loopback(name: str) -> bool:
    # Of names only one: anybody may own one that begins like an address.
    return name in ("localhost", "::1", "::ffff:127.0.0.1") or bool(_LOOPBACK.match(name))

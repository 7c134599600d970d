"""The gateway, as a technician's laptop asks it for identities.

Owns HTTP and what may go over it: a token goes over https, or to this laptop itself. Follows no
redirection, which would carry the token elsewhere. What was asked for may be asked once more.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import ipaddress
import json
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from lovebell.provision.bundle import Broker, Bundle, Identity
from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from urllib.parse import SplitResult

PATH: Final = "/technician/v1/"
DEADLINE_S: Final = 15
TRIES: Final = 4
PAUSE_S: Final = 2.0
#: As many boards as the gateway takes in one list.
AT_ONCE: Final = 50
_MOST_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Given:
    """An identity that the gateway keeps for a board, and where that board finds brokers. It is
    not in force until `Gateway.confirm` says that the board has it."""

    identity: Identity
    bundle: Bundle
    reservation: int


class Gateway:
    """One gateway. Safe to be used from many threads: nothing is kept between two questions."""

    def __init__(
        self, url: str, token: str, ca: Path | None = None, pause_s: float | None = None
    ) -> None:
        """Raises BoardError: `bad_gateway`, `plain_gateway`, `bad_token`, `no_gateway_ca`."""
        self.url = url
        self._parts = _parts(url)
        if not token.isascii() or not token.isprintable() or not 1 <= len(token) <= 64:
            raise BoardError("bad_token")
        self._token = token
        self._pause_s = PAUSE_S if pause_s is None else pause_s
        try:
            self._context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        except (OSError, ssl.SSLError) as why:
            raise BoardError("no_gateway_ca", path=ca, why=why.strerror or why) from None

    def enrol(self, mac: str, role: str) -> Given:
        """An identity for that board: the one it has had, with a new secret, or a new one.

        Raises BoardError: `gateway_away`, `gateway_refuses`, `gateway_strange`,
        `gateway_certificate`; as do the others.
        """
        said = self._ask("enrol", {"mac": mac, "role": role})
        try:
            certificate = base64.b64decode(said["certificate"], validate=True) or None
            brokers = [Broker(host, int(port), bool(tls)) for host, port, tls in said["brokers"]]
            identity = Identity(str(said["device"]), str(said["role"]), str(said["secret"]))
            number = int(said["reservation"])
            publisher = str(said.get("publisher", "")) or None
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise BoardError("gateway_strange", url=self.url, why="enrol") from None
        return Given(identity, Bundle([identity], brokers, certificate, 0, publisher), number)

    def confirm(self, mac: str, reservation: int) -> None:
        """The board has the secret: from now on it is in force, and no older one."""
        self._ask("confirm", {"mac": mac, "reservation": reservation})

    def result(self, mac: str, reservation: int, proof: str, sounded: bool | None) -> None:
        """How far the setting-up was seen, for the record."""
        body = {"mac": mac, "reservation": reservation, "proof": proof, "sounded": sounded}
        self._ask("result", body)

    def given(self, given: Mapping[str, str]) -> dict[str, list[str]]:
        """Tell which boards have which identities of a bundle; those that other boards have as
        well, with all their addresses."""
        twice: dict[str, list[str]] = {}
        pairs = list(given.items())
        for begin in range(0, len(pairs), AT_ONCE):
            said = self._ask("given", {"given": dict(pairs[begin : begin + AT_ONCE])})
            found: Any = said.get("twice")
            if not isinstance(found, dict):
                raise BoardError("gateway_strange", url=self.url, why="given")
            twice |= cast("dict[str, list[str]]", found)
        return twice

    def _ask(self, verb: str, body: Mapping[str, object]) -> dict[str, Any]:
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                return self._once(verb, body)
            except BoardError as why:
                if why.name != "gateway_away" or not tries_left:
                    raise
                time.sleep(self._pause_s)
        raise AssertionError  # the last try raises

    def _once(self, verb: str, body: Mapping[str, object]) -> dict[str, Any]:
        line = self._line()
        try:
            line.request(
                "POST",
                f"{self._parts.path.rstrip('/')}{PATH}{verb}",
                json.dumps(body).encode(),
                {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            )
            answer = line.getresponse()
            status, raw = answer.status, answer.read(_MOST_BYTES)
        except ssl.SSLCertVerificationError as why:
            raise BoardError("gateway_certificate", url=self.url, why=why.verify_message) from None
        except (OSError, http.client.HTTPException) as why:
            raise BoardError("gateway_away", url=self.url, why=why or type(why).__name__) from None
        finally:
            line.close()
        if status in (502, 503, 504):
            raise BoardError("gateway_away", url=self.url, why=f"HTTP {status}")
        return self._read(status, raw)

    def _line(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=DEADLINE_S, context=self._context
            )
        return http.client.HTTPConnection(host, port, timeout=DEADLINE_S)

    def _read(self, status: int, raw: bytes) -> dict[str, Any]:
        try:
            found: Any = json.loads(raw)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise BoardError("gateway_strange", url=self.url, why=f"HTTP {status}")
        said = cast("dict[str, Any]", found)
        if status == 200:
            return said
        if not isinstance(said.get("zh"), str) or not isinstance(said.get("en"), str):
            raise BoardError("gateway_strange", url=self.url, why=f"HTTP {status}")
        raise BoardError("gateway_refuses", zh=said["zh"], en=said["en"])


def _parts(url: str) -> SplitResult:
    """Raises BoardError: `bad_gateway`, `plain_gateway`."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_url = is_url and (parts.port is None or parts.port > 0) and url.isascii()
    except ValueError:
        raise BoardError("bad_gateway", url=url) from None
    if not is_url or parts.query or parts.fragment or parts.username is not None:
        raise BoardError("bad_gateway", url=url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise BoardError("plain_gateway", url=url)
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

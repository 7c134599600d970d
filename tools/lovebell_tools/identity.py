"""Who a board is going to be, and the config.json that makes it so.

Owns the choice from a bundle and the site's file. Knows nothing of boards.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import tomllib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from lovebell.provision.bundle import ROLES
from lovebell_tools.board import BoardError
from lovebell_tools.plan import CERTIFICATE
from simulator.interpreter import find_firmware

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lovebell.provision.bundle import Bundle, Identity

#: The key on the board itself makes test presses and opens the set-up of the Wi-Fi; see
#: docs/hardware.md.
_SERVICE: Final = {"service": 0}
_ONE_AT_A_TIME: Final = threading.Lock()  # the firmware's check lets go of its modules
_ROOT: Final = ("wifi", "ntp", "hears", "button", "chime")
_WIFI: Final = ("ssid", "password", "encoding")


@dataclass(frozen=True, slots=True)
class Site:
    """What all boards of one place share: its Wi-Fi, and how they are wired. A sound that
    config.json names lies beside the site's file, in `folder`."""

    wifi: Sequence[Mapping[str, object]]
    ntp: str | None = None
    hears: Mapping[str, Sequence[str]] = field(default_factory=dict[str, "Sequence[str]"])
    wired: Mapping[str, Mapping[str, object]] = field(
        default_factory=dict[str, "Mapping[str, object]"]
    )
    folder: Path | None = None


def of_role(bundle: Bundle, role: str | None) -> list[Identity]:
    """The identities of one role. Raises BoardError: `which_role` where both are there and none
    is asked for, `no_such_role`."""
    if role is None and len({one.role for one in bundle.identities}) > 1:
        raise BoardError("which_role")
    found = [one for one in bundle.identities if role in (None, one.role)]
    if not found:
        raise BoardError("no_such_role", role=role)
    return found


def read_site(path: Path) -> Site:
    """The site's file, in TOML. Raises BoardError: `no_site`, `bad_site`."""
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except OSError as why:
        raise BoardError("no_site", path=path, why=why.strerror) from None
    except (ValueError, RecursionError) as why:  # TOML and UTF-8 both, or brackets for ever
        raise BoardError("bad_site", path=path, why=why) from None
    for name in found:
        if name not in _ROOT:
            raise BoardError("strange_field", path=path, field=name, fields=", ".join(_ROOT))
    tables: dict[str, Any] = {name: found.get(name, {}) for name in ("hears", *ROLES)}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise BoardError("bad_site", path=path, why=f"[{name}]")
    if not isinstance(found.get("wifi"), list):
        raise BoardError("no_wifi", path=path)
    wifi = [_named(network, path) for network in cast("list[object]", found["wifi"])]
    wired = {role: cast("dict[str, object]", tables[role]) for role in ROLES}
    return Site(wifi, found.get("ntp"), tables["hears"], wired, path.parent)


def _named(network: object, path: Path) -> Any:
    """A network as config.json has it: where the router writes its name in another encoding than
    UTF-8, such as GBK, by the bytes of that. Raises BoardError: `bad_encoding`, `strange_field`."""
    rest: dict[str, object] = {}
    if isinstance(network, dict):
        rest |= cast("dict[str, object]", network)
    for name in rest.keys() - set(_WIFI):
        fields = ", ".join(_WIFI)
        raise BoardError("strange_field", path=path, field=f"wifi.{name}", fields=fields)
    if "encoding" not in rest:
        return cast("Any", network)  # what else is wrong with it the firmware's check finds
    encoding, ssid = rest.pop("encoding"), rest.get("ssid")
    if not isinstance(ssid, str) or not ssid:
        return cast("Any", rest)  # nor is that a name
    try:
        raw = ssid.encode(str(encoding))
    except (LookupError, ValueError):
        raise BoardError("bad_encoding", path=path, encoding=encoding, ssid=ssid) from None
    return {**rest, "ssid": f"hex:{raw.hex()}"}


def sound_for(role: str, site: Site) -> dict[str, bytes]:
    """The sound that boards of that role play, by its path on the board; {} without one.

    Raises BoardError: `no_sound`.
    """
    name = site.wired.get(role, {}).get("sound")
    if site.folder is None or not isinstance(name, str):
        return {}
    try:
        return {name: (site.folder / name).read_bytes()}
    except OSError as why:
        raise BoardError("no_sound", path=site.folder / name, why=why.strerror) from None


def config_for(identity: Identity, bundle: Bundle, site: Site) -> bytes:
    """The content of config.json. Raises BoardError `bad_config` for one that the firmware would
    refuse: better before a board is touched than after."""
    wired = dict(site.wired.get(identity.role, {}))
    pins = cast("dict[str, int]", wired.get("pins", {}))
    if "service" in pins or _SERVICE["service"] not in pins.values():
        wired["pins"] = {**_SERVICE, **pins}
    config: dict[str, object] = {
        **wired,
        "device": identity.device,
        "role": identity.role,
        "wifi": list(site.wifi),
        "broker": [asdict(broker) for broker in bundle.brokers],
        "user": identity.device,
        "password": identity.secret,
    }
    if bundle.certificate is not None:
        config["ca"] = CERTIFICATE
    if site.ntp is not None:
        config["ntp"] = site.ntp
    if identity.device in site.hears:
        config["hears"] = site.hears[identity.device]
    _judge(config, identity)
    return json.dumps(config, ensure_ascii=False, sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class Access:
    """How a telephone reaches the page on which a device's Wi-Fi is set up; see docs/technician.md.
    For the device's label: its secret cannot be found from it."""

    name: str
    password: str
    address: str


def access_of(device: str, secret: str) -> Access:
    """By the very code that opens it on the board."""
    made = _of_the_firmware("bell.access")
    return Access(made.name(device), made.password(secret), f"http://{made.ADDRESS}")


def _judge(config: dict[str, object], identity: Identity) -> None:
    """As the firmware will: by the very code that runs on the board."""
    judge = _of_the_firmware("bell.config")
    try:
        with _ONE_AT_A_TIME:
            judge.check(config)
    except judge.ConfigError as why:
        said = str(why).rpartition(": ")[0]  # the advice after it is for whoever reads the board
        raise BoardError("bad_config", device=identity.device, why=said) from None


def _of_the_firmware(module: str) -> Any:
    folder = str(find_firmware())
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(module)

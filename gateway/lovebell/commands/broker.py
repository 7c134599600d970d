"""`lovebell broker`: what a Mosquitto in production needs, and whether a running one is safe."""

from __future__ import annotations

import ipaddress
import json
import os
import pwd
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from lovebell.commands.app import App, json_option, pass_app, print_json, utc
from lovebell.commands.base import FolderPath, ToldError, group
from lovebell.provision import authority, files, inspection, install
from lovebell.provision.probe import Place
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = FolderPath()
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z", re.ASCII)
#: What systemd and Mosquitto would read otherwise than it is written.
_UNSPEAKABLE: Final = re.compile(r"[\s\"'\\$%#]")
_PORT = click.IntRange(1, 65_535)


@group("broker", help="MQTT 服务器：建立、换证书、检查。|The MQTT broker: make, renew, check.")
def broker() -> None:
    """The group."""


@broker.command(
    "init",
    help="建立一个安全的 Mosquitto 所需的一切：证书、设置、服务单元。|Make all that a safe "
    "Mosquitto needs: certificates, configuration, units.",
)
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    help="板子用来找服务器的名字或地址，必填，可多个。|Name or address by which boards find it; "
    "must be given, may be repeated.",
)
@click.option(
    "--devices",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    help="最多多少台设备，默认 1000。|How many devices at most, else 1000.",
)
@click.option("--port", type=_PORT, default=files.PORT, help="TLS 端口。|The port for TLS.")
@click.option(
    "--gateway-port",
    type=_PORT,
    default=files.GATEWAY_PORT,
    help="网关在本机用的端口。|The gateway's port, on this machine only.",
)
@click.option(
    "--broker-user", default="", help="服务器以谁的身份运行。|Whose name the broker runs by."
)
@click.option(
    "--gateway-user", default="", help="网关以谁的身份运行。|Whose name the gateway runs by."
)
@click.option(
    "--check",
    "is_check",
    is_flag=True,
    help="不建立，只检查，同 `broker check`。|Make nothing, but check, as `broker check` does.",
)
@json_option
@pass_app
def init(
    app: App,
    folder: Path,
    hosts: Sequence[str],
    devices: int,
    port: int,
    gateway_port: int,
    broker_user: str,
    gateway_user: str,
    is_check: bool,
    as_json: bool,
) -> None:
    """Make it whole or not at all."""
    _check_hosts(hosts)
    if is_check:
        _check(app, folder, hosts[0] if hosts else None, port, as_json)
        return
    if not hosts:
        raise BooksError("bad_host", text="")
    at = folder.absolute()
    if port == gateway_port:
        raise BooksError("one_port", port=port)
    if _UNSPEAKABLE.search(str(at)):
        raise BooksError("bad_folder", path=str(at))
    users = [_user(broker_user, "mosquitto"), _user(gateway_user, "lovebell")]
    plan = files.Plan(at, devices, port, gateway_port, *users)
    command = shutil.which("lovebell") or str(Path(sys.executable).with_name("lovebell"))
    try:
        install.make(plan, hosts, command, app.now(), os.urandom)
    except install.InstallError as why:
        raise BooksError(why.code, path=str(why.path)) from None
    except OSError as why:
        raise BooksError("file", path=str(at), why=why.strerror or str(why)) from None
    if as_json:
        print_json({"folder": str(at), "hosts": list(hosts), "devices": devices, "port": port})
    else:
        app.say("broker_made", path=at, hosts=", ".join(hosts), port=port)


def _user(named: str, usual: str) -> str:
    """Root gives the parts to their users; anybody else runs both under their own name."""
    if os.geteuid() != 0 and not named:
        return pwd.getpwuid(os.geteuid()).pw_name
    name = named or usual
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):  # ValueError: a NUL in it
        raise BooksError("no_user", id=name) from None
    return name


def _check_hosts(hosts: Sequence[str]) -> None:
    for host in hosts:
        looks_so = ":" in host or host.rpartition(".")[2].isdigit()
        if not (_is_address(host) if looks_so else _HOST.match(host)):
            raise BooksError("bad_host", text=host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host  # which of this machine's lines it is means nothing to others


@broker.command(
    "renew",
    help="给服务器换新证书；板子不用动。|Give the broker a new certificate; no board is touched.",
)
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.option("--host", "hosts", multiple=True, help="新的名字或地址；默认照旧。|Other names.")
@json_option
@pass_app
def renew(app: App, folder: Path, hosts: Sequence[str], as_json: bool) -> None:
    """The authority stays."""
    _check_hosts(hosts)
    try:
        names = install.renew(folder.absolute(), hosts, app.now())
        until = authority.expires_ms((folder / "server.crt").read_bytes())
    except install.InstallError as why:
        raise BooksError(why.code, path=str(why.path)) from None
    except OSError as why:
        raise BooksError("file", path=str(folder), why=why.strerror or str(why)) from None
    if as_json:
        print_json({"folder": str(folder), "hosts": names, "until": utc(until)})
    else:
        app.say("broker_renewed", hosts=", ".join(names), until=(utc(until) or "")[:10])


@broker.command(
    "check",
    help="从外面检查运行着的服务器：谁进得来，谁读写得到什么。|Try a running broker from outside: "
    "who gets in, and who can read and write what.",
)
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.option("--host", help="从哪个名字或地址进；默认用证书上的。|By which name; else the first.")
@click.option("--port", type=_PORT, default=files.PORT, help="TLS 端口。|The port for TLS.")
@json_option
@pass_app
def check(app: App, folder: Path, host: str | None, port: int, as_json: bool) -> None:
    """Exit code 1 if anything is not as it must be."""
    _check_hosts([host] if host is not None else [])
    _check(app, folder, host, port, as_json)


def _check(app: App, folder: Path, host: str | None, port: int, as_json: bool) -> None:
    try:
        found = authority.hosts_of((folder / "server.crt").read_bytes())
        raw = (folder / "rights" / "probe.json").read_text(encoding="utf-8")
        secrets: dict[str, str] = json.loads(raw)
        until = authority.expires_ms((folder / "server.crt").read_bytes())
        place = Place(host or found[0], port, folder / "ca.crt")
        results = inspection.inspect(place, secrets, until, app.now())
    except FileNotFoundError:
        raise BooksError("no_broker_folder", path=str(folder)) from None
    except (OSError, ValueError) as why:
        raise BooksError("file", path=str(folder), why=str(why)) from None
    if as_json:
        print_json([{"check": one.name, "ok": one.is_good, "said": one.said} for one in results])
    else:
        for one in results:
            mark = app.text("check_good" if one.is_good else "check_bad")
            said = f" ({one.said})" if one.said and not one.is_good else ""
            click.echo(f"{mark}  {app.text(f'check_{one.name}')}{said}")
    if not all(one.is_good for one in results):
        raise ToldError(app.text("broker_unsafe"), 1)

"""`lovebell device enrol`: identities for new boards, on their way to a technician."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lovebell.commands.app import App, json_option, pass_app, print_json, utc
from lovebell.commands.base import FilePath, command
from lovebell.commands.publisher import publisher_of
from lovebell.domain.address import place_of
from lovebell.domain.episode import What
from lovebell.domain.model import DeviceKind
from lovebell.provision import rights
from lovebell.provision.bundle import Broker, Bundle, seal
from lovebell.provision.identities import MOST, identities, password_hash
from lovebell.store import boards, credentials, names
from lovebell.store import books as store
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

DAY_MS: Final = 86_400_000
LEAST_CHARACTERS: Final = 8
BUNDLE: Final = "bundle"  # by what a device was enrolled, on record
PORTS: Final = {True: 8883, False: 1883}
_FILE = FilePath()


@command(
    "enrol",
    help="登记一批新设备，并写出给技术员的加密身份包。|Enter new devices, and write an encrypted "
    "bundle of their identities for a technician.",
)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in DeviceKind]),
    required=True,
    help="按钮还是门铃，必填。|Button or chime; must be given.",
)
@click.option(
    "--count",
    type=click.IntRange(1, MOST),
    required=True,
    help="多少台，必填。|How many; must be given.",
)
@click.option(
    "--broker",
    "hosts",
    multiple=True,
    required=True,
    help="板子连接的服务器，HOST 或 HOST:PORT，不能是 IPv6 地址，必填，可多个。"
    "|Where boards find the broker, HOST or HOST:PORT, no IPv6 address; must be given, up to four.",
)
@click.option(
    "--ca",
    type=_FILE,
    help="服务器所用证书的签发机构（PEM 或 DER）。|The authority of its certificate, PEM or DER.",
)
@click.option(
    "--no-tls",
    is_flag=True,
    help="不加密连接；只用于试验。|Connect without TLS; for trials only.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    default=30,
    help="身份包多少天内有效，默认 30。|Days for which the bundle can be used, else 30.",
)
@click.option(
    "--passwords",
    type=_FILE,
    help="把密码的散列加进 Mosquitto 的这个 password_file。|Add the hashed passwords to this "
    "password_file of Mosquitto.",
)
@click.option("--out", type=_FILE, required=True, help="写到哪个文件，必填。|The file to write.")
@json_option
@pass_app
def enrol(
    app: App,
    kind: str,
    count: int,
    hosts: Sequence[str],
    ca: Path | None,
    no_tls: bool,
    days: int,
    passwords: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Enter them. The books are only changed once all files are written."""
    certificate = None if ca is None else certificate_of(ca)
    if (certificate is None) != no_tls:
        raise BooksError("tls_or_not")
    brokers = brokers_of(hosts, is_tls=not no_tls)
    if out.exists():
        raise BooksError("file_exists", path=str(out))
    passphrase = _passphrase(app)
    expires_ms = app.now() + days * DAY_MS
    publisher = publisher_of(app.settings)
    while True:
        # All that takes time comes before the write lock, behind which receipts wait.
        with app.store.reading() as connection:
            taken = names.taken(connection)
        made = identities(kind, count, taken, os.urandom)
        hashes = {one.device: password_hash(one, os.urandom) for one in made}
        bundle = Bundle(made, brokers, certificate, expires_ms, publisher)
        sealed = seal(bundle, passphrase, os.urandom)
        with app.store.writing() as connection:
            if not names.are_free(connection, hashes):
                continue  # somebody was quicker
            _enter(connection, DeviceKind(kind), hashes, expires_ms, app.now())
            if passwords is not None:
                _add_passwords(passwords, hashes)
            write_new(out, sealed)
        break
    if as_json:
        devices = [one.device for one in made]
        print_json({"devices": devices, "bundle": str(out), "expires": utc(expires_ms)})
    else:
        needs = {"first": made[0].device, "last": made[-1].device, "path": out, "days": days}
        app.say("enrolled", n=count, **needs)


def _enter(
    connection: Connection, kind: DeviceKind, hashes: Mapping[str, str], until_ms: int, now: int
) -> None:
    store.add_devices(connection, kind, hashes)
    boards.note_all(connection, now, What.ENROLLED, hashes, {"by": BUNDLE})
    credentials.put(connection, hashes, until_ms)


def _passphrase(app: App) -> str:
    told = os.environ.get("BUNDLE_PASSPHRASE")
    if told is None:
        words = app.text("new_passphrase")
        told = str(click.prompt(words, hide_input=True, confirmation_prompt=True, err=True))
    if len(told) < LEAST_CHARACTERS:
        raise BooksError("weak_passphrase", n=LEAST_CHARACTERS)
    return told


def brokers_of(hosts: Sequence[str], *, is_tls: bool) -> list[Broker]:
    """Where boards find a broker. Raises BooksError (bad_broker, board_ipv6)."""
    found: list[Broker] = []
    for text in hosts:
        try:
            host, port = place_of(text, PORTS[is_tls])
        except ValueError:
            raise BooksError("bad_broker", text=text) from None
        is_name = 1 <= len(host) <= 253 and all(c.isascii() and c.isprintable() for c in host)
        if not is_name or " " in host or len(hosts) > 4:
            raise BooksError("bad_broker", text=text)
        if ":" in host:  # MicroPython on an ESP32 knows no IPv6 (micropython#3683; firmware's dial)
            raise BooksError("board_ipv6", text=text)
        found.append(Broker(host, port, is_tls))
    return found


def certificate_of(path: Path) -> bytes:
    """In DER, as a board reads it. Raises BooksError (file, bad_certificate)."""
    try:
        raw = path.read_bytes()
    except OSError as why:
        raise BooksError("file", path=str(path), why=str(why.strerror)) from None
    for load in (x509.load_pem_x509_certificate, x509.load_der_x509_certificate):
        with suppress(ValueError):
            return load(raw).public_bytes(Encoding.DER)
    raise BooksError("bad_certificate", path=str(path))


def _add_passwords(path: Path, hashes: Mapping[str, str]) -> None:
    """Whole or not at all: a broker that reads it meanwhile finds the file before."""
    try:
        before = path.read_bytes() if path.exists() else b""
        new = path.with_name(path.name + ".new")
        new.unlink(missing_ok=True)
        write_new(new, before + rights.passwords(hashes).encode())
        if before:  # it stays the broker's to read
            owner = path.stat()
            os.chown(new, owner.st_uid, owner.st_gid)
        new.replace(path)
    except OSError as why:
        raise BooksError("file", path=str(path), why=str(why.strerror)) from None


def write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """A new file, which by default nobody else may read. Raises BooksError (file)."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as why:
        raise BooksError("file", path=str(path), why=str(why.strerror)) from None

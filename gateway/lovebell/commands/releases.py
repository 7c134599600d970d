"""`lovebell firmware key`, `publish` and `add`: from what `make firmware` made to a release that
boards believe.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import FilePath, FolderPath, command
from lovebell.commands.enrol import LEAST_CHARACTERS, write_new
from lovebell.commands.orders import operator
from lovebell.commands.publisher import publisher_of
from lovebell.provision import release as files
from lovebell.provision import signing
from lovebell.provision.image import ImageError
from lovebell.store import firmware as store
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from lovebell.domain.firmware import Release

_FILE = FilePath()


@command(
    "key",
    help="生成发布人的密钥：FILE 用口令加密，自己保管；FILE.pub 是公钥，写进网关的设置和板子。|"
    "Make the publisher's key: FILE, encrypted with a passphrase, stays with you; FILE.pub is for "
    "gateways and boards.",
)
@click.argument("file", type=_FILE, metavar="FILE")
@json_option
@pass_app
def key(app: App, file: Path, as_json: bool) -> None:
    """Make a key. Nothing is overwritten."""
    public = file.with_name(file.name + ".pub")
    for path in (file, public):
        if os.path.lexists(path):
            raise BooksError("file_exists", path=str(path))
    private, modulus = signing.make_key(_new_passphrase(app))
    write_new(file, private)
    write_new(public, modulus.encode() + b"\n", mode=0o644)
    if as_json:
        print_json({"key": str(file), "public": str(public)})
    else:
        app.say("key_made", path=file, public=public)


@command(
    "publish",
    help="签名发布 make firmware 的固件，开始分批升级；有 --out 则只写出发布文件。|Sign the "
    "firmware of make firmware and begin its roll-out; with --out only write the release file.",
)
@click.argument("folder", type=FolderPath(), metavar="[FOLDER]", default="build/firmware")
@click.option(
    "--key",
    "key_file",
    type=_FILE,
    required=True,
    help="发布人的密钥，必填。|The publisher's key; must be given.",
)
@click.option("--out", type=_FILE, help="写出发布文件，不在本网关发布。|Write a file instead.")
@json_option
@pass_app
def publish(app: App, folder: Path, key_file: Path, out: Path | None, as_json: bool) -> None:
    """Sign, and begin."""
    if out is not None and out.exists():
        raise BooksError("file_exists", path=str(out))
    try:
        build = files.read_build(folder)
        release, image = files.signed(build, _private(app, key_file))
    except ImageError as why:
        raise BooksError(why.code, **why.needs) from None
    if out is None:
        _begin(app, release, image, key_file)
    else:
        write_new(out, files.to_file(release, image), mode=0o644)
    _tell(app, release, as_json, out)


@command(
    "add",
    help="把发布文件交给网关，核对签名，开始分批升级。|Give a release file to the gateway: its "
    "signature is checked, and the roll-out begins.",
)
@click.argument("file", type=_FILE, metavar="FILE")
@json_option
@pass_app
def add(app: App, file: Path, as_json: bool) -> None:
    """Check, and begin."""
    try:
        release, image = files.from_file(file)
    except ImageError as why:
        raise BooksError(why.code, **why.needs) from None
    except OSError as why:
        raise BooksError("file", path=str(file), why=why.strerror or str(why)) from None
    _begin(app, release, image, file)
    _tell(app, release, as_json, None)


def _begin(app: App, release: Release, image: bytes, path: Path) -> None:
    """Raises BooksError (no_publisher, other_publisher, not_newer, rollout_runs)."""
    modulus = publisher_of(app.settings)
    if modulus is None:
        raise BooksError("no_publisher")
    if not files.is_by(release, modulus):
        publisher = str(app.settings.firmware_publisher)
        raise BooksError("other_publisher", path=str(path), publisher=publisher)
    with app.store.writing() as connection:
        waves = app.settings.firmware_waves
        store.publish(connection, release, image, waves, operator(), app.now())


def _tell(app: App, release: Release, as_json: bool, out: Path | None) -> None:
    if as_json:
        told = {"version": release.version, "mpy": release.mpy, "size": release.size}
        print_json({**told, "sha256": release.sha256, "out": None if out is None else str(out)})
    elif out is not None:
        app.say("release_written", version=release.version, path=out)
    else:
        app.say("release_published", version=release.version, size=release.size)
        if not app.store.gateway_runs():
            app.say("release_waits")


def _private(app: App, path: Path) -> RSAPrivateKey:
    try:
        return signing.read_key(path.read_bytes(), lambda: _passphrase(app))
    except signing.KeyFileError as why:
        raise BooksError(why.code, path=str(path)) from None
    except OSError as why:
        raise BooksError("file", path=str(path), why=why.strerror or str(why)) from None


def _passphrase(app: App) -> str:
    told = os.environ.get("FIRMWARE_PASSPHRASE")
    if told is not None:
        return told
    return str(click.prompt(app.text("key_passphrase"), hide_input=True, err=True))


def _new_passphrase(app: App) -> str:
    told = os.environ.get("FIRMWARE_PASSPHRASE")
    if told is None:
        words = app.text("new_key_passphrase")
        told = str(click.prompt(words, hide_input=True, confirmation_prompt=True, err=True))
    if len(told) < LEAST_CHARACTERS:
        raise BooksError("weak_passphrase", n=LEAST_CHARACTERS)
    if len(told.encode()) > signing.MOST_PASSPHRASE:
        raise BooksError("long_passphrase", n=signing.MOST_PASSPHRASE)
    return told

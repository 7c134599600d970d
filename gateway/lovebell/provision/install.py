"""An installation of the broker on disk: made whole or not at all, renewed in place.

Owns the folder, who may read what in it, and the rights files. What stands in the files is known
to their own modules.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lovebell.domain.model import Books
from lovebell.provision import authority, files, rights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SECRET_BYTES: Final = 16  # 128 bits
_SIGNER: Final = "authority/ca.key"
# What the gateway writes among the rights belongs to the broker's group, which may read it.
_FOLDERS: Final = {
    "authority": 0o700,
    "data": 0o750,
    "log": 0o750,
    "rights": 0o2750,
    "units": 0o755,
}


class InstallError(OSError):
    """An installation cannot be used; `code` is folder_in_use or no_broker_folder."""

    def __init__(self, code: str, path: Path) -> None:
        super().__init__(f"{code}: {path}")
        self.code = code
        self.path = path


def make(
    plan: files.Plan,
    hosts: Sequence[str],
    lovebell: str,
    now_ms: int,
    random: Callable[[int], bytes],
) -> None:
    """Make the folder with all that is in it.

    It is built beside its place and moved there in one step, so there is never half of one.
    Raises InstallError (folder_in_use), OSError; then nothing is left.
    """
    if plan.folder.exists():
        raise InstallError("folder_in_use", plan.folder)
    plan.folder.parent.mkdir(parents=True, exist_ok=True)
    draft = plan.folder.with_name(f".{plan.folder.name}.new-{os.getpid()}")
    try:
        draft.mkdir()
        draft.chmod(0o755)  # whatever the umask
        _fill(draft, plan, hosts, lovebell, now_ms, random)
        _own(draft, plan)
        draft.rename(plan.folder)
    except FileExistsError:
        raise InstallError("folder_in_use", plan.folder) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(
    at: Path,
    plan: files.Plan,
    hosts: Sequence[str],
    lovebell: str,
    now_ms: int,
    random: Callable[[int], bytes],
) -> None:
    for name, mode in _FOLDERS.items():
        (at / name).mkdir()
        (at / name).chmod(mode)
    signer = authority.make_authority(now_ms)
    _write(at / _SIGNER, signer.key, 0o600)
    _write(at / "ca.crt", signer.certificate, 0o644)
    _write(at / "ca.der", signer.der, 0o644)
    _write_server(at, authority.make_server(signer, hosts, now_ms))
    secret = random(SECRET_BYTES).hex()
    _write(at / "gateway.password", secret.encode() + b"\n", 0o600)
    write_rights(at, Books(), {}, secret, random)
    _write(at / "mosquitto.conf", files.mosquitto_conf(plan).encode(), 0o644)
    _write(at / "lovebell.toml", files.lovebell_toml(plan).encode(), 0o644)
    for name, text in files.units(plan, lovebell).items():
        _write(at / "units" / name, text.encode(), 0o644)
    _write(at / "units" / "lovebell-broker.logrotate", files.logrotate(plan).encode(), 0o644)


def renew(folder: Path, hosts: Sequence[str], now_ms: int) -> list[str]:
    """Give the broker a new certificate, for `hosts` or for those it had, and return them.

    The authority stays, so no board need be touched. Raises InstallError (no_broker_folder),
    OSError; then the old one stays.
    """
    try:
        signer = authority.Pair((folder / "ca.crt").read_bytes(), (folder / _SIGNER).read_bytes())
        before = (folder / "server.crt").read_bytes()
    except FileNotFoundError:
        raise InstallError("no_broker_folder", folder) from None
    names = list(hosts) or authority.hosts_of(before)
    _write_server(folder, authority.make_server(signer, names, now_ms))
    return names


def _write_server(folder: Path, pair: authority.Pair) -> None:
    # One file for both, so that a power cut leaves no certificate with another one's key.
    owner = (folder / "server.key").stat() if (folder / "server.key").exists() else None
    both = pair.certificate + pair.key
    _replace(folder / "server.key", both, 0o600, owner)
    _replace(folder / "server.crt", pair.certificate, 0o644, None)


def write_rights(
    folder: Path,
    books: Books,
    devices: Mapping[str, str],
    secret: str,
    random: Callable[[int], bytes],
) -> dict[str, str]:
    """Write who may do what, for a broker that is then told to read it; the new secrets of the
    two accounts for trying. With those one sees whether it has read it.

    Raises OSError.
    """
    tried = {user: random(SECRET_BYTES).hex() for user in (rights.PROBE, rights.TWIN)}
    own = {rights.GATEWAY: secret, **tried}
    accounts = {user: rights.hashed(one, rights.own_salt(one)) for user, one in own.items()}
    at = folder / "rights"
    _replace(at / "access", rights.access(books, devices).encode(), 0o640, at.stat())
    _replace(at / "probe.json", json.dumps(tried).encode(), 0o600, None)
    # The last: at its change systemd tells the broker.
    content = rights.passwords({**accounts, **devices})
    _replace(at / "passwords", content.encode(), 0o640, at.stat())
    return tried


def _replace(path: Path, content: bytes, mode: int, owner: os.stat_result | None) -> None:
    """The old file or the new one, whatever happens; `owner` says whose and which group's."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    _write(new, content, mode)
    if owner is not None and os.geteuid() == 0:
        os.chown(new, owner.st_uid, owner.st_gid)
    new.replace(path)


def _write(path: Path, content: bytes, mode: int) -> None:
    """A new file, on disk, and never readable by more than `mode` says."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(content)
        os.fchmod(number, mode)
        file.flush()
        os.fsync(number)


def _own(at: Path, plan: files.Plan) -> None:
    """Give the parts to their users. Only root can; others run both under their own name."""
    if os.geteuid() != 0:
        return
    for name in ("data", "log", "server.key"):
        shutil.chown(at / name, plan.broker_user, plan.broker_user)
    shutil.chown(at / "gateway.password", plan.gateway_user)
    shutil.chown(at / "rights", plan.gateway_user, plan.broker_user)
    (at / "rights").chmod(_FOLDERS["rights"])  # a change of owner takes the group's bit away
    for file in (at / "rights").iterdir():
        shutil.chown(file, plan.gateway_user, plan.broker_user)


def tell(folder: Path) -> bool:
    """Have a broker that runs under our own user read its files again; whether that was done.

    Where it runs under another, systemd tells it.
    """
    try:
        number = int((folder / "data" / "mosquitto.pid").read_text(encoding="ascii"))
        # A file that a killed broker left behind may name anybody by now.
        name = Path(f"/proc/{number}/comm").read_text(encoding="ascii").strip()
        if name == "mosquitto":
            os.kill(number, 1)  # SIGHUP
            return True
    except (OSError, ValueError):
        pass
    return False

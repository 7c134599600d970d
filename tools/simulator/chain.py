"""Certificates for a private broker, made with the openssl command.

Owns the folder with an authority, its key and what it has signed. For tests and measurements:
nothing here is fit to protect anything.
"""

from __future__ import annotations

import datetime
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """\
[ca]
default_ca = here
[here]
dir = .
database = ./{name}.txt
serial = ./{name}.srl
new_certs_dir = .
certificate = ./{name}.pem
private_key = ./{name}.key
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = DNS:{host}
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def is_possible() -> bool:
    """Whether this machine can make certificates."""
    return shutil.which("openssl") is not None


class Chain:
    """A folder with an authority `ca`, in DER for the boards, another one, `other`, and the
    broker's certificate, which `sign` makes anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        for name in ("ca", "other"):
            files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
            self._openssl("req", "-x509", *KEY, "-days", "9000", "-subj", f"/CN={name}", *files)
            self._openssl("x509", "-in", f"{name}.pem", "-outform", "DER", "-out", f"{name}.der")
        self.sign()

    def sign(
        self,
        host: str = "localhost",
        authority: str = "ca",
        first_day: float = -1,
        last_day: float = 30,
    ) -> None:
        """A certificate for `host`, valid between two days counted from today."""
        (self.folder / "names.cnf").write_text(CONFIGURATION.format(name=authority, host=host))
        (self.folder / f"{authority}.txt").write_text("")
        (self.folder / f"{authority}.srl").write_text("10\n")
        files = ("-keyout", "broker.key", "-out", "broker.csr")
        self._openssl("req", *KEY, "-subj", f"/CN={host}", *files)
        span = ("-startdate", _moment(first_day), "-enddate", _moment(last_day))
        files = ("-in", "broker.csr", "-out", "broker.pem", "-notext")
        self._openssl("ca", "-batch", "-config", "names.cnf", *span, *files)

    def give(self, directory: Path, authority: str = "ca") -> None:
        """Put the authority onto the flash of a board."""
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.folder / f"{authority}.der", directory / "ca.der")

    def listener(self, port: int) -> str:
        """What a Mosquitto needs to be told to listen with this certificate."""
        return (
            f"listener {port} 127.0.0.1\ncafile {self.folder}/ca.pem\n"
            f"certfile {self.folder}/broker.pem\nkeyfile {self.folder}/broker.key\n"
        )

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


def _moment(day: float) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=day)
    return moment.strftime("%Y%m%d%H%M%SZ")

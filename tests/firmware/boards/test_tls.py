"""The link over TLS: a chain that leads to our authority, or no connection."""

import shutil
import subprocess

import pytest

from simulator.mosquitto import Mosquitto, free_port

from .conftest import PATIENCE_S

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the chain")


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def chain(tmp_path):
    """A folder with an authority, another one, and the broker's certificate for localhost."""
    folder = tmp_path / "chain"
    folder.mkdir()
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    for name in ("ca", "other"):
        subject = ("-subj", f"/CN={name}")
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        openssl("req", "-x509", *key, *subject, *files, cwd=folder)
        openssl("x509", "-in", f"{name}.pem", "-outform", "DER", "-out", f"{name}.der", cwd=folder)
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    files = ("-keyout", "broker.key", "-out", "broker.csr")
    openssl("req", *key[:-2], "-subj", "/CN=localhost", *files, cwd=folder)
    sign = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    files = ("-in", "broker.csr", "-out", "broker.pem", "-extfile", "names")
    openssl("x509", "-req", *sign, *files, cwd=folder)
    return folder


@pytest.fixture
def broker(tmp_path, chain):
    port = free_port()
    extra = (
        f"listener {port} 127.0.0.1\ncafile {chain}/ca.pem\n"
        f"certfile {chain}/broker.pem\nkeyfile {chain}/broker.key\n"
    )
    broker = Mosquitto(tmp_path / "broker", extra=extra)
    broker.tls_port = port
    broker.start()
    yield broker
    broker.stop()


def settings(broker, host="localhost"):
    return {"broker": [{"host": host, "port": broker.tls_port, "tls": True}], "ca": "ca.der"}


async def board_that_trusts(authority, boards, broker, chain, **more):
    directory = chain.parent / "b-01"
    directory.mkdir()
    shutil.copy(chain / f"{authority}.der", directory / "ca.der")
    return await boards("b-01", "button", config=settings(broker, **more))


async def test_a_press_goes_through_a_verified_connection(boards, broker, chain, far_end):
    button = await board_that_trusts("ca", boards, broker, chain)
    await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    button.press()
    await far_end.hears("press", kind="call")


@pytest.mark.parametrize(("authority", "host"), [("other", "localhost"), ("ca", "127.0.0.1")])
async def test_another_authority_or_another_name_is_refused(boards, broker, chain, authority, host):
    button = await board_that_trusts(authority, boards, broker, chain, host=host)
    await button.wait_for(
        lambda board: sum("broker down" in line for line in board.log) >= 2, PATIENCE_S
    )
    assert not any(line == "broker up" for line in button.log)

"""The commands that make something: setup and label."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from platformdirs import user_cache_path

from lovebell.provision.bundle import ROLES
from lovebell_tools import images, labels, ports, upkeep, words
from lovebell_tools.bilingual import command
from lovebell_tools.board import BoardError
from lovebell_tools.bundle import open_bundle
from lovebell_tools.crew import Done, make_all
from lovebell_tools.identity import access_of, of_role, read_site
from lovebell_tools.ledger import Ledger
from lovebell_tools.making import Order
from lovebell_tools.online import gateway_at, gateway_options, tell_gateway
from lovebell_tools.options import (
    FILE,
    Seconds,
    firmware_in,
    firmware_option,
    json_option,
    language,
    passphrase,
    ports_option,
    print_json,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@command("setup", help="把插着的板子全部做好。|Set up all boards that are plugged in.")
@ports_option
@click.option(
    "--bundle",
    type=FILE,
    help="身份包，由网关管理员给。|The bundle of identities, from the gateway's operator.",
)
@gateway_options
@click.option(
    "--site",
    type=FILE,
    required=True,
    help="现场文件：Wi-Fi 与接线。|The site's file: Wi-Fi and wiring.",
)
@click.option("--kind", type=click.Choice(ROLES), help="做哪一种。|Which kind to make.")
@click.option("--device", help="用身份包里的哪一个。|Which identity of the bundle to use.")
@firmware_option
@click.option(
    "--image",
    type=FILE,
    help="MicroPython 映像文件；不给就下载核对过的。|An image of MicroPython; without it the "
    "checked one is downloaded.",
)
@click.option(
    "--sha256",
    help="映像文件应有的 SHA-256。|The SHA-256 that the image must have.",
)
@click.option(
    "--wait",
    type=Seconds(3600),
    default=90,
    help="等它连上的秒数；0 不等。|Seconds to wait for the broker; 0 to not wait.",
)
@click.option(
    "--press",
    type=Seconds(3600),
    default=120,
    help="等人试按的秒数；0 不试。|Seconds to wait for a test press; 0 for none.",
)
@json_option
def setup(
    named: Sequence[str],
    bundle: Path | None,
    gateway: str | None,
    gateway_ca: Path | None,
    token_file: Path | None,
    site: Path,
    kind: Any,
    device: str | None,
    firmware: Path | None,
    image: Path | None,
    sha256: str | None,
    wait: float,
    press: float,
    as_json: bool,
) -> None:
    """Make them all, each in its own line; exit code 1 if one of them is not ready."""
    found = ports.ports(named)
    if device is not None and len(found) > 1:
        raise BoardError("one_device", count=len(found))
    place = read_site(site)
    # What is asked of whoever sits there is asked before a board is touched.
    _check_source(bundle, gateway, kind, device)
    _check_image(image, sha256)
    desk = None if gateway is None else gateway_at(gateway, gateway_ca, token_file)
    identities = None if bundle is None else open_bundle(bundle, passphrase)
    if identities is not None:
        of_role(identities, kind)
    ledger = None if bundle is None else Ledger(bundle.with_name(bundle.name + ".given.json"))
    order = Order(
        firmware_in(firmware),
        identities,
        place,
        ledger,
        user_cache_path("lovebell-tech"),
        kind,
        device,
        image,
        wait,
        press,
        desk,
    )
    spoken = language()
    done = make_all(found, order, spoken, is_shown=not as_json)
    heard = {} if as_json else _report(done, spoken)
    if as_json:
        print_json([one.document(spoken) for one in done])
    if desk is not None:
        tell_gateway(desk, ledger, done, heard)
    if any(one.made is None for one in done):
        sys.exit(1)


def _check_image(image: Path | None, sha256: str | None) -> None:
    """Raises BoardError: `sha256_alone` and those of images.checked()."""
    if image is not None:
        images.checked(image, sha256)
    elif sha256 is not None:
        raise BoardError("sha256_alone")


def _check_source(bundle: Path | None, gateway: str | None, kind: Any, device: str | None) -> None:
    """Raises BoardError: `no_source`, `online_role`, `online_device`."""
    if bundle is not None:
        return
    if gateway is None:
        raise BoardError("no_source")
    if kind is None:
        raise BoardError("online_role")
    if device is not None:
        raise BoardError("online_device")


def _report(done: Sequence[Done], spoken: str) -> dict[str, bool]:
    """Tell what has become of each; which chimes sounded, as far as somebody was there to say."""
    heard: dict[str, bool] = {}
    colon = words.say(spoken, "colon")
    for one in done:
        if one.why is not None:
            click.echo(f"{one.port}{colon}{words.of_error(spoken, one.why)}", err=True)
        elif one.made is not None:
            said = words.say(spoken, f"ready_{one.made.proof}")
            click.echo(f"{one.port}{colon}{one.made.device} {said}")
    for one in done:
        # Whether it sounded only an ear can tell.
        if one.made is not None and one.made.proof == "press" and sys.stdin.isatty():
            question = f"{one.made.device}: {words.say(spoken, 'did_chime')}"
            heard[one.made.device] = click.confirm(question, default=True)
            if not heard[one.made.device]:
                say("chime_mute", device=one.made.device)
    return heard


@command(
    "label",
    help="印标签：二维码、编号、种类，配网用的 Wi-Fi。|Print labels: QR code, name, kind, and the "
    "Wi-Fi for setting it up.",
)
@click.argument("devices", nargs=-1, metavar="[DEVICE=KIND]...")
@click.option("--bundle", type=FILE, help="身份包里的全部。|All identities of a bundle.")
@click.option(
    "--port",
    "named",
    multiple=True,
    help="插在这个串口上的板子，可多次给出。|The board on this serial port, as often as you like.",
)
@click.option(
    "--out",
    type=FILE,
    default=Path("labels.pdf"),
    help="写到哪个文件。|The file to write.",
)
@click.option("--font", type=FILE, help="带中文的字体。|A font with Chinese.")
@json_option
def label(
    devices: Sequence[str],
    bundle: Path | None,
    named: Sequence[str],
    out: Path,
    font: Path | None,
    as_json: bool,
) -> None:
    """Write the sheet."""
    found = [labels.read(text) for text in devices]
    found += [upkeep.who(port) for port in named]
    if bundle is not None:
        identities = open_bundle(bundle, passphrase).identities
        found += [
            labels.Label(one.device, one.role, access_of(one.device, one.secret))
            for one in identities
        ]
    labels.write(found, out, font)
    if as_json:
        print_json({"labels": len(found), "path": str(out)})
    else:
        say("printed", count=len(found), path=out)

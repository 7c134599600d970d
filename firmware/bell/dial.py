"""Opens a connection to a broker: name, socket, TLS.

Owns the socket until it is a stream, so that none is left open. Knows nothing of MQTT.
MicroPython has no finaliser on every port: what is not closed by hand stays open.
"""

import asyncio
import errno
import select
import socket
import sys

from bell.ticks import ticks_diff

CONNECT_MS = 8_000  # a lost SYN is repeated after 1 and 3 seconds
LOOK_MS = 10
_TCP = 6
_NODELAY = 1
_REQUIRED = 2  # ssl.CERT_REQUIRED; without it nothing at all is verified


class Refused(Exception):  # noqa: N818 - it is the broker that is
    """The broker's certificate is not good; the message says why, `only_date` whether it is of
    the future and otherwise good."""

    def __init__(self, message: str, only_date: bool) -> None:
        super().__init__(message)
        self.only_date = only_date


class Connection:
    """A stream to a broker. Close it, whatever has happened to it."""

    def __init__(self, reader, writer, raw) -> None:
        self.reader = reader
        self.writer = writer
        self._raw = raw

    def close(self) -> None:
        """Close it at once: the stream, what TLS holds outside of our heap, the socket."""
        # MicroPython's stream leaves what it stands on open: it would wait for the collector.
        _close(self.writer, getattr(self.writer, "s", None), self._raw)


async def dial(host: str, port: int, ca: str | None, now, seen=None) -> Connection:
    """A connection to `host`, over TLS if there is the DER file `ca` of an authority, without a
    handshake as yet. The name is asked for anew each time: the address may have changed.

    `seen(certificate)` is called for each one in the chain before it is verified. Raises OSError.
    """
    if sys.implementation.name != "micropython":
        context = _context(ca) if ca else None
        name = host if ca else None
        opening = asyncio.open_connection(host, port, ssl=context, server_hostname=name)
        return Connection(*await asyncio.wait_for(opening, CONNECT_MS / 1000), None)
    family, kind, protocol, _, address = look_up(host, port, socket.SOCK_STREAM)
    raw = sock = socket.socket(family, kind, protocol)
    try:
        await _connect(raw, address, now)
        if ca:
            context = _context(ca, seen)
            sock = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
        stream = asyncio.StreamReader(sock)
    except BaseException:
        _close(sock, raw)
        raise
    return Connection(stream, stream, raw)


def look_up(host: str, port: int, kind: int) -> tuple:
    """(family, kind, protocol, name, address) of `host`. Blocks. Raises OSError."""
    # Of IPv6 an ESP32 gives no address. And before MicroPython 1.25 it gives an empty list for a
    # name that it cannot find, where others raise OSError.
    found = socket.getaddrinfo(host, port, socket.AF_INET, kind)
    if not found:
        raise OSError("no address of {}".format(host))
    return found[0]


def _close(*layers) -> None:
    for layer in layers:
        try:
            if layer is not None:
                layer.close()
        except OSError:
            pass  # it was broken anyway


async def _connect(raw, address, now) -> None:
    raw.setblocking(False)
    raw.setsockopt(_TCP, _NODELAY, 1)
    try:
        raw.connect(address)
    except OSError as why:
        if why.args[0] != errno.EINPROGRESS:
            raise
    poll = select.poll()
    poll.register(raw, select.POLLOUT)
    began = now()
    while not poll.poll(0):
        if ticks_diff(now(), began) >= CONNECT_MS:
            raise OSError(errno.ETIMEDOUT)
        await asyncio.sleep(LOOK_MS / 1000)


def _context(ca: str, seen=None):
    """A context that trusts the authority in the DER file `ca` and nobody else."""
    try:
        with open(ca, "rb") as file:
            authority = file.read()
        if seen is None:
            import ssl

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=authority)
        else:
            import tls  # what MicroPython's ssl stands on: only here certificates can be seen

            context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(authority)
            context.verify_callback = (  # pyright: ignore - newer than the stubs
                lambda der, depth: seen(der) or 0
            )
    except (OSError, ValueError) as why:
        raise OSError("{} is no authority ({}): run lovebell-tech setup".format(ca, why))
    # Some versions of MicroPython begin with CERT_NONE.
    context.verify_mode = _REQUIRED  # pyright: ignore - an integer there
    return context

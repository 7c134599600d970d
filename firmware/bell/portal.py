"""The Wi-Fi is set up: an access point of the board's own and a page on it, in place of the link.

Owns the order of it, and when it ends: with a network that was saved, with a press, which must not
wait, or when nobody is there. Meanwhile the rest of the device goes on: a press is journalled, and
as nothing gets through, its lamp says so. Imported only at a start that somebody has asked for,
and the link is not: together they would need half as much heap again.
"""

import asyncio
import os

from bell import VERSION, access, air, form, release
from bell.ticks import is_over, ticks_add
from bell.wifi import NoWifi, Wifi, station

PORT = 80
LOOK_MS = 200
IDLE_MS = 600_000
LONGEST_MS = 3_600_000
LAST_MS = 15_000  # for the phone to show what has become of it
REQUEST_MS = 5_000
MOST_AT_ONCE = 4
_PAGE = "200 OK\r\nContent-Type: text/html; charset=utf-8"
_THERE = "302 Found\r\nLocation: http://{}/".format(access.ADDRESS)
_BACK = "303 See Other\r\nLocation: /"
_HEAD = (
    "HTTP/1.1 {}\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Security-Policy: "
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    "\r\n\r\n"
)
_NOT_THERE = 201  # as wifi.py has it
_DONE = ("joined", "kept")


class Portal:
    """The set-up of one device, with the face of a link that is down. `owner` has say(line),
    fault(word, is_there) and newest(), the id of the newest record in the journal."""

    was_kept = False

    def __init__(self, settings: dict, directory: str, board, owner) -> None:
        self.rounds = 0
        self._settings = settings
        self._directory = directory
        self._board = board
        self._owner = owner
        self._newest = owner.newest()  # what is newer than that was pressed meanwhile
        self._token = os.urandom(8).hex()
        self._networks: list = []
        self._said = ("choose", "")
        self._wish = None  # (network, whether to try it), until it has been seen to
        self._work: asyncio.Task | None = None  # which sees to it
        self._wants_search = True
        self._at_once = 0
        now = board.now()
        self._ends = ticks_add(now, LONGEST_MS)
        self._idle = ticks_add(now, IDLE_MS)  # until when somebody must have come

    def send(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """There is nobody to send it to."""

    def subscribe(self, topics: list) -> None:
        """There is nothing to subscribe to."""

    def hurry(self) -> None:
        """The owner's newest record says as much."""

    def rssi(self) -> int | None:
        """No network, no signal."""
        return None

    async def run(self) -> None:
        """Until the device is to start again. Raises OSError without an access point."""
        device = self._settings["device"]
        self._owner.fault("config", True)
        self._board.watchful = True  # the driver of the radio may block the loop
        await asyncio.sleep(LOOK_MS / 1000)  # so that what the lamp says sounds before it does
        self._search()
        point = air.AccessPoint()
        point.open(access.name(device), access.password(self._settings["password"]))
        catcher = asyncio.create_task(self._catch())
        try:
            server = await asyncio.start_server(self._serve, access.ADDRESS, PORT, 2)
            self._owner.say("set-up open: {}".format(access.name(device)))
            await self._live()
            server.close()
        finally:
            if self._work is not None:
                self._work.cancel()
            catcher.cancel()
            point.close()
        self._owner.say("set-up closed: {}".format(self._said[0]))

    async def _live(self) -> None:
        while True:
            self.rounds = (self.rounds + 1) & 0xFFFF
            now = self._board.now()
            if is_over(now, self._ends) or is_over(now, self._idle):
                return
            if self._owner.newest() != self._newest:
                self._owner.say("set-up ends: a press must not wait")
                return
            await self._work_on()
            await asyncio.sleep(LOOK_MS / 1000)

    async def _work_on(self) -> None:
        """One thing at a time, and beside the loop: a press must not wait for a network either."""
        if self._work is not None:
            if self._work.done():
                await self._work  # which raises what has ended it
                self._work = None
        elif self._wish is not None:
            self._work = asyncio.create_task(self._grant(*self._wish))
        elif self._wants_search:
            self._search()

    def _search(self) -> None:
        self._wants_search = False
        self._networks = air.found(station())
        self._board.blocked = True  # for seconds, and nobody saw the button

    async def _grant(self, network: dict, is_tried: bool) -> None:
        """See to a wish; what has become of it stands on the page afterwards."""
        word = await self._trouble_with(network) if is_tried else None
        if word is None:
            word = self._save(network, is_tried)
        self._said = (word, network["ssid"])
        self._wish = None
        self._owner.say("set-up: {}".format(word))

    def _save(self, network: dict, is_proven: bool) -> str:
        from bell import networks

        self._board.blocked = True  # flash takes its time
        try:
            networks.save(self._directory, self._settings["device"], network, is_proven)
        except (ValueError, OSError, MemoryError):
            return "flash"
        finally:
            release("networks")
            release("config")
        self._ends = ticks_add(self._board.now(), LAST_MS)
        return "joined" if is_proven else "kept"

    async def _trouble_with(self, network: dict) -> str | None:
        """What keeps us from joining it, as a word of page.py. None if nothing does."""
        wifi = Wifi([network], self._board.now, station())
        try:
            await wifi.join()
        except NoWifi:
            if wifi.has_wrong_password:
                return "wrong"
            return "missing" if station().status() == _NOT_THERE else "silent"
        except (OSError, RuntimeError):
            return "silent"  # it is how some versions tell what the driver said
        finally:
            await wifi.leave()
        return None

    async def _catch(self) -> None:
        from bell import catch

        try:
            await catch.run(access.ADDRESS)
        except OSError as why:
            self._owner.say("phones must be told the address: {}".format(why))

    async def _serve(self, reader, writer) -> None:
        """One connection. Whatever comes, it ends soon and takes little."""
        self._at_once += 1
        try:
            if self._at_once <= MOST_AT_ONCE:
                await asyncio.wait_for(self._answer(reader, writer), REQUEST_MS / 1000)
        except (OSError, EOFError, ValueError, MemoryError, asyncio.TimeoutError):
            pass  # whoever it was is gone, or sends what nobody can use
        finally:
            self._at_once -= 1
            try:
                writer.close()
                await writer.wait_closed()
            except OSError:
                pass

    async def _answer(self, reader, writer) -> None:
        try:
            status = self._meet(*await _request(reader))
        except form.Refused as why:
            status = why.code
        writer.write(_HEAD.format(status).encode())
        await writer.drain()
        if status == _PAGE:
            await self._show(writer)

    async def _show(self, writer) -> None:
        while self._wants_search and self._wish is None:
            await asyncio.sleep(LOOK_MS / 1000)  # who asked for another look wants to see it
        from bell import page

        about = (self._settings, VERSION, self._networks, self._said, self._token)
        try:
            for piece in page.pieces(*about):
                writer.write(piece.encode())
                await writer.drain()
        finally:
            release("page")  # its words are long, and to save takes room too

    def _meet(self, method: str, path: bytes, body: bytes) -> str:
        """Note what is asked for; the status and what belongs to it. Raises Refused."""
        if path != b"/" and path != b"/again":
            return _THERE  # a phone that looks whether there is an Internet
        self._idle = ticks_add(self._board.now(), IDLE_MS)
        if path == b"/again":
            self._wants_search = True
            return _BACK
        if method == "GET":
            return _PAGE
        if self._wish is None and self._said[0] not in _DONE:
            self._take(form.fields(body))
        return _BACK  # so that a page that is loaded again sends no form again

    def _take(self, found: dict) -> None:
        try:
            self._wish = form.wish(found, self._token)
            self._said = ("trying", self._wish[0]["ssid"])
        except form.Wrong as why:
            self._said = (why.word, why.ssid)


async def _request(reader) -> tuple:
    """(method, path, body). Raises Refused, EOFError for one that was cut short."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        if len(raw) > form.MOST_HEAD:
            raise form.Refused("431 Request Header Fields Too Large")
        raw += await _more(reader)
    start, _, body = raw.partition(b"\r\n\r\n")
    method, path, length = form.head(start)
    while len(body) < length:
        body += await _more(reader)
    return method, path, body[:length]


async def _more(reader) -> bytes:
    part = await reader.read(512)
    if not part:
        raise EOFError
    return part

"""What somebody has sent to the set-up page: the request, its form, and what is wished.

Owns the limits: whoever sends more is refused before the board has kept it. Pure.
"""

from bell import release

MOST_HEAD = 2048
MOST_BODY = 640  # a name of 32 bytes and a password of 64, each byte as %XX, with their fields
MOST_FIELDS = 8
_HEX = b"0123456789abcdefABCDEF"


class Refused(Exception):  # noqa: N818 - it is the request that is
    """Nothing was done; `code` is HTTP's for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Wrong(Exception):  # noqa: N818 - a field of the form is
    """A field of the form cannot be used: `word` of page.py says which, `ssid` is what was asked
    for."""

    def __init__(self, word: str, ssid: str) -> None:
        super().__init__(word)
        self.word = word
        self.ssid = ssid


def head(raw: bytes) -> tuple:
    """(method, path, length of the body) of a request's head. Raises Refused."""
    lines = raw.split(b"\r\n")
    words = lines[0].split(b" ")
    if len(words) != 3 or words[2][:5] != b"HTTP/":
        raise Refused("400 Bad Request")
    if words[0] not in (b"GET", b"POST"):
        raise Refused("405 Method Not Allowed")
    length = b"0"
    for line in lines[1:]:
        field, _, value = line.partition(b":")
        if field.strip().lower() == b"content-length":
            length = value.strip()
    if not length.isdigit():
        raise Refused("400 Bad Request")
    if len(length) > 4 or int(length) > MOST_BODY:
        raise Refused("413 Content Too Large")
    return words[0].decode(), words[1].split(b"?")[0], int(length)


def fields(body: bytes) -> dict:
    """The fields of a form, as a browser sends it. Raises Refused."""
    parts = body.split(b"&")
    if len(parts) > MOST_FIELDS:
        raise Refused("413 Content Too Large")
    found = {}
    for part in parts:
        name, _, value = part.partition(b"=")
        try:
            found[_plain(name)] = _plain(value)
        except ValueError:
            raise Refused("400 Bad Request")
    return found


def wish(found: dict, token: str) -> tuple:
    """(network, whether it is to be tried first) that the fields ask for. Raises Wrong."""
    from bell.fields import fits

    release("fields")  # which is long
    ssid = found.get("other", "").strip() or found.get("ssid", "")
    if found.get("token") != token:
        raise Wrong("old", ssid)  # or from a page of somebody else, which does not know it
    password = found.get("password", "")
    if not fits(ssid):
        raise Wrong("ssid", "")
    if not fits(ssid, password):
        raise Wrong("password", ssid)
    return {"ssid": ssid, "password": password}, "untried" not in found


def _plain(raw: bytes) -> str:
    """Raises ValueError."""
    first, *rest = raw.replace(b"+", b" ").split(b"%")
    made = first
    for part in rest:
        if len(part) < 2 or part[0] not in _HEX or part[1] not in _HEX:
            raise ValueError("no byte")
        made += bytes([int(part[:2], 16)]) + part[2:]
    return made.decode()

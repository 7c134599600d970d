"""JSON as RFC 8259 has it, from bytes, the same on every interpreter.

Owns the checks that json.loads() leaves out: MicroPython's reads `{"a" 1,}`, `01`, control
characters and broken UTF-8 without a murmur, CPython's reads NaN. Every board and the gateway
must agree on what a message is. Knows nothing of topics and fields.
"""

import json

_SPACE = b" \t\r\n"
_DELIMITERS = b",]} \t\r\n"
_HEX = b"0123456789abcdefABCDEF"


def loads(raw: bytes) -> object:
    """The value of one JSON text. Raises ValueError if it is not one."""
    _check_utf8(raw)
    if _after_space(raw, _after_value(raw)) != len(raw):
        raise ValueError("something after the end")
    try:
        return json.loads(raw.decode())
    except RuntimeError:  # CPython counts nested brackets as recursion
        raise ValueError("nested too deep")


# The second byte that may follow a lead byte, where it is not any: RFC 3629, section 4.
_SECOND = (
    (0xE0, 0xA0, 0xBF),  # below: three bytes for what fits in two
    (0xED, 0x80, 0x9F),  # above: half of a surrogate pair
    (0xF0, 0x90, 0xBF),  # below: four bytes for what fits in three
    (0xF4, 0x80, 0x8F),  # above: beyond the last character
)
_NEVER = (0xC0, 0xC1, 0xF5, 0xF6, 0xF7)


def _check_utf8(raw: bytes) -> None:
    raw.decode()  # both decoders find sequences cut short, MicroPython's finds nothing else
    for lead in _NEVER:
        if raw.find(bytes([lead])) >= 0:
            raise ValueError("no such character")
    for lead, lowest, highest in _SECOND:
        at = raw.find(bytes([lead]))
        while at >= 0:
            if not lowest <= raw[at + 1] <= highest:
                raise ValueError("no such character")
            at = raw.find(bytes([lead]), at + 1)


def _after_value(raw: bytes) -> int:
    """The place after the first value: a small automaton with a stack of open brackets."""
    closers = []
    at = 0
    while True:
        at = _after_space(raw, at)
        opener = raw[at : at + 1]
        if opener == b"{" or opener == b"[":
            closer = b"}" if opener == b"{" else b"]"
            at = _after_space(raw, at + 1)
            if raw[at : at + 1] != closer:
                closers.append(closer)
                at = _after_key(raw, at) if closer == b"}" else at
                continue
            at += 1
        else:
            at = _after_string(raw, at) if opener == b'"' else _after_word(raw, at)
        while True:  # a value has ended: what holds it goes on, or ends too
            if not closers:
                return at
            at = _after_space(raw, at)
            found = raw[at : at + 1]
            at += 1
            if found == b",":
                at = _after_key(raw, _after_space(raw, at)) if closers[-1] == b"}" else at
                break
            if found != closers.pop():
                raise ValueError("no comma and no end")


def _after_space(raw: bytes, at: int) -> int:
    while at < len(raw) and raw[at] in _SPACE:
        at += 1
    return at


def _after_key(raw: bytes, at: int) -> int:
    at = _after_space(raw, _after_string(raw, at))
    if raw[at : at + 1] != b":":
        raise ValueError("no colon")
    return at + 1


def _after_string(raw: bytes, at: int) -> int:
    if raw[at : at + 1] != b'"':
        raise ValueError("no string")
    at += 1
    while True:
        quote = raw.find(b'"', at)
        if quote < 0:
            raise ValueError("a string without an end")
        back = raw.find(b"\\", at, quote)
        end = quote if back < 0 else back
        if end > at and min(raw[at:end]) < 32:
            raise ValueError("a control character")
        if back < 0:
            return quote + 1
        at = _after_escape(raw, back + 1)


def _after_escape(raw: bytes, at: int) -> int:
    letter = raw[at : at + 1]
    if letter == b"u":
        digits = raw[at + 1 : at + 5]
        if len(digits) == 4 and all(digit in _HEX for digit in digits):
            return at + 5
    elif letter != b"" and letter in b'"\\/bfnrt':
        return at + 1
    raise ValueError("no such escape")


def _after_word(raw: bytes, at: int) -> int:
    end = at
    while end < len(raw) and raw[end] not in _DELIMITERS:
        end += 1
    word = raw[at:end]
    if word not in (b"true", b"false", b"null") and not _is_number(word):
        raise ValueError("neither a word nor a number")
    return end


def _is_number(word: bytes) -> bool:
    if word[:1] == b"-":
        word = word[1:]
    mantissa, e, exponent = word.lower().partition(b"e")
    if e and exponent[:1] in (b"+", b"-"):
        exponent = exponent[1:]
    whole, point, fraction = mantissa.partition(b".")
    return (
        whole.isdigit()
        and (whole == b"0" or whole[:1] != b"0")
        and (not point or fraction.isdigit())
        and (not e or exponent.isdigit())
    )

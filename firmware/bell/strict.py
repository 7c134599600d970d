"""JSON as RFC 8259 has it, from bytes, the same on every interpreter.

Owns the checks that json.loads() leaves out: MicroPython's reads `{"a" 1,}`, `01`, control
characters and broken UTF-8 without a murmur, CPython's reads NaN. Every board and the gateway
must agree on what a message is. Knows nothing of topics and fields.
"""

import json

_SPACE = b" \t\r\n"
_DELIMITERS = b",]} \t\r\n"
_HEX = b"0123456789abcdefABCDEF"
_END = -1  # what is found behind the last byte
# As numbers, because each text of bytes costs a board an object.
_QUOTE = 0x22
_PLUS = 0x2B
_COMMA = 0x2C
_MINUS = 0x2D
_ZERO = 0x30
_COLON = 0x3A
_LIST = 0x5B
_U = 0x75
_OBJECT = 0x7B
_END_OF_OBJECT = 0x7D


def loads(raw: bytes) -> object:
    """The value of one JSON text. Raises ValueError if it is not one."""
    _check_utf8(raw)
    if _after_space(raw, _after_value(raw)) != len(raw):
        raise ValueError("something after the end")
    try:
        return json.loads(raw.decode())
    except RuntimeError:  # CPython counts nested brackets as recursion
        raise ValueError("nested too deep")


# The second byte that may follow a lead byte, where it is not any: RFC 3629, section 4. Each lead
# byte with the lowest and the highest.
_SECOND = (
    b"\xe0\xa0\xbf"  # below: three bytes for what fits in two
    b"\xed\x80\x9f"  # above: half of a surrogate pair
    b"\xf0\x90\xbf"  # below: four bytes for what fits in three
    b"\xf4\x80\x8f"  # above: beyond the last character
)
_NEVER = b"\xc0\xc1\xf5\xf6\xf7"


def _check_utf8(raw: bytes) -> None:
    raw.decode()  # both decoders find sequences cut short, MicroPython's finds nothing else
    for lead in _NEVER:
        if raw.find(bytes([lead])) >= 0:
            raise ValueError("no such character")
    for rule in range(0, len(_SECOND), 3):
        at = raw.find(_SECOND[rule : rule + 1])
        while at >= 0:
            if not _SECOND[rule + 1] <= raw[at + 1] <= _SECOND[rule + 2]:
                raise ValueError("no such character")
            at = raw.find(_SECOND[rule : rule + 1], at + 1)


def _at(raw: bytes, at: int) -> int:
    return raw[at] if at < len(raw) else _END


def _after_value(raw: bytes) -> int:
    """The place after the first value: a small automaton with a stack of open brackets."""
    closers = []
    at = 0
    while True:
        at = _after_space(raw, at)
        opener = _at(raw, at)
        if opener in (_OBJECT, _LIST):
            closer = opener + 2  # in ASCII
            at = _after_space(raw, at + 1)
            if _at(raw, at) != closer:
                closers.append(closer)
                at = _after_key(raw, at) if closer == _END_OF_OBJECT else at
                continue
            at += 1
        else:
            at = _after_string(raw, at) if opener == _QUOTE else _after_word(raw, at)
        while True:  # a value has ended: what holds it goes on, or ends too
            if not closers:
                return at
            at = _after_space(raw, at)
            found = _at(raw, at)
            at += 1
            if found == _COMMA:
                if closers[-1] == _END_OF_OBJECT:
                    at = _after_key(raw, _after_space(raw, at))
                break
            if found != closers.pop():
                raise ValueError("no comma and no end")


def _after_space(raw: bytes, at: int) -> int:
    while at < len(raw) and raw[at] in _SPACE:
        at += 1
    return at


def _after_key(raw: bytes, at: int) -> int:
    at = _after_space(raw, _after_string(raw, at))
    if _at(raw, at) != _COLON:
        raise ValueError("no colon")
    return at + 1


def _after_string(raw: bytes, at: int) -> int:
    if _at(raw, at) != _QUOTE:
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
    letter = _at(raw, at)
    if letter == _U:
        if len(raw) > at + 4 and all(digit in _HEX for digit in raw[at + 1 : at + 5]):
            return at + 5
    elif letter != _END and letter in b'"\\/bfnrt':
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
    if _at(word, 0) == _MINUS:
        word = word[1:]
    mantissa, e, exponent = word.lower().partition(b"e")
    if e and _at(exponent, 0) in (_PLUS, _MINUS):
        exponent = exponent[1:]
    whole, point, fraction = mantissa.partition(b".")
    return (
        whole.isdigit()
        and (len(whole) == 1 or whole[0] != _ZERO)
        and (not point or fraction.isdigit())
        and (not e or exponent.isdigit())
    )

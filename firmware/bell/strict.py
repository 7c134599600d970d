"""JSON as RFC 8259 has it, from bytes, the same on every interpreter.

Owns the checks that json.loads() leaves out: MicroPython's reads `{"a" 1,}`, `01`, control
characters and broken UTF-8 without a murmur, CPython's reads NaN. Every board and the gateway
must agree on what a message is. Knows nothing of topics and fields.
"""

import json

_SPACE = b" \t\r\n"
_DELIMITERS = b",]} \t\r\n"
_WORDS = b" true false null "  # no word has a space in it
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
    check_utf8(raw)
    end = _after_space(raw, _after_value(raw))
    if end != len(raw):
        raise _wrong(end)
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


def check_utf8(raw: bytes) -> None:
    """Raises ValueError for what is no UTF-8, also where a decoder would take it."""
    raw.decode()  # both decoders find sequences cut short, MicroPython's finds nothing else
    for lead in _NEVER:
        at = raw.find(bytes([lead]))
        if at >= 0:
            raise _wrong(at)
    for rule in range(0, len(_SECOND), 3):
        at = raw.find(_SECOND[rule : rule + 1])
        while at >= 0:
            if not _SECOND[rule + 1] <= raw[at + 1] <= _SECOND[rule + 2]:
                raise _wrong(at)
            at = raw.find(_SECOND[rule : rule + 1], at + 1)


def _wrong(at: int) -> ValueError:
    # Not a text for each of the ways to be wrong: on a board it would cost as much as a function.
    return ValueError("byte {} cannot be there".format(at))


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
                raise _wrong(at - 1)


def _after_space(raw: bytes, at: int) -> int:
    while at < len(raw) and raw[at] in _SPACE:
        at += 1
    return at


def _after_key(raw: bytes, at: int) -> int:
    at = _after_space(raw, _after_string(raw, at))
    if _at(raw, at) != _COLON:
        raise _wrong(at)
    return at + 1


def _after_string(raw: bytes, at: int) -> int:
    if _at(raw, at) != _QUOTE:
        raise _wrong(at)
    at += 1
    while True:
        quote = raw.find(b'"', at)
        if quote < 0:
            raise _wrong(len(raw))
        back = raw.find(b"\\", at, quote)
        end = quote if back < 0 else back
        if end > at and min(raw[at:end]) < 32:
            raise _wrong(at)
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
    raise _wrong(at)


def _after_word(raw: bytes, at: int) -> int:
    end = at
    while end < len(raw) and raw[end] not in _DELIMITERS:
        end += 1
    word = raw[at:end]
    if b" " + word + b" " not in _WORDS and not _is_number(word):
        raise _wrong(at)
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

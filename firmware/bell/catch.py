"""Answers every name with the board's own address, so that a phone that has joined the access point
opens the set-up page by itself: the smallest DNS there can be (RFC 1035).

Owns question and answer. Without it the page opens at the address on the label.
"""

import asyncio
import socket

PORT = 53
LOOK_MS = 100
LONGEST = 512
_ADDRESS_OF = b"\x00\x01\x00\x01"  # type A, class IN
_FOR_S = 10


async def run(host: str, port: int = PORT) -> None:
    """Answer whoever asks at `host`, for ever. Raises OSError if nobody can be heard there."""
    address = socket.getaddrinfo(host, port)[0][-1]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own = bytes([int(number) for number in host.split(".")])
    try:
        sock.bind(address)
        sock.setblocking(False)
        while True:
            try:
                question, asker = sock.recvfrom(LONGEST)
                said = answer(question, own)
                if said is not None:
                    sock.sendto(said, asker)
                await asyncio.sleep(0)  # whoever never stops asking must not stop the rest
            except OSError:  # nobody asks, or is gone by now
                await asyncio.sleep(LOOK_MS / 1000)
    finally:
        sock.close()


def answer(question: bytes, own: bytes) -> bytes | None:
    """What to say to that packet; None if it is no question. Asked for what is no address of
    version 4 there is nothing to tell."""
    # A standard query with one question.
    if len(question) > LONGEST or question[2:3] > b"\x01" or question[4:6] != b"\x00\x01":
        return None
    end = 12
    while end < len(question) and question[end]:
        end += question[end] + 1
    kind = question[end + 1 : end + 5]
    if len(kind) < 4:
        return None
    is_address = kind == _ADDRESS_OF
    said = question[:2] + b"\x85\x80\x00\x01\x00" + bytes([is_address]) + bytes(4)
    said += question[12 : end + 5]
    if is_address:
        said += b"\xc0\x0c" + kind + bytes([0, 0, 0, _FOR_S, 0, len(own)]) + own
    return said

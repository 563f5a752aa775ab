"""WebSocket frames as a client may send them, in good order or not, and what a server answered."""

from itertools import cycle
from struct import pack
from typing import Any, NamedTuple

from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

MORE, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x0f\xf0\x3c\xa5"


def frame(
    opcode: int,
    body: bytes = b"",
    *,
    fin: bool = True,
    mask: bytes | None = MASK,
    reserved: int = 0,
    declared: int | None = None,
) -> bytes:
    """One frame; `declared` is the length that it claims to have."""
    size = len(body) if declared is None else declared
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0 if mask is None else 0x80
    if size <= 125:
        head = pack("!BB", first, bit | size)
    elif size <= 65_535:
        head = pack("!BBH", first, bit | 126, size)
    else:
        head = pack("!BBQ", first, bit | 127, size)
    if mask is None:
        return head + body
    return head + mask + bytes(a ^ b for a, b in zip(body, cycle(mask), strict=False))


def text(message: str) -> bytes:
    """A whole message, as nearly all are."""
    return frame(TEXT, message.encode())


def closing(code: int, reason: bytes = b"") -> bytes:
    """A client's goodbye."""
    return frame(CLOSE, pack("!H", code) + reason)


class Said(NamedTuple):
    """What a server sent: messages, pongs, and the code of its goodbye."""

    messages: list[str | bytes]
    pongs: list[bytes]
    code: int | None


def said(stream: bytes) -> Said:
    """Reads the whole frames of a server; one that is not as it should be fails the test."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(stream)
    messages: list[Any] = []
    pongs: list[bytes] = []
    code = None
    for event in client.events():
        if isinstance(event, TextMessage | BytesMessage):
            assert event.frame_finished
            messages.append(event.data)
        elif isinstance(event, CloseConnection):
            assert code is None, "nothing comes after a goodbye"
            code = int(event.code)
        else:
            assert isinstance(event, Pong | Ping)
            pongs.append(bytes(event.payload))
    return Said(messages, pongs, code)

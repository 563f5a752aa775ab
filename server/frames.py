"""WebSocket frames (RFC 6455): bytes in, messages out, without input or output of its own.

Nearly all that a browser sends is of one kind: a masked text frame that is a whole message. Those
are read here, in a microsecond. At the first frame of any other kind wsproto takes the stream over
and keeps it: it knows fragments, controls and every way to be wrong.
"""

from contextlib import suppress
from io import BytesIO, StringIO
from struct import pack
from typing import Any

from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

WHOLE_TEXT = 0x81
"""The first byte of a text frame that is a whole message."""
MASKED = 0x80
SHORT = 125
"""The longest frame whose second byte tells its length."""
MEDIUM = 126
"""As that second byte: the length stands in the next two."""
MAX_MEDIUM = 65_535

Received = str | bytes


def text_frame(body: bytes) -> bytes:
    """A whole message of text to a client, which is never masked."""
    size = len(body)
    if size <= SHORT:
        return pack("!BB", WHOLE_TEXT, size) + body
    if size <= MAX_MEDIUM:
        return pack("!BBH", WHOLE_TEXT, MEDIUM, size) + body
    return pack("!BBQ", WHOLE_TEXT, MEDIUM + 1, size) + body


def close_frame(reason: CloseReason = CloseReason.NORMAL_CLOSURE) -> bytes:
    """The last frame to a client."""
    return Connection(ConnectionType.SERVER).send(CloseConnection(reason))


def unmasked(body: bytes, mask: bytes) -> bytes:
    """A frame's body as its sender meant it; the mask has four bytes."""
    size = len(body)
    whole = (mask * (size // 4 + 1))[:size]
    plain = int.from_bytes(body, "little") ^ int.from_bytes(whole, "little")
    return plain.to_bytes(size, "little")


class Reader:
    """The messages of one client. After `feed`, `reply` is what must be sent to it at once.

    Once `ended` nothing more is read: the client said goodbye or broke the rules, and `reply` ends
    with the frame that closes.
    """

    __slots__ = ("_library", "_limit", "_part", "_rest", "ended", "reply")

    def __init__(self, limit: int) -> None:
        """`limit`: the longest message, in bytes (of text: characters)."""
        self._limit = limit
        self._rest = b""
        self._library: Connection | None = None
        self._part: Any = None
        """What came of a message in fragments."""
        self.reply = b""
        self.ended = False

    @property
    def slow(self) -> bool:
        """True from the first frame of another kind on: then reading takes ten times as long."""
        return self._library is not None and not self.ended

    def feed(self, data: bytes) -> list[Received]:
        """The messages that are complete now, in order."""
        if self.ended or self._library is not None:
            return self._by_library(data)
        if self._rest:
            data = self._rest + data
        messages: list[Received] = []
        at, end = 0, len(data)
        while end - at >= 2:
            size = data[at + 1] - MASKED
            start = at + 6
            if data[at] != WHOLE_TEXT or not 0 <= size <= MEDIUM:
                return messages + self._hand_over(data[at:])
            if size == MEDIUM:
                if end - at < 4:
                    break
                size = data[at + 2] << 8 | data[at + 3]
                start = at + 8
                if size <= SHORT:
                    return messages + self._hand_over(data[at:])
            if size > self._limit:
                return messages + self._hand_over(data[at:])
            stop = start + size
            if stop > end:
                break
            try:
                messages.append(unmasked(data[start:stop], data[start - 4 : start]).decode())
            except UnicodeDecodeError:
                self._end(close_frame(CloseReason.INVALID_FRAME_PAYLOAD_DATA))
                return messages
            at = stop
        self._rest = data[at:]
        return messages

    def _hand_over(self, data: bytes) -> list[Received]:
        self._rest = b""
        self._library = Connection(ConnectionType.SERVER)
        return self._by_library(data)

    def _by_library(self, data: bytes) -> list[Received]:
        if self.ended:
            return []
        assert self._library is not None
        messages: list[Received] = []
        self._library.receive_data(data)
        for event in self._library.events():
            messages += self._heard(event)
        return messages

    def _heard(self, event: Event) -> list[Received]:
        if self.ended:
            return []
        if isinstance(event, TextMessage | BytesMessage):
            return self._added(event)
        if isinstance(event, Ping):
            self.reply += self._said(event.response())
        elif isinstance(event, CloseConnection):
            # The library's words of what was wrong are not for the client.
            self._end(self._said(CloseConnection(event.code)))
        return []

    def _added(self, event: Message[Any]) -> list[Received]:
        """The message that this part completes, if it does."""
        if self._part is None:
            self._part = StringIO() if isinstance(event, TextMessage) else BytesIO()
        self._part.write(event.data)
        if self._part.tell() > self._limit:
            self._end(close_frame(CloseReason.MESSAGE_TOO_BIG))
            return []
        if not event.message_finished:
            return []
        whole, self._part = self._part, None
        return [whole.getvalue()]

    def _said(self, event: Event) -> bytes:
        assert self._library is not None
        with suppress(LocalProtocolError):
            return self._library.send(event)
        return b""

    def _end(self, reply: bytes) -> None:
        self.reply += reply
        self.ended = True
        self._part = None

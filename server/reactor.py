"""Eventlet's hub for the fast lane: sockets that call back, without a green thread each.

What is called back runs inside the hub: it must not wait, for a lock no more than for a store.
"""

import socket
from collections.abc import Callable, Iterable
from typing import Any

import eventlet
from eventlet.greenio.base import shutdown_safe
from eventlet.hubs import get_hub
from eventlet.hubs.hub import READ, WRITE
from eventlet.patcher import original
from eventlet.websocket import WebSocketWSGI

plain: Any = original("socket")

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def soon(call: Callable[[], None]) -> None:
    """Calls in a green thread of its own, which may wait."""
    eventlet.spawn_n(call)


def later(seconds: float, call: Callable[[], None]) -> None:
    """Calls inside the hub after so many seconds."""
    get_hub().schedule_call_global(seconds, call)


class Watched:
    """A plain socket that says when it can be read and, where asked for, when it can be written."""

    __slots__ = ("_number", "_reading", "_writing", "socket")

    def __init__(self, taken: socket.socket) -> None:
        self.socket = taken
        self._number = taken.fileno()
        self._reading: Any = None
        self._writing: Any = None

    def on_readable(self, call: Callable[[int], None] | None) -> None:
        """Whom to call, with the file's number; nobody for none."""
        self._reading = self._changed(READ, self._reading, call)

    def on_writable(self, call: Callable[[int], None] | None) -> None:
        self._writing = self._changed(WRITE, self._writing, call)

    @property
    def reading(self) -> bool:
        """Whether somebody is called when there is something to read."""
        return self._reading is not None

    @property
    def closed(self) -> bool:
        return self.socket.fileno() < 0

    def close(self) -> None:
        """Ends the connection at once; may be done again."""
        self.on_readable(None)
        self.on_writable(None)
        shutdown_safe(self.socket)
        self.socket.close()

    def _changed(self, kind: str, listener: Any, call: Callable[[int], None] | None) -> Any:
        hub = get_hub()
        if listener is not None:
            hub.remove(listener)
        return None if call is None else hub.add(kind, self._number, call, _closed, _nothing)


def _closed(error: object) -> None:
    """What eventlet would tell a green thread that waits for a socket."""


def _nothing() -> None:
    """What eventlet would tell a green socket."""


def take_over(
    environ: dict[str, Any], start_response: StartResponse, use: Callable[[Watched], None]
) -> Iterable[bytes]:
    """Answers a WebSocket's handshake and takes its connection out of the WSGI server's hands.

    A wrong handshake gets a response, and `use` is not called.
    """

    def taken(websocket: Any) -> None:
        green = websocket.socket.fd
        # The server closes what it finds when this request ends: it must not find this one.
        mine = plain.socket(fileno=green.detach())
        mine.setblocking(False)  # noqa: FBT003  # the name of the library's method says what
        mine.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        websocket.websocket_closed = True
        use(Watched(mine))

    answer: Iterable[bytes] = WebSocketWSGI.configured(taken)(environ, start_response)
    return answer

"""WebSockets under plain threads: a client is read no faster than its messages are handled.

The library reads a socket in a thread of its own and keeps what came in a list without bounds,
so that a client which sends without end would fill the memory. Here reading waits, and then the
network holds the client back. Imported only where `ASYNC_MODE=threading` was chosen.
"""

import time
from typing import Any

from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from flask_socketio import SocketIO
from simple_websocket import Server

WAITING = 64
"""So many messages of one client wait at most."""
PAUSE = 0.005
"""Seconds between two looks whether there is room again."""


class Inbox(list[Any]):
    """Messages that wait to be handled; adding one waits for room while the socket is open."""

    def __init__(self, socket: "BoundedSocket") -> None:
        super().__init__()
        self._socket = socket

    def append(self, message: Any) -> None:
        while len(self) >= WAITING and self._socket.connected:
            time.sleep(PAUSE)
        super().append(message)


class BoundedSocket(Server):  # type: ignore[misc]  # the library has no types
    """The library's WebSocket with a bounded inbox."""

    def handshake(self) -> None:
        # The last thing that happens before the reading thread starts.
        self.input_buffer = Inbox(self)
        super().handshake()


def install(socketio: SocketIO) -> None:
    """Lets the server's WebSockets be bounded ones, also in the size of a message."""
    engine: Any = socketio.server.eio

    class BoundedWebSocket(SimpleWebSocketWSGI):  # type: ignore[misc]  # likewise
        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            self.ws = BoundedSocket(environ, max_message_size=engine.max_http_buffer_size)
            self.app(self)
            raise ConnectionError  # By this Werkzeug knows that the socket is no longer its own.

    engine._async["websocket"] = BoundedWebSocket  # noqa: SLF001  # there is no other way in

"""WebSockets under plain threads: bounded in what they hold and in how long they wait.

The library reads a socket in a thread of its own and keeps what came in a list without bounds,
so that a client which sends without end would fill the memory. Here reading waits, and then the
network holds the client back. The library also waits for ever for a client that says nothing or
reads nothing, and its threads outlive the connection. Here the socket gives up, and an end of the
connection is an end of the socket. Imported only where `ASYNC_MODE=threading` was chosen.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Any

from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from flask_socketio import SocketIO
from simple_websocket import Server
from simple_websocket.errors import SimpleWebsocketError
from wsproto.utilities import RemoteProtocolError

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


class Line:
    """A client's socket, which sends all of a message, one message at a time.

    The library sends from two threads, and takes for granted that one call took everything.
    Sending and hearing end with an OSError after so many seconds without progress.
    """

    def __init__(self, sock: socket.socket, patience: float) -> None:
        self._sock = sock
        self._turn = threading.Lock()
        sock.settimeout(patience)

    def send(self, data: bytes) -> None:
        with self._turn:
            try:
                self._sock.sendall(data)
            except OSError:
                self.hang_up()  # Part of it may have been sent: nothing can follow.
                raise

    def recv(self, most: int) -> bytes:
        return self._sock.recv(most)

    def hang_up(self) -> None:
        """Wakes whoever sends or hears: it is over."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._sock.close()


class BoundedSocket(Server):  # type: ignore[misc]  # the library has no types
    """The library's WebSocket with a bounded inbox, on a line that ends."""

    sock: Any

    def __init__(self, environ: dict[str, Any], max_message_size: int, patience: float) -> None:
        self._patience = patience
        super().__init__(environ, max_message_size=max_message_size)

    def handshake(self) -> None:
        # The last thing that happens before the reading thread starts.
        self.input_buffer = Inbox(self)
        self.sock = Line(self.sock, self._patience)
        super().handshake()

    def _handle_events(self) -> bool:
        going: bool = super()._handle_events()
        if not going:
            # The library may wake who waits before it has closed: then they would wait on.
            self.connected = False
            self.event.set()
        return going

    def close(self, reason: int | None = None, message: str | None = None) -> None:
        try:
            super().close(reason, message)
        finally:
            # The reading thread waits for a word of the client, which may never come.
            self.sock.hang_up()


def install(socketio: SocketIO) -> None:
    """Lets the server's WebSockets be bounded ones, also in the size of a message."""
    engine: Any = socketio.server.eio
    patience = engine.ping_interval + engine.ping_timeout

    class BoundedWebSocket(SimpleWebSocketWSGI):  # type: ignore[misc]  # likewise
        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            try:
                self.ws = BoundedSocket(environ, engine.max_http_buffer_size, patience)
            except (SimpleWebsocketError, RemoteProtocolError):
                start_response("400 Bad Request", [("Content-Length", "0")])
                return []
            self.app(self)
            raise ConnectionError  # By this Werkzeug knows that the socket is no longer its own.

    engine._async["websocket"] = BoundedWebSocket  # noqa: SLF001  # there is no other way in

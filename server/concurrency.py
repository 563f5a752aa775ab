"""How the server waits for many things at once; with reactor.py all that knows of eventlet.

`eventlet` (the default) runs everything in one thread and switches where it waits; `threading`
uses plain threads. The rest of the code uses the standard library's locks, events and queues,
which eventlet replaces with its own before anything else is imported.
"""

import gc
import io
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask
    from flask_socketio import SocketIO

    from server.fastlane import Lanes

BACKLOG = 1_024
MAX_CONNECTIONS = 20_000
"""Eventlet's WSGI server serves 1,024 by default and lets the next one hang in silence."""

LAST_CALL = 0.05
"""Seconds for which who is in the queue of the listening socket can still come in at the end."""

MAX_BODY = 2 * 1024 * 1024
"""The largest request that is read, in bytes."""


class PortTaken(Exception):
    """The address cannot be listened on; the message says what to do."""


def prepare(mode: str) -> None:
    """Makes the standard library wait the eventlet way; before other imports, once."""
    if mode == "eventlet":
        with warnings.catch_warnings():
            # Eventlet announces its own end at import; ASYNC_MODE=threading is the way out.
            warnings.simplefilter("ignore")
            import eventlet
            import eventlet.hubs

            eventlet.hubs.use_hub("epolls" if sys.platform == "linux" else None)
            eventlet.monkey_patch()


def spawn(work: Callable[[], None], name: str) -> threading.Thread:
    """Runs work beside the rest, until it returns or the process ends."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; PortTaken in one line where it cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise PortTaken(f"HOST={host} cannot be used: {error.strerror or error}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"port {port} on {host} cannot be used ({error.strerror}): stop what uses it, "
            "or set PORT to another one"
        ) from None
    return listener


def lanes(mode: str, lane: str) -> "Lanes | None":
    """The fast lane, where it can be had and was chosen."""
    if mode != "eventlet" or lane != "fast":
        return None
    from server.fastlane import Lanes

    return Lanes()


def hang_up(environ: dict[str, Any]) -> None:
    """Cuts the WebSocket of a request where a thread of its own would read on without end."""
    found = environ.get("werkzeug.socket")
    if found is not None and "HTTP_UPGRADE" in environ:
        with suppress(OSError):
            found.shutdown(socket.SHUT_RDWR)


def serve(app: "Flask", socketio: "SocketIO", listener: socket.socket, mode: str) -> None:
    """Serves until the process is told to stop; then nobody new comes in any more."""
    # What lives now lives for good: the collector need not look at it again, and pauses less.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    if mode == "eventlet":
        _serve_with_eventlet(_prepared(app), listener)
    else:
        from server import threadsockets

        threadsockets.install(socketio)
        _serve_with_threads(_prepared(app), listener)


def leave(mode: str) -> None:
    """Ends the process once all is stored and closed, whatever its threads still do.

    A connection's thread may be busy with a line of the log: the interpreter's own ending would
    stop it there, and then fail on the lock that it holds.
    """
    if mode == "threading":
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _serve_with_eventlet(app: Callable[..., Any], listener: socket.socket) -> None:
    import eventlet.wsgi
    from eventlet.greenio import GreenSocket
    from eventlet.hubs import get_hub

    told = threading.Event()

    def stop(number: int, frame: object) -> None:
        # A signal lands in whatever green thread runs: an exception here would end that one.
        get_hub().schedule_call_global(0, told.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    green = listener if isinstance(listener, GreenSocket) else GreenSocket(listener)
    door = _Door(green)
    # Beside this one, because it waits for every open WebSocket before it returns.
    serving = eventlet.spawn(
        eventlet.wsgi.server, door, app, max_size=MAX_CONNECTIONS, log_output=False, debug=False
    )
    serving.link(lambda ended: told.set())
    told.wait()
    # Who knocked already is let in: a request that is cut off here would not be asked elsewhere.
    eventlet.sleep(LAST_CALL)
    door.shut()


class _Door:
    """A listening socket that can be shut without its server noticing.

    Eventlet's server ends every WebSocket at once when its listening socket ends.
    """

    def __init__(self, listener: Any) -> None:
        self._listener = listener
        self._shut = False
        self._never = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def accept(self) -> Any:
        try:
            return self._listener.accept()
        except OSError:
            if self._shut:
                self._never.wait()
            raise

    def shut(self) -> None:
        """Nobody new comes in; who is in stays."""
        self._shut = True
        self._listener.close()


def _serve_with_threads(app: Callable[..., Any], listener: socket.socket) -> None:
    from server import threadserver

    threading.excepthook = threadserver.thread_failed
    server = threadserver.ThreadServer(app, listener, MAX_BODY)

    def end() -> None:
        time.sleep(LAST_CALL)
        server.shutdown()

    def stop(number: int, frame: object) -> None:
        # It waits for the loop to end, and a signal lands in the thread of that loop.
        spawn(end, "shutdown")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.serve_forever(poll_interval=0.1)
    listener.close()


class _Silent(io.TextIOBase):
    """Swallows what the WSGI layers write of a closed socket: it holds participants' addresses."""

    def write(self, text: str) -> int:
        return len(text)


def _prepared(app: Callable[..., Any]) -> Callable[..., Any]:
    """Declines compression per message, and gives the WSGI layers nowhere to write.

    Compression costs 90 kB of memory a client, for small messages. A body that comes in pieces
    has an end: eventlet sees to that, and does not say so. Half a request for a WebSocket
    is none: the libraries would take it for a whole one, and fail.
    """
    silent = _Silent()

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        environ["wsgi.errors"] = silent
        named = "upgrade" in environ.get("HTTP_CONNECTION", "").lower()
        if not named or "HTTP_SEC_WEBSOCKET_VERSION" not in environ:
            environ.pop("HTTP_UPGRADE", None)
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True
        return app(environ, start_response)

    return wrapped

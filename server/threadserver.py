"""HTTP under plain threads: Werkzeug's server, one thread a connection.

It logs what went wrong and never with whom: its own words hold the addresses of participants.
Imported only where `ASYNC_MODE=threading` was chosen.
"""

import io
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from simple_websocket.errors import SimpleWebsocketError
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from wsproto.utilities import ProtocolError

log = logging.getLogger(__name__)


class Handler(WSGIRequestHandler):
    """Reads and answers the one request of a connection."""

    # With 1.1 it would go on reading a closed WebSocket as if it were HTTP.
    protocol_version = "HTTP/1.0"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Says nothing."""


class ThreadServer(ThreadedWSGIServer):
    """A server at a socket that listens already."""

    def __init__(self, app: Callable[..., Any], listener: Any, max_body: int) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, _with_whole_body(app, max_body), Handler, fd=listener.fileno())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client whose network went away is no news; that there is no thread left is."""
        failure = sys.exc_info()[1]
        level = logging.INFO if isinstance(failure, OSError) else logging.WARNING
        log.log(level, "connection ended by %s", type(failure).__name__)


def thread_failed(failure: threading.ExceptHookArgs) -> None:
    """The transport's writers meet sockets that their clients closed: no news, no traceback."""
    if issubclass(failure.exc_type, (OSError, SimpleWebsocketError, ProtocolError)):
        log.info("thread ended by %s", failure.exc_type.__name__)
    else:
        log.error("thread failed", exc_info=failure.exc_value)


def _with_whole_body(app: Callable[..., Any], most: int) -> Callable[..., Any]:
    """Reads a request's body before it is answered: Werkzeug's connection hangs on the rest."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        length = environ.get("CONTENT_LENGTH") or "0"
        if environ.get("wsgi.input_terminated"):
            return app(environ, start_response)  # It comes in pieces, and says where it ends.
        if length.isascii() and length.isdigit() and int(length) <= most:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
        return app(environ, start_response)

    return wrapped

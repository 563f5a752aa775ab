"""One timer for the heartbeats of all connections.

The library starts a thread for each ping of each client, and looks at every client in turn for
one that went silent. All wait equally long, so a queue of who is due next is enough.
"""

import threading
import time
from collections.abc import Callable
from time import monotonic
from typing import Any

import structlog
from engineio import packet
from engineio.exceptions import SocketIsClosedError

LOOK_EVERY = 0.25
"""Seconds between two looks: so much later than due may a ping be."""

log = structlog.get_logger(__name__)


class Heartbeat:
    """Pings the sockets of an Engine.IO server, and closes those that do not answer in time.

    The server must not look for silent clients itself (`monitor_clients=False`).
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._due: dict[Any, float] = {}
        """When each socket is pinged, soonest first."""
        self._awaited: dict[Any, float] = {}
        """When the answer of each must have come, soonest first."""

    def take(self, sid: str) -> None:
        """From now on this is the one that pings a socket."""
        found = self._engine.sockets[sid]
        found.schedule_ping = lambda: self._answered(found)

    def _answered(self, found: Any) -> None:
        """The socket has just been opened, or answered its ping."""
        if found.last_ping is None:
            return  # An answer that nobody asked for.
        found.last_ping = None
        with self._lock:
            self._awaited.pop(found, None)
            self._due[found] = monotonic() + self._engine.ping_interval

    def run(self) -> None:
        """Goes on until the process ends."""
        while True:
            time.sleep(LOOK_EVERY)
            self.look(monotonic())

    def look(self, now: float) -> None:
        """Pings who is due, and closes who went silent."""
        for found in self._take(self._due, now):
            self._try(self._ping, found)
        for found in self._take(self._awaited, now):
            self._try(self._close, found)

    def _take(self, waiting: dict[Any, float], now: float) -> list[Any]:
        with self._lock:
            found = []
            for one, due in waiting.items():
                if due > now:
                    break
                found.append(one)
            for one in found:
                del waiting[one]
            return found

    def _try(self, look: Callable[[Any], None], found: Any) -> None:
        """What goes wrong with one socket harms no other."""
        try:
            if not (found.closed or found.closing):
                look(found)
        except SocketIsClosedError:
            pass
        except Exception:
            log.exception("heartbeat_failed")
        if found.closed and self._engine.sockets.get(found.sid) is found:
            # Of a polling client that is gone the library holds on to this, until it looks itself.
            self._engine.sockets.pop(found.sid, None)

    def _ping(self, found: Any) -> None:
        found.last_ping = time.time()
        with self._lock:
            self._awaited[found] = monotonic() + self._engine.ping_timeout
        found.send(packet.Packet(packet.PING))

    def _close(self, found: Any) -> None:
        if found.last_ping is not None:  # Else its answer came in this very moment.
            found.close(wait=False, reason=self._engine.reason.PING_TIMEOUT)

"""The facilitators' live view of all rooms, conflated to two updates a second.

Called by the hub alone, under its lock.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from server import metrics
from server.broadcast import Broadcast
from server.connection import Connection
from server.openroom import OpenRoom
from server.summary import info, summary
from sessions.protocol.messages import Overview
from sessions.room import stamp
from sessions.werkplaats import Werkplaats

EVERY = 0.5


class Overviews:
    """Who watches which werkplaats, and which of its rooms changed since they last heard."""

    def __init__(self, broadcast: Broadcast, clock: Callable[[], datetime]) -> None:
        self._broadcast = broadcast
        self._clock = clock
        self._watchers: dict[str, set[Connection]] = {}
        self._changed: dict[str, set[str]] = {}
        self._sent_at = 0.0

    @property
    def due(self) -> float:
        """When the next update goes out; infinity when nothing changed."""
        return self._sent_at + EVERY if self._changed else float("inf")

    def watched(self, werkplaats_id: str) -> bool:
        return werkplaats_id in self._watchers

    def watchers(self, werkplaats_id: str) -> list[Connection]:
        return list(self._watchers.get(werkplaats_id, ()))

    def add(
        self, connection: Connection, werkplaats: Werkplaats, rooms: Iterable[OpenRoom]
    ) -> None:
        """Shows a facilitator all rooms; from now on they hear what changes."""
        self._watchers.setdefault(werkplaats.id, set()).add(connection)
        metrics.CONNECTIONS.labels(namespace="overview").inc()
        everything = {room.code: summary(room) for room in rooms}
        overview = Overview(stamp(self._clock()), info(werkplaats), everything)
        self._broadcast.send([connection], "overview", overview)

    def discard(self, connection: Connection) -> None:
        watchers = self._watchers.get(connection.address, set())
        if connection not in watchers:
            return
        watchers.discard(connection)
        metrics.CONNECTIONS.labels(namespace="overview").dec()
        if not watchers:
            del self._watchers[connection.address]
            self._changed.pop(connection.address, None)

    def touch(self, room: OpenRoom) -> None:
        """A room looks different now."""
        self.opened(room.werkplaats, [room.code])

    def opened(self, werkplaats_id: str, codes: Iterable[str]) -> None:
        """Rooms to tell about with the next update."""
        if self.watched(werkplaats_id):
            self._changed.setdefault(werkplaats_id, set()).update(codes)

    def send(self, rooms: Mapping[str, OpenRoom], now: float) -> None:
        """Sends what changed, when it is due."""
        if now < self.due:
            return
        self._sent_at = now
        changed, self._changed = self._changed, {}
        for werkplaats_id, codes in changed.items():
            told = {code: summary(rooms[code]) for code in sorted(codes) if code in rooms}
            self._broadcast.send(self.watchers(werkplaats_id), "rooms", told)

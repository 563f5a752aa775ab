"""The facilitators' live view of all rooms, conflated to two updates a second.

Called by the hub alone, under its lock. What this worker changed it also tells to the others who
watch; what they tell is passed on as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from server import metrics
from server.broadcast import Broadcast
from server.connection import Connection
from server.openroom import OpenRoom
from server.openrooms import OpenRooms
from server.summary import info, summary
from sessions.protocol.messages import Overview
from sessions.room import stamp
from sessions.werkplaats import Werkplaats

EVERY = 0.5
SOON = 0.3
"""Seconds before an update in which it takes a room's summary along as its insight goes out: that
is when it costs least, and then not all rooms are summed up in one go."""
NEVER = float("inf")

_encode = msgspec.json.Encoder().encode


class _Watched:
    """A werkplaats that is watched here: who looks, and what they know already."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.told: dict[str, tuple[int, bytes]] = {}
        """The last summary of each room, by code, with the room's seq."""
        self.fresh: dict[str, tuple[int, bytes]] = {}
        """Those that go out with the next update."""


class Overviews:
    """Who watches which werkplaats, and which of its rooms changed since they last heard."""

    def __init__(self, broadcast: Broadcast, clock: Callable[[], datetime]) -> None:
        self._broadcast = broadcast
        self._clock = clock
        self._watched: dict[str, _Watched] = {}
        self._changed: dict[str, set[str]] = {}
        self._mine: dict[str, set[str]] = {}
        self._sent_at = 0.0

    @property
    def due(self) -> float:
        """When the next update goes out; infinity when nothing changed."""
        waits = self._changed or self._mine or any(one.fresh for one in self._watched.values())
        return self._sent_at + EVERY if waits else NEVER

    @property
    def ids(self) -> list[str]:
        """The werkplaatsen that are watched here."""
        return list(self._watched)

    def watchers(self, werkplaats_id: str) -> list[Connection]:
        found = self._watched.get(werkplaats_id)
        return [] if found is None else list(found.connections)

    def add(
        self, connection: Connection, werkplaats: Werkplaats, rooms: Iterable[OpenRoom]
    ) -> None:
        """Shows a facilitator all rooms; from now on they hear what changes."""
        watched = self._watched.setdefault(werkplaats.id, _Watched())
        watched.connections.add(connection)
        metrics.CONNECTIONS.labels(namespace="overview").inc()
        everything = {room.code: summary(room) for room in rooms}
        overview = Overview(stamp(self._clock()), info(werkplaats), everything)
        self._broadcast.send([connection], "overview", overview)

    def discard(self, connection: Connection) -> None:
        watched = self._watched.get(connection.address)
        if watched is None or connection not in watched.connections:
            return
        watched.connections.discard(connection)
        metrics.CONNECTIONS.labels(namespace="overview").dec()
        if not watched.connections:
            del self._watched[connection.address]
            self._changed.pop(connection.address, None)

    def touch(self, room: OpenRoom, *, mine: bool, now: float) -> bool:
        """A room that is open here looks different now; `mine`: by this worker's doing.

        True when no update was to tell of it yet.
        """
        of, code = room.werkplaats, room.code
        watched = self._watched.get(of)
        news = watched is not None and _added(self._changed, of, code)
        if watched is not None and not room.insight_owed:
            known = code in watched.fresh
            if known or self._sent_at + EVERY - SOON <= now < self._sent_at + EVERY:
                watched.fresh[code] = summarised(room)
        return (mine and _added(self._mine, of, code)) or news

    def take_mine(self) -> dict[str, set[str]]:
        """The rooms, by werkplaats, that this worker changed since it was last asked."""
        mine, self._mine = self._mine, {}
        return mine

    def hear(self, werkplaats_id: str, rooms: Mapping[str, tuple[int, bytes]]) -> None:
        """Takes over summaries of rooms that are not open here, unless it knows better."""
        watched = self._watched.get(werkplaats_id)
        if watched is None:
            return
        for code, (seq, body) in rooms.items():
            known = watched.fresh.get(code) or watched.told.get(code) or (0, b"")
            if seq >= known[0] and body != known[1]:
                watched.fresh[code] = seq, body

    def look(self, rooms: Iterable[OpenRoom]) -> None:
        """Takes rooms as they were found in the store, whatever was heard of them."""
        for room in rooms:
            watched = self._watched.get(room.werkplaats)
            if watched is not None:
                found = summarised(room)
                if found != (watched.fresh.get(room.code) or watched.told.get(room.code)):
                    watched.fresh[room.code] = found

    def send(self, rooms: OpenRooms, now: float) -> None:
        """Sends what changed, when it is due."""
        if now < self.due:
            return
        self._sent_at = now
        changed, self._changed = self._changed, {}
        for werkplaats_id, watched in self._watched.items():
            for code in changed.get(werkplaats_id, ()):
                room = rooms.get(code)
                if room is None:
                    continue
                if room.insight_owed and code in watched.fresh:
                    # It was moved in since its last insight: that is for the next update.
                    _added(self._changed, werkplaats_id, code)
                else:
                    watched.fresh[code] = summarised(room)
            fresh, watched.fresh = watched.fresh, {}
            news = {code: one for code, one in fresh.items() if watched.told.get(code) != one}
            watched.told.update(news)
            if news:
                told = {code: msgspec.Raw(news[code][1]) for code in sorted(news)}
                self._broadcast.send(watched.connections, "rooms", told)


def _added(codes: dict[str, set[str]], werkplaats_id: str, code: str) -> bool:
    """Adds a room's code where it belongs; False when it was there."""
    found = codes.setdefault(werkplaats_id, set())
    if code in found:
        return False
    found.add(code)
    return True


def summarised(room: OpenRoom) -> tuple[int, bytes]:
    """A room's seq and summary, as others are told."""
    return room.seq, _encode(summary(room))

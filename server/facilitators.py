"""Facilitators: who they are still, what they see of all rooms, and what other workers tell them.

Every facilitator's connection, in a room or over all rooms, is known here, so that a token that
was replaced shuts out whoever came in with it, at any worker.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from time import monotonic, sleep

import structlog

from server.broadcast import Broadcast
from server.connection import Connection
from server.openroom import OpenRoom
from server.openrooms import OpenRooms
from server.overviews import Overviews, summarised
from sessions.errors import StoreUnavailable
from sessions.store import Store
from sessions.werkplaats import Werkplaats

LOOK_EVERY = 15.0
"""Seconds after which the rooms of a watched werkplaats are looked at in the store: a worker that
died told nobody."""
RETRY = 0.5
"""Seconds between two times that a store which does not answer is asked."""
AT_ONCE = 10
"""So many rooms are looked at before others have their turn."""

log = structlog.get_logger(__name__)


class Facilitators:
    """See the module."""

    def __init__(
        self,
        store: Store,
        broadcast: Broadcast,
        clock: Callable[[], datetime],
        rooms: OpenRooms,
    ) -> None:
        self._store = store
        self._broadcast = broadcast
        self._rooms = rooms
        self._lock = rooms.lock
        self._overviews = Overviews(broadcast, clock)
        self._inside: dict[str, set[Connection]] = {}
        """The connections of facilitators, by werkplaats."""
        self._look_at: dict[str, float] = {}
        """Werkplaatsen that must be looked at in the store, and when."""

    # Coming and going

    def enter(self, connection: Connection, werkplaats_id: str) -> Werkplaats | None:
        """Lets a facilitator in, and closes one whose token was replaced meanwhile.

        Listened to first and asked then: a replacement before this is seen, one after it is heard.
        Answers the werkplaats, where it could be told.
        """
        try:
            self._store.watch_werkplaats(werkplaats_id)
        except StoreUnavailable:
            self._broadcast.close(connection)
            return None
        with self._lock:
            self._inside.setdefault(werkplaats_id, set()).add(connection)
        return self._shut_out(werkplaats_id)

    def leave(self, connection: Connection, werkplaats_id: str) -> None:
        """Forgets a facilitator's connection."""
        with self._lock:
            inside = self._inside.get(werkplaats_id, set())
            if connection not in inside:
                return
            inside.discard(connection)
            if not inside:
                del self._inside[werkplaats_id]
                self._look_at.pop(werkplaats_id, None)
        self._store.unwatch_werkplaats(werkplaats_id)

    def _is_inside(self, connection: Connection) -> bool:
        with self._lock:
            return connection in self._inside.get(connection.address, ())

    def _shut_out(self, werkplaats_id: str) -> Werkplaats | None:
        """Closes whose token is void by now; answers the werkplaats, where it is known."""
        try:
            werkplaats = self._store.werkplaats(werkplaats_id)
        except StoreUnavailable:
            with self._lock:
                if werkplaats_id in self._inside:
                    self._look_at[werkplaats_id] = monotonic() + RETRY
            return None
        valid = None if werkplaats is None else werkplaats.facilitator
        with self._lock:
            inside = list(self._inside.get(werkplaats_id, ()))
        for connection in inside:
            if connection.digest != valid:
                self.leave(connection, werkplaats_id)
                self._broadcast.close(connection)
        return werkplaats

    def watch(self, connection: Connection) -> None:
        """Shows a facilitator all rooms of a werkplaats, and then what changes."""
        werkplaats_id = connection.address
        werkplaats = self.enter(connection, werkplaats_id)
        try:
            rooms = None if werkplaats is None else self._rooms.peek(werkplaats.rooms)
        except StoreUnavailable:
            rooms = None
        if werkplaats is None or rooms is None or not self._is_inside(connection):
            # There is nothing to show: it must come again, and not wait here for good.
            self._broadcast.close(connection)
            return
        with self._lock:
            self._overviews.add(connection, werkplaats, rooms)
            if self._store.shared:
                self._look_at[werkplaats_id] = monotonic() + LOOK_EVERY

    def unwatch(self, connection: Connection) -> None:
        with self._lock:
            self._overviews.discard(connection)
        self.leave(connection, connection.address)

    def changed(self, werkplaats_id: str) -> None:
        """A werkplaats is not what it was: void tokens shut out, a deleted one closes."""
        self._shut_out(werkplaats_id)
        if self._store.shared:
            self.missed(werkplaats_id)

    def codes(self, werkplaats_id: str) -> list[str]:
        """The codes of a werkplaats's rooms, in order."""
        werkplaats = self._store.werkplaats(werkplaats_id)
        return [] if werkplaats is None else werkplaats.rooms

    # The overview

    def touch(self, room: OpenRoom, *, mine: bool, now: float) -> bool:
        """A room that is open here looks different now; True when that is news to an update."""
        return self._overviews.touch(room, mine=mine, now=now)

    @property
    def due(self) -> float:
        """When there is something to send; infinity when nothing changed."""
        return min(self._overviews.due, *self._look_at.values(), float("inf"))

    def hear(self, werkplaats_id: str, rooms: Mapping[str, tuple[int, bytes]]) -> None:
        """What another worker tells of rooms."""
        with self._lock:
            self._overviews.hear(werkplaats_id, rooms)

    def missed(self, werkplaats_id: str | None) -> None:
        """Something may have gone by unheard: look at the rooms in the store, soon."""
        with self._lock:
            for one in self._inside:
                if werkplaats_id in (one, None):
                    self._look_at[one] = 0.0

    def added(self, werkplaats_id: str, codes: Iterable[str]) -> None:
        """Rooms were added: who watches sees them."""
        if self._overviews.watchers(werkplaats_id):
            rooms = self._rooms.peek(list(codes))
            with self._lock:
                self._overviews.look(rooms)

    def tick(self, now: float) -> None:
        """Sends and tells what is due; what a store that is away keeps from us, comes later."""
        try:
            with self._lock:
                look_at = [one for one, when in self._look_at.items() if when <= now]
            for werkplaats_id in look_at:
                self._look(werkplaats_id)
            with self._lock:
                due = now >= self._overviews.due
                self._overviews.send(self._rooms, now)
                mine = self._overviews.take_mine() if due else {}
            if mine:
                self._tell(mine)
        except StoreUnavailable as error:
            log.warning("store_unavailable", detail=str(error))

    def _look(self, werkplaats_id: str) -> None:
        """Looks at the rooms that are not open here, a few at a time."""
        with self._lock:
            self._look_at[werkplaats_id] = monotonic() + LOOK_EVERY
        werkplaats = self._shut_out(werkplaats_id)
        if werkplaats is None or not self._overviews.watchers(werkplaats_id):
            return
        codes = [code for code in werkplaats.rooms if self._rooms.get(code) is None]
        for start in range(0, len(codes), AT_ONCE):
            rooms = self._rooms.peek(codes[start : start + AT_ONCE])
            with self._lock:
                self._overviews.look(rooms)
            sleep(0)

    def _tell(self, mine: Mapping[str, set[str]]) -> None:
        """Tells other workers what this one changed, where somebody there watches."""
        for werkplaats_id in self._store.followed(list(mine)):
            with self._lock:
                found = [self._rooms.get(code) for code in mine[werkplaats_id]]
                told = {room.code: summarised(room) for room in found if room is not None}
            self._store.tell(werkplaats_id, told)

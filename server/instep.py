"""Keeps open rooms in step with the store, whoever changed them: in the order of seq, or anew.

A batch that is stored is shown once all before it have been. What does not come in time, and
what may be stored without our knowing, makes the room *doubtful*: nothing is laid over its map
any more until it was read again.
"""

from collections.abc import Collection, Sequence
from time import monotonic
from typing import Protocol

import structlog

from server.openroom import OpenRoom
from server.openrooms import OpenRooms
from server.showing import Showing
from sessions import fields as f
from sessions.errors import StoreUnavailable
from sessions.fields import Changes
from sessions.store import Stored
from sessions.store.port import Applied

GAP = 0.25
"""Seconds for which a batch waits for one that should come before it."""
RETRY = 0.5
"""Seconds between two times that a store which does not answer is asked for a room."""

log = structlog.get_logger(__name__)


class Hub(Protocol):
    """What is needed of the hub; each is called under the lock of the rooms."""

    def wake(self) -> None:
        """Something may have become due."""

    def decide_again(self, room: OpenRoom) -> None:
        """The room is not what it was when its waiting commands were decided."""

    def recheck(self, room: OpenRoom) -> None:
        """Perhaps the proposals make a step now."""

    def give_up(self, room: OpenRoom) -> None:
        """The store does not answer: neither do the waiting commands wait any longer."""

    def shut_out(self, room: OpenRoom) -> None:
        """Seats may have been freed."""

    def expire(self, room: OpenRoom) -> None:
        """The room is gone."""


class InStep:
    """See the module."""

    def __init__(self, rooms: OpenRooms, showing: Showing, hub: Hub) -> None:
        self._rooms = rooms
        self._showing = showing
        self._hub = hub
        self._read_at: dict[str, float] = {}
        """Rooms that must be read anew, and when."""

    @property
    def due(self) -> float:
        """When the next room must be read; infinity when none must."""
        return min(self._read_at.values(), default=float("inf"))

    def accept(self, room: OpenRoom, seq: int, changes: Changes, *, mine: bool = True) -> None:
        """A batch is stored, by whatever worker: shown when all before it have been."""
        if room.follows(seq):
            self._lay(room, seq, changes, mine=mine)
        else:
            for number, batch in room.accept(seq, changes):
                self._lay(room, number, batch, mine=mine)
        if room.doubtful:
            return
        if room.later:
            self._read_at.setdefault(room.code, monotonic() + GAP)
            self._hub.wake()
        elif self._read_at:
            self._read_at.pop(room.code, None)

    def _lay(self, room: OpenRoom, seq: int, changes: Changes, *, mine: bool) -> None:
        """The next batch goes over the map, and what follows from it follows."""
        dragged = f.only_dragged(changes)
        self._showing.advance(room, seq, changes, dragged=dragged, mine=mine)
        if dragged:
            return
        if any(key.startswith("~token/") for key in changes):
            self._hub.shut_out(room)
        if not mine and any(f.kind(key) in (f.LOCKED, "proposal") for key in changes):
            self._hub.recheck(room)

    def doubt(self, room: OpenRoom) -> None:
        """What is here may not be what is stored: nothing is added until it was read anew."""
        room.doubtful = True
        self._read_at[room.code] = 0.0
        self._hub.wake()

    def forget(self, room: OpenRoom) -> None:
        """The room is not open any more."""
        self._read_at.pop(room.code, None)

    def tick(self, now: float) -> None:
        """Reads the rooms that are due."""
        with self._rooms.lock:
            due = [code for code, when in self._read_at.items() if when <= now]
        if due:
            self.catch_up(due)

    def catch_up(self, codes: Sequence[str]) -> None:
        """Reads rooms anew; shows who is there what they missed, and has it decided again."""
        with self._rooms.storing:
            with self._rooms.lock:
                rooms = [room for code in codes if (room := self._rooms.get(code)) is not None]
                for room in rooms:
                    self.forget(room)
                    # From here on nothing is laid over the map: it is as old as what is read.
                    room.doubtful = True
            if not rooms:
                return
            try:
                found = self._rooms.read([room.code for room in rooms])
            except StoreUnavailable as error:
                log.warning("store_unavailable", detail=str(error))
                self._wait_for_store(rooms)
                return
            with self._rooms.lock:
                for room in rooms:
                    if self._rooms.get(room.code) is room:
                        self._renew(room, found.get(room.code))

    def _wait_for_store(self, rooms: Sequence[OpenRoom]) -> None:
        with self._rooms.lock:
            for room in rooms:
                self._read_at[room.code] = monotonic() + RETRY
                self._hub.give_up(room)

    def _renew(self, room: OpenRoom, stored: Stored | None) -> None:
        """The room as it was just read."""
        if stored is None:
            self._hub.expire(room)
            return
        room.doubtful = False
        if room.replace(stored):
            # First the whole room: what a seat's leaving shows belongs on the new map.
            self._showing.anew(room)
            self._hub.shut_out(room)
        # What came in while it was read.
        self.accept(room, 0, {}, mine=False)
        self._hub.decide_again(room)
        self._hub.recheck(room)

    # What other workers did: see server.company

    def heard(self, news: Applied) -> None:
        """A batch was applied somewhere."""
        with self._rooms.lock:
            room = self._rooms.get(news.code)
            # The answer to what is on its way from here says more than its echo.
            if room is None or (news.mine and room.flight):
                return
            new = not room.knows(news.seq)
            self.accept(room, news.seq, news.changes, mine=False)
            if new:
                # Decided without this batch: what waits must not go out as if it knew it (ST4).
                self._hub.decide_again(room)

    def seen(self, code: str, roles: Collection[str]) -> None:
        """Who is online at others."""
        with self._rooms.lock:
            room = self._rooms.get(code)
            changes = {} if room is None else room.hear_of(roles)
            if room is not None and changes:
                self._showing.show(room, changes, mine=False)
                self._hub.recheck(room)

    def gone(self, code: str) -> None:
        """A room was deleted."""
        with self._rooms.lock:
            room = self._rooms.get(code)
            if room is not None:
                self._hub.expire(room)

    def missed(self, code: str | None) -> None:
        """News of a room, or of all, may have been lost."""
        with self._rooms.lock:
            for room in self._rooms.all():
                if code in (room.code, None):
                    self.doubt(room)

    def online(self, codes: Collection[str] | None) -> dict[str, list[str]]:
        """Who is online here, in these rooms or in all that are open."""
        with self._rooms.lock:
            if codes is None:
                # Those too that are only looked at: how else would a lease that ran out show?
                return {room.code: room.here for room in self._rooms.all()}
            open_ = {code: self._rooms.get(code) for code in codes}
            return {code: [] if room is None else room.here for code, room in open_.items()}

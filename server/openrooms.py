"""The rooms that this worker holds open: read from the store once, and kept while they are used."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic

from server import metrics
from server.openroom import OpenRoom
from sessions.errors import StoreUnavailable
from sessions.exercise import Exercise
from sessions.room import GRACE_SECONDS
from sessions.store import Store, Stored

KEEP_IDLE = 60.0
"""Seconds for which a room that nobody looks at stays open."""


class OpenRooms:
    """Open rooms by their code. Who changes or walks through them holds `lock`.

    `storing` keeps what the store does in one order; it is taken before `lock`, never after.
    """

    def __init__(self, store: Store, exercises: Mapping[str, Exercise]) -> None:
        self._store = store
        self._exercises = exercises
        self.storing = threading.RLock()
        self.lock = threading.RLock()
        self._rooms: dict[str, OpenRoom] = {}
        self._started_at = monotonic()

    def get(self, code: str) -> OpenRoom | None:
        """The room, where it is open here."""
        return self._rooms.get(code)

    def all(self) -> list[OpenRoom]:
        return list(self._rooms.values())

    def open(self, code: str) -> OpenRoom | None:
        """The room, read from the store where it is not open; none when it is unknown."""
        with self.lock:
            room = self._rooms.get(code)
            if room is not None:
                room.used_at = monotonic()
                return room
        with self.storing:
            if code in self._rooms:
                return self._rooms[code]
            if self._store.shared and not self.read([code]):
                return None
            # Only what is listened to before it is read can be kept in step.
            self._store.watch_room(code)
            try:
                stored = self.read([code]).get(code)
                elsewhere = self._store.present([code]).get(code, ())
            except StoreUnavailable:
                self._store.unwatch_room(code)
                raise
            if stored is None:
                self._store.unwatch_room(code)
                return None
            with self.lock:
                room = self._rooms[code] = self._made(code, stored, elsewhere)
                if self._store.shared:
                    # Who has just left it at another worker, nobody here has seen (SP5).
                    room.expect(monotonic())
                return room

    def peek(self, codes: Sequence[str]) -> list[OpenRoom]:
        """Rooms as they are now, only to look at: those that are not open are not kept."""
        with self.lock:
            found = {code: self._rooms[code] for code in codes if code in self._rooms}
        others = [code for code in codes if code not in found]
        if others:
            stored = self.read(others)
            present = self._store.present(list(stored))
            for code, one in stored.items():
                found[code] = self._made(code, one, present.get(code, ()))
        return [found[code] for code in codes if code in found]

    def read(self, codes: Sequence[str]) -> dict[str, Stored]:
        """Rooms as the store has them now."""
        metrics.READS.inc(len(codes))
        return self._store.rooms(codes)

    def close(self, room: OpenRoom) -> bool:
        """Lets go of a room; False when it was not open any more."""
        if self._rooms.get(room.code) is not room:
            return False
        del self._rooms[room.code]
        self._store.unwatch_room(room.code)
        return True

    def close_idle(self, now: float) -> list[OpenRoom]:
        """Lets go of the rooms that nobody has looked at for a while."""
        idle = [one for one in self.all() if one.idle and now - one.used_at > KEEP_IDLE]
        return [room for room in idle if self.close(room)]

    def _made(self, code: str, stored: Stored, elsewhere: Iterable[str]) -> OpenRoom:
        room = OpenRoom(code, stored, self._exercises)
        if monotonic() - self._started_at < GRACE_SECONDS:
            # A restart is not longer than a reload: it decides nothing (SP5).
            room.expect(self._started_at)
        room.hear_of(frozenset(elsewhere))
        return room

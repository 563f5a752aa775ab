"""Werkplaatsen of Redis as they go into a copy and come out of one."""

import msgspec

from sessions.errors import StoreUnavailable
from sessions.store.port import Saved, SavedRoom
from sessions.store.redis import coding
from sessions.store.redis import keys as k
from sessions.store.redis.asking import TURNS
from sessions.store.redis.nodes import Call
from sessions.store.redis.scripts import SAVE
from sessions.store.redis.werkplaatsen import Werkplaatsen


class Copies(Werkplaatsen):
    """The part of the port about copies."""

    def ids(self) -> list[str]:
        (found,) = self._many([("ZRANGE", k.ENDS, 0, -1)])
        return sorted(name.decode() for name in found)

    def save(self, werkplaats_id: str) -> Saved | None:
        for _ in range(TURNS):
            werkplaats = self.werkplaats(werkplaats_id)
            if werkplaats is None:
                return None
            found = [self._save(code) for code in werkplaats.rooms]
            # Rooms that came or went in between would not be those of the werkplaats.
            if self.werkplaats(werkplaats_id) == werkplaats:
                rooms = [room for room in found if room is not None]
                there = msgspec.structs.replace(werkplaats, rooms=[room.code for room in rooms])
                return Saved(there, rooms)
        raise StoreUnavailable("others keep changing this werkplaats")

    def _save(self, code: str) -> SavedRoom | None:
        found = self._nodes.one(Call(SAVE, [k.room(code), k.history(code), k.rows(code)], ()))
        if not found:
            return None
        seq, fields = coding.stored(coding.pairs(found[0]))
        return SavedRoom(code, seq, fields, coding.history(found[1]))

    def restore(self, saved: Saved) -> None:
        # One room at a time: each may be large, and has to be there before Redis is given up.
        self._keep(saved.werkplaats, [[room] for room in saved.rooms])

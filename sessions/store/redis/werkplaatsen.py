"""Werkplaatsen in Redis: the record that is the truth, and the rooms that follow it.

A werkplaats and its rooms may live on different servers of a cluster. So the record is written
before the rooms as `creating`, is there for others once it is `open`, and stands as `deleting`
until the last of the rooms is gone; what a process left half-way, `purge` brings to its end.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from sessions.errors import StoreUnavailable
from sessions.fields import Fields
from sessions.store.history import new_room
from sessions.store.port import CodeTaken, Receipt, SavedRoom
from sessions.store.redis import coding
from sessions.store.redis import keys as k
from sessions.store.redis.asking import TURNS, Asking
from sessions.store.redis.nodes import Call
from sessions.store.redis.scripts import DROP, LOAD, SWAP
from sessions.werkplaats import Werkplaats

LEEWAY_MS = 3_600_000
"""So long after its end a werkplaats vanishes by itself, where no worker was there to delete it."""
UNDERWAY_MS = 60_000
"""So long after its beginning somebody looks whether a werkplaats was made to its end."""


class Record(msgspec.Struct, frozen=True):
    """What is kept of a werkplaats, its rooms' codes included."""

    state: Literal["creating", "open", "deleting"]
    werkplaats: Werkplaats
    adding: list[str] = []
    """Codes of rooms that are being made; they are removed with the others."""


_records = msgspec.json.Decoder(Record)


class Werkplaatsen(Asking):
    """The part of the port about werkplaatsen."""

    def create(self, werkplaats: Werkplaats, rooms: Mapping[str, Fields], at: str) -> None:
        self._keep(werkplaats, [[new_room(code, fields, at) for code, fields in rooms.items()]])

    def _keep(self, werkplaats: Werkplaats, groups: Sequence[Sequence[SavedRoom]]) -> None:
        """Makes a werkplaats and its rooms, those of each group in one go."""
        codes = [room.code for group in groups for room in group]
        made = msgspec.structs.replace(werkplaats, rooms=codes)
        creating, opened = Record("creating", made), Record("open", made)
        self._look_at(made.id, _soon())
        if not self._swap(made.id, None, creating):
            raise CodeTaken(made.id)
        if not self._one("SET", k.join(made.join_code), made.id, "NX", "PX", _ttl(made)):
            self._swap(made.id, creating, None)
            raise CodeTaken(made.join_code)
        for number, group in enumerate(groups):
            if number:
                self._look_at(made.id, _soon())
            if (taken := self._load(group, made)) is not None:
                self._drop(codes, made.id)
                self._free_join_code(made)
                self._swap(made.id, creating, None)
                raise CodeTaken(taken)
        if not self._swap(made.id, creating, opened):
            self._drop(codes, made.id)
            raise StoreUnavailable("the werkplaats was not made in time")
        self._look_at(made.id, coding.ms(made.expires_at))

    def _free_join_code(self, werkplaats: Werkplaats) -> None:
        """Removes a join code, unless it invites to another werkplaats."""
        name = k.join(werkplaats.join_code)
        self._all([Call(SWAP, [name], (werkplaats.id, b"", 1, 0))])

    def _look_at(self, werkplaats_id: str, moment: int) -> None:
        """The moment (ms) from which on `purge` looks at a werkplaats."""
        self._one("ZADD", k.ENDS, moment, werkplaats_id)

    def _load(self, rooms: Sequence[SavedRoom], of: Werkplaats) -> str | None:
        """Makes rooms; where a code is taken, none of them, and answers that code."""
        replies = self._all([_load(room, of.id, _ttl(of)) for room in rooms])
        taken = [room.code for room, reply in zip(rooms, replies, strict=True) if reply == b"taken"]
        if not taken:
            return None
        self._drop([room.code for room in rooms if room.code not in taken], of.id)
        return taken[0]

    def _drop(self, codes: Sequence[str], of: str) -> None:
        self._all([_drop(code, of) for code in codes])

    def _swap(self, id: str, expected: Record | None, value: Record | None) -> bool:
        """Replaces a record where it is still what was read."""
        tell = value is None or value.state != "creating"
        args = (
            b"" if expected is None else coding.encode(expected),
            b"" if value is None else coding.encode(value),
            1 if value is None else _ttl(value.werkplaats),
            int(tell),
        )
        (reply,) = self._all([Call(SWAP, [k.werkplaats(id)], args)])
        return bool(reply == b"swapped")

    def _record(self, werkplaats_id: str) -> Record | None:
        (found,) = self._many([("GET", k.werkplaats(werkplaats_id))])
        return None if found is None else _records.decode(found)

    def _open_record(self, werkplaats_id: str) -> Record | None:
        found = self._record(werkplaats_id)
        return found if found is not None and found.state == "open" else None

    def werkplaats(self, werkplaats_id: str) -> Werkplaats | None:
        found = self._open_record(werkplaats_id)
        return None if found is None else found.werkplaats

    def by_join_code(self, join_code: str) -> Werkplaats | None:
        (found,) = self._many([("GET", k.join(join_code))])
        return None if found is None else self.werkplaats(found.decode())

    def _edit(
        self, werkplaats_id: str, edit: Callable[[Record], Record]
    ) -> tuple[Werkplaats, Werkplaats] | None:
        """Changes the record of an open werkplaats; answers it as it was and as it is."""
        for _ in range(TURNS):
            found = self._open_record(werkplaats_id)
            if found is None:
                return None
            edited = edit(found)
            if self._swap(werkplaats_id, found, edited):
                return found.werkplaats, edited.werkplaats
        raise StoreUnavailable("others keep changing this werkplaats")

    def change(self, werkplaats_id: str, changes: Mapping[str, Any]) -> Werkplaats | None:
        def edit(record: Record) -> Record:
            changed = msgspec.structs.replace(record.werkplaats, **changes)
            return msgspec.structs.replace(record, werkplaats=changed)

        edited = self._edit(werkplaats_id, edit)
        if edited is None:
            return None
        before, after = edited
        if after.expires_at != before.expires_at:
            self._prolong(after)
        return after

    def _prolong(self, werkplaats: Werkplaats) -> None:
        """Everything of a werkplaats ends with its new date."""
        ttl = _ttl(werkplaats)
        self._look_at(werkplaats.id, coding.ms(werkplaats.expires_at))
        names = [k.join(werkplaats.join_code)]
        for code in werkplaats.rooms:
            names += [k.room(code), k.history(code), k.rows(code)]
        self._all([Call(None, [name], ("PEXPIRE", name, ttl)) for name in names])

    def add_rooms(
        self, werkplaats_id: str, rooms: Mapping[str, Fields], at: str
    ) -> Werkplaats | None:
        codes = list(rooms)

        def begin(record: Record) -> Record:
            return msgspec.structs.replace(record, adding=[*record.adding, *codes])

        def give_up(record: Record) -> Record:
            rest = [code for code in record.adding if code not in codes]
            return msgspec.structs.replace(record, adding=rest)

        def finish(record: Record) -> Record:
            now = [*record.werkplaats.rooms, *codes]
            made = msgspec.structs.replace(record.werkplaats, rooms=now)
            return msgspec.structs.replace(give_up(record), werkplaats=made)

        begun = self._edit(werkplaats_id, begin)
        if begun is None:
            return None
        saved = [new_room(code, fields, at) for code, fields in rooms.items()]
        if (taken := self._load(saved, begun[1])) is not None:
            self._edit(werkplaats_id, give_up)
            raise CodeTaken(taken)
        added = self._edit(werkplaats_id, finish)
        if added is None:
            self._drop(codes, werkplaats_id)
            return None
        return added[1]

    def delete(self, werkplaats_id: str) -> Receipt | None:
        # Should this process end half-way, another finds it here.
        found = self._record(werkplaats_id)
        if found is None or found.state == "creating":
            return None
        self._look_at(werkplaats_id, 0)
        for _ in range(TURNS):
            found = self._record(werkplaats_id)
            if found is None:
                return None
            if found.state == "deleting":
                return self._finish(found)
            deleting = Record("deleting", found.werkplaats, found.adding)
            if self._swap(werkplaats_id, found, deleting):
                return self._finish(deleting)
        raise StoreUnavailable("others keep changing this werkplaats")

    def _finish(self, record: Record) -> Receipt:
        """Removes what a record names, and the record itself last."""
        gone = record.werkplaats
        self._drop([*gone.rooms, *record.adding], gone.id)
        self._free_join_code(gone)
        self._swap(gone.id, record, None)
        self._one("ZREM", k.ENDS, gone.id)
        self._owes_forgetting = True
        return Receipt(gone.id, gone.rooms)

    def purge(self, now: str) -> list[Receipt]:
        moment = coding.ms(now)
        (old,) = self._many([("ZRANGE", k.ENDS, "-inf", moment, "BYSCORE")])
        receipts = []
        for name in old:
            werkplaats_id = name.decode()
            found = self._record(werkplaats_id)
            if found is None:
                self._one("ZREM", k.ENDS, werkplaats_id)
            elif found.state == "creating":
                self._finish(found)
            elif found.state == "deleting":
                receipts.append(self._finish(found))
            elif found.werkplaats.expires_at > now:
                self._look_at(werkplaats_id, coding.ms(found.werkplaats.expires_at))
            elif (receipt := self.delete(werkplaats_id)) is not None:
                receipts.append(receipt)
        return receipts


def _soon() -> int:
    """The moment at which somebody looks whether what begins now came to its end."""
    return coding.ms_now() + UNDERWAY_MS


def _ttl(werkplaats: Werkplaats) -> int:
    """Milliseconds from now to the end of a werkplaats, and a little longer."""
    return max(1, coding.ms(werkplaats.expires_at) - coding.ms_now() + LEEWAY_MS)


def _load(room: SavedRoom, of: str, ttl: int) -> Call:
    args: list[str | bytes | int] = [ttl, len(room.fields) + 2, k.SEQ, room.seq, k.OF, of]
    for key, value in room.fields.items():
        args += key, coding.encode(value)
    for row in room.history:
        args += f"{row.slot}/{row.key}", row.seq, row.at + coding.json(row.value)
    return Call(LOAD, [k.room(room.code), k.history(room.code), k.rows(room.code)], args)


def _drop(code: str, of: str) -> Call:
    names = (k.room(code), k.history(code), k.rows(code), k.writers(code), k.online(code))
    return Call(DROP, names, (of,))

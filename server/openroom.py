"""A room that this process holds in memory: its map, who looks, and what waits to be stored."""

from collections import ChainMap, Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

from server.connection import Connection
from server.waiting import Drag, DragKey, Waiting
from sessions import fields as f
from sessions import insight, masking
from sessions.commands import Move
from sessions.exercise import Exercise
from sessions.fields import Changes, Fields
from sessions.insight import Insight, Parts
from sessions.room import GRACE_SECONDS, RoomView
from sessions.store import Batch, Stored


class OpenRoom:
    """State and small steps; the hub decides when."""

    def __init__(self, code: str, stored: Stored, exercises: Mapping[str, Exercise]) -> None:
        self.code = code
        self.seq = stored.seq
        self.fields: Fields = f.shared(stored.fields)
        self.exercises = exercises
        self.pending: Changes = {}
        self.waiting: list[Waiting] = []
        self.dragged: dict[DragKey, Drag] = {}
        """Moves that are decided together with the next tick, in the order in which they came."""
        self.flight: Changes = {}
        """What the store is being asked to apply at this moment."""
        self.later: dict[int, Changes] = {}
        """Batches that are stored and wait for one before them, by seq."""
        self.doubtful = False
        """True while the store may tell another story than this map: then nothing is added."""
        self.elsewhere: frozenset[str] = frozenset()
        """Seats with a connection at another worker."""
        self.online: frozenset[str] = frozenset()
        """Seats with a connection at any worker."""
        self.connections: set[Connection] = set()
        self.flushed_at = 0.0
        self.insight_at = 0.0
        self.used_at = monotonic()
        self._online: Counter[str] = Counter()
        self._left: dict[str, float] = {}
        self._parts: Parts | None = None
        self._hidden: bool | None = None
        self._touched: set[str] = set()

    @property
    def werkplaats(self) -> str:
        werkplaats_id: str = self.fields[f.WERKPLAATS]
        return werkplaats_id

    # Presence

    def arrive(self, role: str) -> bool:
        """Counts a connection of a seat; True when it is the seat's first anywhere."""
        first = role not in self.online
        self._online[role] += 1
        self._left.pop(role, None)
        self._count()
        return first

    def leave(self, role: str) -> bool:
        """Takes a connection of a seat away; True when it was the seat's last anywhere."""
        self._online[role] -= 1
        if self._online[role] > 0:
            return False
        del self._online[role]
        self._count()
        if role in self.elsewhere:
            return False
        self._left[role] = monotonic()
        return True

    def hear_of(self, elsewhere: Collection[str]) -> Changes:
        """Takes over who is online at other workers; answers what that changes to see."""
        before = self.online
        self.elsewhere = frozenset(elsewhere) & {role["id"] for role in self.fields[f.ROLES]}
        self._count()
        changes: Changes = {}
        for role in before - self.online:
            self._left[role] = monotonic()
            changes[f.online(role)] = None
        for role in self.online - before:
            self._left.pop(role, None)
            changes[f.online(role)] = True
        return changes

    @property
    def here(self) -> list[str]:
        """Seats with a connection at this worker."""
        return list(self._online)

    def _count(self) -> None:
        self.online = self.elsewhere | self._online.keys()

    def _just_left(self) -> list[str]:
        """Seats without a connection for less than the grace, which count as present."""
        if not self._left:
            return []
        since = monotonic() - GRACE_SECONDS
        return [role for role, left in self._left.items() if left > since]

    def gone_for_good(self) -> list[str]:
        """Seats whose grace ended; each is told once."""
        since = monotonic() - GRACE_SECONDS
        over = [role for role, left in self._left.items() if left <= since]
        for role in over:
            del self._left[role]
        return over

    def expect(self, since: float) -> None:
        """Who has a seat counts as gone since then: a former process may have held them."""
        for role in self.view().seated:
            self._left.setdefault(role, since)

    def forget(self, role: str) -> None:
        """A freed seat is nobody who may still come back."""
        self._left.pop(role, None)

    @property
    def idle(self) -> bool:
        """True when nobody looks and nothing waits: the room may leave memory."""
        waits = self.pending or self.flight or self.later or self.dragged
        return not (self.connections or self._left or waits)

    # Deciding and storing

    def drag(self, connection: Connection, move: Move) -> None:
        """Keeps a move until the tick; of one slider in one round only the newest counts.

        One that takes a position back counts beside it: it takes `done` back with it.
        """
        key = connection, move.slider, move.round, move.value is None
        # Behind what came in between: it may be the same slider, of another connection.
        before = self.dragged.pop(key, None)
        self.dragged[key] = Drag(move, 1 if before is None else before.times + 1)

    def ahead(self) -> RoomView:
        """The room with all that was decided and is not stored yet: what a command meets."""
        fields: Mapping[str, Any] = self.fields
        if self.pending or self.flight or self.later:
            fields = ChainMap(self.pending, self.flight, *self._stored)
        return RoomView(fields, self.exercises, self.online, self._just_left())

    @property
    def _stored(self) -> list[Fields]:
        """What is known to be stored, the last first: also what cannot be shown yet."""
        return [*(self.later[seq] for seq in sorted(self.later, reverse=True)), self.fields]

    def knows(self, seq: int) -> bool:
        """Whether what is decided here takes a batch into account already."""
        return seq <= self.seq or seq in self.later

    def view(self) -> RoomView:
        """The room as it is stored: what anybody may see."""
        return RoomView(self.fields, self.exercises, self.online, self._just_left())

    def decide(self, waiting: Waiting, now: datetime) -> bool:
        """Adds a decision to what waits. False when it changed nothing and nothing waits."""
        changes = waiting.decide(self.ahead(), now)
        if not (changes or self.pending or self.flight):
            return False
        self.pending.update(changes)
        self.waiting.append(waiting)
        return True

    def take(self, at: str) -> tuple[Batch, list[Waiting]]:
        """What waits becomes a batch in flight, with the state that it was decided under."""
        self.flight, self.pending = self.pending, {}
        waiting, self.waiting = self.waiting, []
        stepped = f.PHASE in self.flight or f.ROUND in self.flight
        under: Mapping[str, Any] = ChainMap(*self._stored) if self.later else self.fields
        return (
            Batch(
                changes=self.flight,
                at=at,
                phase=under[f.PHASE],
                round=under[f.ROUND],
                locked=under.get(f.LOCKED) is True,
                seq=self.seq if stepped else None,
                seats=_seats(waiting),
            ),
            waiting,
        )

    def follows(self, seq: int) -> bool:
        """Whether this batch comes next and no other waits: so it is nearly always."""
        return seq == self.seq + 1 and not (self.later or self.doubtful)

    def accept(self, seq: int, changes: Changes) -> Iterator[tuple[int, Changes]]:
        """What follows on the map now that this batch is known, in the order of seq.

        A batch that is there already counts once; one that comes too early waits for those
        before it. Each must be laid over the map (`advance`) before the next is asked for.
        """
        if seq > self.seq:
            self.later.setdefault(seq, changes)
        while not self.doubtful and self.seq + 1 in self.later:
            yield self.seq + 1, self.later.pop(self.seq + 1)

    def advance(self, seq: int, changes: Changes, *, dragged: bool = False) -> None:
        """The store has it: now it is so. `dragged`: nothing but what people drag has changed."""
        self.seq = seq
        f.apply(self.fields, changes)
        self._touched.update(changes)
        if not dragged:
            self._hidden = None

    def replace(self, stored: Stored) -> bool:
        """Starts again from what the store has; True when that is not what was here."""
        self.later = {seq: self.later[seq] for seq in self.later if seq > stored.seq}
        if stored == (self.seq, self.fields):
            return False
        self.seq, self.fields = stored.seq, f.shared(stored.fields)
        self._parts = self._hidden = None
        self._touched.clear()
        return True

    def outsiders(self) -> list[Connection]:
        """Connections of seats whose token is void by now (RM7)."""
        return [
            one
            for one in self.connections
            if one.actor.role is not None and self.fields.get(f.token(one.actor.role)) != one.digest
        ]

    # Showing

    @property
    def insight_owed(self) -> bool:
        """True while the last insight that went out is not of the last state."""
        return bool(self._touched)

    def insight(self, view: str) -> Insight:
        """What the map adds up to, computed anew only where it changed."""
        seen = self.view()
        self._parts = insight.parts(seen, self._parts, self._touched)
        self._touched.clear()
        return insight.insight(seen, self._parts, view)

    def hidden(self) -> bool:
        """Whether not everybody may see the same; looked at again when it may have changed."""
        if self._hidden is None:
            self._hidden = masking.anything_hidden(self.fields)
        return self._hidden

    def shown(self, view: str) -> dict[str, Any]:
        """The map that a view may see, with who is online."""
        seen = masking.mask(self.fields, view)
        seen.update({f.online(role): True for role in self.online})
        return seen

    def by_view(self, *, hidden: bool) -> dict[str, Collection[Connection]]:
        """The connections, together where they may see the same."""
        if not hidden:
            return {masking.SHARED: self.connections}
        groups: dict[str, list[Connection]] = {}
        for connection in self.connections:
            view = masking.view_of(connection.actor, hidden=hidden)
            groups.setdefault(view, []).append(connection)
        return dict(groups)


def _seats(waiting: Sequence[Waiting]) -> Mapping[str, str]:
    """Whose seats must still be theirs."""
    if len(waiting) == 1:
        return waiting[0].seats
    return {role: digest for one in waiting for role, digest in one.seats.items()}

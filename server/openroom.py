"""A room that this process holds in memory: its map, who looks, and what waits to be stored."""

from collections import ChainMap, Counter
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, NamedTuple

from server.connection import Connection
from sessions import fields as f
from sessions import insight, masking
from sessions.errors import Refusal
from sessions.exercise import Exercise
from sessions.fields import Changes, Fields
from sessions.insight import Insight, Parts
from sessions.room import GRACE_SECONDS, RoomView
from sessions.store import Batch, Stored


class Waiting(NamedTuple):
    """A decision that waits for the store; made again when the room moved on under it."""

    decide: Callable[[RoomView], Changes]
    answer: Callable[[int | Refusal], None]


class OpenRoom:
    """State and small steps; the hub decides when."""

    def __init__(self, code: str, stored: Stored, exercises: Mapping[str, Exercise]) -> None:
        self.code = code
        self.seq = stored.seq
        self.fields: Fields = stored.fields
        self.exercises = exercises
        self.pending: Changes = {}
        self.waiting: list[Waiting] = []
        self.flight: Changes = {}
        """What the store is being asked to apply at this moment."""
        self.connections: set[Connection] = set()
        self.flushed_at = 0.0
        self.insight_at = 0.0
        self.used_at = monotonic()
        self._online: Counter[str] = Counter()
        self._left: dict[str, float] = {}
        self._parts: Parts | None = None
        self._touched: set[str] = set()

    @property
    def werkplaats(self) -> str:
        werkplaats_id: str = self.fields[f.WERKPLAATS]
        return werkplaats_id

    # Presence

    def arrive(self, role: str) -> bool:
        """Counts a connection of a seat; True when it is the seat's first."""
        self._online[role] += 1
        self._left.pop(role, None)
        return self._online[role] == 1

    def leave(self, role: str) -> bool:
        """Takes a connection of a seat away; True when it was the seat's last."""
        self._online[role] -= 1
        if self._online[role] > 0:
            return False
        del self._online[role]
        self._left[role] = monotonic()
        return True

    @property
    def online(self) -> list[str]:
        return list(self._online)

    @property
    def present(self) -> list[str]:
        """Seats with a connection, or without one for less than the grace."""
        since = monotonic() - GRACE_SECONDS
        return [*self._online, *(role for role, left in self._left.items() if left > since)]

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
        return not (self.connections or self.pending or self.flight or self._left)

    # Deciding and storing

    def ahead(self) -> RoomView:
        """The room with all that was decided and is not stored yet: what a command meets."""
        fields = ChainMap(self.pending, self.flight, self.fields)
        return RoomView(fields, self.exercises, self.online, self.present)

    def view(self) -> RoomView:
        """The room as it is stored: what anybody may see."""
        return RoomView(self.fields, self.exercises, self.online, self.present)

    def decide(self, waiting: Waiting) -> bool:
        """Adds a decision to what waits. False when it changed nothing and nothing waits."""
        changes = waiting.decide(self.ahead())
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
        return (
            Batch(
                changes=self.flight,
                at=at,
                phase=self.fields[f.PHASE],
                round=self.fields[f.ROUND],
                locked=self.fields.get(f.LOCKED) is True,
                seq=self.seq if stepped else None,
            ),
            waiting,
        )

    def advance(self, seq: int, changes: Changes) -> None:
        """The store has it: now it is so."""
        self.seq = seq
        f.apply(self.fields, changes)
        self._touched.update(changes)

    def replace(self, stored: Stored) -> None:
        """Starts again from what the store has."""
        self.seq, self.fields = stored
        self._parts = None
        self._touched.clear()

    # Showing

    @property
    def parts(self) -> Parts:
        """What the map adds up to, computed anew only where it changed."""
        self._parts = insight.parts(self.view(), self._parts, self._touched)
        self._touched.clear()
        return self._parts

    @property
    def insight_owed(self) -> bool:
        """True while the last insight that went out is not of the last state."""
        return bool(self._touched)

    def insight(self, view: str) -> Insight:
        return insight.insight(self.view(), self.parts, view)

    def hidden(self) -> bool:
        return masking.anything_hidden(self.fields)

    def shown(self, view: str) -> dict[str, Any]:
        """The map that a view may see, with who is online."""
        seen = masking.mask(self.fields, view)
        seen.update({f.online(role): True for role in self._online})
        return seen

    def by_view(self, *, hidden: bool) -> dict[str, list[Connection]]:
        """The connections, together where they may see the same."""
        groups: dict[str, list[Connection]] = {}
        for connection in self.connections:
            view = masking.view_of(connection.actor, hidden=hidden)
            groups.setdefault(view, []).append(connection)
        return groups

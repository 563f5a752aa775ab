"""What goes to whom: each view of a room gets one frame, masked, encoded once.

Called by the hub alone, under its lock, for what the store has already.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic

from server import metrics
from server.broadcast import Broadcast
from server.connection import Connection
from server.openroom import OpenRoom
from server.openrooms import OpenRooms
from sessions import fields as f
from sessions import masking
from sessions.exercise import Exercise
from sessions.fields import Changes
from sessions.protocol.messages import Frame, Snapshot, You
from sessions.room import stamp

INSIGHT_EVERY = 0.25
"""While people drag, insight goes out this often at most, and once more for the last state."""


class Showing:
    """Sends snapshots and frames; `changed` hears of every room that looks different now.

    It hears also whether that was this worker's doing (then it is its to tell the others), and
    the time.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        exercises: Mapping[str, Exercise],
        clock: Callable[[], datetime],
        changed: Callable[[OpenRoom, bool, float], None],
    ) -> None:
        self._broadcast = broadcast
        self._exercises = exercises
        self._clock = clock
        self._changed = changed
        self._batches = 0
        """Shown, and not in the metrics yet."""
        self._owed: dict[str, float] = {}
        """Rooms whose last insight is not of the last state, and when it is due."""

    @property
    def due(self) -> float:
        """When the next owed insight goes out; infinity when none is owed."""
        return min(self._owed.values(), default=float("inf"))

    def advance(
        self, room: OpenRoom, seq: int, changes: Changes, *, dragged: bool, mine: bool
    ) -> None:
        """Takes a stored batch into the map and shows each view its part of it.

        `dragged`: nothing else changes in it than what people drag.
        """
        self._batches += 1
        was_hidden = room.hidden()
        before = room.fields if dragged or not was_hidden else dict(room.fields)
        room.advance(seq, changes, dragged=dragged)
        hidden = was_hidden or room.hidden()
        now = monotonic()
        with_insight = not dragged or now - room.insight_at >= INSIGHT_EVERY
        for view, connections in room.by_view(hidden=hidden).items():
            if hidden:
                seen = masking.mask_changes(before, room.fields, changes, view)
            else:
                seen = masking.public(changes)
            if seen or with_insight:
                shown = room.insight(view) if with_insight else None
                self._broadcast.send(connections, "frame", Frame(seq, seen, shown))
        self._after(room, now, with_insight=with_insight, mine=mine)

    def show(self, room: OpenRoom, changes: Changes, *, mine: bool = True) -> None:
        """A frame without a batch: who is online, or an insight that was owed."""
        for view, connections in room.by_view(hidden=room.hidden()).items():
            frame = Frame(room.seq, changes, room.insight(view))
            self._broadcast.send(connections, "frame", frame)
        self._after(room, monotonic(), with_insight=True, mine=mine)

    def anew(self, room: OpenRoom) -> None:
        """The whole room for everybody in it: what came in between is not known."""
        metrics.RELOADS.inc()
        for connection in room.connections - set(room.outsiders()):
            self.snapshot(room, connection)
        self._after(room, monotonic(), with_insight=True, mine=False)

    def snapshot(self, room: OpenRoom, connection: Connection) -> None:
        """The whole room, for one connection."""
        view = masking.view_of(connection.actor, hidden=room.hidden())
        used = {room.fields[f.round_(one)]["exercise"] for one in masking.rounds(room.fields)}
        snapshot = Snapshot(
            seq=room.seq,
            now=stamp(self._clock()),
            you=You(connection.actor.name),
            fields=room.shown(view),
            insight=room.insight(view),
            exercises={one: self._exercises[one].hash for one in sorted(used)},
        )
        self._broadcast.send([connection], "snapshot", snapshot)

    def count(self) -> None:
        """Brings the metrics up to date: doing it for each batch would cost more than some."""
        if self._batches:
            batches, self._batches = self._batches, 0
            metrics.BATCHES.inc(batches)

    def pay(self, rooms: OpenRooms, now: float) -> None:
        """Sends the insights that are due."""
        for code in [code for code, due in self._owed.items() if due <= now]:
            del self._owed[code]
            room = rooms.get(code)
            if room is not None:
                self.show(room, {})

    def forget(self, room: OpenRoom) -> None:
        """The room is gone: nothing is owed any more."""
        self._owed.pop(room.code, None)

    def _after(self, room: OpenRoom, now: float, *, with_insight: bool, mine: bool) -> None:
        if with_insight:
            room.insight_at = now
            self._owed.pop(room.code, None)
        elif room.code not in self._owed:
            # While people go on dragging it comes along with a batch before this.
            self._owed[room.code] = now + INSIGHT_EVERY
        self._changed(room, mine, now)

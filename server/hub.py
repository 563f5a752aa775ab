"""Open rooms and group commit: what changes a room goes through here, stored before it is shown.

A decision changes the pending part of an open room. Each tick the hub hands all that is pending
to the store in one go, and only then sends each room one frame and the answers. So what anybody
sees is stored, an `ok` is true, and a burst costs one write and one frame.

Two locks, always taken in this order: `_storing` keeps what the store does and what follows
from it in one order; `_lock` guards the rooms in memory and is never held while the store works
on a batch, so that decisions go on.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from time import monotonic

import structlog

from server import metrics
from server.broadcast import Broadcast
from server.connection import Connection
from server.openroom import OpenRoom, Waiting
from server.overviews import Overviews
from server.showing import Showing
from sessions import fields as f
from sessions import rules
from sessions.actors import Actor
from sessions.commands import Command
from sessions.errors import Code, Refusal, StoreUnavailable
from sessions.exercise import Exercise
from sessions.fields import Changes
from sessions.protocol.messages import Expired
from sessions.room import GRACE_SECONDS, RoomView, hashed, new_token, stamp
from sessions.store import Receipt, Rejected, Store

TICK = 0.05
"""Seconds between two frames of a room; a room that was quiet for longer goes at once."""
SLACK = 0.01
"""A room that is due this soon goes along with those that are due now: fewer, larger groups."""
NEVER = float("inf")
SWEEP_EVERY = 5.0
KEEP_IDLE = 60.0
PURGE_EVERY = 60.0

log = structlog.get_logger(__name__)


def _nobody_asked(result: int | Refusal) -> None:
    """The answer to a decision of the hub's own."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Hub:
    """See the module; `start` begins the tick, `stop` stores what waits and ends it."""

    def __init__(
        self,
        store: Store,
        exercises: Mapping[str, Exercise],
        broadcast: Broadcast,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._exercises = exercises
        self._broadcast = broadcast
        self._clock = clock
        self._storing = threading.RLock()
        self._lock = threading.RLock()
        self._rooms: dict[str, OpenRoom] = {}
        self._due: dict[str, float] = {}
        self._overviews = Overviews(broadcast, clock)
        self._showing = Showing(broadcast, exercises, clock, self._changed)
        self._sweep_at = self._purge_at = 0.0
        self._wake = threading.Event()
        self._stopped = False
        self._started_at = monotonic()

    # The tick

    def run(self) -> None:
        """Ticks until `stop`; nothing that goes wrong with one room ends it."""
        while not self._stopped:
            self._wake.wait(self._pause())
            self._wake.clear()
            try:
                self.tick()
            except Exception:
                log.exception("tick_failed")

    def stop(self) -> None:
        """Ends the tick after storing all that waits."""
        self._stopped = True
        self._wake.set()
        with self._lock:
            self._due = dict.fromkeys(self._due, 0.0)
        self._flush(monotonic())

    def _pause(self) -> float:
        with self._lock:
            soonest = min(*self._due.values(), self._showing.due, self._overviews.due, NEVER)
        return min(1.0, max(0.0, soonest - monotonic()))

    def tick(self) -> None:
        """Stores what is due, then sends what follows from it."""
        now = monotonic()
        self._flush(now)
        with self._lock:
            self._showing.pay(self._rooms, now)
            self._overviews.send(self._rooms, now)
        if now - self._sweep_at >= SWEEP_EVERY:
            self._sweep_at = now
            self._sweep(now)
        if now - self._purge_at >= PURGE_EVERY:
            self._purge_at = now
            self._purge()

    def _flush(self, now: float) -> None:
        with self._storing:
            with self._lock:
                codes = [code for code, due in self._due.items() if due <= now + SLACK]
                rooms = [self._rooms[code] for code in codes if code in self._rooms]
                for code in codes:
                    del self._due[code]
                at = stamp(self._clock())
                taken = {room.code: room.take(at) for room in rooms if room.waiting}
            if not taken:
                return
            try:
                with metrics.STORING.time():
                    results = self._store.apply(
                        {code: batch for code, (batch, _) in taken.items() if batch.changes}
                    )
            except StoreUnavailable as error:
                log.warning("store_unavailable", detail=str(error))
                results = None
            except Exception:
                # Whatever it is, nobody may be left without an answer.
                log.exception("store_failed")
                results = None
            with self._lock:
                for code, (_, waiting) in taken.items():
                    room = self._rooms[code]
                    try:
                        if results is None:
                            self._fail(room, waiting)
                        else:
                            self._settle(room, waiting, results.get(code, room.seq))
                    except Exception:
                        log.exception("room_failed", room=code)
                        self._fail(room, waiting)

    def _settle(self, room: OpenRoom, waiting: list[Waiting], result: int | Rejected) -> None:
        """The store has answered for one room."""
        changes, room.flight = room.flight, {}
        if result is Rejected.GONE:
            self._expire(room)
            self._answer(waiting, Refusal(Code.UNAVAILABLE, "the room is gone"))
        elif result is Rejected.STALE:
            self._reload(room, [*waiting, *room.waiting])
        else:
            assert isinstance(result, int)
            room.flushed_at = monotonic()
            if changes and result != room.seq + 1:
                # A batch that was not known to be stored was stored after all.
                self._reload(room, room.waiting)
            elif changes:
                self._showing.advance(room, result, changes)
            self._answer(waiting, result)
            if f.LOCKED in changes:
                self._recheck(room)

    def _fail(self, room: OpenRoom, waiting: list[Waiting]) -> None:
        """Not known to be stored: nothing is shown, and what came after is decided again."""
        room.flight = {}
        self._answer(waiting, Refusal(Code.UNAVAILABLE, "not known to be stored; send it again"))
        self._decide_again(room, room.waiting)

    def _reload(self, room: OpenRoom, waiting: list[Waiting]) -> None:
        """The store moved on without this process: catch up, show it, and decide again."""
        stored = self._store.room(room.code)
        if stored is None:
            self._expire(room)
            self._answer(waiting, Refusal(Code.UNAVAILABLE, "the room is gone"))
            return
        room.replace(stored)
        for connection in list(room.connections):
            self._showing.snapshot(room, connection)
        self._decide_again(room, waiting)

    def _catch_up(self, room: OpenRoom) -> None:
        """The store has what this process was told it might not have."""
        with self._lock:
            self._reload(room, room.waiting)

    def _decide_again(self, room: OpenRoom, waiting: list[Waiting]) -> None:
        room.pending, room.waiting = {}, []
        for one in waiting:
            self._enter(room, one)

    @staticmethod
    def _answer(waiting: Iterable[Waiting], result: int | Refusal) -> None:
        for one in waiting:
            one.answer(result)

    # Deciding

    def submit(
        self, connection: Connection, command: Command, answer: Callable[[int | Refusal], None]
    ) -> None:
        """Decides a command of a connection; `answer` hears when it is stored, or why not."""
        with self._lock:
            room = self._rooms.get(connection.address)
            if room is None or connection not in room.connections:
                answer(Refusal(Code.UNAVAILABLE, "this connection is closing"))
                return
            self._enter(room, self._asked(connection.actor, command, answer))

    def submit_to(
        self, code: str, actor: Actor, command: Command, answer: Callable[[int | Refusal], None]
    ) -> None:
        """The same for who is not in the room: the facilitator, from the overview."""
        try:
            room = self.room(code)
        except StoreUnavailable:
            answer(Refusal(Code.UNAVAILABLE, "the store does not answer"))
            return
        with self._lock:
            if room is None:
                answer(Refusal(Code.INVALID, "there is no such room", "rooms"))
                return
            self._enter(room, self._asked(actor, command, answer))

    def _asked(
        self, actor: Actor, command: Command, answer: Callable[[int | Refusal], None]
    ) -> Waiting:
        def decide(view: RoomView) -> Changes:
            return rules.decide(view, actor, command, self._clock())

        return Waiting(decide, answer)

    def _enter(self, room: OpenRoom, waiting: Waiting) -> None:
        try:
            waits = room.decide(waiting)
        except Refusal as refusal:
            metrics.REFUSED.labels(code=str(refusal.code)).inc()
            waiting.answer(refusal)
            return
        if not waits:
            waiting.answer(room.seq)
            return
        if room.code not in self._due:
            self._due[room.code] = room.flushed_at + TICK
            self._wake.set()

    def _changed(self, room: OpenRoom) -> None:
        """A room looks different now: who watches hears of it with the next update."""
        idle = self._overviews.due == NEVER
        self._overviews.touch(room)
        if idle and self._overviews.due != NEVER:
            self._wake.set()

    def _recheck(self, room: OpenRoom) -> None:
        """Somebody came or went: perhaps the proposals now make a step (SP5)."""
        self._enter(
            room,
            Waiting(lambda view: rules.due_step(view, self._clock()), _nobody_asked),
        )

    # Coming and going

    def reading(self) -> AbstractContextManager[object]:
        """To read a room's map or insight while nothing changes it; ask for rooms before."""
        return self._lock

    def room(self, code: str) -> OpenRoom | None:
        """The open room of a code, read from the store when it is not in memory."""
        with self._lock:
            room = self._rooms.get(code)
            if room is not None:
                room.used_at = monotonic()
                return room
        with self._storing:
            stored = self._store.room(code)
            with self._lock:
                if stored is not None and code not in self._rooms:
                    self._rooms[code] = OpenRoom(code, stored, self._exercises)
                    if monotonic() - self._started_at < GRACE_SECONDS:
                        # A restart is not longer than a reload: it decides nothing (SP5).
                        self._rooms[code].expect(self._started_at)
                return self._rooms.get(code)

    def attach(self, connection: Connection) -> None:
        """Lets a connection into its room: a snapshot for it, a sign of life for the others."""
        room = self.room(connection.address)
        with self._lock:
            if room is None or room.code not in self._rooms:
                self._broadcast.send([connection], "expired", Expired())
                self._broadcast.close(connection)
                return
            room.connections.add(connection)
            role = connection.actor.role
            if role is not None and room.fields.get(f.token(role)) != connection.digest:
                # The seat was freed since the handshake.
                room.connections.discard(connection)
                self._broadcast.close(connection)
                return
            metrics.CONNECTIONS.labels(namespace="room").inc()
            first = role is not None and room.arrive(role)
            self._showing.snapshot(room, connection)
            if first:
                self._showing.show(room, {f.online(str(role)): True})
                self._recheck(room)
        if role is None:
            self._still_facilitator(connection, room.werkplaats)

    def detach(self, connection: Connection) -> None:
        """A connection has gone; its seat stays its own."""
        with self._lock:
            room = self._rooms.get(connection.address)
            if room is None or connection not in room.connections:
                return
            room.connections.discard(connection)
            room.used_at = monotonic()
            metrics.CONNECTIONS.labels(namespace="room").dec()
            role = connection.actor.role
            if role is not None and room.leave(role):
                self._showing.show(room, {f.online(role): None})
                self._recheck(room)

    def _sweep(self, now: float) -> None:
        """Seats whose grace ended, rooms that nobody looks at, and what the store still owes."""
        self._store.tidy()
        with self._lock:
            for room in list(self._rooms.values()):
                if room.gone_for_good():
                    self._showing.show(room, {})
                    self._recheck(room)
                watched = self._overviews.watched(room.werkplaats)
                if room.idle and not watched and now - room.used_at > KEEP_IDLE:
                    del self._rooms[room.code]

    def _purge(self) -> None:
        try:
            with self._storing:
                receipts = self._store.purge(stamp(self._clock()))
        except StoreUnavailable as error:
            log.warning("purge_failed", detail=str(error))
            return
        for receipt in receipts:
            log.info("werkplaats_expired", rooms=len(receipt.rooms))
            self._gone(receipt)

    def _gone(self, receipt: Receipt) -> None:
        with self._lock:
            for code in receipt.rooms:
                if code in self._rooms:
                    self._expire(self._rooms[code])
            for connection in self._overviews.watchers(receipt.id):
                self._overviews.discard(connection)
                self._broadcast.close(connection)

    def _expire(self, room: OpenRoom) -> None:
        """The room is gone: say so, and close."""
        self._rooms.pop(room.code, None)
        self._due.pop(room.code, None)
        self._showing.forget(room)
        connections, room.connections = room.connections, set()
        self._broadcast.send(connections, "expired", Expired())
        for connection in connections:
            metrics.CONNECTIONS.labels(namespace="room").dec()
            self._broadcast.close(connection)
        self._answer(room.waiting, Refusal(Code.UNAVAILABLE, "the room is gone"))

    # Seats and werkplaatsen

    def claim(self, code: str, role: str, name: str | None) -> str | Rejected:
        """Takes a seat; answers its token, or why not."""
        token = new_token()
        with self._storing:
            room = self.room(code)
            if room is None:
                return Rejected.GONE
            at = stamp(self._clock())
            seat = {"name": name, "since": at}
            digest = hashed(token)
            result = self._store.claim(code, role, seat, digest, at)
            if isinstance(result, Rejected):
                if result is Rejected.TAKEN and room.fields.get(f.seat(role)) is None:
                    self._catch_up(room)
                return result
            if result != room.seq + 1:
                self._catch_up(room)
                return token
            with self._lock:
                self._showing.advance(room, result, {f.seat(role): seat, f.token(role): digest})
        return token

    def release(self, code: str, role: str, *, clear: bool) -> Rejected | None:
        """Frees a seat: its token is void and its connections close."""
        with self._storing:
            room = self.room(code)
            if room is None:
                return Rejected.GONE
            result = self._store.release(code, role, clear=clear, at=stamp(self._clock()))
            if isinstance(result, Rejected):
                return result
            seq, changes = result
            if seq != room.seq + bool(changes):
                self._catch_up(room)
                changes = {}
            with self._lock:
                for connection in [one for one in room.connections if one.actor.role == role]:
                    self.detach(connection)
                    self._broadcast.close(connection)
                room.forget(role)
                if changes:
                    self._showing.advance(room, seq, changes)
                # What the seat sent just before is decided again, and refused now.
                self._decide_again(room, room.waiting)
                self._recheck(room)
        return None

    def delete(self, werkplaats_id: str) -> Receipt | None:
        """Removes a werkplaats everywhere."""
        with self._storing:
            receipt = self._store.delete(werkplaats_id)
            if receipt is not None:
                self._gone(receipt)
            return receipt

    # The overview

    def watch(self, connection: Connection) -> None:
        """Shows a facilitator all rooms of a werkplaats, and then what changes."""
        werkplaats = self._store.werkplaats(connection.address)
        if werkplaats is None:
            self._broadcast.close(connection)
            return
        rooms = [room for code in werkplaats.rooms if (room := self.room(code)) is not None]
        with self._lock:
            self._overviews.add(connection, werkplaats, rooms)
        self._still_facilitator(connection, werkplaats.id)

    def _still_facilitator(self, connection: Connection, werkplaats_id: str) -> None:
        """Closes who came in with a token that was replaced since the handshake.

        Asked once they are in: a replacement before this is seen here, one after it shuts out.
        """
        werkplaats = self._store.werkplaats(werkplaats_id)
        if werkplaats is None or werkplaats.facilitator != connection.digest:
            self._broadcast.close(connection)

    def unwatch(self, connection: Connection) -> None:
        with self._lock:
            self._overviews.discard(connection)

    def shut_out_facilitators(self, werkplaats_id: str) -> None:
        """Their token was replaced: connections that came in with it close."""
        with self._lock:
            shut = self._overviews.watchers(werkplaats_id)
            for room in self._rooms.values():
                if room.werkplaats == werkplaats_id:
                    shut += [one for one in room.connections if one.actor.kind == "facilitator"]
            for connection in shut:
                self._broadcast.close(connection)

    def codes(self, werkplaats_id: str) -> list[str]:
        """The codes of a werkplaats's rooms, in order."""
        werkplaats = self._store.werkplaats(werkplaats_id)
        return [] if werkplaats is None else werkplaats.rooms

    def opened(self, werkplaats_id: str, codes: Iterable[str]) -> None:
        """Rooms were added: who watches sees them."""
        with self._lock:
            watched = self._overviews.watched(werkplaats_id)
        if not watched:
            return
        rooms = [room for code in codes if (room := self.room(code)) is not None]
        with self._lock:
            self._overviews.opened(werkplaats_id, [room.code for room in rooms])
            self._wake.set()

"""Open rooms and group commit: what changes a room goes through here, stored before it is shown.

A decision changes the pending part of an open room. Each tick the hub hands all that is pending
to the store in one go, and only then sends each room one frame and the answers. So what anybody
sees is stored, an `ok` is true, and a burst costs one write and one frame. What other workers did
to the same rooms comes in by `server.company`; a room's batches are shown in the order of seq,
whoever's they are.

Two locks, always taken in this order: `_storing` keeps what the store does and what follows
from it in one order; `_lock` guards the rooms in memory and is never held while the store works
on a batch, so that decisions go on.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from time import monotonic

import structlog

from server import metrics
from server.broadcast import Broadcast
from server.company import Company
from server.connection import Connection
from server.facilitators import Facilitators
from server.openroom import OpenRoom, Waiting
from server.showing import Showing
from sessions import fields as f
from sessions import rules
from sessions.actors import Actor
from sessions.commands import Command
from sessions.errors import Code, Refusal, StoreUnavailable
from sessions.exercise import Exercise
from sessions.fields import Changes, Fields
from sessions.protocol.messages import Expired
from sessions.room import GRACE_SECONDS, RoomView, hashed, matches, new_token, stamp
from sessions.store import Receipt, Rejected, Store, Stored
from sessions.store.port import Applied

TICK = 0.05
"""Seconds between two frames of a room; a room that was quiet for longer goes at once."""
SLACK = 0.01
"""A room that is due this soon goes along with those that are due now: fewer, larger groups."""
NEVER = float("inf")
SWEEP_EVERY = 5.0
KEEP_IDLE = 60.0
PURGE_EVERY = 60.0
GAP = 0.25
"""Seconds for which a batch waits for one that should come before it."""
RETRY = 0.5
"""Seconds between two times that a store which does not answer is asked for a room."""

log = structlog.get_logger(__name__)


def _nobody_asked(result: int | Refusal) -> None:
    """The answer to a decision of the hub's own."""


def _seat_of(fields: Fields, roles: Iterable[str], token: str) -> str | None:
    return next((role for role in roles if matches(token, fields.get(f.token(role)))), None)


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
        self._catch_up_at: dict[str, float] = {}
        """Rooms that must be read anew from the store, and when."""
        self.facilitators = Facilitators(store, broadcast, clock, self._lock, self.peek)
        self.company = Company(store, self, self.facilitators)
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
        self.company.end()

    def _pause(self) -> float:
        with self._lock:
            soonest = min(
                *self._due.values(),
                *self._catch_up_at.values(),
                self._showing.due,
                self.facilitators.due,
                self.company.due,
                NEVER,
            )
        return min(1.0, max(0.0, soonest - monotonic()))

    def tick(self) -> None:
        """Stores what is due, then sends what follows from it."""
        now = monotonic()
        self._flush(now)
        self._catch_up_due(now)
        with self._lock:
            self._showing.pay(self._rooms, now)
        self.facilitators.tick(self._rooms, now)
        self.company.tick(now)
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
            if results is not None:
                # The store answers: whoever waited for it to be read anew waits no longer.
                behind = [code for code in taken if self._is_behind(code, results)]
                self._catch_up(behind)

    def _is_behind(self, code: str, results: Mapping[str, int | Rejected]) -> bool:
        room = self._rooms.get(code)
        return results.get(code) is Rejected.STALE or (room is not None and room.doubtful)

    def _settle(self, room: OpenRoom, waiting: list[Waiting], result: int | Rejected) -> None:
        """The store has answered for one room."""
        changes, room.flight = room.flight, {}
        if result is Rejected.GONE:
            self._expire(room)
            self._answer(waiting, Refusal(Code.UNAVAILABLE, "the room is gone"))
        elif result is Rejected.STALE:
            # The store moved on without this process: catch up, and decide again.
            room.waiting = [*waiting, *room.waiting]
        elif isinstance(result, Rejected):
            self._fail(room, waiting)
        else:
            room.flushed_at = monotonic()
            if changes and result <= room.seq:
                # It tells another story than before: another server took over.
                self._doubt(room)
            if changes:
                self._accept(room, result, changes)
            self._answer(waiting, result)
            if f.LOCKED in changes:
                self._recheck(room)

    def _fail(self, room: OpenRoom, waiting: list[Waiting]) -> None:
        """Not known to be stored: nothing is shown, and what came after is decided again."""
        room.flight = {}
        self._answer(waiting, Refusal(Code.UNAVAILABLE, "not known to be stored; send it again"))
        self._doubt(room)
        self._decide_again(room, room.waiting)

    def _accept(self, room: OpenRoom, seq: int, changes: Changes, *, mine: bool = True) -> None:
        """A batch is stored, by whatever worker: shown when all before it have been."""
        for number, batch in room.accept(seq, changes):
            self._showing.advance(room, number, batch, mine=mine)
            if any(f.kind(key) == "~token" for key in batch):
                self._shut_out(room)
            if not mine and any(f.kind(key) in (f.LOCKED, "proposal") for key in batch):
                self._recheck(room)
        if room.later and not room.doubtful:
            self._catch_up_at.setdefault(room.code, monotonic() + GAP)
            self._wake.set()
        elif not room.doubtful:
            self._catch_up_at.pop(room.code, None)

    def _shut_out(self, room: OpenRoom) -> None:
        """Seats were freed: their connections close, and what they just sent is refused."""
        for connection in room.outsiders():
            self.detach(connection)
            self._broadcast.close(connection)
        for role in room.view().roles:
            if room.fields.get(f.seat(role)) is None:
                room.forget(role)
        self._decide_again(room, room.waiting)
        self._recheck(room)

    def _doubt(self, room: OpenRoom) -> None:
        """What is here may not be what is stored: nothing is added until it was read anew."""
        room.doubtful = True
        self._catch_up_at[room.code] = 0.0
        self._wake.set()

    def _catch_up_due(self, now: float) -> None:
        with self._lock:
            due = [code for code, when in self._catch_up_at.items() if when <= now]
        if due:
            with self._storing:
                self._catch_up(due)

    def _catch_up(self, codes: Sequence[str]) -> None:
        """Reads rooms anew; shows who is there what they missed, and decides again."""
        with self._lock:
            rooms = [self._rooms[code] for code in codes if code in self._rooms]
            for code in codes:
                self._catch_up_at.pop(code, None)
            for room in rooms:
                # From here on nothing is laid over the map: so it is as old as what is read.
                room.doubtful = True
        if not rooms:
            return
        try:
            found = self._read([room.code for room in rooms])
        except StoreUnavailable as error:
            log.warning("store_unavailable", detail=str(error))
            with self._lock:
                for room in rooms:
                    self._catch_up_at[room.code] = monotonic() + RETRY
                    waiting, room.waiting, room.pending = room.waiting, [], {}
                    self._answer(waiting, Refusal(Code.UNAVAILABLE, "the store does not answer"))
            return
        with self._lock:
            for room in rooms:
                if self._rooms.get(room.code) is room:
                    self._renew(room, found.get(room.code))

    def _read(self, codes: Sequence[str]) -> dict[str, Stored]:
        metrics.READS.inc(len(codes))
        return self._store.rooms(codes)

    def _renew(self, room: OpenRoom, stored: Stored | None) -> None:
        """The room as it was just read."""
        if stored is None:
            self._expire(room)
            return
        room.doubtful = False
        if room.replace(stored):
            # First the whole room: what a seat's leaving shows belongs on the new map.
            self._showing.anew(room)
            self._shut_out(room)
        # What came in while it was read.
        self._accept(room, 0, {}, mine=False)
        self._decide_again(room, room.waiting)
        self._recheck(room)

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

    def _changed(self, room: OpenRoom, mine: bool) -> None:  # noqa: FBT001  # a callback's one word
        """A room looks different now: who watches hears of it with the next update."""
        if self.facilitators.touch(room, mine=mine):
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
            with self._lock:
                if code in self._rooms:
                    return self._rooms[code]
            if self._store.shared and not self._read([code]):
                return None
            # Only what is listened to before it is read can be kept in step.
            self._store.watch_room(code)
            try:
                stored = self._read([code]).get(code)
                elsewhere = self._store.present([code]).get(code, ())
            except StoreUnavailable:
                self._store.unwatch_room(code)
                raise
            with self._lock:
                if stored is not None:
                    room = self._rooms[code] = self._opened(code, stored, elsewhere)
                    if self._store.shared:
                        # Who has just left it at another worker, nobody here has seen (SP5).
                        room.expect(monotonic())
                    return room
            self._store.unwatch_room(code)
            return None

    def _opened(self, code: str, stored: Stored, elsewhere: Iterable[str]) -> OpenRoom:
        room = OpenRoom(code, stored, self._exercises)
        if monotonic() - self._started_at < GRACE_SECONDS:
            # A restart is not longer than a reload: it decides nothing (SP5).
            room.expect(self._started_at)
        room.hear_of(frozenset(elsewhere))
        return room

    def peek(self, codes: Sequence[str]) -> list[OpenRoom]:
        """Rooms as they are now, only to look at: those that are not open are not kept."""
        with self._lock:
            open_ = {code: self._rooms[code] for code in codes if code in self._rooms}
        others = [code for code in codes if code not in open_]
        if others:
            found = self._read(others)
            present = self._store.present(list(found))
            for code, stored in found.items():
                open_[code] = self._opened(code, stored, present.get(code, ()))
        return [open_[code] for code in codes if code in open_]

    def seat_of(self, room: OpenRoom, token: str) -> str | None:
        """The role whose seat a token is for; asked anew where another worker may know it."""
        with self._lock:
            roles = room.view().roles
            found = _seat_of(room.fields, roles, token)
        if found is None and self._store.shared:
            stored = self._read([room.code]).get(room.code)
            found = None if stored is None else _seat_of(stored.fields, roles, token)
            if found is not None:
                with self._storing:
                    self._catch_up([room.code])
        return found

    def attach(self, connection: Connection) -> None:
        """Lets a connection into its room: a snapshot for it, a sign of life for the others."""
        try:
            room = self.room(connection.address)
        except StoreUnavailable:
            # There is nothing to show: it must come again, and not wait here for good.
            self._broadcast.close(connection)
            return
        with self._lock:
            if room is None or room.code not in self._rooms:
                self._broadcast.send([connection], "expired", Expired())
                self._broadcast.close(connection)
                return
            room.connections.add(connection)
            if connection in room.outsiders():
                # The seat was freed since the handshake.
                room.connections.discard(connection)
                self._broadcast.close(connection)
                return
            metrics.CONNECTIONS.labels(namespace="room").inc()
            role = connection.actor.role
            first = role is not None and room.arrive(role)
            self._showing.snapshot(room, connection)
            if role is not None:
                self.company.stir(room.code)
                self._wake.set()
            if first:
                self._showing.show(room, {f.online(str(role)): True})
                self._recheck(room)
        if role is None:
            self.facilitators.enter(connection, room.werkplaats)

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
            if role is not None:
                last = room.leave(role)
                self.company.stir(room.code)
                self._wake.set()
                if last:
                    self._showing.show(room, {f.online(role): None})
                    self._recheck(room)
        if role is None:
            self.facilitators.leave(connection, room.werkplaats)

    def _sweep(self, now: float) -> None:
        """Seats whose grace ended, rooms that nobody looks at, and what the store still owes."""
        self._store.tidy()
        with self._lock:
            idle = []
            for room in list(self._rooms.values()):
                if room.gone_for_good():
                    self._showing.show(room, {})
                    self._recheck(room)
                if room.idle and now - room.used_at > KEEP_IDLE:
                    idle.append(room.code)
                    self._forget(room)
        for code in idle:
            self._store.unwatch_room(code)

    def _forget(self, room: OpenRoom) -> None:
        self._rooms.pop(room.code, None)
        self._due.pop(room.code, None)
        self._catch_up_at.pop(room.code, None)
        self._showing.forget(room)

    # What other workers did: see server.company

    def wake(self) -> None:
        self._wake.set()

    def heard(self, news: Applied) -> None:
        with self._lock:
            room = self._rooms.get(news.code)
            # The answer to what is on its way from here says more than its echo.
            if room is None or (news.mine and room.flight):
                return
            new = not room.knows(news.seq)
            self._accept(room, news.seq, news.changes, mine=False)
            if new and room.waiting:
                # Decided without this batch: what waits must not go out as if it knew it (ST4).
                self._decide_again(room, room.waiting)

    def seen(self, code: str, roles: Collection[str]) -> None:
        with self._lock:
            room = self._rooms.get(code)
            changes = {} if room is None else room.hear_of(roles)
            if room is not None and changes:
                self._showing.show(room, changes, mine=False)
                self._recheck(room)

    def gone(self, code: str) -> None:
        with self._lock:
            if code in self._rooms:
                self._expire(self._rooms[code])

    def doubt(self, code: str | None) -> None:
        with self._lock:
            for room in list(self._rooms.values()):
                if code in (room.code, None):
                    self._doubt(room)

    def online(self, codes: Collection[str] | None) -> dict[str, list[str]]:
        with self._lock:
            if codes is None:
                # Those too that are only looked at: how else would a lease that ran out show?
                return {code: room.here for code, room in self._rooms.items()}
            return {code: self._rooms[code].here if code in self._rooms else [] for code in codes}

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
        for code in receipt.rooms:
            self.gone(code)
        self.facilitators.changed(receipt.id)

    def _expire(self, room: OpenRoom) -> None:
        """The room is gone: say so, and close."""
        self._forget(room)
        self._store.unwatch_room(room.code)
        connections, room.connections = room.connections, set()
        self._broadcast.send(connections, "expired", Expired())
        for connection in connections:
            metrics.CONNECTIONS.labels(namespace="room").dec()
            if connection.actor.role is None:
                self.facilitators.leave(connection, room.werkplaats)
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
            try:
                result = self._store.claim(code, role, seat, digest, at)
            except StoreUnavailable:
                with self._lock:
                    self._doubt(room)
                raise
            with self._lock:
                if isinstance(result, int):
                    self._accept(room, result, {f.seat(role): seat, f.token(role): digest})
                elif room.fields.get(f.seat(role)) is None:
                    self._doubt(room)  # Taken, or gone, and not known here.
        return result if isinstance(result, Rejected) else token

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
            with self._lock:
                if seq > room.seq and not changes:
                    self._doubt(room)
                self._accept(room, seq, changes) if changes else None
        return None

    def delete(self, werkplaats_id: str) -> Receipt | None:
        """Removes a werkplaats everywhere."""
        with self._storing:
            receipt = self._store.delete(werkplaats_id)
            if receipt is not None:
                self._gone(receipt)
            return receipt

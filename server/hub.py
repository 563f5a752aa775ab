"""Open rooms and group commit: what changes a room goes through here, stored before it is shown.

A decision changes the pending part of an open room. Each tick the hub hands all that is pending
to the store in one go, and only then sends each room one frame and the answers. So what anybody
sees is stored, an `ok` is true, and a burst costs one write and one frame. What other workers did
to the same rooms comes in by `server.company`, and `server.instep` shows it all in one order.

Two locks, always taken in this order: `storing` keeps what the store does and what follows
from it in one order; `lock` guards the rooms in memory and is never held while the store works
on a batch, so that decisions go on.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import NamedTuple

import structlog

from server import metrics
from server.broadcast import Broadcast
from server.company import Company
from server.connection import Connection
from server.facilitators import Facilitators
from server.instep import InStep
from server.openroom import OpenRoom
from server.openrooms import OpenRooms
from server.showing import Showing
from server.tick import Tick
from server.waiting import Asked, Drag, Drags, Waiting, check_seat
from sessions import fields as f
from sessions import rules
from sessions.actors import Actor
from sessions.commands import Command, Move
from sessions.errors import Code, Refusal, StoreUnavailable
from sessions.exercise import Exercise
from sessions.fields import Changes, Fields
from sessions.protocol.messages import Expired
from sessions.room import RoomView, hashed, matches, new_token, stamp
from sessions.store import Batch, Receipt, Rejected, Store

SLACK = 0.005
"""A room that is due this soon goes along with those that are due now: fewer, larger groups."""
SWEEP_EVERY = 5.0
PURGE_EVERY = 60.0

log = structlog.get_logger(__name__)

_MOVES = metrics.EVENTS.labels(event="move")


def _nobody_asked(result: int | Refusal) -> None:
    """The answer to a decision of the hub's own."""


def _seat_of(fields: Fields, roles: Iterable[str], token: str) -> str | None:
    return next((role for role in roles if matches(token, fields.get(f.token(role)))), None)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Taken(NamedTuple):
    """What of a room goes to the store, and who waits for the answer."""

    room: OpenRoom
    batch: Batch
    waiting: list[Waiting]


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
        self._broadcast = broadcast
        self._clock = clock
        self.rooms = OpenRooms(store, exercises)
        self._storing, self._lock = self.rooms.storing, self.rooms.lock
        self._due: dict[str, float] = {}
        self._tick = Tick()
        self._showing = Showing(broadcast, exercises, clock, self._changed)
        self._instep = InStep(self.rooms, self._showing, self)
        self.facilitators = Facilitators(store, broadcast, clock, self.rooms)
        self.company = Company(store, self._instep, self.facilitators, self.wake)
        self._sweep_at = self._purge_at = 0.0
        self._wake = threading.Event()
        self._sleeps_until = 0.0
        self._moves = 0
        """Moves that the metrics do not count yet."""
        self._stopped = False

    # The tick

    def run(self) -> None:
        """Ticks until `stop`; nothing that goes wrong with one room ends it."""
        while not self._stopped:
            sleep(0)  # Where there is always something due, others would never have a turn.
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
            now = monotonic()
            soonest = min(
                *self._due.values(),
                self._instep.due,
                self._showing.due,
                self.facilitators.due,
                self.company.due,
                now + 1.0,
            )
            self._sleeps_until = soonest
        return max(0.0, soonest - now)

    def tick(self) -> None:
        """Stores what is due, then sends what follows from it."""
        now = monotonic()
        self._flush(now)
        self._instep.tick(now)
        with self._lock:
            self._showing.pay(self.rooms, now)
        self.facilitators.tick(now)
        self.company.tick(now)
        self._count()
        if now - self._sweep_at >= SWEEP_EVERY:
            self._sweep_at = now
            self._sweep(now)
        if now - self._purge_at >= PURGE_EVERY:
            self._purge_at = now
            self._purge()

    def _flush(self, now: float) -> None:
        with self._storing:
            taken = self._take(now)
            if not taken:
                return
            todo = {one.room.code: one for one in taken}
            batches = {one.room.code: one.batch for one in taken if one.batch.changes}
            answers = False
            for results in self._stored_in_turns(batches):
                with self._lock:
                    for code, result in results.items():
                        self._settle(todo.pop(code), result)
                        answers = answers or result is not Rejected.UNKNOWN
            with self._lock:
                for one in todo.values():
                    # Nothing had to be stored, or it is not known to be.
                    nothing = not one.batch.changes
                    self._settle(one, one.room.seq if nothing else Rejected.UNKNOWN)
            if answers:
                # Who waited for the store to be read anew waits no longer.
                self._instep.catch_up([one.room.code for one in taken if one.room.doubtful])

    def _stored_in_turns(
        self, batches: Mapping[str, Batch]
    ) -> Iterator[Mapping[str, int | Rejected]]:
        """What the store answers, some rooms at a time; nothing raises here."""
        turns = self._store.applying(batches)
        try:
            while batches:
                with metrics.STORING.time():
                    results = next(turns, None)
                if results is None:
                    return
                yield results
        except StoreUnavailable as error:
            log.warning("store_unavailable", detail=str(error))
        except Exception:
            # Whatever it is, nobody may be left without an answer.
            log.exception("store_failed")

    def _count(self) -> None:
        """The metrics of many moves at once: one by one they would cost more than some."""
        if self._moves:
            moves, self._moves = self._moves, 0
            _MOVES.inc(moves)
        self._showing.count()

    def _take(self, now: float) -> list[Taken]:
        """What is due, as batches that are in flight from here on."""
        with self._lock:
            codes = [code for code, due in self._due.items() if due <= now + SLACK]
            if codes:
                self._tick.was_late(now - min(self._due[code] for code in codes))
            for code in codes:
                del self._due[code]
            rooms = [room for code in codes if (room := self.rooms.get(code)) is not None]
            moment = self._clock()
            at = stamp(moment)
            for room in rooms:
                self._decide_dragged(room, moment)
            return [Taken(room, *room.take(at)) for room in rooms if room.waiting]

    def _settle(self, taken: Taken, result: int | Rejected) -> None:
        """The store has answered for one room."""
        room, waiting = taken.room, taken.waiting
        room.flight = {}
        try:
            if isinstance(result, int):
                self._stored(taken, result)
            elif result is Rejected.STALE:
                # The store moved on without this process: catch up, and decide again.
                room.waiting = [*waiting, *room.waiting]
                self._instep.doubt(room)
            elif result is Rejected.GONE:
                self.expire(room)
                self._answer(waiting, Refusal(Code.UNAVAILABLE, "the room is gone"))
            else:
                self._fail(room, waiting)
        except Exception:
            log.exception("room_failed", room=room.code)
            self._fail(room, waiting)

    def _stored(self, taken: Taken, seq: int) -> None:
        """A batch, or nothing that had to be stored, has its place in the room's story."""
        room, changes = taken.room, taken.batch.changes
        room.flushed_at = monotonic()
        if changes and seq <= room.seq:
            # The store tells another story than before: another server took over.
            self._instep.doubt(room)
        if changes:
            self._instep.accept(room, seq, changes)
        self._answer(taken.waiting, seq)
        if f.LOCKED in changes:
            self.recheck(room)

    def _fail(self, room: OpenRoom, waiting: list[Waiting]) -> None:
        """Not known to be stored: nothing is shown, and what came after is decided again."""
        self._answer(waiting, Refusal(Code.UNAVAILABLE, "not known to be stored; send it again"))
        self._instep.doubt(room)
        self.decide_again(room)

    @staticmethod
    def _answer(waiting: Iterable[Waiting], result: int | Refusal) -> None:
        for one in waiting:
            one.answer(result)

    # Deciding

    def drag(self, connection: Connection, move: Move) -> bool:
        """Takes a move that asks for no answer, to be decided with the next tick.

        Called in the midst of anything: it waits for no lock, and says no where it cannot tell.
        """
        room = self.rooms.get(connection.address)
        if room is None or connection not in room.connections:
            return False
        room.drag(connection, move)
        self._moves += 1
        self._mark(room)
        return True

    def _decide_dragged(self, room: OpenRoom, now: datetime | None = None) -> None:
        """Decides the moves that wait, together."""
        if room.dragged:
            dragged, room.dragged = room.dragged, {}
            room.decide(Drags(dragged, self._refuse_drag), now or self._clock())

    def _refuse_drag(self, connection: Connection, drag: Drag, refusal: Refusal) -> None:
        """The receipt of a move is the frame that it comes back in; only a refusal is told."""
        payload = {"slider": drag.move.slider}
        for _ in range(drag.times):
            metrics.REFUSED.labels(code=str(refusal.code)).inc()
            self._broadcast.refuse(
                connection.eio_sid, connection.namespace, "move", payload, refusal
            )

    def submit(
        self, connection: Connection, command: Command, answer: Callable[[int | Refusal], None]
    ) -> None:
        """Decides a command of a connection; `answer` hears when it is stored, or why not."""
        with self._lock:
            room = self.rooms.get(connection.address)
            if room is None or connection not in room.connections:
                answer(Refusal(Code.UNAVAILABLE, "this connection is closing"))
                return
            self._decide_dragged(room)
            self._enter(room, self._asked(connection.actor, command, answer, connection.digest))

    def submit_to(
        self, code: str, actor: Actor, command: Command, answer: Callable[[int | Refusal], None]
    ) -> None:
        """The same for who is not in the room: the facilitator, from the overview."""
        try:
            room = self.rooms.open(code)
        except StoreUnavailable:
            answer(Refusal(Code.UNAVAILABLE, "the store does not answer"))
            return
        with self._lock:
            if room is None:
                answer(Refusal(Code.INVALID, "there is no such room", "rooms"))
                return
            self._decide_dragged(room)
            self._enter(room, self._asked(actor, command, answer))

    @staticmethod
    def _asked(
        actor: Actor,
        command: Command,
        answer: Callable[[int | Refusal], None],
        digest: str = "",
    ) -> Asked:
        def decide(view: RoomView, now: datetime) -> Changes:
            check_seat(view, actor, digest)
            return rules.decide(view, actor, command, now)

        return Asked(decide, answer, {} if actor.role is None else {actor.role: digest})

    def _enter(self, room: OpenRoom, waiting: Waiting) -> None:
        try:
            waits = room.decide(waiting, self._clock())
        except Refusal as refusal:
            metrics.REFUSED.labels(code=str(refusal.code)).inc()
            waiting.answer(refusal)
            return
        if not waits:
            waiting.answer(room.seq)
            return
        self._mark(room)

    def _mark(self, room: OpenRoom) -> None:
        """Something of a room waits for the store."""
        if room.code in self._due:
            return
        # A room that was quiet for longer than the tick goes at once.
        due = self._due[room.code] = max(monotonic(), room.flushed_at + self._tick.seconds)
        if due < self._sleeps_until:
            self._wake.set()

    def _changed(self, room: OpenRoom, mine: bool, now: float) -> None:  # noqa: FBT001  # a callback
        """A room looks different now: who watches hears of it with the next update."""
        news = self.facilitators.touch(room, mine=mine, now=now)
        if news and self.facilitators.due < self._sleeps_until:
            self._wake.set()

    # What follows from a room that is not what it was: see server.instep

    def wake(self) -> None:
        self._wake.set()

    def decide_again(self, room: OpenRoom) -> None:
        waiting, room.waiting, room.pending = room.waiting, [], {}
        for one in waiting:
            self._enter(room, one)

    def recheck(self, room: OpenRoom) -> None:
        self._decide_dragged(room)
        self._enter(room, Asked(rules.due_step, _nobody_asked))

    def give_up(self, room: OpenRoom) -> None:
        self._decide_dragged(room)
        waiting, room.waiting, room.pending = room.waiting, [], {}
        self._answer(waiting, Refusal(Code.UNAVAILABLE, "the store does not answer"))

    def shut_out(self, room: OpenRoom) -> None:
        outsiders = room.outsiders()
        # All at once: none of them sees the others go.
        room.connections.difference_update(outsiders)
        for connection in outsiders:
            self._left(room, connection)
            self._broadcast.close(connection)
        for role in room.view().roles:
            if room.fields.get(f.seat(role)) is None:
                room.forget(role)
        self.decide_again(room)
        self.recheck(room)

    def expire(self, room: OpenRoom) -> None:
        if not self._close(room):
            return
        self._decide_dragged(room)
        connections, room.connections = room.connections, set()
        self._broadcast.send(connections, "expired", Expired())
        for connection in connections:
            metrics.CONNECTIONS.labels(namespace="room").dec()
            if connection.actor.role is None:
                self.facilitators.leave(connection, room.werkplaats)
            self._broadcast.close(connection)
        self._answer(room.waiting, Refusal(Code.UNAVAILABLE, "the room is gone"))

    # Coming and going

    def reading(self) -> AbstractContextManager[object]:
        """To read a room's map or insight while nothing changes it; ask for rooms before."""
        return self._lock

    def seat_of(self, room: OpenRoom, token: str) -> str | None:
        """The role whose seat a token is for; asked anew where another worker may know it."""
        with self._lock:
            roles = room.view().roles
            found = _seat_of(room.fields, roles, token)
        if found is None and self._store.shared:
            stored = self.rooms.read([room.code]).get(room.code)
            found = None if stored is None else _seat_of(stored.fields, roles, token)
            if found is not None:
                self._instep.catch_up([room.code])
        return found

    def attach(self, connection: Connection) -> None:
        """Lets a connection into its room: a snapshot for it, a sign of life for the others."""
        try:
            room = self.rooms.open(connection.address)
        except StoreUnavailable:
            # There is nothing to show: it must come again, and not wait here for good.
            self._broadcast.close(connection)
            return
        with self._lock:
            if room is None or self.rooms.get(room.code) is not room:
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
                self.recheck(room)
        if role is None:
            self.facilitators.enter(connection, room.werkplaats)

    def detach(self, connection: Connection) -> None:
        """A connection has gone; its seat stays its own."""
        with self._lock:
            room = self.rooms.get(connection.address)
            if room is None or connection not in room.connections:
                return
            room.connections.discard(connection)
            self._left(room, connection)
        if connection.actor.role is None:
            self.facilitators.leave(connection, room.werkplaats)

    def _left(self, room: OpenRoom, connection: Connection) -> None:
        room.used_at = monotonic()
        metrics.CONNECTIONS.labels(namespace="room").dec()
        role = connection.actor.role
        if role is not None:
            last = room.leave(role)
            self.company.stir(room.code)
            self._wake.set()
            if last:
                self._showing.show(room, {f.online(role): None})
                self.recheck(room)

    def _sweep(self, now: float) -> None:
        """Seats whose grace ended, rooms that nobody looks at, and what the store still owes."""
        self._store.tidy()
        with self._lock:
            for room in self.rooms.all():
                if room.gone_for_good():
                    self._showing.show(room, {})
                    self.recheck(room)
            for room in self.rooms.close_idle(now):
                self._forget(room)

    def _close(self, room: OpenRoom) -> bool:
        """Lets go of an open room; False when it was not open any more."""
        self._forget(room)
        return self.rooms.close(room)

    def _forget(self, room: OpenRoom) -> None:
        self._due.pop(room.code, None)
        self._instep.forget(room)
        self._showing.forget(room)

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
            self._instep.gone(code)
        self.facilitators.changed(receipt.id)

    # Seats and werkplaatsen

    def claim(self, code: str, role: str, name: str | None) -> str | Rejected:
        """Takes a seat; answers its token, or why not."""
        token = new_token()
        with self._storing:
            room = self.rooms.open(code)
            if room is None:
                return Rejected.GONE
            at = stamp(self._clock())
            seat = {"name": name, "since": at}
            digest = hashed(token)
            with self._doubting(room):
                result = self._store.claim(code, role, seat, digest, at)
            with self._lock:
                if isinstance(result, int):
                    changes = {f.seat(role): seat, f.token(role): digest}
                    self._instep.accept(room, result, changes)
                elif room.fields.get(f.seat(role)) is None:
                    self._instep.doubt(room)  # Taken, or gone, and not known here.
        return result if isinstance(result, Rejected) else token

    def release(self, code: str, role: str, *, clear: bool) -> Rejected | None:
        """Frees a seat: its token is void and its connections close."""
        with self._storing:
            room = self.rooms.open(code)
            if room is None:
                return Rejected.GONE
            with self._doubting(room):
                result = self._store.release(code, role, clear=clear, at=stamp(self._clock()))
            if isinstance(result, Rejected):
                return result
            seq, changes = result
            with self._lock:
                if changes:
                    self._instep.accept(room, seq, changes)
                elif seq > room.seq:
                    self._instep.doubt(room)  # It was freed already, and that is not known here.
        return None

    @contextmanager
    def _doubting(self, room: OpenRoom) -> Iterator[None]:
        """What the store did not answer to may be stored all the same."""
        try:
            yield
        except StoreUnavailable:
            with self._lock:
                self._instep.doubt(room)
            raise

    def delete(self, werkplaats_id: str) -> Receipt | None:
        """Removes a werkplaats everywhere."""
        with self._storing:
            receipt = self._store.delete(werkplaats_id)
            if receipt is not None:
                self._gone(receipt)
            return receipt

"""Moves that are decided together with the tick change what they change one by one."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.connection import Connection
from server.hub import Hub
from server.openroom import OpenRoom
from sessions import fields as f
from sessions.actors import facilitator, seat
from sessions.commands import Command, Done, Lock, Move, Reason, Step
from sessions.errors import Code, Refusal, StoreUnavailable
from sessions.fields import Fields
from sessions.room import stamp
from sessions.store import Batch, Rejected, Stored
from sessions.store.sqlite import SqliteStore
from tests.property.life import commands, filled_rooms, moves, roles
from tests.rooms import AMBITIE, EXERCISES, HUIDIG, NOW, SINCE, SLIDERS, TRIO, new_room, werkplaats

numbers = count()


class Out:
    """Stands in for the sockets: keeps who was refused what, and who was closed."""

    def __init__(self) -> None:
        self.refused: list[tuple[str, str, Code]] = []
        self.closed: list[str] = []

    def send(self, connections: Iterable[Connection], event: str, message: Any) -> None:
        """What rooms are shown is not looked at here: it is what they hold."""

    def close(self, connection: Connection) -> None:
        self.closed.append(connection.eio_sid)

    def refuse(
        self, eio_sid: str, namespace: str, event: str, payload: Any, refusal: Refusal
    ) -> None:
        self.refused.append((eio_sid, payload["slider"], refusal.code))


class Store(SqliteStore):
    """A store that may be away when it is next asked to store something."""

    away = False

    def apply(self, batches: Mapping[str, Batch]) -> dict[str, int | Rejected]:
        if batches and self.away:
            self.away = False
            raise StoreUnavailable("away")
        return super().apply(batches)


class Ask(NamedTuple):
    """An event of a connection, by its number."""

    who: int
    command: Command


class Tick(NamedTuple):
    """The hub's turn comes."""


class Elsewhere(NamedTuple):
    """Another worker changes the room, and this one has not heard of it: its batch is stale."""

    phase: str
    locked: bool = False


class Freed(NamedTuple):
    """A seat is freed, and perhaps taken by somebody else."""

    role: str
    clear: bool = True
    taken: bool = True


class Left(NamedTuple):
    """A connection goes."""

    who: int


class Away(NamedTuple):
    """The store does not answer the next time."""


Act = Ask | Tick | Elsewhere | Freed | Left | Away

# Of each seat two connections, and the facilitator.
PEOPLE = (*TRIO, *TRIO, None)
people = st.integers(0, len(PEOPLE) - 1)
drags = st.builds(Ask, people, moves)
same_slider = st.builds(
    Ask,
    st.sampled_from((0, 3)),
    st.builds(
        Move,
        st.just("bestuur"),
        st.sampled_from((None, 10, 90, "unknown")),
        st.sampled_from((None, HUIDIG, AMBITIE)),
    ),
)
others: st.SearchStrategy[Command] = st.one_of(
    commands,
    st.builds(Done, st.booleans()),
    st.builds(Step, st.sampled_from(("place", "compare", "agree"))),
    st.builds(Lock, st.booleans()),
)
acts: st.SearchStrategy[Act] = st.one_of(
    drags,
    drags,
    drags,
    same_slider,
    same_slider,
    st.builds(Ask, people, others),
    st.builds(Ask, st.sampled_from((0, 3)), others),
    st.builds(Tick),
    st.builds(Elsewhere, st.sampled_from(("place", "compare", "agree")), st.booleans()),
    st.builds(Freed, roles, st.booleans(), st.booleans()),
    st.builds(Left, people),
    st.builds(Away),
)


class World:
    """A hub with one room; its moves are either submitted like all events, or dragged."""

    def __init__(self, store: Store, fields: Fields, *, dragged: bool) -> None:
        self.dragged = dragged
        self.store = store
        store.away = False
        self.code = code = f"room-{next(numbers)}"
        made = werkplaats(code, join_code=code, steps=fields[f.STEPS], wijk=f.WIJK in fields)
        self.store.create(made, {code: {**fields, f.WERKPLAATS: code}}, SINCE)
        self.out = Out()
        self.hub = Hub(self.store, EXERCISES, self.out, self.now)  # type: ignore[arg-type]
        self.answers: list[tuple[int, str, Code | str]] = []
        self.connections = [
            Connection(
                f"eio-{number}",
                "/room",
                facilitator if role is None else seat(role),
                code,
                "f" * 64 if role is None else fields[f.token(role)],
            )
            for number, role in enumerate(PEOPLE)
        ]
        for connection in self.connections:
            self.hub.attach(connection)

    @staticmethod
    def now() -> datetime:
        return NOW

    @property
    def room(self) -> OpenRoom:
        found = self.hub.rooms.open(self.code)
        assert found is not None
        return found

    def tick(self) -> None:
        """A turn in which the room is due."""
        with self.hub._lock:
            self.hub._due = dict.fromkeys(self.hub._due, 0.0)
        self.hub._flush(0.0)
        self.hub._instep.tick(10.0**12)

    def play(self, act: Act) -> None:
        if isinstance(act, Ask):
            self._ask(act.who, act.command)
        elif isinstance(act, Tick):
            self.tick()
        elif isinstance(act, Elsewhere):
            found = self.store.room(self.code)
            assert found is not None
            batch = Batch(
                {f.PHASE: act.phase, f.LOCKED: act.locked or None},
                stamp(NOW),
                found.fields[f.PHASE],
                found.fields[f.ROUND],
                locked=found.fields.get(f.LOCKED) is True,
            )
            SqliteStore.apply(self.store, {self.code: batch})
        elif isinstance(act, Freed):
            self.hub.release(self.code, act.role, clear=act.clear)
            if act.taken:
                self.store.claim(
                    self.code, act.role, {"name": None, "since": SINCE}, "e" * 64, SINCE
                )
        elif isinstance(act, Left):
            self.hub.detach(self.connections[act.who])
        else:
            self.store.away = True

    def _ask(self, who: int, command: Command) -> None:
        connection = self.connections[who]
        if isinstance(command, Move):
            if self.dragged and self.hub.drag(connection, command):
                return

            def answer(result: int | Refusal) -> None:
                if isinstance(result, Refusal):
                    payload = {"slider": command.slider}
                    self.out.refuse(connection.eio_sid, "/room", "move", payload, result)

            self.hub.submit(connection, command, answer)
            return

        def heard(result: int | Refusal) -> None:
            told = result.code if isinstance(result, Refusal) else "stored"
            self.answers.append((who, type(command).__name__, told))

        self.hub.submit(connection, command, heard)

    def outcome(self) -> dict[str, Any]:
        """All that anybody can tell of it: the room, refusals and answers of each connection."""
        self.tick()
        self.hub._instep.missed(self.code)  # What was done elsewhere last is heard of as well.
        self.tick()
        self.tick()
        stored = self.store.room(self.code)
        assert stored is not None
        assert Stored(self.room.seq, self.room.fields) == stored
        assert self.room.dragged == {}
        return {
            "fields": {**stored.fields, f.WERKPLAATS: ""},
            "refused": sorted(one[:2] for one in self.out.refused),
            # Who was put out before the tick hears just that, whatever else was wrong.
            "codes": sorted(one for one in self.out.refused if one[0] not in self.out.closed),
            "answers": [[one for one in self.answers if one[0] == who] for who in range(7)],
            "closed": sorted(self.out.closed),
        }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store, in which every world has a room of its own."""
    made = Store(tmp_path_factory.mktemp("drags") / "store.db")
    yield made
    made.close()


B, C = "bestuur", "communicatie"
DONE = new_room()
DONE.update({f.position(HUIDIG, "wijkambtenaar", slider): 50 for slider in SLIDERS})
DONE[f.done(HUIDIG, "wijkambtenaar")] = True


@given(filled_rooms(), st.lists(acts, max_size=30))
@example(DONE, [Ask(0, Move(B, None)), Ask(0, Move(B, 5))])
@example(DONE, [Ask(0, Move(B, 1)), Ask(3, Move(B, 2)), Ask(0, Move(B, 3))])
@example(DONE, [Ask(0, Move(B, 1)), Ask(0, Move(B, 2, HUIDIG)), Ask(0, Move(B, 3))])
@example(
    DONE, [Ask(0, Move(B, 1)), Ask(6, Lock(locked=True)), Ask(0, Move(B, 3)), Ask(0, Move(B, 4))]
)
@example(DONE, [Ask(0, Move(B, 1)), Elsewhere("agree"), Ask(0, Move(C, 2)), Tick()])
@example(DONE, [Ask(0, Move(B, 1)), Freed(TRIO[0]), Ask(0, Move(C, 2))])
@example(
    DONE,
    [Ask(1, Step("agree")), Tick(), Ask(1, Move(B, 9)), Freed(TRIO[0]), Freed(TRIO[2]), Tick()],
)
@example(DONE, [Ask(0, Move(B, 1)), Away(), Ask(0, Reason(B, "omdat")), Tick(), Ask(0, Move(B, 2))])
def test_dragged_moves_do_what_moves_do(store: Store, fields: Fields, acts: list[Act]) -> None:
    """ST1: Decided with the tick, moves leave the room and the refusals that they always do.

    Live and hidden, locked, in every phase and round; with other events of the same connection in
    between, seats that are freed, connections that go, and a store that moved on or is away.
    """
    outcomes = []
    for dragged in (False, True):
        world = World(store, fields, dragged=dragged)
        for act in acts:
            world.play(act)
        outcomes.append(world.outcome())
    one_by_one, together = outcomes
    assert together == one_by_one


@given(st.lists(st.tuples(st.sampled_from((B, C)), st.integers(0, 100)), min_size=1, max_size=9))
def test_each_refused_move_is_told(store: Store, dragged: list[tuple[str, int]]) -> None:
    """PR3: as many `refused` as moves were refused, also where only the newest was decided."""
    world = World(store, {**new_room(), f.LOCKED: True}, dragged=True)
    for slider, value in dragged:
        world.play(Ask(0, Move(slider, value)))
    assert world.out.refused == []
    world.tick()
    assert sorted(world.out.refused) == sorted(
        ("eio-0", slider, Code.LOCKED) for slider, _ in dragged
    )

"""A store against the simplest model of one: the same questions, the same answers."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sessions import fields as f
from sessions.fields import Fields
from sessions.store import Batch, Receipt, Rejected, Store, Stored
from sessions.store.port import CodeTaken
from sessions.werkplaats import Werkplaats, freed
from tests.contract.batches import AT, consistent, public, room, whole_history
from tests.contract.conftest import STORES
from tests.rooms import HUIDIG, TRIO, werkplaats

CODES = ("aaaaaa", "bbbbbb", "cccccc", "dddddd")
IDS = ("wp1", "wp2", "wp3")
KEYS = (
    *(f.position(HUIDIG, role, "bestuur") for role in TRIO[:2]),
    f.reason(HUIDIG, TRIO[0], "bestuur"),
    f.agreed(HUIDIG, TRIO[0], "bestuur"),
    f.done(HUIDIG, TRIO[1]),
    f.consensus(HUIDIG, "bestuur"),
    f.proposal(TRIO[0]),
    f.MOVED_AT,
    "text/why",
)
values = st.none() | st.integers(0, 100) | st.sampled_from(["woord", "ander woord"])
changes = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
guards = st.fixed_dictionaries(
    {},
    optional={
        f.PHASE: st.sampled_from(["place", "compare"]),
        f.ROUND: st.sampled_from(["huidig", "ambitie"]),
        f.LOCKED: st.sampled_from([True, None]),
    },
)
codes = st.sampled_from(CODES)
ids = st.sampled_from(IDS)
# Around a few seconds, so that drags meet within one; not always forwards.
times = st.builds("2026-03-02T13:00:{:02}.{}00Z".format, st.integers(0, 3), st.integers(0, 9))


class Model:
    """What a store is, as plainly as it can be said."""

    def __init__(self) -> None:
        self.werkplaatsen: dict[str, Werkplaats] = {}
        self.rooms: dict[str, Stored] = {}

    def write(self, code: str, changed: Fields) -> int:
        seq, fields = self.rooms[code]
        fields = dict(fields)
        f.apply(fields, changed)
        self.rooms[code] = Stored(seq + 1, fields)
        return seq + 1

    def apply(self, code: str, batch: Batch) -> int | Rejected:
        if code not in self.rooms:
            return Rejected.GONE
        seq, fields = self.rooms[code]
        under = (batch.phase, batch.round, batch.locked)
        if (fields[f.PHASE], fields[f.ROUND], f.LOCKED in fields) != under:
            return Rejected.STALE
        if batch.seq not in (None, seq):
            return Rejected.STALE
        return self.write(code, batch.changes)

    def delete(self, id: str) -> Receipt | None:
        gone = self.werkplaatsen.pop(id, None)
        if gone is None:
            return None
        for code in gone.rooms:
            del self.rooms[code]
        return Receipt(id, gone.rooms)


class Comparison(RuleBasedStateMachine):
    """Asks a store and its model the same; `make` says which store."""

    make: Callable[..., Store]

    @initialize(history_rows=st.sampled_from([12, 40, 20_000]))
    def open(self, history_rows: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.history_rows = history_rows
        self.store: Store = self.make(Path(self.folder.name), history_rows=history_rows)
        self.model = Model()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.make(Path(self.folder.name), history_rows=self.history_rows)

    @rule(id=ids, wanted=st.lists(codes, unique=True, max_size=3), day=st.integers(1, 9))
    def create(self, id: str, wanted: list[str], day: int) -> None:
        expires_at = f"2126-06-0{day}T00:00:00.000Z"
        one = werkplaats(id, join_code=f"code-{id}", expires_at=expires_at)
        rooms = {code: room() for code in wanted}
        if id in self.model.werkplaatsen or self.model.rooms.keys() & set(wanted):
            try:
                self.store.create(one, rooms, AT)
            except CodeTaken:
                return
            raise AssertionError("a taken code was given out again")
        self.store.create(one, rooms, AT)
        self.model.werkplaatsen[id] = msgspec.structs.replace(one, rooms=wanted)
        self.model.rooms.update({code: Stored(1, room()) for code in wanted})

    @rule(id=ids, code=codes)
    def add_room(self, id: str, code: str) -> None:
        known = self.model.werkplaatsen.get(id)
        try:
            found = self.store.add_rooms(id, {code: room()}, AT)
        except CodeTaken:
            assert known is not None
            assert code in self.model.rooms
            return
        if known is None:
            assert found is None
            return
        assert code not in self.model.rooms
        expected = msgspec.structs.replace(known, rooms=[*known.rooms, code])
        assert found == expected
        self.model.werkplaatsen[id] = expected
        self.model.rooms[code] = Stored(1, room())

    @rule(id=ids, day=st.integers(1, 9))
    def change(self, id: str, day: int) -> None:
        changed = {"expires_at": f"2126-06-0{day}T00:00:00.000Z", "title": f"Dag {day}"}
        known = self.model.werkplaatsen.get(id)
        expected = None if known is None else msgspec.structs.replace(known, **changed)
        assert self.store.change(id, changed) == expected
        if expected is not None:
            self.model.werkplaatsen[id] = expected

    @rule(data=st.data(), wanted=st.lists(codes, unique=True, min_size=1, max_size=3), at=times)
    def apply(self, data: st.DataObject, wanted: list[str], at: str) -> None:
        batches = {}
        for code in wanted:
            seq, fields = self.model.rooms.get(code, Stored(0, {}))
            under: dict[str, Any] = {
                "phase": fields.get(f.PHASE, "place"),
                "round": fields.get(f.ROUND, HUIDIG),
                "locked": f.LOCKED in fields,
                "seq": data.draw(st.sampled_from([None, None, seq, seq - 1])),
            }
            if data.draw(st.integers(0, 4)) == 0:
                under["phase"] = "outcome"
            asked = data.draw(changes) | data.draw(guards)
            batches[code] = Batch(changes=asked, at=at, **under)
        expected = {code: self.model.apply(code, one) for code, one in batches.items()}
        assert self.store.apply(batches) == expected

    @rule(code=codes, role=st.sampled_from(TRIO[:2]), at=times)
    def claim(self, code: str, role: str, at: str) -> None:
        seat = {"name": "Noor", "since": at}
        found = self.store.claim(code, role, seat, "d" * 64, at)
        if code not in self.model.rooms:
            assert found is Rejected.GONE
        elif f.seat(role) in self.model.rooms[code].fields:
            assert found is Rejected.TAKEN
        else:
            expected = {f.seat(role): seat, f.token(role): "d" * 64}
            assert found == self.model.write(code, expected)

    @rule(code=codes, role=st.sampled_from(TRIO[:2]), clear=st.booleans(), at=times)
    def release(self, code: str, role: str, clear: bool, at: str) -> None:
        found = self.store.release(code, role, clear=clear, at=at)
        if code not in self.model.rooms:
            assert found is Rejected.GONE
            return
        removed = freed(self.model.rooms[code].fields, role, clear=clear)
        seq = self.model.rooms[code].seq
        assert found == (self.model.write(code, removed) if removed else seq, removed)

    @rule(id=ids)
    def delete(self, id: str) -> None:
        assert self.store.delete(id) == self.model.delete(id)

    @rule(day=st.integers(1, 9))
    def purge(self, day: int) -> None:
        now = f"2126-06-0{day}T00:00:00.000Z"
        old = [one.id for one in self.model.werkplaatsen.values() if one.expires_at <= now]
        expected = [receipt for id in sorted(old) if (receipt := self.model.delete(id))]
        assert sorted(self.store.purge(now), key=lambda one: one.id) == expected

    @invariant()
    def same(self) -> None:
        assert self.store.rooms(CODES) == self.model.rooms
        for id in IDS:
            expected = self.model.werkplaatsen.get(id)
            assert self.store.werkplaats(id) == expected
            assert self.store.by_join_code(f"code-{id}") == expected
        for code, stored in self.model.rooms.items():
            consistent(self.store, code)
            first = whole_history(self.store, code)[0]
            if first.seq > 1:
                assert first.set.keys() >= public(room()).keys()
            for frame in whole_history(self.store, code):
                assert frame.seq <= stored.seq
                for key in ("text/why", f.reason(HUIDIG, TRIO[0], "bestuur")):
                    assert frame.set.get(key) in (None, True)


def test_store_is_its_model(store_name: str) -> None:
    """ST1: whatever is asked in whatever order, a store answers and keeps what its model does."""
    budget = settings(max_examples=max(30, settings().max_examples // 2), stateful_step_count=30)
    machine = type("Machine", (Comparison,), {"make": staticmethod(STORES[store_name])})
    run_state_machine_as_test(machine, settings=budget)

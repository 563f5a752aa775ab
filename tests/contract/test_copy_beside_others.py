"""Copies of and into a Redis that others use at the same time, and what is left half-way."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sessions.errors import StoreUnavailable
from sessions.room import stamp
from sessions.store import Receipt, Stored
from sessions.store.port import CodeTaken, Saved, SavedRoom
from sessions.store.redis.store import RedisStore
from sessions.store.redis.werkplaatsen import Record
from tests.contract import databases
from tests.contract.batches import AT, A, B, C, room
from tests.rooms import werkplaats

Join = Callable[[], RedisStore]
WHOLE = Saved(
    werkplaats("wp2", join_code="999999", rooms=[B, C]),
    [SavedRoom(code, 5, room(), []) for code in (B, C)],
)


@pytest.fixture
def join(tmp_path: Path) -> Iterator[Join]:
    """Opens one more process's view of the same Redis, with one room in it."""
    with ExitStack() as stack:

        def begin() -> RedisStore:
            store = RedisStore(databases.url("redis", tmp_path))
            stack.callback(store.close)
            return store

        begin().create(werkplaats(), {A: room()}, AT)
        yield begin


def later() -> str:
    """A moment at which what was begun now is found to be left half-way."""
    return stamp(datetime.now(UTC) + timedelta(minutes=2))


def break_off(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restores a werkplaats whose second room does not come any more."""
    load = store._load
    rooms: list[str] = []

    def broken(saved: list[SavedRoom], of: object) -> str | None:
        rooms.append(saved[0].code)
        if len(rooms) == 2:
            raise StoreUnavailable("the line is dead")
        return load(saved, of)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(store, "_load", broken)
        with pytest.raises(StoreUnavailable):
            store.restore(WHOLE)


def test_rooms_that_come_meanwhile(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """ST15: a werkplaats that got rooms while it was saved is saved with them."""
    here, there = join(), join()
    save = here._save

    def slow(code: str) -> SavedRoom | None:
        monkeypatch.undo()
        there.add_rooms("wp", {B: room()}, AT)
        return save(code)

    monkeypatch.setattr(here, "_save", slow)
    saved = here.save("wp")
    assert saved is not None
    assert saved.werkplaats == werkplaats(rooms=[A, B])
    assert [one.code for one in saved.rooms] == [A, B]


def test_left_half_way(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """ST15: of a werkplaats that came in half nobody sees anything, and it is cleared away."""
    here, there = join(), join()
    break_off(here, monkeypatch)
    assert there.werkplaats("wp2") is None
    assert there.by_join_code("999999") is None
    assert there.save("wp2") is None
    with pytest.raises(CodeTaken):
        there.restore(WHOLE)
    assert there.purge(stamp(datetime.now(UTC))) == [], "it may still be under way"
    assert there.rooms([B, C]).keys() == {B}
    there.purge(later())
    assert there.rooms([A, B, C]) == {A: Stored(1, room())}
    there.restore(WHOLE)
    assert here.werkplaats("wp2") == WHOLE.werkplaats
    assert here.rooms([B, C]) == dict.fromkeys([B, C], Stored(5, room()))
    assert here.purge(later()) == []


def test_cleared_away_too_early(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """ST15: where another took it for left half-way, nothing of it stays."""
    here, there = join(), join()
    load = here._load

    def slow(saved: list[SavedRoom], of: object) -> str | None:
        there.purge(later())
        return load(saved, of)  # type: ignore[arg-type]

    monkeypatch.setattr(here, "_load", slow)
    with pytest.raises(StoreUnavailable):
        here.restore(WHOLE)
    assert there.rooms([B, C]) == {}
    assert there.by_join_code("999999") is None


def test_anothers_join_code(join: Join) -> None:
    """ST3: clearing away what could not be made leaves a code to the werkplaats that has it."""
    here = join()
    here._swap("wp2", None, Record("creating", werkplaats("wp2")))
    here._look_at("wp2", 0)
    here.purge(later())
    assert here.by_join_code("346789") == werkplaats(rooms=[A])
    assert here.delete("wp") == Receipt("wp", [A])
    assert here.by_join_code("346789") is None

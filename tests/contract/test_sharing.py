"""Several processes at one store: what each hears of the others, and what none may undo."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest

from sessions import fields as f
from sessions.errors import StoreUnavailable
from sessions.store import Receipt, Rejected, Store, port
from sessions.store.port import Applied, Changed, Gone, Missed, News, Online, Summaries
from sessions.store.redis import news, nodes
from tests.contract.batches import AT, LATER, A, B, C, batch, consistent, room
from tests.contract.conftest import STORES, each
from tests.integration.process import PATIENCE, until
from tests.rooms import FYSIEK, HUIDIG, SOCIAAL, werkplaats

POSITION = f.position(HUIDIG, SOCIAAL, "bestuur")
SEAT = {"name": "Noor", "since": AT}

Join = Callable[[], Store]


@pytest.fixture(params=each(name for name in STORES if name != "sqlite"))
def join(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Join]:
    """Opens one more process's view of the same store, with two rooms in it."""
    with ExitStack() as stack:

        def begin() -> Store:
            store = STORES[request.param](tmp_path)
            stack.callback(store.close)
            return store

        begin().create(werkplaats(), {A: room(), B: room()}, AT)
        yield begin


def hear(store: Store, wanted: Callable[[list[News]], bool]) -> list[News]:
    """The news of a store, until there is what is wanted."""
    heard: list[News] = []
    end = monotonic() + PATIENCE
    while not wanted(heard):
        assert monotonic() < end, heard
        heard += store.news(0.2)
    return heard


def silent(here: Store, there: Store) -> None:
    """Nothing is heard any more, once what was on its way has come."""

    def nothing() -> bool:
        there.apply({A: batch({"x": 0})})
        return here.news(0.2) == []

    until(nothing, "silence")


def of_others(news: list[News]) -> list[Applied]:
    """Batches that the store that heard of them did not apply itself."""
    return [one for one in news if isinstance(one, Applied) and not one.mine]


def test_batches_of_others_come_in_order(join: Join) -> None:
    """ST13: who watches a room hears of every batch of others, with all it changed, in order."""
    here, there = join(), join()
    here.watch_room(A)
    for value in range(50):
        for store in (here, there):
            store.apply({A: batch({POSITION: value, "x": None}), B: batch({"x": value})})
    heard = hear(
        here, lambda news: sum(not one.mine for one in news if isinstance(one, Applied)) >= 50
    )
    applied = [one for one in heard if isinstance(one, Applied)]
    assert [one.seq for one in applied] == sorted(one.seq for one in applied)
    assert [one for one in applied if not one.mine] == [
        Applied(A, 2 * value + 3, {POSITION: value, "x": None}, mine=False) for value in range(50)
    ]
    here.unwatch_room(A)
    silent(here, there)


@pytest.mark.parametrize("watching", [True, False])
def test_others_hear_what_a_store_does(join: Join, *, watching: bool) -> None:
    """ST13: others hear of a batch whether or not the one who applied it watches the room."""
    here, there, third = join(), join(), join()
    here.watch_room(A)
    third.watch_room(A)
    if watching:
        there.watch_room(A)
    there.apply({A: batch({"x": 1})})
    for store in (here, third):
        assert hear(store, bool) == [Applied(A, 2, {"x": 1}, mine=False)]
    third.unwatch_room(A)
    there.apply({A: batch({"x": 2})})
    assert hear(here, bool) == [Applied(A, 3, {"x": 2}, mine=False)]


def test_seats_and_tokens_travel(join: Join) -> None:
    """ST13: a seat that is taken or freed elsewhere is heard of with its token's digest."""
    here, there = join(), join()
    here.watch_room(A)
    there.claim(A, SOCIAAL, SEAT, "d" * 64, AT)
    there.release(A, SOCIAAL, clear=False, at=LATER)
    taken = {f.seat(SOCIAAL): SEAT, f.token(SOCIAAL): "d" * 64}
    assert hear(here, lambda news: len(news) == 2) == [
        Applied(A, 2, taken, mine=False),
        Applied(A, 3, dict.fromkeys(taken), mine=False),
    ]


def test_a_refused_batch_tells_nothing(join: Join) -> None:
    """ST13: what changed nothing is no news."""
    here, there = join(), join()
    here.watch_room(A)
    assert there.apply({A: batch({"x": 1}, phase="agree")}) == {A: Rejected.STALE}
    there.apply({A: batch({"x": 2})})
    assert hear(here, bool) == [Applied(A, 2, {"x": 2}, mine=False)]


def test_deletion_is_heard(join: Join) -> None:
    """ST8: who watches a room or its werkplaats hears that it is gone."""
    here, there = join(), join()
    here.watch_room(A)
    here.watch_werkplaats("wp")
    there.change("wp", {"title": "Anders"})
    there.delete("wp")
    heard = hear(here, lambda news: Gone(A) in news and news.count(Changed("wp")) >= 2)
    assert {type(one) for one in heard} == {Gone, Changed}


def test_added_rooms_are_heard(join: Join) -> None:
    """ST13: who watches a werkplaats hears that it got rooms."""
    here, there = join(), join()
    here.watch_werkplaats("wp")
    there.add_rooms("wp", {C: room()}, AT)
    assert set(hear(here, bool)) == {Changed("wp")}


def test_leases(join: Join) -> None:
    """ST14: each hears who is online at the others; a lease that is given back is gone."""
    here, there = join(), join()
    here.watch_room(A)
    assert there.online({A: [SOCIAAL, FYSIEK]}) == {A: frozenset()}
    assert hear(here, bool) == [Online(A, frozenset({SOCIAAL, FYSIEK}))]
    assert here.online({A: [SOCIAAL], B: []}) == {A: frozenset({SOCIAAL, FYSIEK}), B: frozenset()}
    assert here.present([A, B]) == {A: frozenset({SOCIAAL, FYSIEK}), B: frozenset()}
    assert there.online({A: []}) == {A: frozenset({SOCIAAL})}
    assert here.present([A]) == {A: frozenset({SOCIAAL})}
    heard = hear(here, lambda news: Online(A, frozenset()) in news)
    assert all(isinstance(one, Online) for one in heard)


def test_renewing_tells_nothing(join: Join) -> None:
    """ST14: as long as nobody comes or goes, renewing is no news."""
    here, there = join(), join()
    there.online({A: [SOCIAAL]})
    here.watch_room(A)
    for _ in range(5):
        there.online({A: [SOCIAAL]})
    assert here.news(0.2) == []


def test_a_lease_runs_out(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """ST14: a process that is gone is not online; whoever renews next finds that out for all."""
    here, there, third = join(), join(), join()
    monkeypatch.setattr("sessions.store.redis.sharing.LEASE", 0.3)
    there.online({A: [SOCIAAL]})
    assert here.present([A]) == {A: frozenset({SOCIAAL})}
    third.watch_room(A)
    end = monotonic() + PATIENCE
    while here.present([A])[A]:
        assert monotonic() < end
    assert here.online({A: []}) == {A: frozenset()}
    assert port.LEASE == 15
    consistent(here, A)


def test_leases_of_a_room_that_is_gone(join: Join) -> None:
    """ST5: nobody is online in a room that was deleted, and nothing of it comes back."""
    here, there = join(), join()
    here.online({A: [SOCIAAL]})
    assert there.delete("wp") == Receipt("wp", [A, B])
    assert here.online({A: [SOCIAAL]}) == {A: frozenset()}
    assert here.present([A]) == {A: frozenset()}


def test_summaries(join: Join) -> None:
    """ST13: what is told of rooms reaches who watches their werkplaats, and them alone."""
    here, there, third = join(), join(), join()
    assert there.followed(["wp", "wp2"]) == frozenset()
    here.watch_werkplaats("wp")
    assert there.followed(["wp", "wp2"]) == frozenset({"wp"})
    assert here.followed(["wp"]) == frozenset()
    third.watch_room(A)
    there.tell("wp", {A: (7, b'{"code":"abcdef"}')})
    assert hear(here, bool) == [Summaries("wp", {A: (7, b'{"code":"abcdef"}')})]
    assert third.news(0.1) == []
    here.unwatch_werkplaats("wp")
    end = monotonic() + PATIENCE
    while there.followed(["wp"]):
        assert monotonic() < end


def test_watching_twice(join: Join) -> None:
    """ST13: who watched twice hears until they let go twice."""
    here, there = join(), join()
    here.watch_room(A)
    here.watch_room(A)
    here.unwatch_room(A)
    there.apply({A: batch({"x": 1})})
    assert hear(here, bool) == [Applied(A, 2, {"x": 1}, mine=False)]
    here.unwatch_room(A)
    here.unwatch_room(A)
    silent(here, there)


def test_an_old_batch_does_not_follow_a_newer_one(join: Join) -> None:
    """ST12: of one process a batch with a lower number than the last is not carried out."""
    store: Store = join()
    store.apply({A: batch({"x": 1})})
    store._number = 0  # type: ignore[attr-defined]
    with pytest.raises(StoreUnavailable):
        store.apply({A: batch({"x": 2})})
    found = store.room(A)
    assert found is not None
    assert (found.seq, found.fields["x"]) == (2, 1)


def test_a_batch_that_was_given_up_is_not_carried_out(
    join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ST12: after its deadline nobody waits for a batch, and it changes nothing."""
    store = join()
    store.ping()
    real = nodes.Node.deadline
    monkeypatch.setattr(nodes.Node, "deadline", lambda node: real(node) - 5_000)
    with pytest.raises(StoreUnavailable):
        store.apply({A: batch({"x": 2})})
    monkeypatch.undo()
    assert store.apply({A: batch({"x": 3})}) == {A: 2}


def test_listening_outlives_any_error(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """ST13: a connection that ends in an error of any kind is followed by the next one."""
    real = news._Line._listen
    failed: list[object] = []

    def fail(line: news._Line, connection: object) -> None:
        if not failed:
            failed.append(connection)
            raise AttributeError("the library's parser is gone")
        real(line, connection)

    monkeypatch.setattr(news._Line, "_listen", fail)
    here, there = join(), join()
    here.watch_room(A)
    there.apply({A: batch({"x": 1})})
    applied = Applied(A, 2, {"x": 1}, mine=False)
    assert hear(here, lambda found: applied in found or Missed(A) in found)
    assert failed


def test_unread_news_is_bounded(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """ST13: who does not read in time hears that something was missed, instead of everything."""
    monkeypatch.setattr("sessions.store.redis.news.MAX_NEWS", 10)
    here, there = join(), join()
    here.watch_room(A)
    for value in range(30):
        there.apply({A: batch({"x": value})})
    found = hear(here, lambda news: Missed(None) in news)
    assert len(found) <= 12

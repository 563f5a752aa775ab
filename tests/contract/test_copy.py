"""What a copy of one store brings to another: everything, and life goes on there as before."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions import fields as f
from sessions.room import hashed, matches
from sessions.store import HistoryFrame, Rejected, Store, copy
from sessions.store.port import CodeTaken, Saved, SavedRoom
from tests.contract.batches import (
    AT,
    LATER,
    A,
    B,
    C,
    batch,
    consistent,
    folded,
    public,
    room,
    whole_history,
)
from tests.contract.conftest import FAST, STORES, Open
from tests.contract.copying import exported, imported, source
from tests.contract.test_model import changes, times
from tests.integration.process import until
from tests.rooms import FYSIEK, HUIDIG, SOCIAAL, werkplaats

POSITION = f.position(HUIDIG, SOCIAAL, "bestuur")
SEAT = {"name": "Noor", "since": AT}
# A cluster has one database only, so there is none to move to.
PAIRS = [pair for pair in itertools.product(STORES, repeat=2) if pair != ("cluster", "cluster")]
each_pair = pytest.mark.parametrize(
    "pair",
    [
        pytest.param(
            pair, id="-".join(pair), marks=() if set(pair) <= {*FAST} else pytest.mark.slow
        )
        for pair in PAIRS
    ],
)


class Move:
    """Two stores, the first with three rooms that were lived in."""

    def __init__(
        self, stack: ExitStack, folder: Path, pair: tuple[str, str], **options: Any
    ) -> None:
        self._folders = [folder / "old", folder / "new"]
        for one in self._folders:
            one.mkdir()
        made = [STORES[name](one, **options) for name, one in zip(pair, self._folders, strict=True)]
        for store in made:
            stack.callback(store.close)
        self.old, self.new = made
        self.old.create(werkplaats(title="Zoë 🙂"), {B: room(), A: room()}, AT)
        self.old.create(werkplaats("leeg", join_code="999999"), {}, AT)
        self.old.create(werkplaats("wp2", join_code="777777"), {C: room()}, LATER)

    def move(self) -> None:
        imported(self.exported(), self.new)

    def exported(self) -> list[bytes]:
        return exported(self.old, self._folders[0])

    def exported_again(self) -> list[bytes]:
        return exported(self.new, self._folders[1])

    def both(self, code: str, changed: f.Changes, at: str) -> None:
        """The same batch in both stores has the same outcome, history included."""
        answers = [store.apply({code: batch(changed, at)}) for store in (self.old, self.new)]
        assert answers[0] == answers[1]
        assert whole_history(self.new, code) == whole_history(self.old, code)


def content(lines: list[bytes]) -> list[Saved]:
    """What a copy says, in an order of its own: within a batch that of the rows tells nothing."""
    return [
        Saved(
            one.werkplaats,
            [
                room._replace(history=sorted(room.history, key=lambda row: row[:4]))
                for room in one.rooms
            ],
        )
        for one in copy.read(lines)
    ]


@pytest.fixture
def moves(tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda pair, **options: Move(stack, tmp_path, pair, **options)


def live(store: Store) -> None:
    """Seats, words, private fields, drags within one second, and what was taken back."""
    store.claim(A, SOCIAAL, SEAT, hashed("sleutel"), AT)
    for value in range(5):
        store.apply(
            {A: batch({POSITION: value, f.MOVED_AT: AT}, f"2026-03-02T13:00:07.{value}00Z")}
        )
    store.apply({A: batch({f.reason(HUIDIG, SOCIAAL, "bestuur"): 'omdat\\n"漢字"', "x": 1}, LATER)})
    store.apply({A: batch({"x": None, "y": [1.5, {"a": [None]}, False, "", 10**18]}, LATER)})
    store.apply({C: batch({f.EXPECTED: {SOCIAAL: "Noor"}, f.CALL: "7"}, LATER)})


@each_pair
def test_everything_is_there(moves: Any, pair: tuple[str, str]) -> None:
    """ST15: werkplaatsen, rooms, private fields, seq and history are the same after a move."""
    move = moves(pair)
    live(move.old)
    move.move()
    for id, join_code in (("wp", "346789"), ("leeg", "999999"), ("wp2", "777777")):
        assert move.new.werkplaats(id) == move.old.werkplaats(id)
        assert move.new.by_join_code(join_code) == move.old.by_join_code(join_code)
    assert move.new.werkplaats("wp") == werkplaats(title="Zoë 🙂", rooms=[B, A])
    assert move.new.rooms([A, B, C]) == move.old.rooms([A, B, C])
    for code in (A, B, C):
        assert whole_history(move.new, code) == whole_history(move.old, code)
        assert move.new.history(code, 3, 2) == move.old.history(code, 3, 2)
        consistent(move.new, code)
    assert content(move.exported_again()) == content(move.exported())


@each_pair
def test_seats_stay_with_who_had_them(moves: Any, pair: tuple[str, str]) -> None:
    """ST15: after a move a token opens its seat, a taken seat is taken and a free one is free."""
    move = moves(pair)
    live(move.old)
    move.move()
    found = move.new.room(A)
    assert matches("sleutel", found.fields[f.token(SOCIAAL)])
    assert move.new.claim(A, SOCIAAL, SEAT, hashed("ander"), LATER) is Rejected.TAKEN
    assert move.new.claim(A, FYSIEK, SEAT, hashed("ander"), LATER) == found.seq + 1
    assert move.new.release(A, SOCIAAL, clear=False, at=LATER)[0] == found.seq + 2


@each_pair
def test_thinning_goes_on(moves: Any, pair: tuple[str, str]) -> None:
    """ST15: a drag that went on within the same second replaces its value of before the move."""
    move = moves(pair)
    live(move.old)
    move.move()
    move.both(A, {POSITION: 99}, "2026-03-02T13:00:07.900Z")
    assert whole_history(move.new, A)[-1].set == {POSITION: 99}
    dragged = [frame for frame in whole_history(move.new, A) if POSITION in frame.set]
    assert len(dragged) == 1
    move.both(A, {POSITION: 98}, "2026-03-02T13:00:08.000Z")
    move.both(A, {"x": 1}, LATER)


@each_pair
def test_trimming_goes_on(moves: Any, pair: tuple[str, str]) -> None:
    """ST15: a history that outgrows its measure after the move is trimmed as it would have been."""
    move = moves(pair, history_rows=40)
    for number in range(25):
        move.old.apply({A: batch({f"x/{number % 7}": number if number % 3 else None})})
    move.move()
    for number in range(90):
        move.both(A, {f"x/{number % 7}": number if number % 4 else None}, LATER)
        consistent(move.new, A)
    assert whole_history(move.new, A)[0].seq > 25


@each_pair
def test_what_is_moved_can_be_deleted(moves: Any, pair: tuple[str, str]) -> None:
    """ST15: what came out of a copy ends as everything does: deleted, or by its own date."""
    move = moves(pair)
    live(move.old)
    move.move()
    assert move.new.delete("wp") == move.old.delete("wp")
    assert move.new.rooms([A, B]) == {}
    assert move.new.purge("2126-06-01T00:00:00.000Z") == move.old.purge("2126-06-01T00:00:00.000Z")
    assert move.new.rooms([C]) == {}


def test_a_copy_of_nothing(moves: Any) -> None:
    """ST15: a store without werkplaatsen has a copy too."""
    move = moves(FAST)
    for id in ("wp", "leeg", "wp2"):
        move.old.delete(id)
    assert len(move.exported()) == 2
    move.move()
    assert len(move.exported_again()) == 2


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"id": "wp", "join_code": "888888"}, ["zzzzzz"]),
        ({"id": "wp9", "join_code": "346789"}, ["zzzzzz"]),
        ({"id": "wp9", "join_code": "888888"}, ["zzzzzz", A]),
    ],
)
def test_restoring_is_all_or_nothing(
    store: Store, open_store: Open, changed: dict[str, str], codes: list[str]
) -> None:
    """ST15: a werkplaats that meets another is not kept, and what was there stays as it was."""
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    store.apply({A: batch({"x": 1})})
    before, history = store.rooms([A, B]), whole_history(store, A)
    rooms = [SavedRoom(code, 7, room(), []) for code in codes]
    with pytest.raises(CodeTaken):
        store.restore(Saved(werkplaats(**changed, rooms=codes), rooms))
    for reopened in (False, True):
        one = open_store() if reopened else store
        assert one.rooms([A, B, "zzzzzz"]) == before
        assert whole_history(one, A) == history
        assert one.werkplaats("wp9") is None
        assert one.by_join_code("888888") is None
        assert one.by_join_code("346789") == one.werkplaats("wp") == werkplaats(rooms=[A, B])


def test_a_copy_while_others_write(store: Store, tmp_path: Path) -> None:
    """ST15: a room's map, seq and history in a copy agree, whatever others do meanwhile."""
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    stop = threading.Event()
    writer = threading.Thread(target=_keep_writing, args=(store, stop))
    writer.start()
    try:
        # The writer must have its turn in between, however busy the machine is.
        until(lambda: store.rooms([A])[A].seq > 1, "the first write")
        copies = [exported(store, tmp_path) for _ in range(20)]
        written = store.rooms([A])[A].seq
        until(lambda: store.rooms([A])[A].seq > written, "another write")
        copies.append(exported(store, tmp_path))
    finally:
        stop.set()
        writer.join()
    seqs = []
    for lines in copies:
        (saved,) = copy.read(lines)
        for one in saved.rooms:
            assert folded(frames(one)) == public(one.fields)
            assert one.fields.get("last", 1) == one.seq
        seqs.append(saved.rooms[0].seq)
    assert seqs == sorted(seqs)
    assert seqs[-1] > seqs[0]


def _keep_writing(store: Store, stop: threading.Event) -> None:
    for seq in itertools.count(2):
        if stop.is_set():
            return
        fresh = {"last": seq, f"x/{seq % 9}": seq if seq % 4 else None}
        assert store.apply({A: batch(fresh), B: batch(fresh)}) == {A: seq, B: seq}


def frames(saved: SavedRoom) -> list[HistoryFrame]:
    """The history of a saved room, as a store would tell it."""
    found = itertools.groupby(saved.history, key=lambda row: (row.seq, row.at))
    return [HistoryFrame(*when, {row.key: row.value for row in rows}) for when, rows in found]


def test_what_goes_meanwhile(store: Store, tmp_path: Path) -> None:
    """ST15: a werkplaats that is deleted while a copy is made is in it as a whole or not."""
    for id, code in (("wp", A), ("wp2", B)):
        store.create(werkplaats(id, join_code=f"34-{id}"), {code: room()}, AT)
    lines: list[bytes] = []
    with source(store, tmp_path) as found:

        class Slow:
            ids = found.ids
            close = found.close

            def save(self, werkplaats_id: str) -> Saved | None:
                store.delete("wp")
                return found.save(werkplaats_id)

        copy.write(Slow(), AT, lines.append)
    ids = [saved.werkplaats.id for saved in copy.read(lines)]
    assert ids == (["wp2"] if store.shared else ["wp", "wp2"])
    assert store.rooms([A, B]).keys() == {B}


lives = st.lists(st.tuples(changes, times), max_size=12)


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if set(pair) <= {*FAST}], ids="-".join)
@given(before=lives, after=lives, history_rows=st.sampled_from([12, 20, 20_000]))
def test_life_goes_on(
    tmp_path_factory: pytest.TempPathFactory,
    pair: tuple[str, str],
    before: list[Any],
    after: list[Any],
    history_rows: int,
) -> None:
    """ST15: whatever was done before a move, all that is done after it has the same outcome."""
    with ExitStack() as stack:
        move = Move(stack, tmp_path_factory.mktemp("move"), pair, history_rows=history_rows)
        for changed, at in before:
            move.old.apply({A: batch(changed, at)})
        move.move()
        assert content(move.exported_again()) == content(move.exported())
        for changed, at in after:
            move.both(A, changed, at)
        assert move.new.rooms([A]) == move.old.rooms([A])

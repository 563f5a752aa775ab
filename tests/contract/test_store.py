"""The law of the store's port, sentence by sentence; every store passes the same suite."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sessions import fields as f
from sessions.errors import StoreUnavailable
from sessions.room import hashed
from sessions.store import HistoryFrame, Receipt, Rejected, Store, Stored
from sessions.store.port import CodeTaken
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
from tests.contract.conftest import Open
from tests.rooms import HUIDIG, SOCIAAL, TRIO, werkplaats

POSITION = f.position(HUIDIG, SOCIAAL, "bestuur")
REASON = f.reason(HUIDIG, SOCIAAL, "bestuur")
SEAT = {"name": "Noor", "since": AT}
DIGEST = hashed("a token")


@pytest.fixture
def kept(store: Store) -> Store:
    """A store with one werkplaats of two rooms."""
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    return store


# Werkplaatsen


def test_created_rooms_have_seq_1(kept: Store) -> None:
    """ST2: a new room is kept as it was given, private fields too, with seq 1."""
    assert kept.room(A) == Stored(1, room())
    assert kept.room(B) == Stored(1, room())


def test_found_by_id_and_join_code(kept: Store) -> None:
    """ST10: id and join code lead to the same werkplaats, its rooms in order."""
    found = kept.werkplaats("wp")
    assert found == werkplaats(rooms=[A, B])
    assert kept.by_join_code("346789") == found


def test_order_of_rooms_is_not_that_of_codes(store: Store) -> None:
    """ST10: rooms stand in the order in which they were made, later ones behind."""
    store.create(werkplaats(), {C: room(), A: room()}, AT)
    found = store.add_rooms("wp", {B: room()}, AT)
    assert found is not None
    assert found.rooms == [C, A, B]
    assert store.werkplaats("wp") == found


def test_unknown_werkplaats(kept: Store) -> None:
    """ST10: what is unknown is none, and nothing is made of it."""
    assert kept.werkplaats("nee") is None
    assert kept.by_join_code("zzzzzz") is None
    assert kept.change("nee", {"title": "x"}) is None
    assert kept.add_rooms("nee", {C: room()}, AT) is None
    assert kept.delete("nee") is None
    assert kept.room(C) is None


def test_a_join_code_is_no_id(kept: Store) -> None:
    """ST10: an id and a join code are two kinds of names."""
    assert kept.werkplaats("346789") is None
    assert kept.by_join_code("wp") is None


@pytest.mark.parametrize(
    ("other", "rooms"),
    [
        ({"id": "wp", "join_code": "999999"}, {C: room()}),
        ({"id": "wp2", "join_code": "346789"}, {C: room()}),
        ({"id": "wp2", "join_code": "999999"}, {C: room(), A: room()}),
    ],
)
def test_taken_code(kept: Store, other: dict[str, str], rooms: dict[str, f.Fields]) -> None:
    """ST3: an id, join code or room code in use is refused, and nothing of the request is kept."""
    with pytest.raises(CodeTaken):
        kept.create(werkplaats(**other), rooms, LATER)
    assert kept.room(C) is None
    assert kept.werkplaats("wp2") is None
    assert kept.by_join_code("999999") is None
    assert kept.werkplaats("wp") == werkplaats(rooms=[A, B])
    assert kept.room(A) == Stored(1, room())


def test_taken_code_of_an_added_room(kept: Store) -> None:
    """ST3: of added rooms, too, either all are kept or none."""
    kept.create(werkplaats("wp2", join_code="999999"), {C: room()}, AT)
    with pytest.raises(CodeTaken):
        kept.add_rooms("wp2", {"qrstuv": room(), A: room()}, AT)
    assert kept.room("qrstuv") is None
    assert kept.werkplaats("wp2") == werkplaats("wp2", join_code="999999", rooms=[C])


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Anders"},
        {"facilitator": "0" * 64},
        {"expires_at": "2127-01-01T00:00:00.000Z"},
        {"steps": "facilitator", "title": "Twee tegelijk"},
    ],
)
def test_change(kept: Store, open_store: Open, changes: dict[str, str]) -> None:
    """ST10: named attributes are replaced, the others stay, also after opening anew."""
    expected = msgspec.structs.replace(werkplaats(rooms=[A, B]), **changes)
    assert kept.change("wp", changes) == expected
    assert open_store().werkplaats("wp") == expected


def test_many_rooms(kept: Store) -> None:
    """ST10: many rooms come in one answer, unknown ones are left out."""
    assert kept.rooms([B, C, A]) == {A: Stored(1, room()), B: Stored(1, room())}
    assert kept.rooms([]) == {}


# Applying


def test_apply_sets_and_removes(kept: Store) -> None:
    """RM2: a batch sets fields, null removes one, and the seq rises by one."""
    assert kept.apply({A: batch({POSITION: 40, "locked": True})}) == {A: 2}
    assert kept.apply({A: batch({POSITION: None, "text/why": "x"}, locked=True)}) == {A: 3}
    assert kept.room(A) == Stored(3, {**room(), "locked": True, "text/why": "x"})


def test_removing_what_is_not_there(kept: Store) -> None:
    """ST2: a batch that removes nothing is still a batch."""
    assert kept.apply({A: batch({POSITION: None})}) == {A: 2}
    assert kept.room(A) == Stored(2, room())


@pytest.mark.parametrize(
    "value",
    [
        0,
        False,
        "",
        "Zoë ÿ 漢字 🙂",
        'een "aanhaling" en \\',
        1.5,
        [],
        {},
        {"a": [1, None, {"b": "c"}]},
        10**18,
    ],
)
def test_values_come_back_as_they_were(kept: Store, open_store: Open, value: Any) -> None:
    """ST1: any JSON value is kept as it is, and is the same after opening anew."""
    kept.apply({A: batch({"x": value})})
    found = open_store().room(A)
    assert found is not None
    assert found.fields["x"] == value
    assert type(found.fields["x"]) is type(value)


def test_rooms_are_apart(kept: Store) -> None:
    """ST6: a batch is for one room, and many rooms go in one round trip."""
    assert kept.apply({A: batch({"x": 1}), B: batch({"x": 2})}) == {A: 2, B: 2}
    assert kept.apply({B: batch({"x": 3})}) == {B: 3}
    rooms = kept.rooms([A, B])
    assert (rooms[A].seq, rooms[A].fields["x"]) == (2, 1)
    assert (rooms[B].seq, rooms[B].fields["x"]) == (3, 3)


def test_no_batches(kept: Store) -> None:
    """ST6: nothing asked, nothing answered."""
    assert kept.apply({}) == {}


@pytest.mark.parametrize(
    ("now", "under", "fresh"),
    [
        ({}, {}, True),
        ({}, {"phase": "compare"}, False),
        ({}, {"round": "ambitie"}, False),
        ({}, {"locked": True}, False),
        ({"phase": "compare"}, {}, False),
        ({"phase": "compare"}, {"phase": "compare"}, True),
        ({"round": "ambitie"}, {}, False),
        ({"round": "ambitie"}, {"round": "ambitie"}, True),
        ({"locked": True}, {}, False),
        ({"locked": True}, {"locked": True}, True),
        ({}, {"seq": 2}, True),
        ({}, {"seq": 1}, False),
        ({}, {"seq": 3}, False),
        ({}, {"seq": 2, "locked": True}, False),
        ({"x": 1}, {}, True),  # another field in between is no matter
    ],
)
def test_stale(kept: Store, now: dict[str, Any], under: dict[str, Any], fresh: bool) -> None:
    """ST4: a batch decided under another phase, round, lock or (a step) seq changes nothing."""
    kept.apply({A: batch({"before": True, **now})})
    before, history = kept.room(A), whole_history(kept, A)
    assert before is not None
    found = kept.apply({A: batch({POSITION: 40, "phase": "agree"}, LATER, **under)})
    if fresh:
        assert found == {A: 3}
        assert kept.room(A) == Stored(3, {**before.fields, POSITION: 40, "phase": "agree"})
    else:
        assert found == {A: Rejected.STALE}
        assert kept.room(A) == before
        assert whole_history(kept, A) == history


def test_unlocking_is_decided_under_the_lock(kept: Store) -> None:
    """ST4: after the lock has gone a batch that was decided under it is stale."""
    kept.apply({A: batch({"locked": True})})
    assert kept.apply({A: batch({"locked": None}, locked=True)}) == {A: 3}
    assert kept.apply({A: batch({"x": 1}, locked=True)}) == {A: Rejected.STALE}


def test_a_seat_that_was_freed_writes_nothing(kept: Store) -> None:
    """ST4: a batch of a seat that was freed, or taken anew, since it was decided is stale."""
    kept.claim(A, SOCIAAL, SEAT, DIGEST, AT)
    asked = batch({POSITION: 40}, seats={SOCIAAL: DIGEST})
    assert kept.apply({A: asked}) == {A: 3}
    kept.release(A, SOCIAAL, clear=True, at=AT)
    assert kept.apply({A: asked}) == {A: Rejected.STALE}
    kept.claim(A, SOCIAAL, SEAT, "e" * 64, AT)
    assert kept.apply({A: asked}) == {A: Rejected.STALE}
    assert kept.apply({A: batch({POSITION: 50}, seats={SOCIAAL: "e" * 64})}) == {A: 6}


def test_gone(kept: Store) -> None:
    """ST5: an unknown room is gone for every question, and nothing comes into being."""
    assert kept.apply({C: batch({"x": 1})}) == {C: Rejected.GONE}
    assert kept.claim(C, SOCIAAL, SEAT, DIGEST, AT) is Rejected.GONE
    assert kept.release(C, SOCIAAL, clear=True, at=AT) is Rejected.GONE
    assert kept.room(C) is None
    assert kept.rooms([C]) == {}
    assert kept.history(C, 0, 10) == []


def test_one_refusal_harms_no_other(kept: Store) -> None:
    """ST6: of one call the stale and the gone change nothing, and the rest is applied."""
    kept.add_rooms("wp", {C: room()}, AT)
    found = kept.apply(
        {
            A: batch({"x": 1}, phase="outcome"),
            "zzzzzz": batch({"x": 1}),
            B: batch({"x": 1}),
            C: batch({"x": 1}, seq=9),
        }
    )
    assert found == {A: Rejected.STALE, "zzzzzz": Rejected.GONE, B: 2, C: Rejected.STALE}
    assert kept.room(A) == Stored(1, room())
    assert kept.room(B) == Stored(2, {**room(), "x": 1})
    assert kept.room(C) == Stored(1, room())


def test_many_rooms_answer_in_turns(kept: Store) -> None:
    """ST6: each room answers once, and what was answered is there by then."""
    codes = [f"r{number:05}" for number in range(60)]
    kept.add_rooms("wp", {code: room() for code in codes}, AT)
    batches = {code: batch({"x": 1}) for code in codes}
    batches |= {codes[7]: batch({"x": 1}, phase="outcome"), "zzzzzz": batch({"x": 1})}
    answers: dict[str, int | Rejected] = {}
    for some in kept.applying(batches):
        assert not some.keys() & answers.keys()
        done = [code for code, result in some.items() if isinstance(result, int)]
        assert all(found.fields["x"] == 1 for found in kept.rooms(done).values())
        answers |= some
    expected: dict[str, int | Rejected] = dict.fromkeys(codes, 2)
    assert answers == {**expected, codes[7]: Rejected.STALE, "zzzzzz": Rejected.GONE}


def test_a_batch_that_cannot_be_kept_leaves_nothing(kept: Store) -> None:
    """ST6: a room of which one field cannot be kept keeps none of the batch."""
    with pytest.raises((TypeError, ValueError, StoreUnavailable)):
        kept.apply({A: batch({"x": 1, "y": object()})})
    assert kept.room(A) == Stored(1, room())
    assert kept.apply({A: batch({"x": 1})}) == {A: 2}
    consistent(kept, A)


# Seats


def test_claim(kept: Store, open_store: Open) -> None:
    """ST7: a claim keeps the seat and its token's digest in one batch."""
    assert kept.claim(A, SOCIAAL, SEAT, DIGEST, LATER) == 2
    expected = Stored(2, {**room(), f.seat(SOCIAAL): SEAT, f.token(SOCIAAL): DIGEST})
    assert kept.room(A) == expected
    assert whole_history(kept, A)[-1] == HistoryFrame(
        2, LATER, {f.seat(SOCIAAL): {"name": None, "since": AT}}
    )
    assert open_store().room(A) == expected


def test_taken(kept: Store) -> None:
    """ST7: a seat that is taken stays with who has it."""
    kept.claim(A, SOCIAAL, SEAT, DIGEST, AT)
    before = kept.room(A)
    other = {"name": "Sam", "since": LATER}
    assert kept.claim(A, SOCIAAL, other, hashed("other"), LATER) is Rejected.TAKEN
    assert kept.room(A) == before
    assert kept.claim(A, "fysiek", other, hashed("other"), LATER) == 3
    assert kept.claim(B, SOCIAAL, other, hashed("other"), LATER) == 2


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Runs `act` in as many threads at once; their answers in order."""
    answers: list[Any] = [None] * count
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        answers[number] = act(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_racing_claims(kept: Store) -> None:
    """ST7: of many claims at once exactly one wins, and the token kept is the winner's."""
    for round_, role in enumerate(TRIO):

        def claim(number: int, role: str = role) -> int | Rejected:
            seat = {"name": str(number), "since": AT}
            return kept.claim(A, role, seat, hashed(str(number)), AT)

        answers = together(8, claim)
        won = [number for number, answer in enumerate(answers) if answer is not Rejected.TAKEN]
        assert len(won) == 1
        assert answers[won[0]] == round_ + 2
        found = kept.room(A)
        assert found is not None
        assert found.fields[f.seat(role)]["name"] == str(won[0])
        assert found.fields[f.token(role)] == hashed(str(won[0]))


def test_racing_writers(kept: Store) -> None:
    """ST2: batches that come at once each get a seq of their own, and none is lost."""
    writers, each = 6, 20

    def write(number: int) -> list[Any]:
        return [
            kept.apply({A: batch({f"x/{number}/{turn}": turn}), B: batch({"last": number})})
            for turn in range(each)
        ]

    answers = [answer for found in together(writers, write) for answer in found]
    assert sorted(answer[A] for answer in answers) == list(range(2, writers * each + 2))
    found = kept.room(A)
    assert found is not None
    assert found.seq == writers * each + 1
    assert len([key for key in found.fields if key.startswith("x/")]) == writers * each
    consistent(kept, A)
    consistent(kept, B)


def test_racing_steps(kept: Store) -> None:
    """ST4: of steps decided on the same seq exactly one is taken."""
    answers = together(6, lambda number: kept.apply({A: batch({"phase": "compare"}, seq=1)})[A])
    assert sorted(map(str, answers)) == ["2", *["stale"] * 5]


FILLED = {
    POSITION: 40,
    REASON: "omdat",
    f"minority/{HUIDIG}/{SOCIAAL}/bestuur": "toch",
    f.done(HUIDIG, SOCIAAL): True,
    f.agreed(HUIDIG, SOCIAAL, "bestuur"): 40,
    f.proposal(SOCIAAL): {"phase": "compare", "round": HUIDIG},
    f.position("ambitie", SOCIAAL, "bestuur"): 80,
    f.position(HUIDIG, "fysiek", "bestuur"): 10,
    f.reason(HUIDIG, "fysiek", "bestuur"): "daarom",
    f.done(HUIDIG, "fysiek"): True,
    f.agreed(HUIDIG, "fysiek", "bestuur"): 40,
    f.proposal("fysiek"): {"phase": "compare", "round": HUIDIG},
    f.seat("fysiek"): SEAT,
    f.token("fysiek"): DIGEST,
    "consensus/huidig/bestuur": 40,
}
LOST = {
    f.seat(SOCIAAL),
    f.token(SOCIAAL),
    f.done(HUIDIG, SOCIAAL),
    f.agreed(HUIDIG, SOCIAAL, "bestuur"),
    f.proposal(SOCIAAL),
}
CLEARED = {
    POSITION,
    REASON,
    f"minority/{HUIDIG}/{SOCIAAL}/bestuur",
    f.position("ambitie", SOCIAAL, "bestuur"),
}


@pytest.mark.parametrize(("clear", "lost"), [(False, LOST), (True, LOST | CLEARED)])
def test_release(kept: Store, clear: bool, lost: set[str]) -> None:
    """RM7: freeing a seat removes what the law names, of that seat alone, in one batch."""
    kept.claim(A, SOCIAAL, SEAT, DIGEST, AT)
    kept.apply({A: batch(FILLED)})
    before = kept.room(A)
    assert before is not None
    assert kept.release(A, SOCIAAL, clear=clear, at=LATER) == (4, dict.fromkeys(lost))
    kept_fields = {key: value for key, value in before.fields.items() if key not in lost}
    assert kept.room(A) == Stored(4, kept_fields)
    last = whole_history(kept, A)[-1]
    assert last == HistoryFrame(4, LATER, dict.fromkeys(lost - {f.token(SOCIAAL)}))
    consistent(kept, A)
    assert kept.claim(A, SOCIAAL, SEAT, hashed("next"), LATER) == 5


def test_release_of_a_free_seat(kept: Store) -> None:
    """RM7: freeing what is free changes nothing."""
    kept.apply({A: batch({POSITION: 40})})
    assert kept.release(A, SOCIAAL, clear=False, at=LATER) == (2, {})
    assert kept.room(A) == Stored(2, {**room(), POSITION: 40})


def test_clearing_a_free_seat(kept: Store) -> None:
    """RM7: what a seat left behind can still be cleared."""
    kept.apply({A: batch({POSITION: 40})})
    assert kept.release(A, SOCIAAL, clear=True, at=LATER) == (3, {POSITION: None})
    assert kept.room(A) == Stored(3, room())


# History


def test_history_begins_with_the_room(kept: Store) -> None:
    """HI1: the first frame is the map as it was created, without words and private fields."""
    assert whole_history(kept, A) == [HistoryFrame(1, AT, public(room()))]
    assert whole_history(kept, A)[0].set[f.ROOM] is True


def test_history_since_and_limit(kept: Store) -> None:
    """HI1: frames above `since`, at most `limit`, in order of their seq."""
    for number in range(2, 7):
        kept.apply({A: batch({"x": number})})
    seqs = [[frame.seq for frame in kept.history(A, since, 3)] for since in (0, 1, 4, 6, 99)]
    assert seqs == [[1, 2, 3], [2, 3, 4], [5, 6], [], []]
    assert kept.history(A, 0, 0) == []
    assert [frame.seq for frame in whole_history(kept, A)] == [1, 2, 3, 4, 5, 6]


def test_history_tells_removals(kept: Store) -> None:
    """HI1: what a batch removed stands in its frame as null."""
    kept.apply({A: batch({"x": 1})})
    kept.apply({A: batch({"x": None, "y": 2}, LATER)})
    assert whole_history(kept, A)[1:] == [
        HistoryFrame(2, AT, {"x": 1}),
        HistoryFrame(3, LATER, {"x": None, "y": 2}),
    ]


def test_history_holds_no_private_fields(kept: Store) -> None:
    """RM3: a batch of private fields alone raises the seq and leaves no frame."""
    assert kept.apply({A: batch({f.MOVED_AT: AT, f.EXPECTED: {SOCIAAL: "Noor"}})}) == {A: 2}
    assert [frame.seq for frame in whole_history(kept, A)] == [1]
    kept.apply({A: batch({f.MOVED_AT: LATER, "x": 1})})
    assert whole_history(kept, A)[-1] == HistoryFrame(3, AT, {"x": 1})


def test_history_without_words(kept: Store) -> None:
    """HI2: texts appear as `true`, names are left out, and withdrawing is told as such."""
    words = {
        REASON: "geheim-1",
        f"minority/{HUIDIG}/{SOCIAAL}/bestuur": "geheim-2",
        "text/assignment": "geheim-3",
        "action/1/text": "geheim-4",
        "action/1/who": "geheim-5",
        "action/1/due": "2026-04-01",
        "action/1/agenda": True,
        "question/1/text": "geheim-6",
        "question/1/answered": True,
        "announcement": {"id": "a1", "text": "geheim-7", "at": AT},
        "timer": {"ends_at": LATER, "label": "geheim-8"},
        f.ROOM: {"title": "geheim-9", "municipality": "geheim-10", "case": None},
        f.seat(SOCIAAL): {"name": "geheim-11", "since": AT},
    }
    kept.apply({A: batch(words)})
    assert whole_history(kept, A)[-1].set == {
        REASON: True,
        f"minority/{HUIDIG}/{SOCIAAL}/bestuur": True,
        "text/assignment": True,
        "action/1/text": True,
        "action/1/who": True,
        "action/1/due": "2026-04-01",
        "action/1/agenda": True,
        "question/1/text": True,
        "question/1/answered": True,
        "announcement": {"id": "a1", "at": AT},
        "timer": {"ends_at": LATER},
        f.ROOM: True,
        f.seat(SOCIAAL): {"name": None, "since": AT},
    }
    kept.apply({A: batch({REASON: None})})
    assert whole_history(kept, A)[-1].set == {REASON: None}
    assert b"geheim" not in msgspec.json.encode(whole_history(kept, A))


@pytest.mark.parametrize("key", [POSITION, "consensus/huidig/bestuur"])
def test_thinning(kept: Store, key: str) -> None:
    """HI4: of a dragged value one a second stays, its last, and the very last is always there."""
    times = [f"2026-03-02T13:00:{second:02}.{tenth}00Z" for second in (7, 8) for tenth in range(10)]
    for value, at in enumerate(times):
        kept.apply({A: batch({key: value}, at)})
    kept.apply({A: batch({key: 99}, "2026-03-02T13:00:09.000Z")})
    frames = [frame for frame in whole_history(kept, A) if key in frame.set]
    assert frames == [
        HistoryFrame(11, "2026-03-02T13:00:07.900Z", {key: 9}),
        HistoryFrame(21, "2026-03-02T13:00:08.900Z", {key: 19}),
        HistoryFrame(22, "2026-03-02T13:00:09.000Z", {key: 99}),
    ]
    consistent(kept, A)


def test_thinning_is_of_one_field(kept: Store) -> None:
    """HI4: what others did within the same second, and what is not dragged, stays."""
    kept.apply({A: batch({POSITION: 1, "x": 1})})
    kept.apply({A: batch({POSITION: 2, f.position(HUIDIG, "fysiek", "bestuur"): 7})})
    kept.apply({A: batch({POSITION: 3, "x": 2})})
    kept.apply({B: batch({POSITION: 9})})
    assert [frame.set for frame in whole_history(kept, A)[1:]] == [
        {"x": 1},
        {f.position(HUIDIG, "fysiek", "bestuur"): 7},
        {POSITION: 3, "x": 2},
    ]


def test_thinning_keeps_the_last_word(kept: Store) -> None:
    """HI4: a value taken back within its second is told as taken back."""
    kept.apply({A: batch({POSITION: 1})})
    kept.apply({A: batch({POSITION: None})})
    assert whole_history(kept, A)[1:] == [HistoryFrame(3, AT, {POSITION: None})]


def test_thinning_with_a_clock_that_goes_back(kept: Store) -> None:
    """HI1: when the clock was set back the history still folds to the map."""
    for at in ("13:00:05", "13:00:06", "13:00:05", "13:00:04", "13:00:06"):
        seq = kept.apply({A: batch({POSITION: at}, f"2026-03-02T{at}.000Z")})[A]
        consistent(kept, A)
        assert whole_history(kept, A)[-1].seq == seq


def test_trimmed_history(open_store: Open) -> None:
    """HI3: an outgrown history begins with the whole map and still folds to the map of now."""
    limit = 60
    store = open_store(history_rows=limit)
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    untouched = whole_history(store, B)
    for number in range(300):
        changes: f.Changes = {
            f.position(HUIDIG, TRIO[number % 3], "bestuur"): number % 101,
            f.proposal(TRIO[number % 3]): {"n": number} if number % 2 else None,
            f"text/{number % 7}": f"woord {number}" if number % 5 else None,
        }
        at = f"2026-03-02T13:{number // 60:02}:{number % 60:02}.000Z"
        assert store.apply({A: batch(changes, at)}) == {A: number + 2}
        consistent(store, A)
        rows = sum(len(frame.set) for frame in whole_history(store, A))
        assert rows <= limit + 3
    frames = whole_history(store, A)
    assert frames[0].seq > 1
    assert frames[0].set.keys() >= public(room()).keys()
    assert None not in frames[0].set.values()
    assert whole_history(store, B) == untouched
    assert b"woord" not in msgspec.json.encode(frames)


def test_trimming_keeps_the_younger_frames(open_store: Open) -> None:
    """HI3: what is trimmed is the old end; the frames after it stay as they were."""
    store = open_store(history_rows=60)
    store.create(werkplaats(), {A: room()}, AT)
    seen: dict[int, HistoryFrame] = {}
    for number in range(2, 120):
        store.apply({A: batch({"x": number})})
        frames = whole_history(store, A)
        for frame in frames[1:]:
            assert seen.setdefault(frame.seq, frame) == frame
        assert folded(frames[:1]).keys() - {"x"} == public(room()).keys()


def test_a_map_larger_than_the_history(open_store: Open) -> None:
    """HI3: where the map alone outgrows the history nothing of it is lost."""
    store = open_store(history_rows=5)
    store.create(werkplaats(), {A: room()}, AT)
    for number in range(40):
        store.apply({A: batch({f"x/{number % 13}": number if number % 4 else None})})
        consistent(store, A)


# Deletion


def test_delete(kept: Store, open_store: Open) -> None:
    """ST8: after deletion every code is unknown, and the receipt says which they were."""
    kept.create(werkplaats("wp2", join_code="999999"), {C: room()}, AT)
    kept.claim(A, SOCIAAL, SEAT, DIGEST, AT)
    assert kept.delete("wp") == Receipt("wp", [A, B])
    for reopened in (False, True):
        store = open_store() if reopened else kept
        assert store.werkplaats("wp") is None
        assert store.by_join_code("346789") is None
        assert store.rooms([A, B, C]) == {C: Stored(1, room())}
        assert store.history(A, 0, 10) == []
        assert store.apply({A: batch({"x": 1})}) == {A: Rejected.GONE}
        assert store.claim(A, "fysiek", SEAT, DIGEST, AT) is Rejected.GONE
        assert store.delete("wp") is None
        assert store.werkplaats("wp2") == werkplaats("wp2", join_code="999999", rooms=[C])


def test_codes_can_be_used_again(kept: Store) -> None:
    """ST8: a new room under a deleted code has nothing of the old one."""
    kept.apply({A: batch({POSITION: 40})})
    kept.delete("wp")
    kept.create(werkplaats(), {A: room()}, LATER)
    assert kept.room(A) == Stored(1, room())
    assert whole_history(kept, A) == [HistoryFrame(1, LATER, public(room()))]


def test_purge(store: Store) -> None:
    """WP3: what expired at or before now is deleted, and nothing else."""
    for number, (code, day) in enumerate(((A, "01"), (B, "02"), (C, "03"))):
        expires_at = f"2126-06-{day}T00:00:00.000Z"
        one = werkplaats(f"wp{number}", join_code=f"34678{number}", expires_at=expires_at)
        store.create(one, {code: room()}, AT)
    assert store.purge("2126-05-31T23:59:59.999Z") == []
    found = store.purge("2126-06-02T00:00:00.000Z")
    assert sorted(found, key=lambda one: one.id) == [Receipt("wp0", [A]), Receipt("wp1", [B])]
    assert list(store.rooms([A, B, C])) == [C]
    assert store.purge("2126-06-02T00:00:00.000Z") == []


def test_purge_looks_at_the_changed_date(kept: Store) -> None:
    """WP3: a retention that was made longer keeps a werkplaats, and a shorter one ends it."""
    kept.change("wp", {"expires_at": "2127-01-01T00:00:00.000Z"})
    assert kept.purge("2126-12-31T00:00:00.000Z") == []
    kept.change("wp", {"expires_at": "2126-04-01T00:00:00.000Z"})
    assert kept.purge("2126-04-01T00:00:00.000Z") == [Receipt("wp", [A, B])]


# The whole


def test_opening_anew(kept: Store, open_store: Open) -> None:
    """ST1: what was answered is there when the store is opened again, history and seq too."""
    kept.claim(A, SOCIAAL, SEAT, DIGEST, AT)
    kept.apply({A: batch(FILLED), B: batch({"x": 1})})
    rooms, history = kept.rooms([A, B]), whole_history(kept, A)
    again = open_store()
    assert again.rooms([A, B]) == rooms
    assert whole_history(again, A) == history
    assert again.apply({A: batch({"x": 1})}) == {A: 4}


def test_ping(kept: Store) -> None:
    """ST11: a store that can be written says so by returning."""
    kept.ping()
    assert kept.room(A) == Stored(1, room())


def test_closed_store(kept: Store) -> None:
    """ST11: a store that cannot be reached says of every question that it is not known."""
    kept.close()
    for ask in (
        kept.ping,
        lambda: kept.room(A),
        lambda: kept.apply({A: batch({"x": 1})}),
        lambda: kept.claim(A, SOCIAAL, SEAT, DIGEST, AT),
        lambda: kept.delete("wp"),
    ):
        with pytest.raises(StoreUnavailable):
            ask()

"""Batches and maps for the store: what a room's history and its map must agree on."""

from collections.abc import Iterable, Mapping
from typing import Any

from sessions import fields as f
from sessions.fields import Changes, Fields
from sessions.store import Batch, HistoryFrame, Store
from tests.rooms import HUIDIG, new_room

AT = "2026-03-02T13:00:00.000Z"
LATER = "2026-03-02T13:05:00.000Z"
A, B, C = "abcdef", "ghjkmn", "pqrstu"


def room(**settings: Any) -> Fields:
    """A room as it is created: all seats free."""
    return new_room(seats=(), **settings)


def batch(changes: Changes, at: str = AT, **changed: Any) -> Batch:
    """Changes decided in `place` of the first round, unless said otherwise."""
    under: dict[str, Any] = {"phase": "place", "round": HUIDIG, "locked": False, "seq": None}
    under.update(changed)
    return Batch(changes=changes, at=at, **under)


def public(fields: Mapping[str, Any]) -> Fields:
    """A map as the history may tell it: nothing of the server alone, and no words."""
    return {
        key: f.without_words(key, value) for key, value in fields.items() if not f.is_private(key)
    }


def folded(frames: Iterable[HistoryFrame]) -> Fields:
    """The frames applied to an empty map in order."""
    fields: Fields = {}
    for frame in frames:
        f.apply(fields, frame.set)
    return fields


def whole_history(store: Store, code: str) -> list[HistoryFrame]:
    return store.history(code, 0, 1_000_000)


def consistent(store: Store, code: str) -> None:
    """What must hold of every room at any time: its history tells its map, up to its seq."""
    found = store.room(code)
    assert found is not None
    frames = whole_history(store, code)
    assert folded(frames) == public(found.fields)
    seqs = [frame.seq for frame in frames]
    assert seqs == sorted(set(seqs))
    assert seqs[-1] <= found.seq

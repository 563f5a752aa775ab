"""What the history of a room keeps of a batch; the same for every store (HI)."""

from functools import lru_cache

from sessions import fields as f
from sessions.fields import Changes, Fields
from sessions.store.port import HistoryRow, SavedRoom


def rows(seq: int, changes: Changes, at: str) -> list[HistoryRow]:
    """The rows of a batch: nothing private, no words.

    Within a room a row replaces the one with the same key and slot. The slot is the second for a
    dragged value, so that the last of a second stays (HI4), and the seq for everything else.
    """
    found: list[HistoryRow] = []
    for key, value in changes.items():
        if f.is_dragged(key):
            found.append(HistoryRow(seq, at, key, second(at), value))
        elif not f.is_private(key):
            found.append(HistoryRow(seq, at, key, seq, f.without_words(key, value)))
    return found


@lru_cache(16)
def second(at: str) -> int:
    """The slot of a dragged value: the second, as a number."""
    return int(at[:4] + at[5:7] + at[8:10] + at[11:13] + at[14:16] + at[17:19])


def new_room(code: str, fields: Fields, at: str) -> SavedRoom:
    """A room as it begins: seq 1, and one frame of history that is its whole map (ST2, HI1)."""
    return SavedRoom(code, 1, fields, rows(1, fields, at))

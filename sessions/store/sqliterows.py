"""What stands in the tables of the embedded store: the rows, read and written."""

import sqlite3
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from sessions import fields as f
from sessions.fields import Changes
from sessions.store.port import (
    Batch,
    CodeTaken,
    HistoryFrame,
    HistoryRow,
    Receipt,
    Saved,
    SavedRoom,
    Stored,
)
from sessions.werkplaats import Werkplaats

_GUARDED = (f.PHASE, f.ROUND, f.LOCKED)


_load = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def _dump(value: Any) -> str:
    return _encode(value).decode()


def _dump_or_none(value: Any) -> str | None:
    return None if value is None else _dump(value)


def _load_or_none(text: str | None) -> Any:
    return None if text is None else _load(text)


# Werkplaatsen


def data(werkplaats: Werkplaats) -> str:
    """What is kept of a werkplaats; its rooms have rows of their own."""
    return msgspec.json.encode(msgspec.structs.replace(werkplaats, rooms=[])).decode()


def find(db: sqlite3.Connection, column: str, value: str) -> Werkplaats | None:
    row = db.execute(f"SELECT data FROM werkplaatsen WHERE {column} = ?", (value,)).fetchone()
    if row is None:
        return None
    found = msgspec.json.decode(row[0], type=Werkplaats)
    codes = db.execute("SELECT code FROM rooms WHERE werkplaats = ? ORDER BY place", (found.id,))
    return msgspec.structs.replace(found, rooms=[code for (code,) in codes])


def delete(db: sqlite3.Connection, werkplaats_id: str) -> Receipt | None:
    found = find(db, "id", werkplaats_id)
    if found is None:
        return None
    for table in ("fields", "history"):
        db.execute(
            f"DELETE FROM {table} WHERE code IN (SELECT code FROM rooms WHERE werkplaats = ?)",
            (werkplaats_id,),
        )
    db.execute("DELETE FROM rooms WHERE werkplaats = ?", (werkplaats_id,))
    db.execute("DELETE FROM werkplaatsen WHERE id = ?", (werkplaats_id,))
    return Receipt(werkplaats_id, found.rooms)


# Rooms


def insert_room(db: sqlite3.Connection, werkplaats_id: str, place: int, room: SavedRoom) -> None:
    if seq_of(db, room.code) is not None:
        raise CodeTaken(room.code)
    db.execute(
        "INSERT INTO rooms VALUES (?, ?, ?, ?, ?)",
        (room.code, werkplaats_id, place, room.seq, len(room.history)),
    )
    fields = [(room.code, key, _dump(value)) for key, value in room.fields.items()]
    db.executemany(_SET_FIELD, fields)
    db.executemany(_ADD_HISTORY, [_history(room.code, row) for row in room.history])


def seq_of(db: sqlite3.Connection, code: str) -> int | None:
    row = db.execute("SELECT seq FROM rooms WHERE code = ?", (code,)).fetchone()
    return None if row is None else int(row[0])


def stored(db: sqlite3.Connection, code: str) -> Stored | None:
    seq = seq_of(db, code)
    if seq is None:
        return None
    rows = db.execute("SELECT key, value FROM fields WHERE code = ?", (code,))
    return Stored(seq, {key: _load(value) for key, value in rows})


def has_field(db: sqlite3.Connection, code: str, key: str) -> bool:
    found = db.execute("SELECT 1 FROM fields WHERE code = ? AND key = ?", (code, key))
    return found.fetchone() is not None


class State(NamedTuple):
    """Where a room stands: what decides whether a batch may be written, and how."""

    seq: int
    history_rows: int
    guarded: dict[str, Any]

    def holds(self, batch: Batch) -> bool:
        """True when the room is still in the state that the batch was decided under (ST4)."""
        now = self.guarded
        return (
            (batch.seq is None or batch.seq == self.seq)
            and now.get(f.PHASE) == batch.phase
            and now.get(f.ROUND) == batch.round
            and (now.get(f.LOCKED) is True) == batch.locked
            and all(now.get(f.token(role)) == digest for role, digest in batch.seats.items())
        )


def state(db: sqlite3.Connection, code: str, batch: Batch) -> State | None:
    """The state that a batch must find; none for a room that is gone."""
    keys = (*_GUARDED, *(f.token(role) for role in batch.seats))
    marks = ", ".join("?" * len(keys))
    rows = db.execute(
        "SELECT seq, history_rows, key, value FROM rooms LEFT JOIN fields "
        f"ON fields.code = rooms.code AND key IN ({marks}) WHERE rooms.code = ?",
        (*keys, code),
    ).fetchall()
    if not rows:
        return None
    seq, history_rows, *_ = rows[0]
    return State(seq, history_rows, {key: _load(value) for _, _, key, value in rows if key})


class Write(NamedTuple):
    """A batch that may be written, with its seq and what the history keeps of it."""

    code: str
    seq: int
    changes: Changes
    rows: Sequence[HistoryRow]


def write(db: sqlite3.Connection, writes: Sequence[Write]) -> None:
    """Sets the fields of rooms, raises their seq and adds to their history: in a few statements."""
    removed: list[tuple[str, str]] = []
    fields: list[tuple[str, str, str]] = []
    for code, _, changes, _ in writes:
        for key, value in changes.items():
            if value is None:
                removed.append((code, key))
            else:
                fields.append((code, key, _dump(value)))
    if removed:
        db.executemany("DELETE FROM fields WHERE code = ? AND key = ?", removed)
    db.executemany(_SET_FIELD, fields)
    db.executemany(_ADD_HISTORY, [_history(one.code, row) for one in writes for row in one.rows])
    db.executemany(
        "UPDATE rooms SET seq = ?, history_rows = history_rows + ? WHERE code = ?",
        [(one.seq, len(one.rows), one.code) for one in writes],
    )


_SET_FIELD = (
    "INSERT INTO fields VALUES (?, ?, ?) "
    "ON CONFLICT (code, key) DO UPDATE SET value = excluded.value "
)
_ADD_HISTORY = (
    "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (code, key, slot) "
    "DO UPDATE SET seq = excluded.seq, at = excluded.at, value = excluded.value"
)


def _history(code: str, row: HistoryRow) -> tuple[Any, ...]:
    return code, row.key, row.slot, row.seq, row.at, _dump_or_none(row.value)


# History


def frames(db: sqlite3.Connection, code: str, since: int, limit: int) -> list[HistoryFrame]:
    found: list[HistoryFrame] = []
    rows = db.execute(
        "SELECT seq, at, key, value FROM history WHERE code = ? AND seq > ? ORDER BY seq",
        (code, since),
    )
    for (seq, at), changes in groupby(rows, key=lambda row: (row[0], row[1])):
        if len(found) == limit:
            break
        values = {key: _load_or_none(value) for _, _, key, value in changes}
        found.append(HistoryFrame(seq, at, values))
    return found


def trim(db: sqlite3.Connection, code: str, limit: int) -> None:
    """Folds the older half of an outgrown history into one frame: the whole map (HI3)."""
    (rows,) = db.execute("SELECT history_rows FROM rooms WHERE code = ?", (code,)).fetchone()
    if rows <= limit:
        return
    (rows,) = db.execute("SELECT count(*) FROM history WHERE code = ?", (code,)).fetchone()
    if rows > limit:
        seq, at = db.execute(
            "SELECT seq, at FROM history WHERE code = ? ORDER BY seq LIMIT 1 OFFSET ?",
            (code, rows // 2),
        ).fetchone()
        old = {"code": code, "seq": seq, "at": at}
        db.execute(
            "DELETE FROM history WHERE code = :code AND seq <= :seq AND (value IS NULL OR "
            "seq < (SELECT max(seq) FROM history AS later WHERE later.code = :code "
            "AND later.key = history.key AND later.seq <= :seq))",
            old,
        )
        db.execute("UPDATE history SET seq = :seq, at = :at WHERE code = :code AND seq < :seq", old)
        (rows,) = db.execute("SELECT count(*) FROM history WHERE code = ?", (code,)).fetchone()
    db.execute("UPDATE rooms SET history_rows = ? WHERE code = ?", (rows, code))


# Copies


def saved(db: sqlite3.Connection, werkplaats_id: str) -> Saved | None:
    """Everything of a werkplaats; whole where the transaction is."""
    werkplaats = find(db, "id", werkplaats_id)
    if werkplaats is None:
        return None
    return Saved(werkplaats, [_saved_room(db, code) for code in werkplaats.rooms])


def _saved_room(db: sqlite3.Connection, code: str) -> SavedRoom:
    found = stored(db, code)
    assert found is not None
    rows = db.execute(
        "SELECT seq, at, key, slot, value FROM history WHERE code = ? ORDER BY seq, key, slot",
        (code,),
    )
    history = [
        HistoryRow(seq, at, key, slot, _load_or_none(value)) for seq, at, key, slot, value in rows
    ]
    return SavedRoom(code, found.seq, found.fields, history)

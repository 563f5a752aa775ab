"""What stands in the tables of the embedded store: the rows, read and written."""

import json
import sqlite3
from collections.abc import Sequence
from itertools import groupby
from typing import Any

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


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _dump_or_none(value: Any) -> str | None:
    return None if value is None else _dump(value)


def _load_or_none(text: str | None) -> Any:
    return None if text is None else json.loads(text)


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
    _insert_fields(db, room.code, room.fields)
    _insert_history(db, room.code, room.history)


def seq_of(db: sqlite3.Connection, code: str) -> int | None:
    row = db.execute("SELECT seq FROM rooms WHERE code = ?", (code,)).fetchone()
    return None if row is None else int(row[0])


def stored(db: sqlite3.Connection, code: str) -> Stored | None:
    seq = seq_of(db, code)
    if seq is None:
        return None
    rows = db.execute("SELECT key, value FROM fields WHERE code = ?", (code,))
    return Stored(seq, {key: json.loads(value) for key, value in rows})


def has_field(db: sqlite3.Connection, code: str, key: str) -> bool:
    found = db.execute("SELECT 1 FROM fields WHERE code = ? AND key = ?", (code, key))
    return found.fetchone() is not None


def still_holds(db: sqlite3.Connection, code: str, seq: int, batch: Batch) -> bool:
    """True when the room is still in the state that the batch was decided under (ST4)."""
    if batch.seq is not None and batch.seq != seq:
        return False
    rows = db.execute(
        "SELECT key, value FROM fields WHERE code = ? AND key IN (?, ?, ?)", (code, *_GUARDED)
    )
    now = {key: json.loads(value) for key, value in rows}
    return (
        now.get(f.PHASE) == batch.phase
        and now.get(f.ROUND) == batch.round
        and (now.get(f.LOCKED) is True) == batch.locked
        and all(_has_token(db, code, *seat) for seat in batch.seats.items())
    )


def _has_token(db: sqlite3.Connection, code: str, role: str, digest: str) -> bool:
    found = db.execute(
        "SELECT 1 FROM fields WHERE code = ? AND key = ? AND value = ?",
        (code, f.token(role), _dump(digest)),
    )
    return found.fetchone() is not None


def write(
    db: sqlite3.Connection, code: str, seq: int, changes: Changes, rows: Sequence[HistoryRow]
) -> None:
    """Sets the fields of a room, raises its seq and adds to its history."""
    removed = [(code, key) for key, value in changes.items() if value is None]
    if removed:
        db.executemany("DELETE FROM fields WHERE code = ? AND key = ?", removed)
    _insert_fields(db, code, {k: value for k, value in changes.items() if value is not None})
    _insert_history(db, code, rows)
    db.execute(
        "UPDATE rooms SET seq = ?, history_rows = history_rows + ? WHERE code = ?",
        (seq, len(rows), code),
    )


def _insert_fields(db: sqlite3.Connection, code: str, fields: Changes) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO fields VALUES (?, ?, ?)",
        [(code, key, _dump(value)) for key, value in fields.items()],
    )


# History


def _insert_history(db: sqlite3.Connection, code: str, rows: Sequence[HistoryRow]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?)",
        [(code, row.key, row.slot, row.seq, row.at, _dump_or_none(row.value)) for row in rows],
    )


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

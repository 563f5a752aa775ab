"""The embedded store: one SQLite file, one process, nothing to install.

Write-ahead log with `synchronous=NORMAL`: a commit survives the end of the process at any
moment (not the loss of power). One process at a time holds the file, by a lock beside it.
"""

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

import msgspec

from sessions import fields as f
from sessions.errors import StoreUnavailable, StoreUnusable
from sessions.fields import Changes, Fields
from sessions.store import history
from sessions.store.alone import Alone
from sessions.store.history import new_room
from sessions.store.port import (
    Batch,
    CodeTaken,
    HistoryFrame,
    HistoryRow,
    Receipt,
    Rejected,
    SavedRoom,
    Stored,
)
from sessions.werkplaats import Werkplaats, freed

APPLICATION_ID = 0x4D656E67
"""`Meng` in the file's head: by this a file is known as ours."""
VERSION = 1
HISTORY_ROWS = 20_000
"""A room whose history outgrows this loses the older half's detail, never its state."""

_SCHEMA = """
CREATE TABLE werkplaatsen (
    id TEXT PRIMARY KEY, join_code TEXT NOT NULL UNIQUE, expires_at TEXT NOT NULL,
    data TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE rooms (
    code TEXT PRIMARY KEY, werkplaats TEXT NOT NULL, place INTEGER NOT NULL,
    seq INTEGER NOT NULL, history_rows INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX rooms_of_werkplaats ON rooms (werkplaats, place);
CREATE TABLE fields (
    code TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (code, key)
) WITHOUT ROWID;
-- A slot is the second for a dragged value, so that the last of a second replaces the others,
-- and the seq for everything else.
CREATE TABLE history (
    code TEXT NOT NULL, key TEXT NOT NULL, slot INTEGER NOT NULL,
    seq INTEGER NOT NULL, at TEXT NOT NULL, value TEXT, PRIMARY KEY (code, key, slot)
) WITHOUT ROWID;
CREATE INDEX history_in_order ON history (code, seq);
"""

_GUARDED = (f.PHASE, f.ROUND, f.LOCKED)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _dump_or_none(value: Any) -> str | None:
    return None if value is None else _dump(value)


def _load_or_none(text: str | None) -> Any:
    return None if text is None else json.loads(text)


class SqliteStore(Alone):
    """The port on one file; see `sessions.store.port.Store` for the law."""

    def __init__(self, path: Path, *, history_rows: int = HISTORY_ROWS) -> None:
        self._history_rows = history_rows
        self._mutex = threading.RLock()
        self._owes_forgetting = False
        self._held = _hold(path)
        try:
            self._db = _open(path)
        except BaseException:
            self._held.close()
            raise

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; a store that fails says so in the port's own words."""
        with self._mutex:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreUnavailable(str(error)) from error

    # Werkplaatsen

    def create(self, werkplaats: Werkplaats, rooms: Mapping[str, Fields], at: str) -> None:
        self.restore(werkplaats, [new_room(code, fields, at) for code, fields in rooms.items()])

    def restore(self, werkplaats: Werkplaats, rooms: Sequence[SavedRoom]) -> None:
        with self._transaction() as db:
            known = db.execute(
                "SELECT 1 FROM werkplaatsen WHERE id = ? OR join_code = ?",
                (werkplaats.id, werkplaats.join_code),
            )
            if known.fetchone():
                raise CodeTaken(werkplaats.join_code)
            db.execute(
                "INSERT INTO werkplaatsen VALUES (?, ?, ?, ?)",
                (werkplaats.id, werkplaats.join_code, werkplaats.expires_at, _data(werkplaats)),
            )
            for place, room in enumerate(rooms):
                _insert_room(db, werkplaats.id, place, room)

    def werkplaats(self, werkplaats_id: str) -> Werkplaats | None:
        return self._one("id", werkplaats_id)

    def by_join_code(self, join_code: str) -> Werkplaats | None:
        return self._one("join_code", join_code)

    def _one(self, column: str, value: str) -> Werkplaats | None:
        with self._transaction() as db:
            return _werkplaats(db, column, value)

    def change(self, werkplaats_id: str, changes: Mapping[str, Any]) -> Werkplaats | None:
        with self._transaction() as db:
            found = _werkplaats(db, "id", werkplaats_id)
            if found is None:
                return None
            changed = msgspec.structs.replace(found, **changes)
            db.execute(
                "UPDATE werkplaatsen SET join_code = ?, expires_at = ?, data = ? WHERE id = ?",
                (changed.join_code, changed.expires_at, _data(changed), werkplaats_id),
            )
            return changed

    def add_rooms(
        self, werkplaats_id: str, rooms: Mapping[str, Fields], at: str
    ) -> Werkplaats | None:
        with self._transaction() as db:
            found = _werkplaats(db, "id", werkplaats_id)
            if found is None:
                return None
            for place, (code, fields) in enumerate(rooms.items(), start=len(found.rooms)):
                _insert_room(db, werkplaats_id, place, new_room(code, fields, at))
            return _werkplaats(db, "id", werkplaats_id)

    def delete(self, werkplaats_id: str) -> Receipt | None:
        with self._transaction() as db:
            receipt = _delete(db, werkplaats_id)
        if receipt is not None:
            self._forget()
        return receipt

    def purge(self, now: str) -> list[Receipt]:
        with self._transaction() as db:
            old = db.execute("SELECT id FROM werkplaatsen WHERE expires_at <= ?", (now,)).fetchall()
            receipts = [receipt for (one,) in old if (receipt := _delete(db, one)) is not None]
        if receipts:
            self._forget()
        return receipts

    def _forget(self) -> None:
        """Deleted text must not live on in the write-ahead log (ST8).

        What was committed stays committed: where the log cannot be emptied now (somebody reads
        the file, the disk is full) that is owed, and `tidy` tries again.
        """
        with self._mutex:
            try:
                (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error:
                busy = 1
            self._owes_forgetting = bool(busy)

    def tidy(self) -> None:
        if self._owes_forgetting:
            self._forget()

    # Rooms

    def room(self, code: str) -> Stored | None:
        return self.rooms([code]).get(code)

    def rooms(self, codes: Sequence[str]) -> dict[str, Stored]:
        with self._transaction() as db:
            found = {code: _stored(db, code) for code in codes}
        return {code: stored for code, stored in found.items() if stored is not None}

    def history(self, code: str, since: int, limit: int) -> list[HistoryFrame]:
        frames: list[HistoryFrame] = []
        with self._transaction() as db:
            rows = db.execute(
                "SELECT seq, at, key, value FROM history WHERE code = ? AND seq > ? ORDER BY seq",
                (code, since),
            )
            for (seq, at), changes in groupby(rows, key=lambda row: (row[0], row[1])):
                if len(frames) == limit:
                    break
                values = {key: _load_or_none(value) for _, _, key, value in changes}
                frames.append(HistoryFrame(seq, at, values))
        return frames

    def apply(self, batches: Mapping[str, Batch]) -> dict[str, int | Rejected]:
        results: dict[str, int | Rejected] = {}
        with self._transaction() as db:
            for code, batch in batches.items():
                seq = _seq(db, code)
                if seq is None:
                    results[code] = Rejected.GONE
                elif not _still_holds(db, code, seq, batch):
                    results[code] = Rejected.STALE
                else:
                    results[code] = self._write(db, code, seq + 1, batch.changes, batch.at)
        if any(f.holds_words(key) for batch in batches.values() for key in batch.changes):
            self._forget()  # A text that was withdrawn or changed is gone everywhere (HI2).
        return results

    def claim(
        self, code: str, role: str, seat: Mapping[str, Any], token: str, at: str
    ) -> int | Rejected:
        with self._transaction() as db:
            seq = _seq(db, code)
            if seq is None:
                return Rejected.GONE
            if _value(db, code, f.seat(role)) is not None:
                return Rejected.TAKEN
            changes = {f.seat(role): dict(seat), f.token(role): token}
            return self._write(db, code, seq + 1, changes, at)

    def release(
        self, code: str, role: str, *, clear: bool, at: str
    ) -> tuple[int, Changes] | Rejected:
        with self._transaction() as db:
            seq = _seq(db, code)
            if seq is None:
                return Rejected.GONE
            keys = [key for (key,) in db.execute("SELECT key FROM fields WHERE code = ?", (code,))]
            changes = freed(dict.fromkeys(keys), role, clear=clear)
            if not changes:
                return seq, {}
            released = self._write(db, code, seq + 1, changes, at), changes
        self._forget()
        return released

    def _write(self, db: sqlite3.Connection, code: str, seq: int, changes: Changes, at: str) -> int:
        """Sets the fields, raises the seq and adds to the history; answers the seq."""
        removed = [(code, key) for key, value in changes.items() if value is None]
        kept = [(code, key, _dump(v)) for key, v in changes.items() if v is not None]
        if removed:
            db.executemany("DELETE FROM fields WHERE code = ? AND key = ?", removed)
        db.executemany("INSERT OR REPLACE INTO fields VALUES (?, ?, ?)", kept)
        rows = history.rows(seq, changes, at)
        _insert_history(db, code, rows)
        db.execute(
            "UPDATE rooms SET seq = ?, history_rows = history_rows + ? WHERE code = ?",
            (seq, len(rows), code),
        )
        if rows:
            self._trim(db, code)
        return seq

    def _trim(self, db: sqlite3.Connection, code: str) -> None:
        """Folds the older half of an outgrown history into one frame: the whole map (HI3)."""
        (rows,) = db.execute("SELECT history_rows FROM rooms WHERE code = ?", (code,)).fetchone()
        if rows <= self._history_rows:
            return
        (rows,) = db.execute("SELECT count(*) FROM history WHERE code = ?", (code,)).fetchone()
        if rows > self._history_rows:
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
            db.execute(
                "UPDATE history SET seq = :seq, at = :at WHERE code = :code AND seq < :seq", old
            )
            (rows,) = db.execute("SELECT count(*) FROM history WHERE code = ?", (code,)).fetchone()
        db.execute("UPDATE rooms SET history_rows = ? WHERE code = ?", (rows, code))

    # Copies

    def ids(self) -> list[str]:
        with self._transaction() as db:
            return [id for (id,) in db.execute("SELECT id FROM werkplaatsen ORDER BY id")]

    def save(self, werkplaats_id: str) -> Iterator[SavedRoom]:
        found = self.werkplaats(werkplaats_id)
        for code in found.rooms if found else ():
            with self._transaction() as db:
                rows = db.execute(
                    "SELECT seq, at, key, slot, value FROM history WHERE code = ? "
                    "ORDER BY seq, key, slot",
                    (code,),
                )
                kept = [
                    HistoryRow(seq, at, key, slot, _load_or_none(value))
                    for seq, at, key, slot, value in rows
                ]
                stored = _stored(db, code)
            if stored is not None:
                yield SavedRoom(code, stored.seq, stored.fields, kept)

    def ping(self) -> None:
        with self._transaction() as db:
            db.execute("SELECT 1")

    def close(self) -> None:
        with self._mutex:
            self._db.close()
            self._held.close()


def _hold(path: Path) -> TextIO:
    """Takes the lock beside the file; the kernel lets go of it when the process ends."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("a", encoding="ascii")
    except OSError as error:
        raise StoreUnusable(
            f"the data folder {path.parent} cannot be written ({error.strerror}): "
            "make it writable, or point STORE_URL elsewhere"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreUnusable(
            f"{path} is in use by another process: stop that one first, or set STORE_URL "
            "to another file"
        ) from None
    return lock


def _open(path: Path) -> sqlite3.Connection:
    """Opens or makes the file; what is not ours, or newer, is refused and stays as it is."""
    if path.exists() and not os.access(path, os.W_OK):
        raise StoreUnusable(f"{path} cannot be written: change its rights, or set STORE_URL")
    try:
        if not path.exists():
            path.touch(mode=0o600)  # Its log and index files take over the rights of the file.
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        empty = db.execute("SELECT 1 FROM sqlite_master").fetchone() is None
        if owner != APPLICATION_ID and not empty:
            raise StoreUnusable(
                f"{path} is a database of another program: set STORE_URL to another file"
            )
        if owner == APPLICATION_ID and version != VERSION:
            raise StoreUnusable(
                f"{path} was written by a newer version of Mengpaneel (form {version}, this one "
                f"knows {VERSION}): use that version, or set STORE_URL to another file"
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")
        # Readers from outside (a back-up) hold up nothing but the emptying of the log.
        db.execute("PRAGMA busy_timeout = 50")
        if empty:
            db.executescript(
                f"BEGIN;{_SCHEMA}PRAGMA application_id = {APPLICATION_ID};"
                f"PRAGMA user_version = {VERSION};COMMIT;"
            )
    except (sqlite3.Error, OSError) as error:
        raise StoreUnusable(
            f"{path} cannot be used as a store ({error}): set STORE_URL to another file"
        ) from None
    return db


def _data(werkplaats: Werkplaats) -> str:
    return msgspec.json.encode(msgspec.structs.replace(werkplaats, rooms=[])).decode()


def _werkplaats(db: sqlite3.Connection, column: str, value: str) -> Werkplaats | None:
    row = db.execute(f"SELECT data FROM werkplaatsen WHERE {column} = ?", (value,)).fetchone()
    if row is None:
        return None
    found = msgspec.json.decode(row[0], type=Werkplaats)
    codes = db.execute("SELECT code FROM rooms WHERE werkplaats = ? ORDER BY place", (found.id,))
    return msgspec.structs.replace(found, rooms=[code for (code,) in codes])


def _insert_room(db: sqlite3.Connection, werkplaats_id: str, place: int, room: SavedRoom) -> None:
    if _seq(db, room.code) is not None:
        raise CodeTaken(room.code)
    db.execute(
        "INSERT INTO rooms VALUES (?, ?, ?, ?, ?)",
        (room.code, werkplaats_id, place, room.seq, len(room.history)),
    )
    db.executemany(
        "INSERT INTO fields VALUES (?, ?, ?)",
        [(room.code, key, _dump(value)) for key, value in room.fields.items()],
    )
    _insert_history(db, room.code, room.history)


def _insert_history(db: sqlite3.Connection, code: str, rows: Sequence[HistoryRow]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?)",
        [(code, row.key, row.slot, row.seq, row.at, _dump_or_none(row.value)) for row in rows],
    )


def _stored(db: sqlite3.Connection, code: str) -> Stored | None:
    seq = _seq(db, code)
    if seq is None:
        return None
    rows = db.execute("SELECT key, value FROM fields WHERE code = ?", (code,))
    return Stored(seq, {key: json.loads(value) for key, value in rows})


def _delete(db: sqlite3.Connection, werkplaats_id: str) -> Receipt | None:
    found = _werkplaats(db, "id", werkplaats_id)
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


def _seq(db: sqlite3.Connection, code: str) -> int | None:
    row = db.execute("SELECT seq FROM rooms WHERE code = ?", (code,)).fetchone()
    return None if row is None else int(row[0])


def _value(db: sqlite3.Connection, code: str, key: str) -> Any:
    row = db.execute("SELECT value FROM fields WHERE code = ? AND key = ?", (code, key)).fetchone()
    return None if row is None else json.loads(row[0])


def _still_holds(db: sqlite3.Connection, code: str, seq: int, batch: Batch) -> bool:
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
    )

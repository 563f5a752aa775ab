"""The embedded store: one SQLite file, one process, nothing to install.

Write-ahead log with `synchronous=NORMAL`: a commit survives the end of the process at any
moment (not the loss of power). One process at a time holds the file, by a lock beside it.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from sessions import fields as f
from sessions.errors import StoreUnavailable
from sessions.fields import Changes, Fields
from sessions.store import history
from sessions.store import sqliterows as t
from sessions.store.alone import Alone
from sessions.store.history import new_room
from sessions.store.port import (
    Batch,
    CodeTaken,
    HistoryFrame,
    Receipt,
    Rejected,
    Saved,
    Stored,
)
from sessions.store.sqlitefile import hold, open_beside, open_file
from sessions.werkplaats import Werkplaats, freed

GROUP = 24
"""Rooms in one transaction of a tick: those are shown before the next are stored."""
HISTORY_ROWS = 20_000
"""A room whose history outgrows this loses the older half's detail, never its state."""


class SqliteStore(Alone):
    """The port on one file; see `sessions.store.port.Store` for the law."""

    def __init__(self, path: Path, *, history_rows: int = HISTORY_ROWS) -> None:
        self._history_rows = history_rows
        self._mutex = threading.RLock()
        # The process before this one may have ended before it could.
        self._owes_forgetting = True
        self._held = hold(path)
        try:
            self._db = open_file(path)
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
        made = [new_room(code, fields, at) for code, fields in rooms.items()]
        self.restore(Saved(werkplaats, made))

    def restore(self, saved: Saved) -> None:
        werkplaats, rooms = saved
        with self._transaction() as db:
            known = db.execute(
                "SELECT 1 FROM werkplaatsen WHERE id = ? OR join_code = ?",
                (werkplaats.id, werkplaats.join_code),
            )
            if known.fetchone():
                raise CodeTaken(werkplaats.join_code)
            db.execute(
                "INSERT INTO werkplaatsen VALUES (?, ?, ?, ?)",
                (werkplaats.id, werkplaats.join_code, werkplaats.expires_at, t.data(werkplaats)),
            )
            for place, room in enumerate(rooms):
                t.insert_room(db, werkplaats.id, place, room)

    def werkplaats(self, werkplaats_id: str) -> Werkplaats | None:
        return self._one("id", werkplaats_id)

    def by_join_code(self, join_code: str) -> Werkplaats | None:
        return self._one("join_code", join_code)

    def _one(self, column: str, value: str) -> Werkplaats | None:
        with self._transaction() as db:
            return t.find(db, column, value)

    def change(self, werkplaats_id: str, changes: Mapping[str, Any]) -> Werkplaats | None:
        with self._transaction() as db:
            found = t.find(db, "id", werkplaats_id)
            if found is None:
                return None
            changed = msgspec.structs.replace(found, **changes)
            db.execute(
                "UPDATE werkplaatsen SET join_code = ?, expires_at = ?, data = ? WHERE id = ?",
                (changed.join_code, changed.expires_at, t.data(changed), werkplaats_id),
            )
            return changed

    def add_rooms(
        self, werkplaats_id: str, rooms: Mapping[str, Fields], at: str
    ) -> Werkplaats | None:
        with self._transaction() as db:
            found = t.find(db, "id", werkplaats_id)
            if found is None:
                return None
            for place, (code, fields) in enumerate(rooms.items(), start=len(found.rooms)):
                t.insert_room(db, werkplaats_id, place, new_room(code, fields, at))
            return t.find(db, "id", werkplaats_id)

    def delete(self, werkplaats_id: str) -> Receipt | None:
        with self._transaction() as db:
            receipt = t.delete(db, werkplaats_id)
        if receipt is not None:
            self._forget()
        return receipt

    def purge(self, now: str) -> list[Receipt]:
        with self._transaction() as db:
            old = db.execute("SELECT id FROM werkplaatsen WHERE expires_at <= ?", (now,)).fetchall()
            receipts = [receipt for (one,) in old if (receipt := t.delete(db, one)) is not None]
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
            found = {code: t.stored(db, code) for code in codes}
        return {code: stored for code, stored in found.items() if stored is not None}

    def history(self, code: str, since: int, limit: int) -> list[HistoryFrame]:
        with self._transaction() as db:
            return t.frames(db, code, since, limit)

    def apply(self, batches: Mapping[str, Batch]) -> dict[str, int | Rejected]:
        results: dict[str, int | Rejected] = {}
        writes: list[t.Write] = []
        outgrown: list[str] = []
        with self._transaction() as db:
            for code, batch in batches.items():
                state = t.state(db, code, batch)
                if state is None:
                    results[code] = Rejected.GONE
                elif not state.holds(batch):
                    results[code] = Rejected.STALE
                else:
                    seq = results[code] = state.seq + 1
                    rows = history.rows(seq, batch.changes, batch.at)
                    writes.append(t.Write(code, seq, batch.changes, rows))
                    if rows and state.history_rows + len(rows) > self._history_rows:
                        outgrown.append(code)
            t.write(db, writes)
            for code in outgrown:
                t.trim(db, code, self._history_rows)
        if any(f.holds_words(key) for batch in batches.values() for key in batch.changes):
            self._forget()  # A text that was withdrawn or changed is gone everywhere (HI2).
        return results

    def applying(self, batches: Mapping[str, Batch]) -> Iterator[dict[str, int | Rejected]]:
        codes = list(batches)
        for start in range(0, len(codes), GROUP):
            yield self.apply({code: batches[code] for code in codes[start : start + GROUP]})

    def claim(
        self, code: str, role: str, seat: Mapping[str, Any], token: str, at: str
    ) -> int | Rejected:
        with self._transaction() as db:
            seq = t.seq_of(db, code)
            if seq is None:
                return Rejected.GONE
            if t.has_field(db, code, f.seat(role)):
                return Rejected.TAKEN
            changes = {f.seat(role): dict(seat), f.token(role): token}
            return self._write(db, code, seq + 1, changes, at)

    def release(
        self, code: str, role: str, *, clear: bool, at: str
    ) -> tuple[int, Changes] | Rejected:
        with self._transaction() as db:
            seq = t.seq_of(db, code)
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
        t.write(db, [t.Write(code, seq, changes, history.rows(seq, changes, at))])
        t.trim(db, code, self._history_rows)
        return seq

    def ping(self) -> None:
        with self._transaction() as db:
            db.execute("SELECT 1")

    def close(self) -> None:
        with self._mutex:
            self._db.close()
            self._held.close()


class SqliteSnapshot:
    """The file as it is at one moment: what a copy is made from, while a process may hold it."""

    def __init__(self, path: Path) -> None:
        self._db = open_beside(path)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._db
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def ids(self) -> list[str]:
        with self._reading() as db:
            return [id for (id,) in db.execute("SELECT id FROM werkplaatsen ORDER BY id")]

    def save(self, werkplaats_id: str) -> Saved | None:
        with self._reading() as db:
            return t.saved(db, werkplaats_id)

    def close(self) -> None:
        self._db.close()

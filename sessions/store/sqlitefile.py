"""The file of the embedded store: what makes it ours, who holds it, how it is opened."""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import TextIO

from sessions.errors import StoreUnusable

APPLICATION_ID = 0x4D656E67
"""`Meng` in the file's head: by this a file is known as ours."""
VERSION = 1
CACHE_KIB = 32_768
LOG_PAGES = 8_000
"""So many pages of 4 KiB the write-ahead log holds before they move into the file."""

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


def hold(path: Path) -> TextIO:
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


def open_file(path: Path) -> sqlite3.Connection:
    """Opens or makes the file; what is not ours, or newer, is refused and stays as it is."""
    if path.exists() and not os.access(path, os.W_OK):
        raise StoreUnusable(f"{path} cannot be written: change its rights, or set STORE_URL")
    try:
        if not path.exists():
            path.touch(mode=0o600)  # Its log and index files take over the rights of the file.
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        empty = _is_new(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")
        # The pages of some hundred rooms that drag: the default reads them anew for every group,
        # and moves them from the log into the file ten times as often.
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
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


def open_beside(path: Path) -> sqlite3.Connection:
    """Opens a file to read it as it is at this moment, also while a process holds it."""
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        db.execute("BEGIN")
        empty = _is_new(db, path)
    except sqlite3.Error as error:
        raise StoreUnusable(
            f"{path} cannot be read as a store ({error}): set STORE_URL to another file"
        ) from None
    if empty:
        raise StoreUnusable(f"{path} holds no store yet: set STORE_URL to another file")
    return db


def _is_new(db: sqlite3.Connection, path: Path) -> bool:
    """True for a file without anything in it; one that is not ours, or newer, is refused."""
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
    return empty

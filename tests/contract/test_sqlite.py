"""What the embedded store promises beside the law: the bytes on disk, and how it refuses."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sessions import fields as f
from sessions.errors import StoreUnavailable, StoreUnusable
from sessions.store.sqlite import SqliteSnapshot, SqliteStore
from tests.contract.batches import AT, A, B, C, batch, consistent, room
from tests.rooms import HUIDIG, SLIDERS, SOCIAAL, TRIO, werkplaats

ROOT = Path(__file__).resolve().parents[2]
SECRET = "papegaaienkooi"
NAME = "Wilhelmina-Odilia"


def on_disk(folder: Path) -> bytes:
    """Every byte that the store has on disk, its log and its index too."""
    return b"".join(one.read_bytes() for one in sorted(folder.iterdir()))


def fill(store: SqliteStore, id: str, join_code: str, *codes: str) -> None:
    """A werkplaats whose every room is full of planted words."""
    title = f"{SECRET} titel {id}"
    store.create(
        werkplaats(id, join_code=join_code, title=title),
        {code: room(title=title) for code in codes},
        AT,
    )
    for code in codes:
        for role in TRIO:
            store.claim(code, role, {"name": NAME, "since": AT}, "d" * 64, AT)
        for number in range(40):
            role, slider = TRIO[number % 3], SLIDERS[number % 5]
            words = f"{SECRET} {number} " + "lang " * (number * 7 % 90)
            store.apply(
                {
                    code: batch(
                        {
                            f.position(HUIDIG, role, slider): number,
                            f.reason(HUIDIG, role, slider): words,
                            f"action/{number}/text": words,
                        }
                    )
                }
            )


@pytest.mark.parametrize("how", ["delete", "purge"])
def test_deletion_leaves_no_byte(tmp_path: Path, how: str) -> None:
    """ST8: after deletion no planted word is on disk, while open and after closing."""
    store = SqliteStore(tmp_path / "store.db")
    fill(store, "wp", "346789", A, B)
    other = werkplaats("wp2", join_code="999999", expires_at="2228-01-01T00:00:00.000Z")
    store.create(other, {C: room()}, AT)
    store.apply({C: batch({"text/why": "blijft staan"})})
    assert SECRET.encode() in on_disk(tmp_path)
    assert NAME.encode() in on_disk(tmp_path)
    if how == "delete":
        assert store.delete("wp") is not None
    else:
        assert len(store.purge("2127-01-01T00:00:00.000Z")) == 1
    for _ in range(2):
        found = on_disk(tmp_path)
        for trace in (SECRET, NAME, A, B, "346789", "d" * 64):
            assert trace.encode() not in found, trace
        assert b"blijft staan" in found
        store.close()
    store = SqliteStore(tmp_path / "store.db")
    consistent(store, C)
    store.close()


def test_what_a_reader_held_up_is_forgotten_later(tmp_path: Path) -> None:
    """ST8: while somebody outside reads the file a deletion is answered, and finished later."""
    store = SqliteStore(tmp_path / "store.db")
    fill(store, "wp", "346789", A)
    reader = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM fields").fetchone()[0] > 0
    assert store.delete("wp") is not None
    assert store.room(A) is None
    reader.execute("COMMIT")
    reader.close()
    store.tidy()
    assert SECRET.encode() not in on_disk(tmp_path)
    store.close()


def test_what_a_process_left_is_forgotten_by_the_next(tmp_path: Path) -> None:
    """ST8: a process that ended before it could finish a deletion leaves that to the next."""
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    fill(store, "wp", "346789", A)
    snapshot = SqliteSnapshot(path)
    assert store.delete("wp") is not None
    store.close()
    assert snapshot.save("wp") is not None
    snapshot.close()
    assert SECRET.encode() in on_disk(tmp_path)
    store = SqliteStore(path)
    store.tidy()
    assert SECRET.encode() not in on_disk(tmp_path)
    store.close()


def test_withdrawn_words_leave_no_byte(tmp_path: Path) -> None:
    """HI2: a withdrawn text lives on nowhere, also not in the free space of the file."""
    store = SqliteStore(tmp_path / "store.db")
    fill(store, "wp", "346789", A, B)
    for code in (A, B):
        found = store.room(code)
        assert found is not None
        texts = [key for key in found.fields if f.kind(key) in ("reason", "action")]
        for key in texts:
            store.apply({code: batch({key: None})})
        store.apply({code: batch({f.ROOM: {"title": "T", "municipality": "M", "case": None}})})
    store.change("wp", {"title": "T"})
    store.close()
    assert SECRET.encode() not in on_disk(tmp_path)


def test_a_folder_is_made(tmp_path: Path) -> None:
    """ST9: a data folder that is not there yet is made."""
    store = SqliteStore(tmp_path / "een" / "twee" / "store.db")
    store.ping()
    store.close()


def test_an_empty_file_is_new(tmp_path: Path) -> None:
    """ST9: an empty file is as good as none."""
    (tmp_path / "store.db").touch()
    store = SqliteStore(tmp_path / "store.db")
    store.create(werkplaats(), {A: room()}, AT)
    store.close()


def foreign(user_version: int) -> Callable[[Path], Path]:
    """A database of another program, which may count its versions as well."""

    def make(folder: Path) -> Path:
        path = folder / "store.db"
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE notes (text TEXT)")
        db.execute("INSERT INTO notes VALUES ('van een ander')")
        db.execute(f"PRAGMA user_version = {user_version}")
        db.commit()
        db.close()
        return path

    return make


def newer(folder: Path) -> Path:
    """A store that a later version of this product wrote."""
    path = folder / "store.db"
    SqliteStore(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    return path


def no_database(folder: Path) -> Path:
    path = folder / "store.db"
    path.write_text("dit is geen databank, " * 200, encoding="utf-8")
    return path


def damaged(folder: Path) -> Path:
    path = folder / "store.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    return path


def a_folder(folder: Path) -> Path:
    path = folder / "store.db"
    path.mkdir()
    return path


def an_empty_file(folder: Path) -> Path:
    path = folder / "store.db"
    path.touch()
    return path


def under_a_file(folder: Path) -> Path:
    (folder / "bestand").touch()
    return folder / "bestand" / "data" / "store.db"


def lock_is_a_folder(folder: Path) -> Path:
    (folder / "store.db.lock").mkdir()
    return folder / "store.db"


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "foreign": (foreign(0), "another program"),
    "foreign with our number": (foreign(1), "STORE_URL"),
    "foreign with a higher number": (foreign(7), "STORE_URL"),
    "newer": (newer, "newer version"),
    "no database": (no_database, "cannot be used as a store"),
    "damaged": (damaged, "cannot be used as a store"),
    "a folder": (a_folder, "cannot be used as a store"),
    "under a file": (under_a_file, "cannot be written"),
    "lock is a folder": (lock_is_a_folder, "cannot be written"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path: Path, name: str) -> None:
    """ST9: what cannot be a store is refused with the path and what to do, in one line."""
    make, why = REFUSED[name]
    path = make(tmp_path)
    with pytest.raises(StoreUnusable) as caught:
        SqliteStore(path)
    message = str(caught.value)
    assert why in message
    assert "STORE_URL" in message
    assert str(path.parent) in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "name", ["foreign", "foreign with a higher number", "newer", "no database"]
)
def test_refused_file_stays_as_it_was(tmp_path: Path, name: str) -> None:
    """ST9: a file that is refused is left untouched, to the byte."""
    path = REFUSED[name][0](tmp_path)
    before = path.read_bytes()
    with pytest.raises(StoreUnusable):
        SqliteStore(path)
    assert path.read_bytes() == before


NOT_READ = {
    **{name: REFUSED[name] for name in ("foreign", "foreign with our number", "newer")},
    "no database": (no_database, "cannot be read as a store"),
    "damaged": (damaged, "cannot be read as a store"),
    "a folder": (a_folder, "cannot be read as a store"),
    "nowhere": (lambda folder: folder / "store.db", "cannot be read as a store"),
    "empty": (an_empty_file, "holds no store yet"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_no_copy_is_made_of_it(tmp_path: Path, name: str) -> None:
    """ST15: what is no store, or a newer one, has no copy, and is left as it was."""
    make, why = NOT_READ[name]
    path = make(tmp_path)
    before = {one: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()}
    with pytest.raises(StoreUnusable) as caught:
        SqliteSnapshot(path)
    assert why in str(caught.value)
    assert "STORE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)
    after = {one: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()}
    assert {one: after[one] for one in before} == before
    assert name != "nowhere" or after == {}


def test_a_snapshot_is_of_one_moment(tmp_path: Path) -> None:
    """ST15: a copy is of the moment at which it was begun; the file and its holder go on."""
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.create(werkplaats(), {A: room()}, AT)
    before = path.read_bytes()
    snapshot = SqliteSnapshot(path)
    assert path.read_bytes() == before
    store.apply({A: batch({"x": 1})})
    store.create(werkplaats("wp2", join_code="999999"), {B: room()}, AT)
    assert snapshot.ids() == ["wp"]
    saved = snapshot.save("wp")
    assert saved is not None
    assert (saved.rooms[0].seq, saved.rooms[0].fields) == (1, room())
    assert snapshot.save("wp2") is None
    snapshot.close()
    with pytest.raises(StoreUnavailable):
        snapshot.ids()
    assert store.apply({A: batch({"x": 2})}) == {A: 3}
    store.close()


def test_refusal_lets_go_of_the_file(tmp_path: Path) -> None:
    """ST9: once the cause is gone the same process can open the store."""
    path = no_database(tmp_path)
    with pytest.raises(StoreUnusable):
        SqliteStore(path)
    path.unlink()
    SqliteStore(path).close()


def test_file_without_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ST9: a file that may not be written is refused with the advice to change its rights."""
    path = tmp_path / "store.db"
    SqliteStore(path).close()
    # Rights do not bind every user that tests run as; the answer of the system is what counts.
    monkeypatch.setattr("sessions.store.sqlitefile.os.access", lambda *asked: False)
    with pytest.raises(StoreUnusable, match="change its rights, or set STORE_URL"):
        SqliteStore(path)


def test_held_in_this_process(tmp_path: Path) -> None:
    """ST9: a file that is open already is refused, until it is closed."""
    path = tmp_path / "store.db"
    first = SqliteStore(path)
    with pytest.raises(StoreUnusable, match=r"in use by another process.*STORE_URL"):
        SqliteStore(path)
    first.close()
    SqliteStore(path).close()


def test_held_by_another_process(tmp_path: Path) -> None:
    """ST9: the file belongs to one process, and is free as soon as that one is killed."""
    path = tmp_path / "store.db"
    script = (
        "import sys, pathlib; from sessions.store.sqlite import SqliteStore;"
        "store = SqliteStore(pathlib.Path(sys.argv[1])); print('open', flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreUnusable, match="stop that one first"):
            SqliteStore(path)
        holder.kill()
    SqliteStore(path).close()


def test_failing_database_is_unavailable(tmp_path: Path) -> None:
    """ST11: what the database cannot do is `unavailable`, and nothing of it is kept."""
    store = SqliteStore(tmp_path / "store.db")
    store.create(werkplaats(), {A: room()}, AT)
    store._db.execute("PRAGMA max_page_count = 1")
    large = batch({f.reason(HUIDIG, SOCIAAL, slider): "x" * 100_000 for slider in SLIDERS})
    with pytest.raises(StoreUnavailable):
        store.apply({A: large})
    store._db.execute("PRAGMA max_page_count = 1000000")
    found = store.room(A)
    assert found is not None
    assert (found.seq, found.fields) == (1, room())
    assert store.apply({A: large}) == {A: 2}
    consistent(store, A)
    store.close()

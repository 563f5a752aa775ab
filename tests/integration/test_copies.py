"""`export` and `import` as an operator runs them: a back-up, a restore, a move to another store."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from server import copies
from sessions.store.redis import keys as k
from sessions.store.sqlite import SqliteStore
from tests.contract import databases
from tests.integration.clients import TRIO, Api, Werkplaats
from tests.integration.process import PATIENCE, ROOT, Server, environment, until
from tests.rooms import SINCE, new_room, werkplaats

PAST = "2026-01-01T00:00:00.000Z"


def run(url: str, *arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs a command on a store; whatever comes of it, it is said in one line without a trace."""
    ended = subprocess.run(
        [sys.executable, "-m", "server", *map(str, arguments)],
        cwd=ROOT,
        env=environment(Path(), STORE_URL=url),
        input=given,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert b"Traceback" not in ended.stdout + ended.stderr, ended
    assert ended.stderr.count(b"\n") == 1, ended
    return ended


def done(url: str, *arguments: str | Path, given: bytes = b"") -> str:
    """The line that a command says that goes well."""
    ended = run(url, *arguments, given=given)
    assert ended.returncode == 0, ended
    return ended.stderr.decode().strip()


def fails(url: str, *arguments: str | Path, given: bytes = b"") -> str:
    """The line that a command says that cannot be carried out."""
    ended = run(url, *arguments, given=given)
    assert ended.returncode == 2, ended
    assert ended.stdout == b""
    assert ended.stderr.startswith(b"mengpaneel: ")
    return ended.stderr.decode().strip()


def copied(url: str) -> bytes:
    ended = run(url, "export")
    assert ended.returncode == 0, ended
    return ended.stdout


def content(made: bytes) -> list[Any]:
    """What a copy holds, its moment and the order within its rooms aside."""
    lines = [json.loads(line) for line in made.splitlines()[1:]]
    for line in lines:
        line.get("history", []).sort(key=lambda row: row[:4])
    return lines


def sqlite_at(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a Redis with nothing in it."""
    return databases.url("redis", tmp_path)


def store_with(path: Path, *given: tuple[str, str], **settings: str) -> str:
    """A file with werkplaatsen of one room, each by its id and the code of its room."""
    store = SqliteStore(path)
    for id, code in given:
        made = werkplaats(id, join_code=f"34-{id}", **settings)
        store.create(made, {code: new_room(id=id)}, SINCE)
    store.close()
    return sqlite_at(path)


def ids(url: str) -> list[str]:
    return [line["id"] for line in content(copied(url)) if "id" in line]


@pytest.fixture
def old(tmp_path: Path) -> str:
    """A store with two werkplaatsen of one room, of which one has expired."""
    store_with(tmp_path / "old.db", ("voorbij", "ghjkmn"), expires_at=PAST)
    return store_with(tmp_path / "old.db", ("wp", "abcdef"))


def lived_in(server: Server) -> Werkplaats:
    """A werkplaats with seats, positions, words and a step, in which nobody is any more."""
    api = Api(server)
    made = api.werkplaats({"municipality": "Waterveen"}, {"municipality": "Zonnedorp"})
    for number, role in enumerate(TRIO):
        member = made.join(role)
        member.ok("move", {"slider": "bestuur", "value": 10 * number, "round": "huidig"})
        member.ok("reason", {"slider": "bestuur", "text": f"omdat {number}", "round": "huidig"})
        member.close()
    facilitator = made.facilitate()
    facilitator.ok("phase", {"phase": "agree", "round": "huidig"})
    facilitator.close()
    made.seat("sociaal", made.codes[1])
    until(lambda: not any(key.startswith("online/") for key in seen(made)[0]["fields"]), "all gone")
    api.close()
    return made


def seen(made: Werkplaats) -> list[Any]:
    """What all that hold a token of it see of a werkplaats."""
    tokens = [(made.seat(role), made.code) for role in TRIO]
    tokens += [(made.token, code) for code in made.codes]
    tokens += [(made.seat("sociaal", made.codes[1]), made.codes[1])]
    states = [{**made.state(token, code), "now": None} for token, code in tokens]
    overview = made.api.get(f"werkplaatsen/{made.id}", made.token)
    history = made.api.get(f"rooms/{made.code}/history", made.token)
    return [*states, overview, history]


def elsewhere(made: Werkplaats, server: Server) -> Werkplaats:
    """The same werkplaats at another server, by the same codes and tokens."""
    moved = Werkplaats(Api(server), made.made)
    moved._seats = made._seats
    return moved


def test_a_restore(start: Callable[..., Server], tmp_path: Path, url: str) -> None:
    """A back-up of a running server opens in another store by the same links, and goes on there."""
    first = start()
    made = lived_in(first)
    backup = tmp_path / "backup.jsonl"
    before = first.store.read_bytes()
    assert done(sqlite_at(first.store), "export", backup) == "1 werkplaatsen with 2 rooms copied"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert first.store.read_bytes() == before
    seen_first = seen(made)

    assert done(url, "import", backup) == "1 werkplaatsen with 2 rooms imported"
    second = start(STORE_URL=url)
    moved = elsewhere(made, second)
    assert seen(moved) == seen_first
    path = f"rooms/{moved.code}/seats"
    assert moved.api.ask("POST", path, json={"role": "fysiek"}).status_code == 409
    member = moved.join("fysiek")
    member.ok("consensus", {"slider": "bestuur", "value": 77, "round": "huidig"})
    member.close()
    until(lambda: "online/fysiek" not in seen(moved)[0]["fields"], "the end of the lease")

    # And back, into a file.
    assert done(url, "export", backup) == "1 werkplaatsen with 2 rooms copied"
    seen_second = seen(moved)
    assert seen_second != seen_first
    third = tmp_path / "new" / "mengpaneel.db"
    assert done(sqlite_at(third), "import", backup) == "1 werkplaatsen with 2 rooms imported"
    assert stat.S_IMODE(third.stat().st_mode) == 0o600
    again = elsewhere(moved, start(STORE_URL=sqlite_at(third)))
    assert seen(again) == seen_second
    assert seen(made) == seen_first, "where it came from nothing has changed"
    for one in (made, moved, again):
        one.api.close()


def test_from_one_to_the_other(old: str, url: str, tmp_path: Path) -> None:
    """By standard output and input a copy goes from store to store, and is the same there."""
    another = tmp_path / "another"
    another.mkdir()
    stores = [
        old,
        url,
        sqlite_at(tmp_path / "c.db"),
        databases.url("redis", another),
    ]
    made = copied(old)
    for one in stores[1:]:
        done(one, "import", given=made)
        made = copied(one)
    assert content(made)[:-1] == content(copied(old))[2:-1]


def test_what_has_expired_stays_out(old: str, url: str) -> None:
    """A back-up does not bring back what had to be gone."""
    assert done(old, "export", "-") == "2 werkplaatsen with 2 rooms copied"
    said = done(url, "import", "-", given=copied(old))
    assert said == "1 werkplaatsen with 1 rooms imported; 1 left out: expired"
    assert ids(url) == ["wp"]


def test_collisions(url: str, tmp_path: Path) -> None:
    """What meets a werkplaats that is there is refused by name before anything is written."""
    done(url, "import", given=copied(store_with(tmp_path / "a.db", ("wp", "abcdef"))))
    before = content(copied(url))
    later = copied(store_with(tmp_path / "b.db", ("nieuw", "ghjkmn"), ("wp", "abcdef")))
    line = fails(url, "import", given=later)
    assert "nothing was imported: werkplaats wp exists already (--skip-existing" in line
    other = copied(store_with(tmp_path / "c.db", ("anders", "abcdef"), ("nog", "pqrstu")))
    line = fails(url, "import", given=other)
    assert "nothing was imported: werkplaats anders has a code that another one has" in line
    assert content(copied(url)) == before

    said = done(url, "import", "--skip-existing", given=later)
    assert said == "1 werkplaatsen with 1 rooms imported; 1 left out: exists already"
    said = done(url, "import", "--skip-existing", given=other)
    assert said.endswith("imported; 1 left out: has a code that another one has (anders)")
    assert ids(url) == ["nieuw", "nog", "wp"]
    assert before[0] in content(copied(url)), "what was there is kept"


def test_under_way(url: str, tmp_path: Path) -> None:
    """A werkplaats that came in half is not passed over when the import is repeated."""
    made = copied(store_with(tmp_path / "a.db", ("wp", "abcdef")))
    done(url, "import", given=made)
    name = k.werkplaats("wp")
    with redis.Redis.from_url(url) as client:
        record = client.get(name)
        assert isinstance(record, bytes)
        client.set(name, record.replace(b'"open"', b'"creating"'))
        client.zadd(k.ENDS, {"wp": 2**42})
        for option in ((), ("--skip-existing",)):
            assert "try again in a minute" in fails(url, "import", *option, given=made)
        client.zadd(k.ENDS, {"wp": 1})
    assert done(url, "import", given=made) == "1 werkplaatsen with 1 rooms imported"


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_what_is_no_whole_copy(old: str, url: str, tmp_path: Path, kind: str) -> None:
    """A file that is none, that is newer, damaged or cut off is refused, and no store is made."""
    target = sqlite_at(tmp_path / "new.db") if kind == "sqlite" else url
    made = copied(old)
    lines = made.splitlines(keepends=True)
    newer = made.replace(b'"version":1', b'"version":2')
    assert "form 2, this one knows 1" in fails(target, "import", given=newer)
    assert "no copy" in fails(target, "import", given=b"")
    assert "no copy" in fails(target, "import", tmp_path / "old.db")
    assert "no copy" in fails(target, "import", "/dev/zero")
    assert "cut off at line 6" in fails(target, "import", given=made[:-9])
    assert "cut off at line 6" in fails(target, "import", given=b"".join(lines[:-1]))
    lines[2] = lines[2].replace(b'"seq":1', b'"seq":-1')
    assert "damaged at line 3" in fails(target, "import", given=b"".join(lines))
    assert "No such file" in fails(target, "import", tmp_path / "nowhere.jsonl")
    assert "Is a directory" in fails(target, "import", tmp_path)
    assert not (tmp_path / "new.db").exists()
    with redis.Redis.from_url(url) as client:
        assert client.dbsize() == 0


def test_newer_stores(old: str, url: str, tmp_path: Path) -> None:
    """A store of a newer version is neither copied nor added to, and stays as it is."""
    made = copied(old)
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    before = path.read_bytes()
    target = tmp_path / "backup.jsonl"
    target.write_bytes(made)
    for arguments in (("export",), ("export", target), ("import",)):
        assert "form 2, this one knows 1" in fails(old, *arguments, given=made)
    assert path.read_bytes() == before
    with redis.Redis.from_url(url) as client:
        client.set(k.FORM, 2)
        for arguments in (("export",), ("export", target), ("import",)):
            assert "form 2, this one knows 1" in fails(url, *arguments, given=made)
        assert client.keys() == [k.FORM.encode()]
    assert target.read_bytes() == made


def test_a_store_in_use(start: Callable[..., Server], old: str) -> None:
    """Nothing is imported into the file of a server that runs."""
    server = start()
    assert "in use" in fails(sqlite_at(server.store), "import", given=copied(old))
    assert "0 werkplaatsen" in done(sqlite_at(server.store), "export")


def test_no_store_to_copy(tmp_path: Path) -> None:
    """Where there is no store nothing is copied, and none is made."""
    assert "nowhere.db" in fails(sqlite_at(tmp_path / "nowhere.db"), "export", tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_copy(old: str, tmp_path: Path) -> None:
    """A copy of before is replaced by a whole one, anything else is left alone."""
    target, link = tmp_path / "backup.jsonl", tmp_path / "link"
    target.touch(mode=0o644)
    link.symlink_to(target)
    for _ in range(2):
        done(old, "export", link)
        assert content(target.read_bytes()) == content(copied(old))
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert link.is_symlink()
    other = tmp_path / "notes.txt"
    other.write_text("van een ander", encoding="utf-8")
    for place in (other, tmp_path / "old.db", tmp_path, Path("/dev/null")):
        assert "is no copy: give another name" in fails(old, "export", place)
    assert other.read_text(encoding="utf-8") == "van een ander"
    assert "No such file" in fails(old, "export", tmp_path / "nowhere" / "b")
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


def half(target: Path) -> None:
    with copies._replacing(target) as file:
        file.write(b"half")
        sys.exit(1)


def test_a_copy_that_fails_half_way(tmp_path: Path) -> None:
    """What could not be finished leaves the file of before, and nothing else."""
    target = tmp_path / "backup.jsonl"
    with copies._replacing(target) as file:
        file.write(b'{"form":"mengpaneel","version":1}')
    before = target.read_bytes()
    with pytest.raises(SystemExit):
        half(target)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_nobody_reads_it(old: str) -> None:
    """Where standard output ends early, that is one line and exit code 2."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as out:
        ended = subprocess.run(
            [sys.executable, "-m", "server", "export"],
            cwd=ROOT,
            env=environment(Path(), STORE_URL=old),
            stdout=out,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == b"mengpaneel: - cannot be written: Broken pipe\n"

"""What the Redis store promises beside the law: what stands in the server, and how it refuses."""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import redis

from sessions import fields as f
from sessions.errors import StoreUnavailable, StoreUnusable
from sessions.store import Receipt, Stored
from sessions.store.port import CodeTaken
from sessions.store.redis import keys as k
from sessions.store.redis import store as module
from sessions.store.redis.store import RedisStore
from sessions.store.redis.werkplaatsen import Record
from tests.contract.batches import AT, LATER, A, B, C, batch, consistent, room
from tests.integration.process import until
from tests.redis_servers import RedisServer
from tests.rooms import HUIDIG, SOCIAAL, werkplaats

SECRET = "een-geheim-woord"
NOW = "2126-01-01T00:00:00.000Z"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    made = RedisServer(tmp_path / "redis").start()
    yield made
    made.end()


@pytest.fixture
def store(server: RedisServer) -> Iterator[RedisStore]:
    made = RedisStore(server.url)
    yield made
    made.close()


def names(server: RedisServer) -> set[str]:
    """Every key in the server."""
    return {name.decode() for name in server.ask("KEYS", "*")}


def fill(store: RedisStore) -> None:
    """A werkplaats in which everything has been used that leaves something behind."""
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    store.claim(A, SOCIAAL, {"name": SECRET, "since": AT}, "d" * 64, AT)
    store.apply({A: batch({f.reason(HUIDIG, SOCIAAL, "bestuur"): SECRET})})
    store.online({A: [SOCIAAL]})
    store.add_rooms("wp", {C: room()}, LATER)


def test_nothing_of_a_werkplaats_stays(server: RedisServer, store: RedisStore) -> None:
    """ST8: after deletion no key and no byte of the file tells of a werkplaats."""
    fill(store)
    assert any(SECRET.encode() in path.read_bytes() for path in files(server))
    assert store.delete("wp") == Receipt("wp", [A, B, C])
    assert names(server) == {k.FORM}
    store.tidy()
    until_rewritten(server)
    for path in files(server):
        assert SECRET.encode() not in path.read_bytes()
        assert A.encode() not in path.read_bytes()


def files(server: RedisServer) -> list[Path]:
    return [path for path in (server.folder / "appendonlydir").iterdir() if path.is_file()]


def until_rewritten(server: RedisServer) -> None:
    def done() -> bool:
        info = server.ask("INFO", "persistence")
        busy = info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"]
        return not busy and info["aof_last_bgrewrite_status"] == "ok"

    until(done, "the file to be written anew")


def test_withdrawn_words_leave_the_file(server: RedisServer, store: RedisStore) -> None:
    """HI2: what was withdrawn is gone from the server's file too, once it is tidied."""
    store.create(werkplaats(), {A: room()}, AT)
    store.apply({A: batch({"text/why": SECRET})})
    store.apply({A: batch({"text/why": None})})
    store.tidy()
    until_rewritten(server)
    assert not any(SECRET.encode() in path.read_bytes() for path in files(server))
    consistent(store, A)


def test_every_key_ends_by_itself(server: RedisServer, store: RedisStore) -> None:
    """WP3: should no process ever come back, every key of a werkplaats still ends in time."""
    fill(store)
    store.change("wp", {"expires_at": "2126-07-01T00:00:00.000Z"})
    kept = names(server) - {k.FORM, k.ENDS}
    assert len(kept) == 2 + 3 * 3 + 2
    for name in kept:
        assert server.ask("PTTL", name) > 0, name
    werkplaats_ends = server.ask("PEXPIRETIME", k.werkplaats("wp"))
    for code in (A, B, C):
        for name in (k.room(code), k.history(code), k.rows(code)):
            assert abs(server.ask("PEXPIRETIME", name) - werkplaats_ends) < 5_000


def test_what_was_half_made_is_removed(server: RedisServer, store: RedisStore) -> None:
    """ST3: a process that ends while it makes a werkplaats leaves nothing, after a while."""
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    record = msgspec.json.decode(server.ask("GET", k.werkplaats("wp")), type=Record)
    half = msgspec.structs.replace(record, state="creating")
    server.ask("SET", k.werkplaats("wp"), msgspec.json.encode(half).decode())
    assert store.werkplaats("wp") is None
    assert store.delete("wp") is None
    assert store.purge("2026-03-02T13:00:30.000Z") == []
    assert store.room(A) is not None
    server.ask("ZADD", k.ENDS, 1, "wp")
    assert store.purge("2026-03-02T13:01:30.000Z") == []
    assert names(server) == {k.FORM}


def test_half_made_does_not_touch_others(server: RedisServer, store: RedisStore) -> None:
    """ST3: what is removed of a half-made werkplaats is its own, never a room with that code."""
    store.create(werkplaats(), {A: room()}, AT)
    half = Record("creating", werkplaats("wp2", join_code="999999", rooms=[A]))
    server.ask("SET", k.werkplaats("wp2"), msgspec.json.encode(half).decode())
    server.ask("ZADD", k.ENDS, 1, "wp2")
    assert store.purge(LATER) == []
    assert store.room(A) == Stored(1, room())
    assert store.werkplaats("wp2") is None


def test_what_was_half_deleted_is_finished(server: RedisServer, store: RedisStore) -> None:
    """ST8: a process that ends while it deletes has another finish that, with the receipt."""
    fill(store)
    record = msgspec.json.decode(server.ask("GET", k.werkplaats("wp")), type=Record)
    half = msgspec.structs.replace(record, state="deleting")
    server.ask("SET", k.werkplaats("wp"), msgspec.json.encode(half).decode())
    server.ask("ZADD", k.ENDS, 0, "wp")
    assert store.werkplaats("wp") is None
    assert store.purge(LATER) == [Receipt("wp", [A, B, C])]
    assert names(server) == {k.FORM}


def test_rooms_that_were_half_added_go_too(server: RedisServer, store: RedisStore) -> None:
    """ST8: a room whose adding was never finished is gone with its werkplaats."""
    fill(store)
    record = msgspec.json.decode(server.ask("GET", k.werkplaats("wp")), type=Record)
    rooms = record.werkplaats.rooms[:2]
    half = Record("open", msgspec.structs.replace(record.werkplaats, rooms=rooms), [C])
    server.ask("SET", k.werkplaats("wp"), msgspec.json.encode(half).decode())
    assert store.delete("wp") == Receipt("wp", [A, B])
    assert names(server) == {k.FORM}


def test_taken_codes_leave_nothing(server: RedisServer, store: RedisStore) -> None:
    """ST3: a werkplaats that met a taken code leaves no key behind."""
    store.create(werkplaats(), {A: room()}, AT)
    before = names(server)
    for one in (
        werkplaats("wp2", join_code="999999"),
        werkplaats("wp2"),
        werkplaats("wp", join_code="999999"),
    ):
        with pytest.raises(CodeTaken):
            store.create(one, {B: room(), A: room()}, AT)
        assert names(server) == before
    with pytest.raises(CodeTaken):
        store.add_rooms("wp", {B: room(), A: room()}, AT)
    assert names(server) == before


def test_a_newer_form_is_refused(server: RedisServer, store: RedisStore) -> None:
    """ST9: what a newer version wrote is refused in one line, and stays as it is."""
    fill(store)
    server.ask("SET", k.FORM, module.VERSION + 1)
    before = names(server)
    with pytest.raises(StoreUnusable, match=rf"newer version .*form {module.VERSION + 1}"):
        RedisStore(server.url)
    assert names(server) == before


def test_a_wrong_password_is_said(tmp_path: Path) -> None:
    """ST9: a server that does not let us in is said without the password."""
    word = secrets.token_hex(8)
    server = RedisServer(tmp_path / "redis")
    server.start()
    try:
        server.ask("CONFIG", "SET", "requirepass", word)
        where = server.url.removeprefix("redis://")
        with pytest.raises(StoreUnusable, match="does not let us in") as said:
            RedisStore(f"redis://:wrong-{word}@{where}")
        assert word not in str(said.value)
        store = RedisStore(f"redis://:{word}@{where}")
        store.ping()
        store.close()
    finally:
        server.end()


def test_an_absent_server_is_said(server: RedisServer) -> None:
    """ST11: where nobody answers the store says so, and does not wait for ever."""
    server.kill()
    with pytest.raises(StoreUnavailable, match=str(server.port)):
        RedisStore(server.url)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("appendonly no",), "appendonly yes"),
        (("appendfsync everysec",), "appendfsync always"),
        (("maxmemory-policy allkeys-lru",), "noeviction"),
    ],
)
def test_settings_that_break_the_promise_are_remarked(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """ST1: a server whose settings lose what was acknowledged is remarked upon."""
    server = RedisServer(tmp_path / "redis", *options).start()
    store = RedisStore(server.url)
    assert [said in remark for remark in store.remarks()] == [True]
    store.close()
    server.end()


def test_good_settings_need_no_remark(store: RedisStore) -> None:
    """ST1: a server that is set as the manual says is not remarked upon."""
    assert store.remarks() == []


def test_a_full_server_changes_nothing(server: RedisServer, store: RedisStore) -> None:
    """ST6: where there is no memory left a batch is refused as a whole, and reading goes on."""
    store.create(werkplaats(), {A: room()}, AT)
    server.ask("CONFIG", "SET", "maxmemory", "1mb")
    with pytest.raises(StoreUnavailable):
        store.apply({A: batch({"x": 1, "y": 2})})
    with pytest.raises(StoreUnavailable):
        store.ping()
    assert store.room(A) == Stored(1, room())
    server.ask("CONFIG", "SET", "maxmemory", "0")
    assert store.apply({A: batch({"x": 1})}) == {A: 2}


def test_forgotten_scripts_are_told_again(server: RedisServer, store: RedisStore) -> None:
    """ST1: a server that lost its scripts (a restart, a failover) is told them again."""
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    server.ask("SCRIPT", "FLUSH")
    assert store.apply({A: batch({"x": 1}), B: batch({"x": 1})}) == {A: 2, B: 2}
    server.ask("SCRIPT", "FLUSH")
    assert [frame.seq for frame in store.history(A, 0, 9)] == [1, 2]


def test_a_busy_server_is_said(server: RedisServer, store: RedisStore) -> None:
    """ST11: a server that answers with an error of its own is not known to have stored it."""
    store.create(werkplaats(), {A: room()}, AT)
    with server.client() as client:
        client.execute_command("CONFIG", "SET", "busy-reply-threshold", "1")
        with pytest.raises(redis.RedisError):
            client.eval("while true do end", 0)
        with pytest.raises(StoreUnavailable):
            store.apply({A: batch({"x": 1})})
        client.script_kill()

    def back() -> Stored | None:
        with suppress(StoreUnavailable):
            return store.room(A)
        return None

    assert until(back, "the server to be asked again") == Stored(1, room())

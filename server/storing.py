"""Opens the store that STORE_URL names."""

import time
from collections.abc import Callable
from pathlib import Path

from server.settings import SQLITE
from sessions.errors import StoreAway, StoreUnavailable
from sessions.store import Store
from sessions.store.port import Source
from sessions.store.redis.store import RedisStore
from sessions.store.sqlite import SqliteSnapshot, SqliteStore

PATIENCE = 30.0
"""Seconds for which a Redis is waited for that does not answer yet: it may be starting too."""


def open_store(url: str, say: Callable[[str], None]) -> Store:
    """The store; StoreUnusable where it is not ours to use, StoreAway where nobody answers."""
    path = _path(url)
    return _redis(url, say) if path is None else SqliteStore(path)


def open_source(url: str, say: Callable[[str], None]) -> Source:
    """What a copy is made from, also while servers run; refuses as `open_store` does."""
    path = _path(url)
    return _redis(url, say) if path is None else SqliteSnapshot(path)


def _path(url: str) -> Path | None:
    """The file of a store that is one."""
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def _redis(url: str, say: Callable[[str], None]) -> RedisStore:
    end = time.monotonic() + PATIENCE
    said = False
    while True:
        try:
            return RedisStore(url)
        except StoreUnavailable as error:
            if time.monotonic() > end:
                raise StoreAway(f"{error}: start Redis, or set STORE_URL to another one") from None
            if not said:
                say(f"Waiting for Redis ({error}).")
                said = True
            time.sleep(0.2)


def where(store: Store, url: str) -> str:
    """Where the data is, without secrets."""
    if isinstance(store, RedisStore):
        return str(store.address)
    return str(Path(url.removeprefix(SQLITE)).resolve())


def remarks(store: Store) -> list[str]:
    """What about the settings of the store's server does not keep what we promise."""
    return store.remarks() if isinstance(store, RedisStore) else []

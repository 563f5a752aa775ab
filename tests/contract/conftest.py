"""The stores that keep the law. Another store is one more line in STORES."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from sessions.store import Store
from sessions.store.redis.store import RedisStore
from sessions.store.sqlite import SqliteStore
from tests.contract import databases


class Open(Protocol):
    """Opens a test's store; every call opens the same data again."""

    def __call__(self, *, history_rows: int = 20_000) -> Store: ...


STORES: dict[str, Callable[..., Store]] = {
    "sqlite": lambda folder, **options: SqliteStore(folder / "store.db", **options),
    "redis": lambda folder, **options: RedisStore(databases.url("redis", folder), **options),
    "sentinel": lambda folder, **options: RedisStore(databases.url("sentinel", folder), **options),
    "cluster": lambda folder, **options: RedisStore(databases.url("cluster", folder), **options),
}
FAST = ("sqlite", "redis")


class _Opener:
    """Opens a store in one folder, closing the one before it."""

    def __init__(self, make: Callable[..., Store], folder: Path) -> None:
        self._make = make
        self._folder = folder
        self._open: Store | None = None

    def __call__(self, **options: Any) -> Store:
        self.close()
        self._open = self._make(self._folder, **options)
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def each(names: Iterable[str]) -> list[Any]:
    """Stores as parameters of a test; those that take several servers are slow."""
    slow = pytest.mark.slow
    return [pytest.param(name, marks=() if name in FAST else slow) for name in names]


@pytest.fixture(params=each(STORES))
def store_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def open_store(store_name: str, tmp_path: Path) -> Iterator[Open]:
    """Opens the store, and opens it anew when called again."""
    opener = _Opener(STORES[store_name], tmp_path)
    yield opener
    opener.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    """An empty store."""
    return open_store()

"""Moving all that one store has to another, as `export` and `import` do."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sessions.store import Store, copy
from sessions.store.port import Source
from sessions.store.redis.store import RedisStore
from sessions.store.sqlite import SqliteSnapshot
from tests.contract.batches import AT


@contextmanager
def source(store: Store, folder: Path) -> Iterator[Source]:
    """What a copy is made from of a store that is open, whose data is in a folder."""
    if isinstance(store, RedisStore):
        yield store
    else:
        with closing(SqliteSnapshot(folder / "store.db")) as snapshot:
            yield snapshot


def exported(store: Store, folder: Path) -> list[bytes]:
    """The lines of a copy of a store."""
    lines: list[bytes] = []
    with source(store, folder) as found:
        copy.write(found, AT, lines.append)
    return lines


def imported(lines: list[bytes], store: Store) -> None:
    for saved in copy.read(lines):
        store.restore(saved)

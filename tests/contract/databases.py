"""An empty Redis database for each folder, on servers that are started once."""

import atexit
import itertools
import tempfile
from functools import cache
from pathlib import Path

from tests.redis_servers import Cluster, RedisServer, Sentinels

_numbers = itertools.count(1)
MANY = "databases 20000"


@cache
def _running(kind: str) -> RedisServer | Sentinels | Cluster:
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name)
    made: RedisServer | Sentinels | Cluster
    if kind == "sentinel":
        made = Sentinels(path, MANY)
    elif kind == "cluster":
        made = Cluster(path)
    else:
        made = RedisServer(path, MANY)
    atexit.register(folder.cleanup)
    atexit.register(made.end)
    return made.start()


def url(kind: str, folder: Path) -> str:
    """The address of a folder's database; the same for every process that asks."""
    path = folder / f"{kind}.txt"
    if path.exists():
        return path.read_text(encoding="utf-8")
    made = _running(kind)
    if isinstance(made, Cluster):  # It has one database only.
        for node in made.nodes:
            node.ask("FLUSHALL")
        found = made.url
    else:
        found = f"{made.url.removesuffix('/0')}/{next(_numbers)}"
    path.write_text(found, encoding="utf-8")
    return found

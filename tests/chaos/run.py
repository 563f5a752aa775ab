"""One run: a world with clients in it, faults over it, peace again, and what was recorded."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

import requests

from sessions.store.port import Applied
from sessions.store.redis.store import RedisStore
from tests.chaos import peace
from tests.chaos.clients import Client, Stage
from tests.chaos.faults import Faults, World
from tests.chaos.record import Record
from tests.chaos.seats import Facilitator, Overview, Seat
from tests.integration.clients import TRIO
from tests.integration.process import PATIENCE, Server
from tests.redis_servers import RedisServer
from tests.tcp_proxy import Proxy


class Size(NamedTuple):
    """How large a run is."""

    seconds: float
    workers: int = 2
    rooms: int = 3
    pace: float = 0.05
    longest: float = 4.0
    """The longest fault, in seconds."""
    departure: bool = False
    """Whether all leave at the end, which takes as long as a lease."""
    mode: str = ""
    """The mode of the workers (tests/modes.py); without one that of the run."""


class Bystander:
    """Somebody at Redis itself, whose connection no fault touches, who hears every batch."""

    def __init__(self, url: str, record: Record, codes: list[str]) -> None:
        self.store = RedisStore(url)
        self._record = record
        for code in codes:
            record.batches[code], record.at[code] = {}, {}
            self.store.watch_room(code)
        record.began.update(self.store.rooms(codes))
        self._ended = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ended:
            for news in self.store.news(0.2):
                if isinstance(news, Applied):
                    self._record.batches[news.code][news.seq] = news.changes
                    self._record.at[news.code][news.seq] = monotonic()

    def end(self, codes: list[str]) -> None:
        """Notes how the rooms ended."""
        self._record.ended.update(self.store.rooms(codes))
        for code in codes:
            self._record.kept[code] = self.store.history(code, 0, 10**6)

    def close(self) -> None:
        self._ended = True
        self._thread.join(PATIENCE)
        self.store.close()


def _world(folder: Path, size: Size, stack: ExitStack) -> World:
    redis = RedisServer(folder / "redis").start()
    ways = [Proxy(redis.port) for _ in range(size.workers)]
    workers = []
    for place, way in enumerate(ways):
        own = folder / f"worker-{place}"
        own.mkdir()
        url = f"redis://127.0.0.1:{way.port}/0"
        settings = {"TRUSTED_PROXIES": "1", "DRAIN_SECONDS": "1", "STORE_URL": url}
        workers.append(Server(own, size.mode, **settings))
    world = World(redis, workers, ways)
    stack.callback(world.close)
    with ThreadPoolExecutor() as starting:
        list(starting.map(world.begin, range(size.workers)))
    assert not world.problems, world.problems
    return world


def _werkplaats(world: World, size: Size) -> dict[str, Any]:
    body = {
        "title": "Proefwerkplaats",
        "rooms": [{"municipality": f"Waterveen {n}"} for n in range(size.rooms)],
    }
    url = f"{world.workers[0].url}/api/v1/werkplaatsen"
    made: dict[str, Any] = requests.post(url, json=body, timeout=PATIENCE).json()
    return made


def play(folder: Path, seed: str, size: Size) -> Record:
    """A whole run, from the first process to the last; what it is worth the checks say."""
    with ExitStack() as stack:
        world = _world(folder, size, stack)
        made = _werkplaats(world, size)
        codes = [room["code"] for room in made["rooms"]]
        key = made["facilitator_token"]
        stage = Stage(seed, world.doors, size.pace)
        bystander = Bystander(world.redis.url, stage.record, codes)
        stack.callback(bystander.close)
        seats = [Seat(stage, code, n, role, key) for n, code in enumerate(codes) for role in TRIO]
        for seat in seats:
            assert seat.claim(), "a seat of a new room"
        overviews = [Overview(stage, f"overview {n}", made["id"], key) for n in range(size.workers)]
        guides = [Facilitator(stage, code, n, key) for n, code in enumerate(codes)]
        clients: list[Client] = [*seats, *guides, *overviews]
        for client in clients:
            client.start()
        stack.callback(_leave, stage, clients)
        faults = Faults(world, stage.record, stage.chance("faults"), size.longest)
        faults.run(monotonic() + size.seconds)
        _calm(stage, world)
        people = peace.People(seats, guides, overviews)
        stage.record.problems += peace.find(stage, world, bystander.store, people)
        bystander.end(codes)
        stage.record.problems += peace.keys(world, seats)
        stage.record.problems += peace.health(world)
        if size.departure:
            stage.record.problems += peace.depart(world, people)
        _leave(stage, clients)
        stage.record.problems += peace.endings(world)
        return stage.record


def _calm(stage: Stage, world: World) -> None:
    """Everything is healed; whoever may have missed that is helped up."""
    for place, worker in enumerate(world.workers):
        if not worker.alive:
            world.begin(place)
    stage.record.problems += world.problems
    stage.act = "close"


def _leave(stage: Stage, clients: list[Client]) -> None:
    stage.act = "over"
    end = monotonic() + 5.0
    for client in clients:
        client.join(max(0.1, end - monotonic()))
        client.hang_up()
    sleep(0)

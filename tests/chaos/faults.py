"""What goes wrong: each fault is done to the world, lasts a while, and is healed."""

import os
import signal
import threading
from collections.abc import Callable
from random import Random
from time import monotonic, sleep

import requests

from tests.chaos.record import Fault, Record
from tests.integration.process import Server
from tests.redis_servers import RedisServer
from tests.tcp_proxy import Proxy

TRIES = 60


class World:
    """What faults are done to: a Redis, workers, and both ways of each worker."""

    def __init__(self, redis: RedisServer, workers: list[Server], ways: list[Proxy]) -> None:
        self.redis = redis
        self.workers = workers
        self.ways = ways
        """To Redis."""
        self.doors: list[Proxy] = [Proxy(self._port(worker)) for worker in workers]
        """To the workers."""
        self.memory = [0] * len(workers)
        """Of each worker after its last start."""
        self.problems: list[str] = []

    @staticmethod
    def _port(worker: Server) -> Callable[[], int]:
        return lambda: int(worker.url.rpartition(":")[2] or 1)

    def begin(self, place: int) -> None:
        """Starts a worker, again and again as a supervisor would while the store is away."""
        worker = self.workers[place]
        for _ in range(TRIES):
            try:
                worker.start()
            except (AssertionError, requests.RequestException):
                if worker.alive:
                    worker.kill()
                elif "Traceback" in worker.output():
                    break
                sleep(0.25)
            else:
                self.memory[place] = worker.memory()
                return
        self.problems.append(f"worker {place} does not start: {worker.output()}")

    def close(self) -> None:
        for proxy in (*self.doors, *self.ways):
            proxy.close()
        for worker in self.workers:
            if worker.alive:
                os.kill(worker.pid, signal.SIGCONT)
                worker.kill()
        self.redis.end()


Done = Callable[[World, int, Random, float], None]


def _kill_worker(world: World, place: int, chance: Random, seconds: float) -> None:
    try:
        world.workers[place].kill()
    finally:
        world.begin(place)


def _drain_worker(world: World, place: int, chance: Random, seconds: float) -> None:
    try:
        world.workers[place].stop()
    finally:
        world.begin(place)


def _pause_worker(world: World, place: int, chance: Random, seconds: float) -> None:
    pid = world.workers[place].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        sleep(min(3.0, seconds))
    finally:
        os.kill(pid, signal.SIGCONT)


def _pause_redis(world: World, place: int, chance: Random, seconds: float) -> None:
    world.redis.pause()
    try:
        sleep(seconds)
    finally:
        world.redis.resume()


def _kill_redis(world: World, place: int, chance: Random, seconds: float) -> None:
    world.redis.kill()
    sleep(min(1.0, seconds / 4))
    world.redis.start()


def _stop_redis(world: World, place: int, chance: Random, seconds: float) -> None:
    world.redis.stop()
    sleep(min(1.0, seconds / 4))
    world.redis.start()


def _cut(proxy: Proxy, seconds: float) -> None:
    proxy.cut()
    try:
        sleep(seconds)
    finally:
        proxy.heal()


def _freeze(proxy: Proxy, seconds: float) -> None:
    proxy.freeze()
    try:
        sleep(seconds)
    finally:
        proxy.thaw()


def _lose_news(world: World, place: int, chance: Random, seconds: float) -> None:
    share = chance.choice([0.1, 0.5, 1.0])

    def lose(chunk: bytes) -> bytes:
        return b"" if b"smessage" in chunk and chance.random() < share else chunk

    world.ways[place].downstream = lose
    try:
        sleep(seconds)
    finally:
        world.ways[place].downstream = None


KINDS: dict[str, tuple[str, Done]] = {
    "kill worker": ("worker", _kill_worker),
    "drain worker": ("worker", _drain_worker),
    "pause worker": ("worker", _pause_worker),
    "pause redis": ("redis", _pause_redis),
    "kill redis": ("redis", _kill_redis),
    "stop redis": ("redis", _stop_redis),
    "cut way": ("way", lambda world, place, _, seconds: _cut(world.ways[place], seconds)),
    "freeze way": ("way", lambda world, place, _, seconds: _freeze(world.ways[place], seconds)),
    "lose news": ("way", _lose_news),
    "cut door": ("door", lambda world, place, _, seconds: _cut(world.doors[place], seconds)),
    "freeze door": ("door", lambda world, place, _, seconds: _freeze(world.doors[place], seconds)),
}
"""Each with what it takes hold of: two at a time never take hold of the same."""


class Faults:
    """Brings faults over a world, one or two at a time, until told to end; then all is healed."""

    def __init__(self, world: World, record: Record, chance: Random, longest: float) -> None:
        self._world = world
        self._record = record
        self._chance = chance
        self._longest = longest

    def run(self, until: float) -> None:
        """Returns when the time has come and everything is healed."""
        while monotonic() < until:
            sleep(0.2 + self._chance.random())
            threads = [threading.Thread(target=self._one, args=chosen) for chosen in self._choose()]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def _choose(self) -> list[tuple[str, int, Random, float]]:
        chosen: dict[str, tuple[str, int, Random, float]] = {}
        for _ in range(self._chance.choice([1, 1, 2])):
            kind = self._chance.choice(sorted(KINDS))
            place = self._chance.randrange(len(self._world.workers))
            seconds = self._chance.choice([0.5, 1.0, 2.5, self._longest])
            chance = Random(self._chance.random())  # noqa: S311  # to be had again
            chosen.setdefault(KINDS[kind][0], (kind, place, chance, seconds))
        return list(chosen.values())

    def _one(self, kind: str, place: int, chance: Random, seconds: float) -> None:
        fault = Fault(f"{kind} {place} for {seconds}", monotonic())
        self._record.faults.append(fault)
        try:
            KINDS[kind][1](self._world, place, chance, seconds)
        except Exception as error:  # noqa: BLE001  # whatever it is, the run has failed
            self._record.problems.append(f"{fault.what}: {error!r}")
        fault.ended = monotonic()

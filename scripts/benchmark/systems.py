"""What is measured: Mengpaneel in its shapes, started for one run and stopped after it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import msgspec

from scripts.benchmark import plans, services
from scripts.benchmark.processes import Cores, Process, allow_files
from scripts.benchmark.rooms import Api, Opened

Lane = Literal["stock", "fast"]
Store = Literal["sqlite", "redis"]

SPARE_FILES = 512
"""Open files beside those of connections: logs, the store, the listening sockets."""


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people do: so many of them in so many rooms, each so many moves a second."""

    rooms: int = 342
    people: int = 3
    hertz: float = 10.0
    seconds: float = 10.0
    warmup: float = 2.0
    at_once: int = 40
    """So many connect at the same time."""

    @property
    def connections(self) -> int:
        return self.rooms * self.people

    @property
    def moves(self) -> float:
        """How many are due each second."""
        return self.rooms * min(self.people, plans.MOVERS) * self.hertz

    def at(self, hertz: float) -> "Load":
        """The same people at another rate."""
        return msgspec.structs.replace(self, hertz=hertz)

    def lasting(self, seconds: float) -> "Load":
        """The same for another time."""
        return msgspec.structs.replace(self, seconds=seconds)


class Running(NamedTuple):
    """A system that is ready for its load."""

    wire: str
    port: int
    plan: list[str]
    processes: Mapping[str, list[int]]
    """By what they are: `server`, `redis` or `nginx`."""


class System(Protocol):
    """Something that can be measured."""

    @property
    def name(self) -> str:
        """How tables call it."""

    def running(
        self, load: Load, cores: Cores, folder: Path
    ) -> AbstractContextManager[Running]: ...


class Mengpaneel(NamedTuple):
    """This project: one process with SQLite, or workers at a Redis of their own behind nginx."""

    lane: Lane = "fast"
    store: Store = "sqlite"
    workers: int = 1

    @property
    def name(self) -> str:
        shape = f", {self.workers} workers behind nginx" if self.workers > 1 else ""
        return f"Mengpaneel, {self.lane} lane, {_STORES[self.store]}{shape}"

    @contextmanager
    def running(self, load: Load, cores: Cores, folder: Path) -> Iterator[Running]:
        """Starts all, and opens the rooms."""
        # nginx takes two for each connection, the server and the generator one.
        allow_files(SPARE_FILES + load.connections * (2 if self.workers > 1 else 1))
        with ExitStack() as stack:
            processes: dict[str, list[int]] = {}
            url = f"sqlite:///{folder / 'benchmark.db'}"
            if self.store == "redis":
                redis, url = stack.enter_context(services.redis(cores.generator, folder))
                processes["redis"] = [redis.pid]
            servers = [
                stack.enter_context(self._server(number, cores, folder, url))
                for number in range(self.workers)
            ]
            processes["server"] = [server.pid for server in servers]
            ports = [services.port_of(server) for server in servers]
            port = ports[0]
            if self.workers > 1:
                behind = services.nginx(cores.generator, folder, ports)
                nginx, port = stack.enter_context(behind)
                processes["nginx"] = [nginx.pid, *nginx.children()]
            with closing(Api(port)) as api:
                opened = Opened(api, load.rooms, load.people)
            plan = plans.lines(opened.people, opened.watchers)
            yield Running("mengpaneel", port, plan, processes)
            for server in servers:
                server.expect_no_error()

    def _server(self, number: int, cores: Cores, folder: Path, url: str) -> Process:
        settings = {"STORE_URL": url, "LANE": self.lane}
        if self.workers > 1:
            settings["TRUSTED_PROXIES"] = "1"
        core = cores.servers[number % len(cores.servers)]
        return services.server(f"server-{number + 1}", core, folder, settings)


_STORES: dict[Store, str] = {"sqlite": "SQLite", "redis": "Redis"}

"""Several workers at one Redis, as they run behind a load balancer that breaks its affinity."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.integration.clients import JSON, Api, Listener, Member, Werkplaats
from tests.integration.process import Server
from tests.redis_servers import RedisServer
from tests.tcp_proxy import Proxy


class Door(Proxy):
    """A way to a worker, also when that starts again at another port."""

    def __init__(self, worker: Server) -> None:
        super().__init__(lambda: urlsplit(worker.url).port or 0)
        self.url = f"http://127.0.0.1:{self.port}"


class Workers:
    """Some workers at one store, whose connections and processes end with it."""

    def __init__(self, folder: Path, *urls: str, **settings: str) -> None:
        self._stack = ExitStack()
        self.all: list[Server] = []
        self.doors: list[Door] = []
        """The way of clients to each worker."""
        self.apis: list[Api] = []
        for place, url in enumerate(urls):
            own = folder / f"worker-{place}"
            own.mkdir()
            given = {"TRUSTED_PROXIES": "1", "DRAIN_SECONDS": "0", "STORE_URL": url, **settings}
            worker = Server(own, **given)
            self._stack.callback(worker.end)
            self.all.append(worker.start())
            self.doors.append(self._stack.enter_context(Door(worker)))
            self.apis.append(Api(worker))
            self._stack.callback(self.apis[-1].close)

    def __getitem__(self, place: int) -> Server:
        return self.all[place]

    def werkplaats(self, *rooms: JSON, **settings: object) -> Werkplaats:
        """A werkplaats made at the first worker."""
        return self.apis[0].werkplaats(*rooms, **settings)

    def join(self, werkplaats: Werkplaats, role: str, place: int) -> Member:
        """A seat of the first room, connected to a worker of the test's choice."""
        member = Member(self.all[place], werkplaats.code, werkplaats.seat(role))
        self.keep(member)
        return member

    def keep(self, *listeners: Listener) -> None:
        """Closes at the end what a test opened."""
        for listener in listeners:
            self._stack.callback(listener.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


class WorkersAtRedis(Workers):
    """Two workers at a Redis of their own, each with a way to it that can be cut."""

    def __init__(self, folder: Path, **settings: str) -> None:
        with ExitStack() as stack:
            self.redis = RedisServer(folder / "redis").start()
            stack.callback(self.redis.end)
            self.ways = [stack.enter_context(Proxy(self.redis.port)) for _ in range(2)]
            """The way of each worker to Redis."""
            urls = [f"redis://127.0.0.1:{way.port}/0" for way in self.ways]
            super().__init__(folder, *urls, **settings)
            self._behind = stack.pop_all()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._behind:
            super().__exit__(kind, error, trace)

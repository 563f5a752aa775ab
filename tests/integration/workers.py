"""Several workers at one Redis, as they run behind a load balancer that breaks its affinity."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.integration.clients import Api, Member, Werkplaats
from tests.integration.process import Server
from tests.redis_servers import RedisServer
from tests.tcp_proxy import Proxy


class Workers:
    """A Redis and some workers, each behind a proxy of its own on the way to it."""

    def __init__(self, folder: Path, number: int = 2, **settings: str) -> None:
        self._stack = ExitStack()
        self.redis = RedisServer(folder / "redis").start()
        self._stack.callback(self.redis.end)
        self.ways = [Proxy(self.redis.port) for _ in range(number)]
        """The way of each worker to Redis."""
        self.all: list[Server] = []
        for place, way in enumerate(self.ways):
            self._stack.callback(way.close)
            url = f"redis://127.0.0.1:{way.port}/0"
            own = folder / f"worker-{place}"
            own.mkdir()
            settings = {"TRUSTED_PROXIES": "1", "DRAIN_SECONDS": "1", **settings}
            worker = Server(own, **{"STORE_URL": url, **settings})
            self._stack.callback(worker.end)
            self.all.append(worker.start())
        self.apis = [Api(worker) for worker in self.all]
        for api in self.apis:
            self._stack.callback(api.close)

    def __getitem__(self, place: int) -> Server:
        return self.all[place]

    def werkplaats(self, *rooms: dict[str, object], **settings: object) -> Werkplaats:
        """A werkplaats made at the first worker."""
        return self.apis[0].werkplaats(*rooms, **settings)

    def join(self, werkplaats: Werkplaats, role: str, place: int) -> Member:
        """A seat of the first room, connected to a worker of the test's choice."""
        member = Member(self.all[place], werkplaats.code, werkplaats.seat(role))
        self._stack.callback(member.close)
        return member

    def callback(self, member: Member) -> None:
        """Closes what a test opened."""
        self._stack.callback(member.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

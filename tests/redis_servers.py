"""Real Redis processes: one server, a primary with replicas under Sentinel, and a cluster.

They are for Linux, and end with the test process however that ends.
"""

import secrets
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.integration.process import PATIENCE, until

HOST = "127.0.0.1"
NAME = "mengpaneel"
"""How the sentinels call the primary."""
PORTS = range(10_000, 22_768)
"""Below the ports of outgoing connections (from 32768 on), and so are a cluster's (10000 higher).

Those may take the port of a server that is down, and a client that tries such a port long enough
ends up connected to itself."""
SLOTS = 16_384

_given: set[int] = set()
_spawner = ThreadPoolExecutor(max_workers=1)
"""Lives as long as the tests do: the kernel ends a child with the thread that started it."""


def free_port() -> int:
    """A port that nobody listens at, nor at the one 10000 higher, and that is given out once."""

    def free(port: int) -> bool:
        with socket.socket() as sock:
            try:
                sock.bind((HOST, port))
            except OSError:
                return False
            return True

    def chosen() -> int:
        port = PORTS[secrets.randbelow(len(PORTS))]
        return port if port not in _given and free(port) and free(port + 10_000) else 0

    port = until(chosen, "a free port")
    _given.add(port)
    return port


class Process:
    """A redis-server with a folder and a port of its own, configured by lines of redis.conf."""

    arguments: tuple[str, ...] = ()

    def __init__(self, folder: Path, *options: str, port: int | None = None) -> None:
        self.folder = folder
        self.port = free_port() if port is None else port
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "redis.conf"
        lines = (
            f"port {self.port}",
            f"bind {HOST}",
            "protected-mode no",
            "daemonize no",
            f'dir "{folder}"',
            f'logfile "{folder / "log.txt"}"',
            *options,
        )
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Starts the process, on the port and the data of before, and waits until it is ready."""
        assert not self.alive, "it runs already"
        command = ["setpriv", "--pdeathsig", "KILL", "redis-server", str(self._config)]
        self._process = _spawner.submit(
            subprocess.Popen,
            [*command, *self.arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ).result()
        until(self._ready, "the readiness of Redis")
        return self

    def _ready(self) -> bool:
        assert self.alive, self.log()
        try:
            with self.client() as client:
                client.ping()
                info: dict[str, Any] = client.info()
        except (redis.ConnectionError, redis.TimeoutError):  # not yet listening, or loading
            return False
        assert info["process_id"] == self.pid, "another server has the port"
        return not info.get("loading")

    def client(self) -> redis.Redis:
        """A new client, to be closed, that soon gives up and never tries again."""
        return redis.Redis(
            HOST,
            self.port,
            socket_timeout=2,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )

    def ask(self, *command: str | int) -> Any:
        """The answer to one command, as `client` would give it."""
        with self.client() as client:
            return client.execute_command(*command)

    def log(self) -> str:
        """All that the process has logged in its runs."""
        path = self.folder / "log.txt"
        return path.read_text(encoding="utf-8") if path.exists() else "it has logged nothing"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs or is paused."""
        return self._process is not None and self._process.poll() is None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _state(self) -> str:
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(") ")[2][0]

    def stop(self) -> None:
        """Stops by SIGTERM, and asserts exit code 0."""
        assert self._process is not None
        self._signal(signal.SIGTERM)
        assert self._process.wait(PATIENCE) == 0, self.log()

    def kill(self) -> None:
        """Ends the process as the end of the world would, even when paused."""
        assert self._process is not None
        self._signal(signal.SIGKILL)
        self._process.wait(PATIENCE)

    def pause(self) -> None:
        """Holds the process: the kernel still accepts connections, but nothing is answered."""
        self._signal(signal.SIGSTOP)
        until(lambda: self._state() == "T", "the pause")

    def resume(self) -> None:
        """Lets the process go on after `pause`."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Kills what still runs."""
        if self.alive:
            self.kill()


class RedisServer(Process):
    """A Redis whose end loses nothing it has confirmed; `options` are lines of redis.conf.

    It does not wait for the disk: that is against the loss of power, which no test brings about,
    and on a busy machine the disk may take many seconds.
    """

    def __init__(self, folder: Path, *options: str, port: int | None = None) -> None:
        durable = ('save ""', "appendonly yes", "appendfsync no")
        super().__init__(folder, *durable, "enable-debug-command yes", *options, port=port)

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    @property
    def role(self) -> str:
        """`master`, `slave`, or nothing while it changes: then Redis closes all connections."""
        try:
            return str(self.ask("ROLE")[0], "ascii")
        except redis.ConnectionError:
            return ""


class Sentinel(Process):
    """One sentinel."""

    arguments = ("--sentinel",)


class Sentinels:
    """A primary with two replicas, and three sentinels of which two decide on a failover."""

    def __init__(self, folder: Path, *options: str) -> None:
        own = ("repl-diskless-sync-delay 0", *options)
        first = RedisServer(folder / "redis-0", *own)
        follow = (f"replicaof {HOST} {first.port}", *own)
        replicas = [RedisServer(folder / f"redis-{n}", *follow) for n in (1, 2)]
        self.servers = [first, *replicas]
        self.sentinels = [
            Sentinel(
                folder / f"sentinel-{n}",
                f"sentinel monitor {NAME} {HOST} {first.port} 2",
                f"sentinel down-after-milliseconds {NAME} 1000",
                f"sentinel failover-timeout {NAME} 3000",
                f"sentinel parallel-syncs {NAME} 2",
            )
            for n in range(3)
        ]

    @property
    def url(self) -> str:
        addresses = ",".join(f"{HOST}:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{addresses}/{NAME}"

    def start(self) -> Self:
        """Starts all, and waits until replicas are in sync and a failover could happen."""
        for server in self.servers:
            server.start()
        until(self.in_sync, "the replicas")
        for sentinel in self.sentinels:
            sentinel.start()
        until(lambda: all(map(_knows_all, self.sentinels)), "the sentinels")
        return self

    def in_sync(self) -> bool:
        """Whether each replica is connected and has all that the first server has."""
        with self.servers[0].client() as client:
            info: dict[str, Any] = client.info("replication")
        replicas = [value for key, value in info.items() if key.startswith("slave")]
        return len(replicas) == len(self.servers) - 1 and all(
            replica["state"] == "online" and replica["offset"] == info["master_repl_offset"]
            for replica in replicas
        )

    @property
    def primary(self) -> RedisServer:
        """The server that the first living sentinel names."""
        return self._named(next(sentinel for sentinel in self.sentinels if sentinel.alive))

    def _named(self, sentinel: Sentinel) -> RedisServer:
        with sentinel.client() as client:
            address: tuple[str, int] = client.sentinel_get_master_addr_by_name(NAME)
        return next(server for server in self.servers if server.port == address[1])

    def kill_primary(self) -> RedisServer:
        """Kills the primary, and tells which server that was."""
        primary = self.primary
        primary.kill()
        return primary

    def wait_for_failover(self, old: RedisServer) -> RedisServer:
        """The new primary, once every living sentinel names it and it takes writes."""

        def agreed() -> RedisServer | None:
            named = {self._named(sentinel) for sentinel in self.sentinels if sentinel.alive}
            new = named.pop()
            if named or new is old:
                return None
            return new if new.role == "master" else None

        new = until(agreed, "the failover")
        assert new is not None
        return new

    def end(self) -> None:
        """Kills what still runs."""
        for process in (*self.sentinels, *self.servers):
            process.end()


class Cluster:
    """Three primaries that share the slots, without replicas."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [
            RedisServer(folder / f"node-{n}", "cluster-enabled yes", "cluster-node-timeout 2000")
            for n in range(3)
        ]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def start(self) -> Self:
        """Starts the nodes, gives each a third of the slots, and waits until they agree."""
        for node in self.nodes:
            node.start()
        bounds = [SLOTS * n // len(self.nodes) for n in range(len(self.nodes) + 1)]
        for n, node in enumerate(self.nodes):
            node.ask("CLUSTER", "ADDSLOTSRANGE", bounds[n], bounds[n + 1] - 1)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", n + 1)
            node.ask("CLUSTER", "MEET", HOST, self.nodes[0].port)
        self.wait()
        return self

    def wait(self) -> None:
        """Waits until every node sees all nodes and all slots, as after a restart of one."""
        until(lambda: all(map(self._ok, self.nodes)), "the cluster")

    def _ok(self, node: RedisServer) -> bool:
        with node.client() as client:
            info: dict[str, str] = client.cluster("INFO")
        return info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(len(self.nodes))

    def owner(self, key: str, seen_by: RedisServer | None = None) -> RedisServer:
        """The node that has the slot of a key, as one node sees it."""
        node = seen_by or self.nodes[0]
        slot = node.ask("CLUSTER", "KEYSLOT", key)
        port = next(r[2][1] for r in node.ask("CLUSTER", "SLOTS") if r[0] <= slot <= r[1])
        return next(node for node in self.nodes if node.port == port)

    def move_slot(self, key: str) -> RedisServer:
        """Moves the slot of a key, and all keys in it, to another node, which it returns."""
        source = self.owner(key)
        target = self.nodes[(self.nodes.index(source) + 1) % len(self.nodes)]
        source_id, target_id = (node.ask("CLUSTER", "MYID").decode() for node in (source, target))
        slot = source.ask("CLUSTER", "KEYSLOT", key)
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.ask("MIGRATE", HOST, target.port, "", 0, 2000, "KEYS", *keys)
        for node in (target, source, *self.nodes):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", target_id)
        until(lambda: all(self.owner(key, node) is target for node in self.nodes), "the new owner")
        return target

    def end(self) -> None:
        """Kills what still runs."""
        for node in self.nodes:
            node.end()


def _knows_all(sentinel: Sentinel) -> bool:
    """Whether a sentinel knows the two others and two replicas that may become primary."""
    with sentinel.client() as client:
        others: list[dict[str, Any]] = client.sentinel_sentinels(NAME)
        replicas: list[dict[str, Any]] = client.sentinel_slaves(NAME)
    return [str(other["flags"]) for other in others] == ["sentinel"] * 2 and [
        (str(replica["flags"]), replica["master-link-status"]) for replica in replicas
    ] == [("slave", "ok")] * 2

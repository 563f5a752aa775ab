"""The processes that a system consists of; each ends with the block that it was started for."""

import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from scripts.benchmark.processes import PATIENCE, ROOT, Process
from server.nginx import configuration


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def server(name: str, core: int, folder: Path, settings: Mapping[str, str]) -> Process:
    """A server of ours with these settings, on any free port; `port_of` waits for it."""
    command = [sys.executable, "-m", "server"]
    return Process(name, command, core, folder, {"PORT": "0", "DRAIN_SECONDS": "0", **settings})


def port_of(started: Process) -> int:
    """The port that a server says it listens on, once it does."""
    return int(started.wait_for(r"runs at http://\S+:(\d+)"))


@contextmanager
def redis(core: int, folder: Path) -> Iterator[tuple[Process, str]]:
    """A Redis that keeps what it has accepted, as scripts/redis.conf says it; and its address."""
    port = free_port()
    # Where that file puts its data, from the folder that Redis is started in.
    (folder / "data" / "redis").mkdir(parents=True)
    command = ["redis-server", str(ROOT / "scripts" / "redis.conf"), "--port", str(port)]
    with Process("redis", command, core, folder, within=folder) as started:
        started.wait_for(r"(Ready to accept connections)")
        yield started, f"redis://127.0.0.1:{port}/0"


@contextmanager
def nginx(core: int, folder: Path, workers: Sequence[int]) -> Iterator[tuple[Process, int]]:
    """An nginx in front of these ports, as `python -m server nginx` configures it; and its own."""
    port, own = free_port(), folder / "nginx"
    own.mkdir(mode=0o700)
    addresses = [f"127.0.0.1:{one}" for one in workers]
    text = configuration(addresses, [f"127.0.0.1:{port}"], folder=own)
    path = own / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    command = ["nginx", "-e", "stderr", "-c", str(path)]
    with Process("nginx", command, core, folder) as started:
        _wait_until_it_listens(started, port)
        yield started, port


def _wait_until_it_listens(started: Process, port: int) -> None:
    end = monotonic() + PATIENCE
    while monotonic() < end:
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
            return
        sleep(0.02)
    raise started.complain("does not listen:")

"""What the Redis processes of the tests promise to the tests that use them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.integration.process import ROOT, until
from tests.redis_servers import Cluster, RedisServer, Sentinels, free_port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    try:
        yield server.start()
    finally:
        server.end()


@pytest.fixture
def sentinels(tmp_path: Path) -> Iterator[Sentinels]:
    sentinels = Sentinels(tmp_path)
    try:
        yield sentinels.start()
    finally:
        sentinels.end()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    try:
        yield cluster.start()
    finally:
        cluster.end()


def ended(pid: int) -> bool:
    """Whether no process has this id, or only the remains of one."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z " in stat.read_text(encoding="utf-8")


def test_ports_differ() -> None:
    """No port is given out twice, and the ports of a cluster's bus exist."""
    ports = [free_port() for _ in range(100)]
    assert len(set(ports)) == 100
    assert max(ports) + 10_000 < 65_536


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_confirmed_data_survives(server: RedisServer, end: str) -> None:
    """After a kill or a stop the server has the same port and all data."""
    url = server.url
    server.ask("SET", "key", "value")
    getattr(server, end)()
    assert not server.alive
    with pytest.raises(redis.ConnectionError):
        server.ask("PING")
    server.start()
    assert server.url == url
    assert server.ask("GET", "key") == b"value"


def test_a_paused_server_lets_clients_wait(server: RedisServer) -> None:
    """While paused a server is alive but answers nobody, and afterwards it goes on."""
    server.pause()
    assert server.alive
    with pytest.raises(redis.TimeoutError):
        server.ask("PING")
    server.resume()
    assert server.ask("PING")


def test_end_works_in_every_state(server: RedisServer) -> None:
    """A paused server and one that has ended can be ended."""
    server.pause()
    server.end()
    assert not server.alive
    server.end()


def test_options_are_lines_of_the_configuration(tmp_path: Path) -> None:
    """An option beyond the usual ones is in force, and debug commands are allowed."""
    server = RedisServer(tmp_path / "redis", "maxmemory 8mb", port=free_port())
    try:
        server.start()
        with server.client() as client:
            assert client.config_get("maxmemory") == {"maxmemory": "8388608"}
            assert client.config_get("appendfsync") == {"appendfsync": "no"}
        assert server.ask("DEBUG", "SLEEP", 0) == b"OK"
    finally:
        server.end()


def test_servers_end_with_the_tests(tmp_path: Path) -> None:
    """A server, even a paused one, does not outlive a killed test process."""
    script = """
import sys, time
from pathlib import Path
from tests.redis_servers import RedisServer
server = RedisServer(Path(sys.argv[1])).start()
server.pause()
sys.stdout.write(f"{server.pid}\\n")
sys.stdout.flush()
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "redis")], cwd=ROOT, stdout=subprocess.PIPE
    ) as tests:
        assert tests.stdout is not None
        pid = int(tests.stdout.readline())
        assert not ended(pid)
        os.kill(tests.pid, signal.SIGKILL)
    until(lambda: ended(pid), "the end of the server")


@pytest.mark.slow
def test_sentinels_replace_a_killed_primary(sentinels: Sentinels) -> None:
    """Replicated data survives a kill of the primary, whose place a replica takes."""
    assert sentinels.url.startswith("redis+sentinel://127.0.0.1:")
    assert sentinels.url.endswith(f",127.0.0.1:{sentinels.sentinels[2].port}/mengpaneel")
    with sentinels.primary.client() as client:
        client.set("key", "value")
        assert client.wait(2, 2000) == 2
    old = sentinels.kill_primary()
    assert old is sentinels.servers[0]
    new = sentinels.wait_for_failover(old)
    assert new is sentinels.primary
    assert new.ask("GET", "key") == b"value"
    assert new.ask("SET", "key", "other")


@pytest.mark.slow
def test_a_paused_primary_returns_as_replica(sentinels: Sentinels) -> None:
    """A primary that was paused too long is a replica of the new one some time after it goes on."""
    old = sentinels.primary
    old.pause()
    new = sentinels.wait_for_failover(old)
    old.resume()
    until(lambda: old.role == "slave", "the demotion")
    assert old.ask("ROLE")[1:3] == [b"127.0.0.1", new.port]


@pytest.mark.slow
def test_roles_survive_restarts(sentinels: Sentinels) -> None:
    """A server that became primary is so again after a quick restart."""
    new = sentinels.wait_for_failover(sentinels.kill_primary())
    new.kill()
    new.start()
    assert new.role == "master"


@pytest.mark.slow
def test_a_cluster_shares_the_slots(cluster: Cluster) -> None:
    """Each node has its own keys, and refuses those of others by MOVED."""
    assert cluster.url == "redis+cluster://" + ",".join(
        f"127.0.0.1:{node.port}" for node in cluster.nodes
    )
    owners = {cluster.owner(f"key{n}") for n in range(20)}
    assert owners == set(cluster.nodes)
    owner = cluster.owner("key")
    assert owner.ask("SET", "key", "value")
    other = next(node for node in cluster.nodes if node is not owner)
    with pytest.raises(redis.exceptions.MovedError):
        other.ask("GET", "key")


@pytest.mark.slow
def test_a_slot_moves_with_its_keys(cluster: Cluster) -> None:
    """After a move the new owner has all keys of the slot, and the old one says MOVED."""
    old = cluster.owner("{room}")
    for n in range(250):
        old.ask("SET", f"{{room}}{n}", n)
    new = cluster.move_slot("{room}")
    assert new is not old
    assert [new.ask("GET", f"{{room}}{n}") for n in range(250)] == [b"%d" % n for n in range(250)]
    with pytest.raises(redis.exceptions.MovedError):
        old.ask("GET", "{room}0")
    assert cluster.move_slot("{room}") is not new


@pytest.mark.slow
def test_a_node_returns_to_its_cluster(cluster: Cluster) -> None:
    """A node that is killed and started again has its slots and its data."""
    node = cluster.owner("key")
    node.ask("SET", "key", "value")
    node.kill()
    node.start()
    cluster.wait()
    assert cluster.owner("key") is node
    assert node.ask("GET", "key") == b"value"

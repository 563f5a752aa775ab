"""Redis behind Sentinel and as a cluster: with a server nothing acknowledged is lost."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep

import pytest

from sessions.store.redis import keys
from tests.integration.process import until
from tests.integration.trouble import Trouble, ready
from tests.integration.workers import Workers
from tests.redis_servers import Cluster, Sentinels

pytestmark = pytest.mark.slow


@pytest.fixture
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    made = Sentinels(tmp_path_factory.mktemp("sentinels"))
    yield made.start()
    made.end()


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made.start()
    made.end()


Begin = Callable[[str], Trouble]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Two workers at a store, and a trio that drags."""
    with ExitStack() as stack:
        yield lambda url: Trouble(stack.enter_context(Workers(tmp_path, url, url)), stack)


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_failover_by_sentinel(sentinels: Sentinels, begin: Begin, how: str) -> None:
    """The primary is lost while three seats drag: the next one has all that was acknowledged."""
    trouble = begin(sentinels.url)
    old = sentinels.primary
    getattr(old, how)()
    until(lambda: "unavailable" in trouble.codes(), "a refusal")
    sentinels.wait_for_failover(old)
    trouble.go_on(20)
    if how == "pause":
        # It thinks that it is still the primary, until the sentinels tell it.
        old.resume()
        sleep(1)
        trouble.go_on(20)
        until(lambda: old.role == "slave", "the old primary to follow")
    trouble.check()


def test_without_replicas_nothing_is_acknowledged(sentinels: Sentinels, begin: Begin) -> None:
    """A primary whose replicas are gone keeps what only it knows to itself: `unavailable`."""
    trouble = begin(sentinels.url)
    replicas = [one for one in sentinels.servers if one is not sentinels.primary]
    for one in replicas:
        one.pause()
    until(lambda: ready(trouble.workers[0].url) == 503, "the word that it is not ready")
    # What nobody has open yet can be read all the same.
    other = trouble.workers.apis[0].ask("GET", f"join/{trouble.werkplaats.made['join_code']}")
    assert other.status_code == 200
    said = [len(roamer.codes) for roamer in trouble.roamers]
    sleep(3)
    for roamer, number in zip(trouble.roamers, said, strict=True):
        assert "ok" not in roamer.codes[number + 1 :]
    for one in replicas:
        one.resume()
    trouble.check()


def test_a_slot_moves(cluster: Cluster, begin: Begin) -> None:
    """A room that moves to another server of the cluster while three seats drag in it goes on."""
    trouble = begin(cluster.url)
    for _ in range(3):
        cluster.move_slot(keys.room(trouble.werkplaats.code))
        trouble.go_on(20)
    trouble.check()


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_a_server_of_the_cluster_is_lost(cluster: Cluster, begin: Begin, how: str) -> None:
    """The server with the room is away for a while: `unavailable`, and then it goes on."""
    trouble = begin(cluster.url)
    owner = cluster.owner(keys.room(trouble.werkplaats.code))
    getattr(owner, how)()
    until(lambda: "unavailable" in trouble.codes(), "a refusal")
    sleep(3)
    {"kill": owner.start, "pause": owner.resume}[how]()
    cluster.wait()
    trouble.check()

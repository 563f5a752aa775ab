"""Redis behind Sentinel and as a cluster: with a server nothing acknowledged is lost."""

from collections.abc import Iterator
from contextlib import ExitStack
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


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_failover_by_sentinel(
    sentinels: Sentinels, stack: ExitStack, tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    """The primary is lost while three seats drag: the next one has all that was acknowledged."""
    folder = tmp_path_factory.mktemp("workers")
    workers = stack.enter_context(Workers(folder, sentinels.url, sentinels.url))
    trouble = Trouble(workers, stack)
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


def test_without_replicas_nothing_is_acknowledged(
    sentinels: Sentinels, stack: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A primary whose replicas are gone keeps what only it knows to itself: `unavailable`."""
    folder = tmp_path_factory.mktemp("workers")
    workers = stack.enter_context(Workers(folder, sentinels.url, sentinels.url))
    trouble = Trouble(workers, stack)
    replicas = [one for one in sentinels.servers if one is not sentinels.primary]
    for one in replicas:
        one.pause()
    until(lambda: ready(workers[0].url) == 503, "the word that it is not ready")
    said = [len(roamer.codes) for roamer in trouble.roamers]
    sleep(3)
    for roamer, number in zip(trouble.roamers, said, strict=True):
        assert "ok" not in roamer.codes[number + 1 :]
    for one in replicas:
        one.resume()
    trouble.check()


def test_a_slot_moves(
    cluster: Cluster, stack: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A room that moves to another server of the cluster while three seats drag in it goes on."""
    folder = tmp_path_factory.mktemp("workers")
    workers = stack.enter_context(Workers(folder, cluster.url, cluster.url))
    trouble = Trouble(workers, stack)
    for _ in range(3):
        cluster.move_slot(keys.room(trouble.werkplaats.code))
        trouble.go_on(20)
    trouble.check()


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_a_server_of_the_cluster_is_lost(
    cluster: Cluster, stack: ExitStack, tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    """The server with the room is away for a while: `unavailable`, and then it goes on."""
    folder = tmp_path_factory.mktemp("workers")
    workers = stack.enter_context(Workers(folder, cluster.url, cluster.url))
    trouble = Trouble(workers, stack)
    owner = cluster.owner(keys.room(trouble.werkplaats.code))
    getattr(owner, how)()
    until(lambda: "unavailable" in trouble.codes(), "a refusal")
    sleep(3)
    {"kill": owner.start, "pause": owner.resume}[how]()
    cluster.wait()
    trouble.check()

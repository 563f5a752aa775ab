"""What may fail between clients, workers and Redis: nothing acknowledged is lost by it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from tests.integration.clients import TRIO, Member, Watcher
from tests.integration.process import until
from tests.integration.raw import RawSeat, RawWebSocket
from tests.integration.trouble import Trouble, ready
from tests.integration.workers import WorkersAtRedis


@pytest.fixture
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkersAtRedis]:
    with WorkersAtRedis(tmp_path_factory.mktemp("workers")) as made:
        yield made


@pytest.fixture
def trouble(workers: WorkersAtRedis) -> Iterator[Trouble]:
    with ExitStack() as stack:
        yield Trouble(workers, stack)


def test_a_worker_is_killed(workers: WorkersAtRedis, trouble: Trouble) -> None:
    """`kill -9` while its seats drag: they go on at the other one, and nothing is lost."""
    workers[0].kill()
    trouble.go_on(20)
    workers[0].start()
    trouble.check()


def test_a_worker_is_stopped(workers: WorkersAtRedis, trouble: Trouble) -> None:
    """SIGTERM: clients are told to move, one after the other, and no acknowledged move is lost."""
    moved = [
        roamer.member for roamer in trouble.roamers if roamer.member.server is workers.doors[0]
    ]
    assert moved
    workers[0].stop()
    for member in moved:
        assert member.messages("moving") == [{}]
    trouble.go_on(20)
    workers[0].start()
    trouble.check()


def test_a_worker_that_stops_sends_its_clients_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """They do not all knock at the other workers in the same moment."""
    with WorkersAtRedis(tmp_path_factory.mktemp("workers"), DRAIN_SECONDS="2") as workers:
        werkplaats = workers.werkplaats()
        members = [workers.join(werkplaats, role, 0) for role in TRIO * 2]
        told: dict[int, float] = {}

        def watch(number: int, member: Member) -> None:
            member.hear("moving")
            told[number] = monotonic()

        watching = [Thread(target=watch, args=one) for one in enumerate(members)]
        for one in watching:
            one.start()
        workers[0].stop()
        for one in watching:
            one.join()
        moments = sorted(told.values())
        assert len(moments) == 6
        assert moments[-1] - moments[0] > 1
        assert all(member.left for member in members)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_redis_is_restarted(workers: WorkersAtRedis, trouble: Trouble, how: str) -> None:
    """While Redis is away changes are `unavailable` and the room can be read; then all go on."""
    getattr(workers.redis, how)()
    until(lambda: {"unavailable"} <= trouble.codes(), "a refusal")
    assert [ready(worker.url) for worker in workers.all] == [503, 503]
    path = f"rooms/{trouble.werkplaats.code}/state"
    for api in workers.apis:
        assert api.get(path, trouble.werkplaats.seat("sociaal"))["fields"]["phase"] == "place"
    workers.redis.start()
    trouble.check()


@pytest.mark.parametrize("seconds", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_redis_is_paused(workers: WorkersAtRedis, trouble: Trouble, seconds: float) -> None:
    """A Redis that stops answering is `unavailable`; what it had heard does no harm later."""
    workers.redis.pause()
    sleep(seconds)
    assert "unavailable" in trouble.codes()
    workers.redis.resume()
    trouble.check()


def test_redis_sleeps(workers: WorkersAtRedis, trouble: Trouble) -> None:
    """The same while Redis itself is busy, and carries out later what it heard meanwhile."""
    thread = Thread(target=lambda: workers.redis.ask("DEBUG", "SLEEP", "1.5"))
    thread.start()
    thread.join()
    trouble.check()


@pytest.mark.parametrize("how", ["cut", "freeze"])
def test_the_way_to_redis_is_cut(workers: WorkersAtRedis, trouble: Trouble, how: str) -> None:
    """One worker without Redis says so, the other goes on; healed, both tell the same."""
    way = workers.ways[0]
    getattr(way, how)()
    until(lambda: {"unavailable"} <= trouble.codes(), "a refusal")
    assert ready(workers[0].url) == 503
    assert ready(workers[1].url) == 200
    getattr(way, {"cut": "heal", "freeze": "thaw"}[how])()
    trouble.check()


def test_frames_get_lost(workers: WorkersAtRedis, trouble: Trouble) -> None:
    """A worker that misses what another did finds the gap, and its clients get a snapshot."""
    lost: list[bytes] = []

    def drop(chunk: bytes) -> bytes:
        if b"smessage" in chunk and len(lost) < 20:
            lost.append(chunk)
            return b""
        return chunk

    far = next(one.member for one in trouble.roamers if one.member.server is workers.doors[0])
    before = len(far.messages("snapshot"))
    workers.ways[0].downstream = drop
    until(lambda: len(lost) >= 1 and len(far.messages("snapshot")) > before, "a snapshot")
    trouble.check()


def test_the_subscription_is_lost(workers: WorkersAtRedis, trouble: Trouble) -> None:
    """A listening connection that Redis ends is made anew, and what was missed is read."""
    for _ in range(5):
        workers.redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
        trouble.go_on()
    trouble.check()


def test_the_way_of_clients_is_cut(workers: WorkersAtRedis, trouble: Trouble) -> None:
    """Clients that lose their worker go on at the other, and come back to it later."""
    for door in workers.doors:
        door.cut()
        trouble.go_on(20)
        door.heal()
    trouble.check()


@pytest.mark.parametrize("seconds", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_the_way_of_clients_is_blocked(
    workers: WorkersAtRedis, trouble: Trouble, seconds: float
) -> None:
    """Where nothing comes through for a while, nothing is lost, and nobody is shut out."""
    workers.doors[0].freeze()
    sleep(seconds)
    workers.doors[0].thaw()
    trouble.check()


def test_a_slow_reader(workers: WorkersAtRedis, trouble: Trouble) -> None:
    """Who never reads holds up nobody at any worker, and memory stays bounded."""
    auth = {"code": trouble.werkplaats.code, "token": trouble.werkplaats.seat("fysiek")}
    with ExitStack() as stack:
        for worker in workers.all:
            raw = RawWebSocket(worker)
            stack.callback(raw.close)
            raw.read_little()
            RawSeat(raw, "/room", auth)
        trouble.go_on(60)
    trouble.check()


def test_presence_ends_with_its_worker(workers: WorkersAtRedis) -> None:
    """Who was on a worker that died is away after the lease; rooms and overviews see it."""
    werkplaats = workers.werkplaats(*[{"municipality": "Waterveen"}] * 2)
    looker = workers.join(werkplaats, "fysiek", 1)
    workers.join(werkplaats, "sociaal", 0)
    alone = Member(workers[0], werkplaats.codes[1], werkplaats.seat("sociaal", werkplaats.codes[1]))
    watcher = Watcher(workers[1], werkplaats.id, werkplaats.token)
    workers.keep(alone, watcher)
    looker.until(lambda: "online/sociaal" in looker.fields)

    def seats(state: str) -> Callable[[], Any]:
        return lambda: all(
            watcher.rooms[code]["seats"]["sociaal"] == state for code in werkplaats.codes
        )

    watcher.until(seats("online"))
    workers[0].kill()
    looker.until(lambda: "online/sociaal" not in looker.fields, "the end of the lease")
    watcher.until(seats("away"), "the overview to see it")

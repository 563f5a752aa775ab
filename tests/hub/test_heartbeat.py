"""The heartbeats of all connections: in time, and each for itself. Time is moved by hand."""

import time
from typing import Any

import engineio
import pytest
from engineio.packet import CLOSE, PING, PONG, Packet
from engineio.socket import Socket

from server import heartbeat as heartbeat_module
from server.heartbeat import Heartbeat

INTERVAL, TIMEOUT = 25.0, 20.0


class World:
    """An Engine.IO server with its sockets, and a heartbeat that looks when it is told to."""

    def __init__(self) -> None:
        self.seconds = 5_000.0
        self.engine: Any = engineio.Server(
            async_mode="threading",
            monitor_clients=False,
            ping_interval=INTERVAL,
            ping_timeout=TIMEOUT,
        )
        self.left: list[tuple[str, str]] = []
        self.engine.on("disconnect", lambda sid, reason: self.left.append((sid, reason)))
        self.heartbeat = Heartbeat(self.engine)

    def open(self) -> Any:
        """A socket, as the library opens it."""
        found: Any = Socket(self.engine, f"sid-{len(self.engine.sockets)}")
        found.last_ping = self.seconds
        self.engine.sockets[found.sid] = found
        self.heartbeat.take(found.sid)
        found.schedule_ping()
        return found

    def after(self, seconds: float) -> None:
        """Looks at this moment."""
        self.seconds += seconds
        self.heartbeat.look(self.seconds)

    @staticmethod
    def told(found: Any) -> list[int]:
        """The kinds of the packets that wait for a client, which it has then."""
        kinds = []
        while not found.queue.empty():
            packet = found.queue.get()
            kinds += [] if packet is None else [packet.packet_type]
        return kinds

    @staticmethod
    def answer(found: Any) -> None:
        found.receive(Packet(PONG))

    def assert_forgotten(self) -> None:
        assert self.engine.sockets == {}
        assert self.heartbeat._due == {}
        assert self.heartbeat._awaited == {}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(heartbeat_module, "monotonic", lambda: made.seconds)
    monkeypatch.setattr(time, "time", lambda: made.seconds)
    return made


def test_pings_come_in_time(world: World) -> None:
    """Each is pinged once its interval is over, and again so long after its answer."""
    first = world.open()
    world.after(5)
    second = world.open()
    world.after(INTERVAL - 5.01)
    assert (world.told(first), world.told(second)) == ([], [])
    world.after(0.01)
    assert (world.told(first), world.told(second)) == ([PING], [])
    world.after(5)
    assert (world.told(first), world.told(second)) == ([], [PING])
    world.answer(second)
    world.answer(first)
    world.after(INTERVAL - 0.01)
    assert (world.told(first), world.told(second)) == ([], [])
    world.after(0.01)
    assert (world.told(first), world.told(second)) == ([PING], [PING])
    assert world.left == []


def test_who_stays_silent_is_closed_in_time(world: World) -> None:
    """Without an answer in time a socket is closed, with the reason; one that answered stays."""
    silent, lively = world.open(), world.open()
    world.after(INTERVAL)
    world.answer(lively)
    world.after(TIMEOUT - 0.01)
    assert world.left == []
    world.after(0.01)
    assert world.left == [(silent.sid, "ping timeout")]
    assert world.told(silent) == [PING, CLOSE]
    assert silent.closed
    assert world.engine.sockets == {lively.sid: lively}


def test_a_late_answer_is_in_time_until_it_is_looked_at(world: World) -> None:
    """Who answers before anybody looks is not gone."""
    found = world.open()
    world.after(INTERVAL)
    world.seconds += TIMEOUT + 1
    world.answer(found)
    world.heartbeat.look(world.seconds)
    assert not found.closed
    world.after(INTERVAL)
    assert world.told(found) == [PING, PING]


def test_an_answer_in_the_very_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer between the look and the closing keeps the socket, and is counted once."""
    first, second = world.open(), world.open()
    world.after(INTERVAL)
    monkeypatch.setattr(world.engine, "handlers", {"disconnect": lambda *_: world.answer(second)})
    world.after(TIMEOUT)
    assert (first.closed, second.closed) == (True, False)
    assert list(world.heartbeat._due) == [second]
    assert world.heartbeat._awaited == {}


def test_answers_that_nobody_asked_for(world: World) -> None:
    """They put off no ping, and add none."""
    found = world.open()
    for _ in range(5):
        world.seconds += 1
        world.answer(found)
    world.after(INTERVAL - 5)
    assert world.told(found) == [PING]
    world.answer(found)
    world.answer(found)
    world.after(INTERVAL)
    assert world.told(found) == [PING]


def test_a_slow_round_gives_each_its_time(world: World) -> None:
    """Where pinging many takes time, each has the whole time to answer, and not more."""
    many = [world.open() for _ in range(50)]
    for found in many:

        def slowly(packet: Any, send: Any = found.send) -> None:
            world.seconds += 0.1
            send(packet)

        found.send = slowly
    world.after(INTERVAL)
    for found in many:
        del found.send
    world.seconds -= 5  # The moment of the first ping.
    world.after(TIMEOUT - 0.05)
    for number, found in enumerate(many, start=1):
        assert len(world.left) == number - 1
        world.after(0.1)
        assert world.left[-1] == (found.sid, "ping timeout")


def test_closed_ones_are_forgotten(world: World) -> None:
    """Who has left, whether a ping is due or awaited, leaves nothing behind."""
    early, late = world.open(), world.open()
    early.close(wait=False)
    world.after(INTERVAL)
    assert world.told(early) == [CLOSE]
    late.close(wait=False, abort=True)
    world.after(TIMEOUT)
    world.assert_forgotten()
    assert [reason for _, reason in world.left] == ["server disconnect"] * 2


@pytest.mark.parametrize("what", ["send", "close"])
def test_one_that_fails_harms_no_other(
    world: World, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error in one socket is a line in the log; the others are pinged and closed as ever."""
    found = [world.open() for _ in range(3)]

    def fail(*args: Any, **named: Any) -> None:
        raise RuntimeError("a fault")

    setattr(found[1], what, fail)
    world.after(INTERVAL)
    assert [world.told(one) for one in (found[0], found[2])] == [[PING], [PING]]
    world.after(TIMEOUT)
    assert {found[0].sid, found[2].sid} <= {sid for sid, _ in world.left}
    assert "heartbeat_failed" in capsys.readouterr().out


def test_hundreds_beat_in_order(world: World) -> None:
    """Whoever came when: each is pinged at its own time, and none twice."""
    found = []
    for _ in range(200):
        found.append(world.open())
        world.seconds += 0.1
    for place, one in enumerate(found):
        world.seconds = 5_000 + place * 0.1 + INTERVAL + 0.05
        world.heartbeat.look(world.seconds)
        assert world.told(one) == [PING]
        assert all(other.queue.empty() for other in found[place + 1 :])
        world.answer(one)
    assert len(world.heartbeat._due) == 200
    assert world.heartbeat._awaited == {}

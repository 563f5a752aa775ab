"""A bench for the fast lane: real sockets, the real hub and the real library, and time by hand.

Nothing here waits for a clock: the hub gets its turns until something has happened, and what is
to happen later happens when a test says so.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import engineio
import eventlet
import eventlet.event
import eventlet.hubs
from engineio.packet import OPEN, Packet
from engineio.socket import Socket

from server.fastlane import Lane, Lanes
from server.frames import Received
from server.reactor import Watched
from tests.wsframes import Said, said, text

TURNS = 5_000
"""So many turns of the hub are given to what must happen."""


def turn(times: int = 1) -> None:
    """Lets the hub and whoever is ready go on."""
    for _ in range(times):
        eventlet.sleep(0)


def until(condition: Callable[[], Any], what: str = "the condition") -> None:
    for _ in range(TURNS):
        if condition():
            return
        turn()
    raise AssertionError(f"waited in vain for {what}")


class Client:
    """The other end of a lane's socket."""

    def __init__(self, bench: "Bench", found: Any, lane: Lane, theirs: socket.socket) -> None:
        self.bench = bench
        self.found = found
        self.lane = lane
        self.socket = theirs
        theirs.setblocking(False)  # noqa: FBT003  # the name of the library's method says what
        self.stream = b""
        self.ended = False

    def send(self, *messages: str) -> Self:
        """Sends text messages; they are on their way when this returns."""
        return self.send_bytes(b"".join(map(text, messages)))

    def send_bytes(self, data: bytes) -> Self:
        rest = memoryview(data)
        while rest:
            with suppress(BlockingIOError):
                rest = rest[self.socket.send(rest) :]
            turn()
        return self

    def read(self, most: int = 2**20) -> None:
        """Takes what is there."""
        try:
            data = self.socket.recv(most)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        self.stream += data
        self.ended = self.ended or not data

    def said(self) -> Said:
        """All that came so far, once nothing more comes."""
        quiet = 0
        while quiet < 5 and not self.ended:
            before = len(self.stream)
            turn()
            self.read()
            quiet = quiet + 1 if len(self.stream) == before else 0
        return said(self.stream)

    def goodbye(self) -> Said:
        """The same, where the server ends its side."""
        heard = self.said()
        assert self.ended, "the server has not ended its side"
        return heard

    def close(self) -> None:
        self.socket.close()
        turn(5)


class Bench:
    """An Engine.IO server whose WebSockets are on the fast lane."""

    def __init__(self) -> None:
        self.lanes = Lanes()
        self.lanes.take = self.take
        self.engine: Any = engineio.Server(
            async_mode="eventlet", async_handlers=False, monitor_clients=False
        )
        self.engine.on("message", self.message)
        self.engine.on("disconnect", self.disconnect)
        self.heard: list[str | bytes] = []
        """What came in, in order: taken at once or by the library's way."""
        self.taken: list[str] = []
        self.left: list[tuple[str, str]] = []
        self.gate: Any = None
        self.timers: list[Callable[[], None]] = []
        self.clients: list[Client] = []
        self._sids: list[str] = []
        self._listeners = self.listeners()

    @staticmethod
    def listeners() -> tuple[set[int], set[int]]:
        """The files that the hub looks at, for reading and for writing."""
        hub: Any = eventlet.hubs.get_hub()
        return set(hub.listeners[hub.READ]), set(hub.listeners[hub.WRITE])

    def take(self, sid: str, packet: Received) -> bool:
        """Takes what begins with `4quick`; `4fault` is an error, `4quickend` an end."""
        if packet == "4fault":
            raise RuntimeError("a fault")
        if not isinstance(packet, str) or not packet.startswith("4quick"):
            return False
        self.heard.append(packet[1:])
        self.taken.append(packet[1:])
        if packet == "4quickend":
            self.engine.sockets[sid].close(wait=False)
        return True

    def message(self, sid: str, data: str | bytes) -> None:
        """`wait` waits until the gate opens; `end` ends its own connection."""
        self.heard.append(data)
        if data == "wait":
            self.gate = eventlet.event.Event()
            self.gate.wait()
        if data == "end":
            self.engine.sockets[sid].close(wait=False)

    def disconnect(self, sid: str, reason: str) -> None:
        self.left.append((sid, reason))

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.timers.append(call)

    def pass_time(self) -> None:
        """All that was to happen later happens now."""
        timers, self.timers = self.timers, []
        for call in timers:
            eventlet.hubs.get_hub().schedule_call_global(0, call)
        turn(5)

    def new(self) -> Any:
        """A socket of the library that has just been opened."""
        found: Any = Socket(self.engine, f"sid-{len(self._sids)}")
        self._sids.append(found.sid)
        found.last_ping = None
        self.engine.sockets[found.sid] = found
        found.send(Packet(OPEN, {"sid": found.sid}))
        return found

    def polling(self) -> Any:
        """A client that polls, and has fetched all there is."""
        found = self.new()
        found.connected = True
        assert len(found.poll()) == 1
        return found

    def open(self, found: Any = None, buffer: int | None = None) -> Client:
        """A WebSocket of a new client, or of one that polls and tries it; with a small buffer."""
        found = found or self.new()
        ours, theirs = socket.socketpair()
        if buffer is not None:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        ours.setblocking(False)  # noqa: FBT003  # likewise
        lane = Lane(self.lanes, found, Watched(ours))
        client = Client(self, found, lane, theirs)
        self.clients.append(client)
        lane.begin()
        return client

    def gone(self, client: Client) -> bool:
        """Whether nothing is left of a connection."""
        return client.found.sid not in self.engine.sockets and client.lane._watched.closed

    def assert_nothing_left(self) -> None:
        """After all clients have gone, nothing of them is held on to."""
        for client in self.clients:
            client.close()
        if self.gate is not None and not self.gate.ready():
            self.gate.send()
        self.pass_time()
        until(lambda: self.lanes.sockets == 0, "all sockets to be closed")
        turn(5)
        polling = [one.found for one in self.clients if not one.found.upgraded]
        for found in polling:
            self.engine.sockets.pop(found.sid, None)
        assert self.lanes.by_sid == {}
        assert self.engine.sockets == {}
        assert self.listeners() == self._listeners
        for client in self.clients:
            assert client.lane._inbox == []
            assert client.lane._backlog is None
            assert not {"send", "close", "schedule_ping"} & client.found.__dict__.keys()

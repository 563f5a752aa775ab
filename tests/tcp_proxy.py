"""A TCP proxy on the loopback that loses, holds and delays what passes through it."""

import errno
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from time import monotonic
from types import TracebackType
from typing import Self

from tests.integration.process import PATIENCE

HOST = "127.0.0.1"
CHUNK = 65_536
FULL = 1_048_576
"""How many bytes may wait for one end until no more are read for it."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER without a linger: closing sends RST and forgets what was not yet sent."""


class End:
    """One socket of a connection, and what waits to be sent on it."""

    def __init__(self, sock: socket.socket, *, client: bool) -> None:
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.client = client
        self.peer = self
        self.connected = client
        self.waiting: deque[tuple[float, bytes]] = deque()
        """When to send what; empty bytes are the end of the stream."""
        self.held = 0
        """How many bytes wait."""
        self.ended = False
        """Whether the stream that is read here has ended."""
        self.finished = False
        """Whether the stream that is sent here has ended."""

    def put(self, due: float, chunk: bytes) -> None:
        """Lets a chunk wait until it is due and all before it is sent."""
        self.waiting.append((due, chunk))
        self.held += len(chunk)

    def send(self, now: float) -> None:
        """Sends what is due, as far as the socket takes it."""
        while self.connected and self.waiting and self.waiting[0][0] <= now:
            due, chunk = self.waiting[0]
            try:
                sent = self.sock.send(chunk) if chunk else 0
            except BlockingIOError:
                return
            self.held -= sent
            if sent < len(chunk):
                self.waiting[0] = (due, chunk[sent:])
                continue
            self.waiting.popleft()
            if not chunk:
                self.sock.shutdown(socket.SHUT_WR)
                self.finished = True


class Proxy:
    """Forwards to a port of the loopback; a callable is asked for it at each new connection."""

    def __init__(self, port: int | Callable[[], int]) -> None:
        self.delay = 0.0
        """How many seconds each chunk waits, in each direction."""
        self.downstream: Callable[[bytes], bytes] | None = None
        """What becomes of each chunk from the target to the client: b"" drops it.

        It may `cut`, and then the chunk is lost with the connections."""
        self._target = port
        self._cut = self._frozen = self._closed = False
        self._ends: set[End] = set()
        self._later: set[End] = set()
        self._orders: deque[tuple[Callable[[], None], threading.Event]] = deque()
        self._selector = DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._listener = socket.create_server((HOST, 0), backlog=1024)
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._set(self._woken, EVENT_READ)
        self._set(self._listener, EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._ends) // 2

    def cut(self) -> None:
        """Resets all connections, and each new one once it is accepted, until `heal`."""
        self._do(lambda: self._become(cut=True))

    def heal(self) -> None:
        """Lets new connections through again after `cut`."""
        self._do(lambda: self._become(cut=False))

    def freeze(self) -> None:
        """Keeps connections open but forwards nothing, and lets new ones wait, until `thaw`."""
        self._do(lambda: self._become(frozen=True))

    def thaw(self) -> None:
        """Forwards what has waited since `freeze`, and all that follows."""
        self._do(lambda: self._become(frozen=False))

    def close(self) -> None:
        """Resets all connections and ends the proxy; does nothing the second time."""
        if self._thread.is_alive():
            self._do(lambda: self._become(closed=True))
            self._thread.join(PATIENCE)

    def _do(self, order: Callable[[], None]) -> None:
        """Has the thread of the proxy carry out an order, and waits until it has."""
        if threading.current_thread() is self._thread:
            order()
            return
        done = threading.Event()
        self._orders.append((order, done))
        self._wake.send(b"\0")
        assert done.wait(PATIENCE), "the proxy has ended"

    def _become(
        self, *, cut: bool | None = None, frozen: bool | None = None, closed: bool = False
    ) -> None:
        self._cut = self._cut if cut is None else cut
        self._frozen = self._frozen if frozen is None else frozen
        self._closed = closed
        if cut or closed:
            for end in tuple(self._ends):
                self._drop(end, reset=True)
        for end in self._ends:
            self._watch(end)
        self._set(self._listener, EVENT_READ if self._cut or not self._frozen else 0)

    def _run(self) -> None:
        try:
            while not self._closed:
                for key, events in self._selector.select(self._wait()):
                    if key.fileobj is self._woken:
                        self._obey()
                    elif self._frozen and not self._cut:
                        pass  # frozen since the selector has spoken
                    elif key.fileobj is self._listener:
                        self._accept()
                    elif key.data in self._ends:
                        self._serve(key.data, events)
        finally:
            for end in tuple(self._ends):
                self._drop(end, reset=True)
            for sock in (self._listener, self._wake, self._woken):
                sock.close()
            self._selector.close()

    def _wait(self) -> float | None:
        """How long nothing is to be sent that waits for its time."""
        for end in tuple(self._later):
            self._watch(end)
        dues = [end.waiting[0][0] for end in self._later]
        return max(0.0, min(dues) - monotonic()) if dues else None

    def _watch(self, end: End) -> None:
        """Sets what the proxy waits for at an end."""
        later = bool(end.waiting) and end.waiting[0][0] > monotonic()
        reads = end.connected and not end.ended and end.peer.held < FULL
        writes = not end.connected or (bool(end.waiting) and not later)
        events = (EVENT_READ if reads else 0) | (EVENT_WRITE if writes else 0)
        self._set(end.sock, 0 if self._frozen else events, end)
        if later and not self._frozen:
            self._later.add(end)
        else:
            self._later.discard(end)

    def _set(self, sock: socket.socket, events: int, end: End | None = None) -> None:
        key = self._selector.get_map().get(sock)
        if key is None:
            if events:
                self._selector.register(sock, events, end)
        elif not events:
            self._selector.unregister(sock)
        elif key.events != events:
            self._selector.modify(sock, events, end)

    def _obey(self) -> None:
        self._woken.recv(CHUNK)
        while self._orders:
            order, done = self._orders.popleft()
            order()
            done.set()

    def _accept(self) -> None:
        try:
            client = End(self._listener.accept()[0], client=True)
        except OSError:  # gone before it was accepted
            return
        target = End(socket.socket(), client=False)
        client.peer, target.peer = target, client
        self._ends |= {client, target}
        port = self._target() if callable(self._target) else self._target
        if self._cut or target.sock.connect_ex((HOST, port)) not in {0, errno.EINPROGRESS}:
            self._drop(client, reset=True)
            return
        self._watch(client)
        self._watch(target)

    def _serve(self, end: End, events: int) -> None:
        """Does what an end is ready for."""
        try:
            if not end.connected:
                if end.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    self._drop(end, reset=True)
                    return
                end.connected = True
            end.send(monotonic())
            if events & EVENT_READ:
                self._read(end)
        except OSError:
            self._drop(end, reset=True)
            return
        if end.finished and end.peer.finished:
            self._drop(end, reset=False)
        elif end in self._ends:
            self._watch(end)
            self._watch(end.peer)

    def _read(self, end: End) -> None:
        try:
            chunk = end.sock.recv(CHUNK)
        except BlockingIOError:
            return
        end.ended = not chunk
        if chunk and self.downstream is not None and not end.client:
            chunk = self.downstream(chunk)
            if not chunk or end not in self._ends:
                return
        now = monotonic()
        end.peer.put(now + self.delay, chunk)
        if not self._frozen:
            end.peer.send(now)

    def _drop(self, end: End, *, reset: bool) -> None:
        """Closes both ends of a connection, unless that is done."""
        for each in (end, end.peer):
            if each in self._ends:
                self._ends.discard(each)
                self._later.discard(each)
                self._set(each.sock, 0)
                if reset:
                    each.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                each.sock.close()

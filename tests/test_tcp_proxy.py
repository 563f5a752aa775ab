"""What the proxy of the tests promises to the tests that use it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import pytest

from tests.integration.process import PATIENCE, until
from tests.tcp_proxy import HOST, Proxy


class Echo:
    """A server that sends back what it gets, until the stream ends."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            sock = self._listener.accept()[0]
            if not self._threads:
                sock.close()
                return
            self._threads.append(threading.Thread(target=self._echo, args=[sock]))
            self._threads[-1].start()

    def _echo(self, sock: socket.socket) -> None:
        with sock:
            try:
                while chunk := sock.recv(65_536):
                    sock.sendall(chunk)
            except ConnectionError:
                pass

    def close(self) -> None:
        """Ends once all its connections have."""
        threads, self._threads = self._threads, []
        socket.create_connection((HOST, self.port), PATIENCE).close()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as proxy:
        yield proxy


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), PATIENCE)


def ask(sock: socket.socket, sent: bytes) -> bytes:
    """What comes back for what is sent, up to its length or the end of the stream."""
    sock.sendall(sent)
    return receive(sock, len(sent))


def receive(sock: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size and (chunk := sock.recv(65_536)):
        received += chunk
    return received


def hangs(sock: socket.socket) -> bool:
    """Whether nothing comes for a while."""
    sock.settimeout(0.2)
    try:
        sock.recv(1)
    except TimeoutError:
        return True
    finally:
        sock.settimeout(PATIENCE)
    return False


def test_it_forwards_and_counts(proxy: Proxy) -> None:
    """Many connections at once get their own bytes back, and are counted as long as they last."""
    with ExitStack() as stack:
        socks = [stack.enter_context(connect(proxy)) for _ in range(200)]
        for n, sock in enumerate(socks):
            sock.sendall(b"%03d" % n)
        assert [receive(sock, 3) for sock in socks] == [b"%03d" % n for n in range(200)]
        assert proxy.connections == 200
    until(lambda: proxy.connections == 0, "the end of the connections")


def test_nothing_is_lost_in_a_large_stream(proxy: Proxy) -> None:
    """A client that reads late gets every byte, and an end of its stream reaches the target."""
    sent = bytes(range(256)) * 40_000
    with connect(proxy) as sock:

        def write() -> None:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)

        writer = threading.Thread(target=write)
        writer.start()
        assert receive(sock, len(sent) + 1) == sent
        writer.join()


def test_cut_resets_and_refuses_until_healed(proxy: Proxy) -> None:
    """After a cut old and new connections are reset, and after healing new ones work."""
    with connect(proxy) as sock:
        assert ask(sock, b"a") == b"a"
        proxy.cut()
        assert proxy.connections == 0
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with pytest.raises(ConnectionResetError), connect(proxy) as sock:
        sock.recv(1)
    proxy.heal()
    with connect(proxy) as sock:
        assert ask(sock, b"b") == b"b"


def test_freeze_holds_everything_until_thawed(proxy: Proxy) -> None:
    """What is sent while frozen arrives after the thaw, over old connections and new ones."""
    with connect(proxy) as old:
        assert ask(old, b"a") == b"a"
        proxy.freeze()
        with connect(proxy) as new:
            old.sendall(b"b")
            new.sendall(b"c")
            assert hangs(old)
            assert hangs(new)
            assert proxy.connections == 1
            proxy.thaw()
            assert receive(old, 1) == b"b"
            assert receive(new, 1) == b"c"


def test_a_frozen_connection_can_be_cut(proxy: Proxy) -> None:
    """A cut resets also what is frozen, and what was sent meanwhile never arrives."""
    proxy.freeze()
    with connect(proxy) as sock:
        sock.sendall(b"a")
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_delay_is_added_in_each_direction(proxy: Proxy) -> None:
    """An answer takes at least the delay of both ways, and chunks keep their order."""
    with connect(proxy) as sock:
        proxy.delay = 0.1
        start = monotonic()
        assert ask(sock, b"a") == b"a"
        assert monotonic() - start >= 0.2
        sock.sendall(b"b")
        proxy.delay = 0.0
        sock.sendall(b"c")
        assert receive(sock, 2) == b"bc"


def test_a_filter_drops_and_changes_what_the_target_sends(proxy: Proxy) -> None:
    """A filter sees each chunk to the client, and none to the target."""
    seen: list[bytes] = []

    def filtered(chunk: bytes) -> bytes:
        seen.append(chunk)
        return b"" if chunk == b"lost" else chunk.upper()

    proxy.downstream = filtered
    with connect(proxy) as sock:
        sock.sendall(b"lost")
        until(lambda: seen == [b"lost"], "the chunk")
        assert ask(sock, b"kept") == b"KEPT"
    assert seen == [b"lost", b"kept"]


def test_a_filter_may_cut(proxy: Proxy) -> None:
    """An answer during which the filter cuts never arrives, although the target gave it."""
    answers: list[bytes] = []

    def filtered(chunk: bytes) -> bytes:
        answers.append(chunk)
        proxy.cut()
        return chunk

    proxy.downstream = filtered
    with connect(proxy) as sock:
        with pytest.raises(ConnectionResetError):
            ask(sock, b"a")
        assert answers == [b"a"]


def test_the_target_is_asked_at_each_connection(echo: Echo) -> None:
    """A connection goes where the callable says at that time, and is reset if nobody listens."""
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        target = silent.getsockname()[1]
        with Proxy(lambda: target) as proxy:
            with pytest.raises(ConnectionResetError), connect(proxy) as sock:
                sock.recv(1)
            target = echo.port
            with connect(proxy) as sock:
                assert ask(sock, b"a") == b"a"


def test_closing_ends_the_connections(proxy: Proxy) -> None:
    """After closing, which may be done twice, all is reset and nobody listens."""
    with connect(proxy) as sock:
        assert ask(sock, b"a") == b"a"
        proxy.close()
        proxy.close()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)

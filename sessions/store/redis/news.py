"""What other workers did, as it comes in: one connection to each server that has our topics.

A topic is the name of a key whose channel we listen to. Channels are sharded, so that on a
cluster each message stays on the server of its key. Whenever a connection was lost, `Missed`
tells that there may have been news that nobody heard.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, Full, Queue
from time import monotonic, sleep
from typing import Any

import msgspec
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from sessions.errors import StoreUnavailable
from sessions.store.port import Missed, News
from sessions.store.redis.keys import inside
from sessions.store.redis.nodes import TIMEOUT, Node, Nodes

LOOK_UP = 0.25
"""Seconds after which a line that hears nothing looks at what else it has to do."""
SIGN_OF_LIFE = 2.0
"""Seconds of silence after which a server is asked whether it is still there."""
RETRY = 0.25
MAX_NEWS = 20_000
"""So much unread news is forgotten, and `Missed` stands for it: memory stays bounded."""


class _Topic:
    """Something we listen to: how often it was asked for, and whether a server confirmed it."""

    def __init__(self) -> None:
        self.times = 0
        self.heard = threading.Event()


class Listening:
    """Listens to topics; `read` turns a message into news."""

    def __init__(
        self, nodes: Nodes, worker: str, read: Callable[[str, Any], Iterable[News]]
    ) -> None:
        self.worker = worker
        self._nodes = nodes
        self._read = read
        self._lock = threading.RLock()
        self._topics: dict[str, _Topic] = {}
        """What we listen to, by the name of its channel."""
        self._lost: set[str] = set()
        self._lines: dict[str, _Line] = {}
        self._news: Queue[News] = Queue(MAX_NEWS)
        self.closed = False

    def watch(self, topic: str) -> None:
        """Returns once the topic is listened to; StoreUnavailable where that takes too long."""
        with self._lock:
            self._nodes.of(topic)
            wanted = self._topics.setdefault(topic, _Topic())
            wanted.times += 1
            if not wanted.heard.is_set():
                self._line_of(topic).subscribe([topic])
        if not wanted.heard.wait(TIMEOUT):
            self.unwatch(topic)
            raise StoreUnavailable("the server does not let us listen")

    def unwatch(self, topic: str) -> None:
        """Undoes one `watch`; after the last, what is on its way may still come."""
        with self._lock:
            wanted = self._topics.get(topic)
            if wanted is None:
                return
            wanted.times -= 1
            if wanted.times == 0:
                del self._topics[topic]
                self._lost.discard(topic)
                for line in self._lines.values():
                    line.unsubscribe(topic)

    def watched(self, topic: str) -> bool:
        with self._lock:
            return topic in self._topics

    def take(self, timeout: float) -> list[News]:
        """All news there is; waits for the first for so many seconds."""
        found: list[News] = []
        with suppress(Empty):
            found.append(self._news.get(timeout=timeout))
            while True:
                found.append(self._news.get_nowait())
        return found

    def doubt(self) -> None:
        """A server did not answer: what we listen to may no longer be where things happen."""
        with self._lock:
            for line in self._lines.values():
                line.doubted = True

    def close(self) -> None:
        self.closed = True
        with self._lock:
            lines, self._lines = self._lines, {}
        for line in lines.values():
            line.join()

    # For the lines

    def topics_of(self, node: Node) -> list[str]:
        """The topics that a server has now."""
        with self._lock:
            return [topic for topic in self._topics if self._is_at(topic, node)]

    def _is_at(self, topic: str, node: Node) -> bool:
        with suppress(StoreUnavailable):
            return self._nodes.of(topic).name == node.name
        return False

    def confirmed(self, topic: str) -> None:
        """A server says that we listen; if we did before, there may have been news in between."""
        with self._lock:
            if topic in self._topics:
                self._topics[topic].heard.set()
            if topic in self._lost:
                self._lost.discard(topic)
                self._put(Missed(inside(topic)))

    def heard(self, topic: str, message: bytes) -> None:
        try:
            news = list(self._read(topic, msgspec.msgpack.decode(message)))
        except (msgspec.MsgspecError, ValueError, IndexError, TypeError):
            news = [Missed(inside(topic))]  # Not of this version: the store itself must tell.
        for one in news:
            self._put(one)

    def _put(self, one: News) -> None:
        try:
            self._news.put_nowait(one)
        except Full:
            with suppress(Empty):
                while True:
                    self._news.get_nowait()
            self._news.put(Missed(None))

    def lost(self, node: Node) -> None:
        """The line to a server is down: what we heard on it must be asked for again."""
        with self._lock:
            for topic in self.topics_of(node):
                self._lost.add(topic)
                self._topics[topic].heard.clear()
        if self.closed:
            return
        with suppress(StoreUnavailable):
            self._nodes.refresh()
        with self._lock:
            for topic in self._lost & self._topics.keys():
                with suppress(StoreUnavailable):
                    self._line_of(topic).subscribe([topic])

    def _line_of(self, topic: str) -> "_Line":
        node = self._nodes.of(topic)
        if node.name not in self._lines:
            self._lines[node.name] = _Line(self, node)
        return self._lines[node.name]


class _Line:
    """One connection to one server, read by a thread of its own until it is closed."""

    def __init__(self, listening: Listening, node: Node) -> None:
        self._listening = listening
        self._node = node
        self._connection: Any = None
        self._sending = threading.Lock()
        self.doubted = False
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(TIMEOUT)

    def subscribe(self, topics: list[str]) -> None:
        """Asks for topics; when the connection is down they come with the next one.

        Each under our own name too, on which nothing is ever said: so that a server knows
        whether anybody else listens (see apply.lua). Both come and go together.
        """
        for topic in topics:
            self._send("SSUBSCRIBE", *self._names(topic))

    def unsubscribe(self, topic: str) -> None:
        self._send("SUNSUBSCRIBE", *self._names(topic))

    def _names(self, topic: str) -> tuple[str, str]:
        return topic, f"{topic}:{self._listening.worker}"

    def _send(self, *words: str) -> None:
        with self._sending, suppress(RedisError, OSError):
            if self._connection is not None:
                self._connection.send_command(*words)

    def _run(self) -> None:
        while not self._listening.closed:
            pool = self._node.client.connection_pool
            connection = None
            try:
                connection = pool.get_connection()
                with self._sending:
                    self._connection = connection
                self.doubted = False
                self.subscribe(self._listening.topics_of(self._node))
                self._listen(connection)
            except Exception:  # noqa: BLE001, S110  # whatever ends a connection, the next one listens
                # Sending on it from another thread may take the library's parser away under us.
                pass
            finally:
                with self._sending:
                    self._connection = None
                if connection is not None:
                    connection.disconnect()
                    pool.release(connection)
            self._listening.lost(self._node)
            sleep(RETRY)

    def _listen(self, connection: Any) -> None:
        """Reads until the connection is lost, doubted or no longer wanted."""
        heard_at = monotonic()
        asked = False
        while not (self._listening.closed or self.doubted):
            try:
                reply = connection.read_response(timeout=LOOK_UP, disconnect_on_error=False)
            except RedisTimeout:
                silence = monotonic() - heard_at
                if silence > 2 * SIGN_OF_LIFE:
                    raise
                if silence > SIGN_OF_LIFE and not asked:
                    asked = True
                    self._send("PING")
                continue
            heard_at = monotonic()
            asked = False
            if not isinstance(reply, list) or len(reply) < 3:
                continue  # The answer to a PING.
            kind, topic, rest = reply
            if kind == b"smessage":
                self._listening.heard(topic.decode(), rest)
            elif kind == b"ssubscribe":
                self._listening.confirmed(topic.decode())
            elif kind == b"sunsubscribe" and self._listening.watched(topic.decode()):
                # Not by our wish: its slot has moved to another server.
                raise ResponseError("the channel has moved")

"""The servers behind an address, and the one way in which they are asked.

Commands go in groups, each group in one round trip on one connection, and nothing is ever sent
twice: the client library's retries are off. Only what a server says it did not do (it does not
know the script, the slot has moved) is asked again. A server that did not answer is left alone
for a moment, so that nobody waits for it again and again.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from time import monotonic
from typing import Any, NamedTuple

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    MovedError,
    NoScriptError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry
from redis.sentinel import Sentinel

from sessions.errors import StoreUnavailable, StoreUnusable
from sessions.store.redis.address import Address
from sessions.store.redis.scripts import Script

TIMEOUT = 2.0
"""Seconds after which a command is given up; no server carries it out later than that."""
REST = 0.5
"""Seconds for which a server that did not answer is not asked."""
GROUP = 24
"""Commands in one round trip: while a server works on one, we make or show another."""
NOT_DONE = (NoScriptError, MovedError)
"""What a server says that did nothing with a command."""
TRIES = 3
"""How often a command is asked that a server says it did not do."""

Command = Sequence[str | bytes | int]


class Call(NamedTuple):
    """A script to run, or a command (`script` is None), on the node of its first key."""

    script: Script | None
    keys: Sequence[str]
    args: Command

    def words(self) -> Command:
        if self.script is None:
            return self.args
        return ("EVALSHA", self.script.sha, len(self.keys), *self.keys, *self.args)


class Node:
    """One server, and how its clock stands to ours."""

    def __init__(self, name: str, client: Redis, replicas: int) -> None:
        self.name = name
        self.client = client
        self._replicas = replicas
        self._rests_until = 0.0
        self._alone_until = 0.0
        self._offset: float | None = None

    def now(self) -> int:
        """What its clock says, in ms; rather too early than too late."""
        if self._offset is None:
            (time,) = self.ask([("TIME",)])
            if isinstance(time, ResponseError):  # It is loading, or busy with something else.
                raise self._failed(str(time))
            seconds, micros = map(int, time)
            # As if the answer had taken no time.
            self._offset = seconds * 1000 + micros / 1000 - monotonic() * 1000
        return int(monotonic() * 1000 + self._offset)

    def deadline(self) -> int:
        """The moment of its clock, in ms, after which we no longer wait for what we ask now."""
        return self.now() + int(TIMEOUT * 1000)

    def ask(self, commands: Sequence[Command], *, durable: bool = False) -> list[Any]:
        """The replies to commands of one group; what it refuses is an error among them.

        With `durable`, also the word of so many replicas as the address asks for. Raises
        StoreUnavailable where there is no answer: what was asked may be done or not.
        """
        (replies,) = self.in_turns([commands], durable=durable)
        return replies

    def in_turns(
        self, groups: Iterable[Sequence[Command]], *, durable: bool = False
    ) -> Iterator[list[Any]]:
        """The same of several groups: it works on one while we deal with the replies to another."""
        if monotonic() < self._rests_until:
            raise StoreUnavailable(f"{self.name} did not answer a moment ago")
        waits = durable and self._replicas > 0
        if waits and monotonic() < self._alone_until:
            raise StoreUnavailable(f"{self.name} had too few replicas a moment ago")
        wait = [("WAIT", self._replicas, int(TIMEOUT * 500))] if waits else []
        try:
            for replies in self._exchanged([*commands, *wait] for commands in groups):
                if waits:
                    self._check_replicas(replies.pop())
                yield replies
        except (RedisError, OSError) as error:
            raise self._failed(str(error)) from None

    def _check_replicas(self, heard: Any) -> None:
        if not isinstance(heard, int) or heard < self._replicas:
            # It can still be read, and waiting for its replicas takes long.
            self._alone_until = monotonic() + REST
            raise StoreUnavailable(f"{self.name}: {heard} of {self._replicas} replicas have it")

    def _exchanged(self, groups: Iterable[Sequence[Command]]) -> Iterator[list[Any]]:
        """The replies as they stand on the wire; the library's pipeline is too slow for a tick.

        A group goes out before the replies to the one before it are read.
        """
        pool = self.client.connection_pool
        connection = pool.get_connection()
        asked = 0
        try:
            for commands in groups:
                connection.send_packed_command(connection.pack_commands(commands))
                if asked:
                    yield [_reply(connection) for _ in range(asked)]
                asked = len(commands)
            if asked:
                yield [_reply(connection) for _ in range(asked)]
        except BaseException:
            # What was asked on it would be the answer to something else.
            connection.disconnect()
            raise
        finally:
            pool.release(connection)

    def _failed(self, detail: str) -> StoreUnavailable:
        self._rests_until = monotonic() + REST
        self.forget_clock()
        return StoreUnavailable(f"{self.name}: {detail}")

    def forget_clock(self) -> None:
        """Its clock may have been set, or it is another server by now."""
        self._offset = None


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


class Nodes:
    """All the servers of an address; see the module."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._cluster: RedisCluster | None = None
        self._nodes: dict[str, Node] = {}
        self._sentinels: list[Redis] = []
        self._closed = False
        self._lost_one = False
        self._asks_again_at = 0.0

    def open(self) -> None:
        """Connects; StoreUnavailable where nobody answers, StoreUnusable where we may not in."""
        address = self._address
        options: dict[str, Any] = {
            "username": address.username,
            "password": address.password,
            "ssl": address.tls,
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "socket_keepalive": True,
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),
        }
        try:
            if address.kind == "cluster":
                starts = [ClusterNode(*host) for host in address.hosts]
                self._cluster = RedisCluster(startup_nodes=starts, **options)
            elif address.kind == "sentinel":
                sentinel_options = {**options, "username": None}
                sentinel_options["password"] = address.sentinel_password
                asked = Sentinel(address.hosts, sentinel_kwargs=sentinel_options)
                self._sentinels = asked.sentinels
                client = asked.master_for(address.service, db=address.database, **options)
                self._nodes = {"": Node(str(address), client, address.replicas)}
            else:
                ((host, port),) = address.hosts
                client = Redis(host=host, port=port, db=address.database, **options)
                self._nodes = {"": Node(str(address), client, address.replicas)}
            for node in self.all():
                node.client.ping()
        except (AuthenticationError, AuthorizationError) as error:
            raise StoreUnusable(
                f"{address} does not let us in ({error}): check user and password in STORE_URL"
            ) from None
        except (RedisError, OSError) as error:
            self.close()
            self._closed = False
            raise StoreUnavailable(f"{address}: {error}") from None

    def all(self) -> list[Node]:
        """Every server that takes writes."""
        if self._cluster is None:
            return list(self._nodes.values())
        return [self._node(one) for one in self._cluster.get_primaries()]

    def of(self, key: str) -> Node:
        """The server that holds a key."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if self._cluster is None:
            return self._nodes[""]
        try:
            return self._node(self._cluster.get_node_from_key(key))
        except RedisError as error:
            raise StoreUnavailable(str(error)) from None

    def _node(self, found: Any) -> Node:
        known = self._nodes.get(found.name)
        client = found.redis_connection
        if known is None or known.client is not client:
            known = self._nodes[found.name] = Node(found.name, client, self._address.replicas)
        return known

    def refresh(self) -> None:
        """Asks a cluster anew who holds what, now and then; elsewhere there is nothing to ask."""
        if self._cluster is not None and monotonic() >= self._asks_again_at:
            self._asks_again_at = monotonic() + REST
            try:
                self._cluster.nodes_manager.initialize()
            except (RedisError, OSError) as error:
                raise StoreUnavailable(str(error)) from None
        self._lost_one = False

    def look_again(self) -> None:
        """Refreshes after a server was lost; the old picture stays where that does not succeed."""
        if self._lost_one:
            with suppress(StoreUnavailable):
                self.refresh()

    def run(self, calls: Sequence[Call], *, durable: bool = False) -> list[Any]:
        """The reply to each call; StoreUnavailable (not raised) in the place of an unknown one."""
        replies: list[Any] = [None] * len(calls)
        todo = list(range(len(calls)))
        self.look_again()
        for _ in range(TRIES):
            again: list[int] = []
            for node, places in self._by_node(calls, todo, replies).items():
                again += self._run_at(node, places, calls, replies, durable=durable)
            if not again:
                break
            todo = again
            if any(isinstance(replies[place], MovedError) for place in todo):
                with suppress(StoreUnavailable):
                    self.refresh()
        for place, reply in enumerate(replies):
            if isinstance(reply, ResponseError):
                replies[place] = StoreUnavailable(str(reply))
        return replies

    def one(self, call: Call, *, durable: bool = False) -> Any:
        """The reply to one call; raises StoreUnavailable."""
        (reply,) = self.run([call], durable=durable)
        if isinstance(reply, StoreUnavailable):
            raise reply
        return reply

    def _by_node(
        self, calls: Sequence[Call], places: Sequence[int], replies: list[Any]
    ) -> dict[Node, list[int]]:
        """The places of calls by the server that they are for; who has none is unknown."""
        found: dict[Node, list[int]] = {}
        for place in places:
            try:
                node = self.of(calls[place].keys[0])
            except StoreUnavailable as error:
                replies[place] = error
            else:
                found.setdefault(node, []).append(place)
        return found

    def _run_at(
        self,
        node: Node,
        places: Sequence[int],
        calls: Sequence[Call],
        replies: list[Any],
        *,
        durable: bool,
    ) -> list[int]:
        """Fills in the replies of one server; answers which calls it says it did not do."""
        groups = [places[start : start + GROUP] for start in range(0, len(places), GROUP)]
        asked = ([calls[place] for place in group] for group in groups)
        again: list[int] = []
        turns = self.in_turns(node, asked, durable=durable)
        for group, (_, found) in zip(groups, turns, strict=True):
            for place, reply in zip(group, found, strict=True):
                replies[place] = reply
            if any(isinstance(reply, ResponseError) for reply in found):
                unknown = [p for p in group if isinstance(replies[p], NoScriptError)]
                self._teach(node, {calls[place].script for place in unknown})
                again += [p for p in group if isinstance(replies[p], NOT_DONE)]
        return again

    def _teach(self, node: Node, scripts: Collection[Script | None]) -> None:
        if scripts:
            with suppress(StoreUnavailable):  # Then the next turn says so for each call.
                node.ask([("SCRIPT", "LOAD", script.text) for script in scripts if script])

    def in_turns(
        self, node: Node, groups: Iterable[Sequence[Call]], *, durable: bool
    ) -> Iterator[tuple[Sequence[Call], list[Any]]]:
        """Groups of calls and the replies of one server, which works on one as we take another.

        Replies are as they are; StoreUnavailable, not raised, stands in the place of unknown ones.
        """
        groups = iter(groups)
        asked: deque[Sequence[Call]] = deque()

        def commands() -> Iterator[Sequence[Command]]:
            for group in groups:
                asked.append(group)
                yield [call.words() for call in group]

        try:
            for replies in node.in_turns(commands(), durable=durable):
                yield asked.popleft(), replies
        except StoreUnavailable as error:
            self._lost_one = True  # In a cluster another server may hold its slots by now.
            for group in chain(asked, groups):
                yield group, [error] * len(group)

    def close(self) -> None:
        """Lets go of every connection."""
        self._closed = True
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None
        for client in [*(node.client for node in self._nodes.values()), *self._sentinels]:
            client.close()
        self._nodes = {}
        self._sentinels = []

"""How the parts of the store ask: reads that are whole or fail, writes that are durable."""

from collections.abc import Iterable, Sequence
from typing import Any

from sessions.errors import StoreUnavailable
from sessions.store.redis.news import Listening
from sessions.store.redis.nodes import Call, Command, Nodes

TURNS = 100
"""So often a change is tried that others come in between of."""


def _whole(replies: list[Any]) -> list[Any]:
    for reply in replies:
        if isinstance(reply, StoreUnavailable):
            raise reply
    return replies


class Asking:
    """What the parts of the store share."""

    _nodes: Nodes
    _listening: Listening
    _worker: str
    """Who we are to the others; new with every process."""
    _owes_forgetting = False
    """True while text that was deleted still stands in a server's file (ST8)."""

    def _one(self, *command: str | bytes | int) -> Any:
        """A command on the node of its first key, durable."""
        return self._nodes.one(Call(None, [str(command[1])], command), durable=True)

    def _many(self, commands: Iterable[Command]) -> list[Any]:
        """Commands that only read, each on the node of its key; all of them, or none."""
        calls = [Call(None, [str(command[1])], command) for command in commands]
        return _whole(self._nodes.run(calls))

    def _all(self, calls: Sequence[Call]) -> list[Any]:
        """The replies to calls that change something; raises where one is unknown."""
        return _whole(self._write(calls))

    def _write(self, calls: Sequence[Call]) -> list[Any]:
        return self._noticed(self._nodes.run(calls, durable=True))

    def _noticed(self, replies: list[Any]) -> list[Any]:
        """The replies to a write, after a look at what they say of the servers."""
        if any(isinstance(reply, StoreUnavailable) for reply in replies):
            # Another server may be the one by now: listen there.
            self._listening.doubt()
        return replies

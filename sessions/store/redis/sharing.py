"""What workers at the same Redis tell each other: frames, who is online, summaries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from sessions.errors import StoreUnavailable
from sessions.store.port import LEASE, Applied, Changed, Gone, Missed, News, Online, Summaries
from sessions.store.redis import coding
from sessions.store.redis import keys as k
from sessions.store.redis.asking import Asking
from sessions.store.redis.nodes import Call
from sessions.store.redis.scripts import ONLINE


class Sharing(Asking):
    """The part of the port about the others."""

    def watch_room(self, code: str) -> None:
        self._listening.watch(k.room(code))

    def unwatch_room(self, code: str) -> None:
        self._listening.unwatch(k.room(code))

    def watch_werkplaats(self, werkplaats_id: str) -> None:
        self._listening.watch(k.werkplaats(werkplaats_id))

    def unwatch_werkplaats(self, werkplaats_id: str) -> None:
        self._listening.unwatch(k.werkplaats(werkplaats_id))

    def news(self, timeout: float) -> list[News]:
        return self._listening.take(timeout)

    def _read_news(self, topic: str, message: list[Any]) -> Iterable[News]:
        """A message on a channel; see the scripts and `tell` for what there is."""
        kind, *rest = message
        place = k.inside(topic)
        if kind == "applied":
            worker, seq, *pairs = rest
            changes = {
                pairs[i]: coding.decode(pairs[i + 1]) if pairs[i + 1] else None
                for i in range(0, len(pairs), 2)
            }
            yield Applied(place, int(seq), changes, worker == self._worker)
        elif kind == "online":
            yield Online(place, self._others(rest))
        elif kind == "gone":
            yield Gone(place)
        elif kind == "changed":
            yield Changed(place)
        elif kind == "summaries":
            worker, rooms = rest
            if worker != self._worker:
                yield Summaries(place, {code: (seq, body) for code, (seq, body) in rooms.items()})
        else:
            yield Missed(place)

    def _others(self, leases: Iterable[str]) -> frozenset[str]:
        """The roles that are online at others."""
        pairs = (lease.split(" ") for lease in leases)
        return frozenset(role for role, worker in pairs if worker != self._worker)

    def online(self, seats: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
        args = (self._worker, int(LEASE * 1000))
        replies = self._nodes.run(
            [Call(ONLINE, [k.online(code), k.room(code)], (*args, *seats[code])) for code in seats]
        )
        if replies and all(isinstance(reply, StoreUnavailable) for reply in replies):
            raise replies[0]
        return {
            code: self._others(lease.decode() for lease in reply)
            for code, reply in zip(seats, replies, strict=True)
            if not isinstance(reply, StoreUnavailable)
        }

    def present(self, codes: Sequence[str]) -> dict[str, frozenset[str]]:
        names = [k.online(code) for code in codes]
        since = [f"({self._nodes.of(name).now()}" for name in names]
        replies = self._many(
            ("ZRANGE", name, moment, "+inf", "BYSCORE")
            for name, moment in zip(names, since, strict=True)
        )
        return {
            code: frozenset(lease.decode().partition(" ")[0] for lease in reply)
            for code, reply in zip(codes, replies, strict=True)
        }

    def followed(self, werkplaats_ids: Sequence[str]) -> frozenset[str]:
        found = self._nodes.run(
            [
                Call(None, [k.werkplaats(one)], ("PUBSUB", "SHARDNUMSUB", k.werkplaats(one)))
                for one in werkplaats_ids
            ]
        )
        followed = set()
        for one, reply in zip(werkplaats_ids, found, strict=True):
            own = self._listening.watched(k.werkplaats(one))
            if not isinstance(reply, StoreUnavailable) and reply[1] > own:
                followed.add(one)
        return frozenset(followed)

    def tell(self, werkplaats_id: str, rooms: Mapping[str, tuple[int, bytes]]) -> None:
        name = k.werkplaats(werkplaats_id)
        message = msgspec.msgpack.encode(["summaries", self._worker, rooms])
        self._nodes.one(Call(None, [name], ("SPUBLISH", name, message)))

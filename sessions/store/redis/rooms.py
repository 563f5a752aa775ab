"""Rooms in Redis: one script per batch, so that each is atomic."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from redis.exceptions import ResponseError

from sessions import fields as f
from sessions.errors import StoreUnavailable
from sessions.fields import Changes, Fields
from sessions.store import history
from sessions.store.port import Batch, HistoryFrame, Rejected, Stored
from sessions.store.redis import coding
from sessions.store.redis import keys as k
from sessions.store.redis.asking import TURNS, Asking
from sessions.store.redis.nodes import GROUP, NOT_DONE, Call, Node
from sessions.store.redis.scripts import APPLY, HISTORY
from sessions.werkplaats import freed


class Rooms(Asking):
    """The part of the port about what is in a room."""

    _history_rows: int
    _number = 0
    _writing: threading.RLock
    """Numbers rise in the order in which batches go out."""

    def room(self, code: str) -> Stored | None:
        return self.rooms([code]).get(code)

    def rooms(self, codes: Sequence[str]) -> dict[str, Stored]:
        found = self._many([("HGETALL", k.room(code)) for code in codes])
        return {
            code: coding.stored(coding.pairs(raw))
            for code, raw in zip(codes, found, strict=True)
            if raw
        }

    def history(self, code: str, since: int, limit: int) -> list[HistoryFrame]:
        names = [k.history(code), k.rows(code)]
        rows = coding.history(self._nodes.one(Call(HISTORY, names, (f"({since}",))))
        frames: list[HistoryFrame] = []
        for (seq, at), together in groupby(rows, key=lambda row: (row.seq, row.at)):
            if len(frames) == limit:
                break
            frames.append(HistoryFrame(seq, at, {row.key: row.value for row in together}))
        return frames

    def apply(self, batches: Mapping[str, Batch]) -> dict[str, int | Rejected]:
        results: dict[str, int | Rejected] = {}
        for some in self.applying(batches):
            results |= some
        return results

    def applying(self, batches: Mapping[str, Batch]) -> Iterator[dict[str, int | Rejected]]:
        lost: list[StoreUnavailable] = []
        with self._writing:
            for replies in self._sent({code: (_guards(b), b) for code, b in batches.items()}):
                lost += [one for one in replies.values() if isinstance(one, StoreUnavailable)]
                yield {code: coding.result(reply) for code, reply in replies.items()}
        if any(f.holds_words(key) for batch in batches.values() for key in batch.changes):
            self._owes_forgetting = True  # A text that was withdrawn is gone everywhere (HI2).
        if lost and len(lost) == len(batches):
            raise lost[0]

    def _sent(self, asked: Mapping[str, tuple[dict[str, str], Batch]]) -> Iterator[dict[str, Any]]:
        """The script's reply for some of the rooms, then for others, while a server works on those.

        Made and packed group by group, so that others have their turn in between. A store that is
        not known to have done it is StoreUnavailable in the place of the reply.
        """
        self._nodes.look_again()
        places: dict[Node, list[str]] = {}
        for code in asked:
            try:
                places.setdefault(self._nodes.of(k.room(code)), []).append(code)
            except StoreUnavailable as error:
                yield {code: error}
        for node, codes in places.items():
            try:
                deadline = node.deadline()
            except StoreUnavailable as error:
                yield dict.fromkeys(codes, error)
                continue
            groups = [codes[start : start + GROUP] for start in range(0, len(codes), GROUP)]
            calls = self._calls(deadline, groups, asked)
            turns = self._nodes.in_turns(node, calls, durable=True)
            for group, (made, replies) in zip(groups, turns, strict=True):
                yield dict(zip(group, self._told(node, made, replies), strict=True))

    def _calls(
        self,
        deadline: int,
        groups: Iterable[Sequence[str]],
        asked: Mapping[str, tuple[dict[str, str], Batch]],
    ) -> Iterator[list[Call]]:
        for group in groups:
            yield [self._call(deadline, code, *asked[code]) for code in group]

    def _told(self, node: Node, calls: Sequence[Call], replies: list[Any]) -> list[Any]:
        """Replies of the script as we take them; what was not done is asked again."""
        again = [place for place, reply in enumerate(replies) if isinstance(reply, NOT_DONE)]
        if again:
            found = self._nodes.run([calls[place] for place in again], durable=True)
            for place, reply in zip(again, found, strict=True):
                replies[place] = reply
        for place, reply in enumerate(replies):
            if reply == b"late":
                node.forget_clock()
                replies[place] = StoreUnavailable("the store took too long")
            elif isinstance(reply, ResponseError):
                replies[place] = StoreUnavailable(str(reply))
        return self._noticed(replies)

    def _call(self, deadline: int, code: str, guards: Mapping[str, str], batch: Batch) -> Call:
        self._number += 1
        names = k.batch(code)
        dragged: list[str] = []
        changed: list[str] = []
        removed: list[str] = []
        others: Changes = {}
        for key, value in batch.changes.items():
            if value is None:
                removed.append(key)
                others[key] = value
            elif f.is_dragged(key):
                dragged += key, coding.json(value)
            else:
                changed += key, coding.json(value)
                others[key] = value
        kept: list[str | int] = []
        for row in history.rows(0, others, batch.at) if others else ():
            kept += row.slot, row.key, coding.json(row.value)
        packed = coding.pack(
            (
                self._worker,
                self._number,
                deadline,
                self._history_rows,
                batch.at,
                list(guards),
                list(guards.values()),
                history.second(batch.at),
                dragged,
                changed,
                removed,
                kept,
            )
        )
        return Call(APPLY, names, (packed,))

    def claim(
        self, code: str, role: str, seat: Mapping[str, Any], token: str, at: str
    ) -> int | Rejected:
        changes = {f.seat(role): dict(seat), f.token(role): token}
        reply = self._change_room(code, {f.seat(role): ""}, changes, at)
        return Rejected.TAKEN if reply is Rejected.STALE else reply

    def release(
        self, code: str, role: str, *, clear: bool, at: str
    ) -> tuple[int, Changes] | Rejected:
        for _ in range(TURNS):
            found = self.room(code)
            if found is None:
                return Rejected.GONE
            changes = freed(found.fields, role, clear=clear)
            if not changes:
                return found.seq, {}
            result = self._change_room(code, {k.SEQ: str(found.seq)}, changes, at)
            if isinstance(result, int):
                self._owes_forgetting = True
                return result, changes
            if result is Rejected.GONE:
                return result
        raise StoreUnavailable("others keep changing this room")

    def _change_room(
        self, code: str, guards: dict[str, str], changes: Fields, at: str
    ) -> int | Rejected:
        batch = Batch(changes, at, "", "", locked=False)
        with self._writing:
            (replies,) = self._sent({code: (guards, batch)})
        reply = replies[code]
        if isinstance(reply, StoreUnavailable):
            raise reply
        return coding.result(reply)


def _guards(batch: Batch) -> dict[str, str]:
    """The state that a batch was decided under, as the room must have it."""
    guards = {
        f.PHASE: coding.text(batch.phase),
        f.ROUND: coding.text(batch.round),
        f.LOCKED: "true" if batch.locked else "",
    }
    if batch.seq is not None:
        guards[k.SEQ] = str(batch.seq)
    for role, digest in batch.seats.items():
        guards[f.token(role)] = coding.text(digest)
    return guards

"""What happened in a room, batch by batch, as several witnesses tell it."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from sessions import fields as f
from sessions.fields import Changes, Fields
from tests.chaos.record import NEVER, Link, Op, Record


def public(changes: Changes) -> Changes:
    """What anybody may see of a batch, who is online aside."""
    return {
        key: value
        for key, value in changes.items()
        if not f.is_private(key) and f.kind(key) != "online"
    }


class Step(NamedTuple):
    """One batch, and the room before it; none where that is not known."""

    seq: int
    changes: Changes
    before: Fields | None


def batches(record: Record, code: str) -> dict[int, Changes]:
    """Every batch that is known as a whole: from the bystander, else from what was shown.

    What a bystander missed while Redis was away, a frame tells that follows right on the last.
    """
    found = dict(record.batches.get(code, {}))
    links = {link.number: link for link in record.links if link.code == code}
    last: dict[int, int] = {}
    for shown in record.shown:
        if shown.link not in links:
            continue
        before = last.get(shown.link)
        if not shown.whole and before is not None and shown.seq == before + 1:
            found.setdefault(shown.seq, public(shown.fields))
        last[shown.link] = shown.seq
    return found


def replay(record: Record, code: str) -> Iterator[Step]:
    """The batches in order, each with the room as it was before.

    After a batch that nobody knows the room is taken from a snapshot, as soon as there is one.
    """
    seq, fields = record.began[code]
    known = batches(record, code)
    links = seats_of(record.links, code)
    snapshots = {one.seq: one.fields for one in record.shown if one.whole and one.link in links}
    state: Fields | None = dict(fields)
    for number in range(seq + 1, record.ended[code].seq + 1):
        changes = known.get(number)
        if state is None and number - 1 in snapshots:
            state = public(snapshots[number - 1])
        if changes is None:
            state = None
            continue
        yield Step(number, changes, None if state is None else dict(state))
        if state is not None:
            f.apply(state, changes)


class Write(NamedTuple):
    """Something that sets a field of one seat, or may have."""

    value: Any
    sent: float
    done: float
    """When it was over for certain; never, where that is not known."""
    link: int
    order: int
    seq: int | None
    certain: bool
    """Whether it happened at all."""
    what: str

    def follows(self, other: "Write") -> bool:
        """Whether this certainly came after another, so that nothing of that can be left."""
        if not self.certain:
            return False
        if self.seq is not None and other.seq is not None and self.seq != other.seq:
            return self.seq > other.seq
        if self.link == other.link and self.link >= 0:
            return self.order > other.order
        return other.done < self.sent


_OWN = {"position", "reason", "done", "agreed"}
"""Kinds that only their seat writes, or who frees it."""


def writes(record: Record) -> dict[tuple[str, str], list[Write]]:
    """For every field of a seat all that may have written it, refusals aside."""
    found: dict[tuple[str, str], list[Write]] = defaultdict(list)
    over = _over(record.ops)
    for op in record.ops:
        if op.seq is None and not op.unknown:
            continue
        done = over.get(op.order, NEVER)
        what = f"{op.event} {op.payload} of {op.viewer}"
        for key, value in _written(op):
            certain = op.seq is not None
            write = Write(value, op.sent, done, op.link, op.order, op.seq, certain, what)
            found[op.code, key].append(write)
    seats = {(code, key) for code, key in found if f.kind(key) in _OWN}
    for call in record.calls:
        if call.what != "release" or not (call.done or call.unknown):
            continue
        kinds = {"done", "agreed"} | ({"position", "reason"} if call.clear else set())
        for code, key in seats:
            if code == call.code and f.kind(key) in kinds and key.split("/")[2] == call.role:
                done = call.answered if call.done else NEVER
                write = Write(None, call.sent, done, -1, 0, None, call.done, "a release")
                found[code, key].append(write)
    return found


def _over(ops: list[Op]) -> dict[int, float]:
    """When each event was over: when it or a later one of its connection was answered `ok`."""
    ends: dict[int, float] = {}
    of_link: dict[int, float] = {}
    for op in sorted(ops, key=lambda one: -one.order):
        if op.seq is not None:
            of_link[op.link] = min(of_link.get(op.link, NEVER), op.answered)
        if op.refused != "unavailable":
            ends[op.order] = of_link.get(op.link, NEVER)
    return ends


def _written(op: Op) -> Iterator[tuple[str, Any]]:
    payload = op.payload
    where = (payload.get("round", ""), op.viewer)
    if op.event == "move":
        yield f.position(*where, payload["slider"]), payload["value"]
        if payload["value"] is None:
            yield f.done(*where), None
    elif op.event == "reason":
        yield f.reason(*where, payload["slider"]), payload["text"]
    elif op.event == "done":
        yield f.done(*where), True if payload["done"] else None
    elif op.event == "agree":
        yield f.agreed(*where, payload["slider"]), payload["value"]
    elif op.event == "consensus":
        yield f.consensus(payload["round"], payload["slider"]), payload["value"]


def seats_of(links: list[Link], code: str) -> dict[int, Link]:
    """The connections of a room by number."""
    return {link.number: link for link in links if link.code == code}

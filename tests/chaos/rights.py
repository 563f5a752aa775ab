"""The rules, batch by batch: what may be stored in a room as it then was."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sessions import fields as f
from sessions.commands import Agree, Command, Consensus, Done, Move, Reason
from sessions.rules import RULES
from tests.chaos.record import NEVER, Op, Record
from tests.chaos.story import Step, batches, replay, writes
from tests.integration.clients import TRIO

OF_KIND: dict[str, type[Command]] = {
    "position": Move,
    "reason": Reason,
    "done": Done,
    "consensus": Consensus,
    "agreed": Agree,
}
BY_SEATS = {*OF_KIND, "proposal", "about"}
"""What a locked room takes of no seat."""
MARGIN = 3.0
"""Seconds around a moment in which somebody who never lost the connection was there."""

State = tuple[str, str]


def rights(record: Record) -> list[str]:
    """Nothing is stored outside its phase and round, nor while the room is locked (ST4)."""
    wrong = []
    for code in record.began:
        steps = _asked(record.ops, code)
        for step in replay(record, code):
            if step.before is not None:
                wrong += [
                    f"{code} batch {step.seq} in {_state(step.before)}: {what} in {step.changes}"
                    for what in _wrong(step, step.before, steps)
                ]
    return wrong


def _state(fields: Mapping[str, Any]) -> State:
    return fields[f.PHASE], fields[f.ROUND]


def _asked(ops: list[Op], code: str) -> dict[int | None, set[State]]:
    """Where the room was asked to go, by the seq that accepted it; None: unknown."""
    found: dict[int | None, set[State]] = {}
    for op in ops:
        if op.code == code and op.event == "phase" and (op.seq is not None or op.unknown):
            found.setdefault(op.seq, set()).add((op.payload["phase"], op.payload["round"]))
    return found


def _states(
    step: Step, before: Mapping[str, Any], asked: dict[int | None, set[State]]
) -> set[State]:
    """Where the room can have been while a batch was decided: it may hold a step or more."""
    states = {_state(before)}
    if f.PHASE in step.changes or f.ROUND in step.changes:
        states.add(_state({**before, **step.changes}))
        states |= asked.get(step.seq, set()) | asked.get(None, set())
    return states


def _wrong(step: Step, before: f.Fields, asked: dict[int | None, set[State]]) -> Iterator[str]:
    changes = step.changes
    free = {role for role in TRIO if not {**before, **changes}.get(f.seat(role))}
    taken = {role for role in TRIO if before.get(f.seat(role))}
    states = _states(step, before, asked)
    stepped = len(states) > 1
    entered = any(phase == "agree" for phase, _ in states)
    locked = before.get(f.LOCKED) is True and f.LOCKED not in changes
    for key, value in changes.items():
        kind, parts = f.kind(key), f.parts(key)
        role = parts[-2] if kind in ("position", "reason", "agreed") else parts[-1] if parts else ""
        if value is None and (role in free or (kind == "proposal" and stepped)):
            continue
        by_step = stepped and kind == "consensus" and entered
        if locked and kind in BY_SEATS and not by_step:
            yield f"{key} while locked"
        if kind in OF_KIND:
            phases = RULES[OF_KIND[kind]].phases or frozenset()
            # Done is taken back with the position that it promised.
            phases |= {"compare"} if kind == "done" and value is None else frozenset()
            if not any(phase in phases and round_id == parts[0] for phase, round_id in states):
                yield f"{key} is out of place"
        if kind in BY_SEATS and role in free and role not in taken and value is not None:
            yield f"{key} by nobody"
        if kind == "settled" and not stepped:
            yield f"{key} without a step"


def agreements(record: Record) -> list[str]:
    """Who agreed, agreed to what was shared then, and settled is what all agreed to (AG2-AG4)."""
    wrong = []
    moved = writes(record)
    for code in record.began:
        shared: dict[str, set[Any]] = defaultdict(set)
        known = batches(record, code)
        for step in replay(record, code):
            if step.before is None:
                continue
            after = {**step.before, **step.changes}
            for key, value in after.items():
                if f.kind(key) == "consensus":
                    shared[key].add(value)
            for key, value in step.changes.items():
                if f.kind(key) == "agreed" and value not in (None, "differ"):
                    round_id, _, slider = f.parts(key)
                    about = f.consensus(round_id, slider)
                    # Where it stood before: that it moved on may be unheard, and voids it (AG2).
                    possible = shared[about] | {
                        one.value
                        for one in moved.get((code, about), ())
                        if one.seq == step.seq or one.seq not in known
                    }
                    if value not in possible:
                        wrong.append(f"{code} batch {step.seq}: {key} {value!r} of {possible}")
                elif f.kind(key) == "settled" and value is not None:
                    wrong += [
                        f"{code} batch {step.seq}: {key} {value}: {what}"
                        for what in _settled(record, code, step, key, after)
                    ]
    return wrong


def _settled(record: Record, code: str, step: Step, key: str, after: f.Fields) -> Iterator[str]:
    value = after[key]
    round_id, slider = f.parts(key)
    for role in value["roles"]:
        said = after.get(f.agreed(round_id, role, slider))
        if said != value["value"]:
            yield f"{role} said {said!r}"
    shared = after.get(f.consensus(round_id, slider))
    if value["value"] not in ("differ", shared):
        yield f"the shared slider stood at {shared!r}"
    moment = record.at.get(code, {}).get(step.seq)
    for role in set() if moment is None else _there(record, code, moment) - set(value["roles"]):
        yield f"{role} was there and had not agreed"


def _there(record: Record, code: str, moment: float) -> set[str]:
    """The seats that were certainly there: connected, and nothing was wrong around that time."""
    if any(
        fault.began - MARGIN < moment < (NEVER if fault.ended == NEVER else fault.ended + MARGIN)
        for fault in record.faults
    ):
        return set()
    return {
        link.viewer
        for link in record.links
        if link.code == code
        and link.viewer != "facilitator"
        and link.opened + MARGIN < moment < link.closed - MARGIN
    }

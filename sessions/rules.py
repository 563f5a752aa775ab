"""What a command changes, or why not: every rule on who may do what and when (RU).

`decide` is a pure function of the room, the actor, the command and the time. It checks in the
order of the codes: what is asked (`invalid`), by whom (`not-allowed`), `locked`, `wrong-phase`
(RU1).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import UNSET

from sessions import fields as f
from sessions.actors import Actor
from sessions.commands import (
    About,
    Agree,
    Command,
    Consensus,
    Done,
    Help,
    Lock,
    Move,
    Phase,
    Reason,
    Step,
)
from sessions.disagreement import whole_median
from sessions.errors import Code, Refusal
from sessions.fields import Changes
from sessions.room import RoomView, stamp

SECOND = len("2026-03-02T13:00:00")
"""So much of a time tells the second."""


class Rule(NamedTuple):
    """Who may give a command, in which phases, and whether a locked room takes it of a seat."""

    who: frozenset[str]
    phases: frozenset[Phase] | None = None
    while_locked: bool = False


_SEAT = frozenset({"seat"})
_FACILITATOR = frozenset({"facilitator"})
_BOTH = _SEAT | _FACILITATOR

RULES: dict[type[Command], Rule] = {
    Move: Rule(_SEAT, frozenset({"place", "compare"})),
    Reason: Rule(_SEAT, frozenset({"place", "compare", "agree"})),
    Done: Rule(_SEAT, frozenset({"place"})),
    Consensus: Rule(_SEAT, frozenset({"agree"})),
    Agree: Rule(_SEAT, frozenset({"agree"})),
    About: Rule(_SEAT),
    Step: Rule(_BOTH),
    Help: Rule(_BOTH, while_locked=True),
    Lock: Rule(_FACILITATOR),
}


def decide(room: RoomView, actor: Actor, command: Command, now: datetime) -> Changes:
    """The fields that a command sets; none at all when the room is already so (RU9).

    Raises Refusal with `invalid`, `not-allowed`, `locked` or `wrong-phase`.
    """
    _check_content(room, actor, command)
    _check_rights(room, actor, command)
    return _HANDLERS[type(command)](room, actor, command, now)


class Moves:
    """Decides moves that came together, each as `decide` would: what they share is seen once."""

    __slots__ = ("_anybody", "_moved", "_now", "_room", "_round", "_sliders")

    def __init__(self, room: RoomView, now: datetime) -> None:
        self._room, self._now = room, now
        self._round, self._sliders = room.round, room.sliders()
        self._moved = _moved(room, now)
        rule = RULES[Move]
        self._anybody = not room.locked and (rule.phases is None or room.phase in rule.phases)

    def decide(self, actor: Actor, move: Move) -> Changes:
        """See `decide`."""
        role = actor.role
        if (
            self._anybody
            and role is not None
            and move.value is not None
            and (move.round is None or move.round == self._round)
            and move.slider in self._sliders
            and self._room.fields.get(f.seat(role)) is not None
        ):
            return {**self._moved, f.position(self._round, role, move.slider): move.value}
        return decide(self._room, actor, move, self._now)


def _check_content(room: RoomView, actor: Actor, command: Command) -> None:
    """What is wrong whoever asks it (RU2)."""
    active = room.round
    round_id = getattr(command, "round", None) or active
    # A late move of an earlier round is judged by that round's panel: it is late, not wrong.
    known = round_id == active or room.fields.get(f.round_(round_id)) is not None
    slider = getattr(command, "slider", None)
    if slider is not None and slider not in room.sliders(round_id if known else active):
        raise Refusal(Code.INVALID, "the round has no such slider", "slider")
    if isinstance(command, Move):
        return  # The one that comes many times a second asks no more.
    if isinstance(command, Step) and not known:
        raise Refusal(Code.INVALID, "this room has no such round", "round")
    if (
        isinstance(command, Agree)
        and isinstance(command.value, int)
        and round_id == active
        and command.value != room.fields.get(f.consensus(active, command.slider))
    ):
        raise Refusal(Code.INVALID, "the shared slider stands elsewhere now", "value")
    if isinstance(command, Help) and (command.help is None) == (command.claim is None):
        raise Refusal(Code.INVALID, "give either help or claim", "help")
    if isinstance(command, Help) and command.claim is False:
        raise Refusal(Code.INVALID, "a claim is true; end the call with help false", "claim")
    if isinstance(command, Done) and command.done and actor.role and round_id == active:
        missing = room.unhandled(actor.role)
        if missing:
            raise Refusal(Code.INVALID, f"not yet handled: {', '.join(missing)}", "done")


def _check_rights(room: RoomView, actor: Actor, command: Command) -> None:
    """Who, then whether the room is locked, then when (RU3-RU6)."""
    rule = RULES[type(command)]
    if actor.kind not in rule.who:
        raise Refusal(Code.NOT_ALLOWED, f"not for {actor.kind}")
    if actor.role is not None and room.fields.get(f.seat(actor.role)) is None:
        raise Refusal(Code.NOT_ALLOWED, "this seat was freed")
    if isinstance(command, Step):
        _check_step(room, actor, command)
    elif isinstance(command, Help) and command.claim and actor.kind != "facilitator":
        raise Refusal(Code.NOT_ALLOWED, "a call is claimed by the facilitator")
    if actor.kind == "seat" and not rule.while_locked and room.locked:
        raise Refusal(Code.LOCKED, "the facilitator locked the room")
    if rule.phases is not None and room.phase not in rule.phases:
        raise Refusal(Code.WRONG_PHASE, f"not in {room.phase}")
    if not isinstance(command, Step):
        round_id = getattr(command, "round", None)
        if round_id is not None and round_id != room.round:
            raise Refusal(Code.WRONG_PHASE, f"the round is {room.round}", "round")


def _check_step(room: RoomView, actor: Actor, command: Step) -> None:
    if command.in_ is not UNSET:
        raise Refusal(Code.NOT_ALLOWED, "announced steps are not in this version", "in")
    if actor.kind == "seat" and room.fields.get(f.STEPS) == "facilitator":
        raise Refusal(Code.NOT_ALLOWED, "the facilitator takes the steps in this room")


def _move(room: RoomView, actor: Actor, command: Move, now: datetime) -> Changes:
    assert actor.role is not None
    changes = _moved(room, now)
    changes[f.position(room.round, actor.role, command.slider)] = command.value
    done = f.done(room.round, actor.role)
    if command.value is None and room.fields.get(done) is not None:
        changes[done] = None  # "Klaar" promises that every slider is handled (SL3).
    return changes


def _moved(room: RoomView, now: datetime) -> Changes:
    """When somebody last moved a slider, by the second: it tells that a room is alive."""
    at = stamp(now)
    before = room.fields.get(f.MOVED_AT)
    return {f.MOVED_AT: at} if before is None or before[:SECOND] != at[:SECOND] else {}


def _reason(room: RoomView, actor: Actor, command: Reason, now: datetime) -> Changes:
    assert actor.role is not None
    text = (command.text or "").strip() or None
    return {f.reason(room.round, actor.role, command.slider): text}


def _done(room: RoomView, actor: Actor, command: Done, now: datetime) -> Changes:
    assert actor.role is not None
    return {f.done(room.round, actor.role): True if command.done else None}


def _consensus(room: RoomView, actor: Actor, command: Consensus, now: datetime) -> Changes:
    return {f.consensus(room.round, command.slider): command.value, **_moved(room, now)}


def _agree(room: RoomView, actor: Actor, command: Agree, now: datetime) -> Changes:
    assert actor.role is not None
    return {f.agreed(room.round, actor.role, command.slider): command.value}


def _about(room: RoomView, actor: Actor, command: About, now: datetime) -> Changes:
    return {f.about(room.round): command.about}


def _lock(room: RoomView, actor: Actor, command: Lock, now: datetime) -> Changes:
    return {f.LOCKED: True if command.locked else None}


def _help(room: RoomView, actor: Actor, command: Help, now: datetime) -> Changes:
    call = room.fields.get(f.HELP)
    if command.claim:
        if call is None:
            raise Refusal(Code.INVALID, "nobody in this room asks for help", "claim")
        return {} if call["claimed"] else {f.HELP: {**call, "claimed": stamp(now)}}
    if command.help:
        return {} if call else {f.HELP: {"since": stamp(now), "claimed": None}}
    return {f.HELP: None} if call else {}


def _step(room: RoomView, actor: Actor, command: Step, now: datetime) -> Changes:
    target = (command.phase, command.round or room.round)
    here = target == (room.phase, room.round)
    if actor.role is None:
        return {} if here else step(room, *target, now)
    own = f.proposal(actor.role)
    if here:
        # Proposing to stay takes one's own proposal back (SP2).
        return {own: None} if room.fields.get(own) is not None else {}
    if room.phase == "place" and room.hidden() and not _all_done(room):
        raise Refusal(Code.WRONG_PHASE, "not everybody who is here is done")
    proposal = {"phase": target[0], "round": target[1]}
    same = {role for role in room.online if room.fields.get(f.proposal(role)) == proposal}
    if len(same | {actor.role}) >= 2 or room.online <= {actor.role}:
        return step(room, *target, now)
    return {own: proposal}


def _all_done(room: RoomView) -> bool:
    return all(room.fields.get(f.done(room.round, role)) is True for role in room.online)


def step(room: RoomView, phase: Phase, round_id: str, now: datetime) -> Changes:
    """Takes the room to another phase or round, whoever asked (SP1, SP6, SP7).

    What ends and begins with it: a round's first `place` reveals it, `agree` begins with the
    medians and ends with what was settled, and every proposal is done with.
    """
    changes: Changes = {}
    if phase != room.phase:
        changes[f.PHASE] = phase
    if round_id != room.round:
        changes[f.ROUND] = round_id
    for key in (f.UPCOMING, *(f.proposal(role) for role in room.roles)):
        if room.fields.get(key) is not None:
            changes[key] = None
    # A round is hidden only until its first `place` ends; one that begins beyond `place` is
    # talked about at once.
    seen = [room.round] if room.phase == "place" else []
    seen += [round_id] if phase != "place" else []
    for one in seen:
        if room.fields.get(f.revealed(one)) is None:
            changes[f.revealed(one)] = stamp(now)
    if room.phase == "agree":
        changes.update(_what_was_settled(room))
    if phase == "agree":
        changes.update(_where_agreeing_begins(room, round_id))
    return changes


def _what_was_settled(room: RoomView) -> Changes:
    """Written when a room leaves `agree`: the result outlives who is there (AG4)."""
    found = {slider: room.settlement(slider) for slider in room.sliders()}
    return {
        f.settled(room.round, slider): settlement
        for slider, settlement in found.items()
        if settlement is not None
    }


def _where_agreeing_begins(room: RoomView, round_id: str) -> Changes:
    """Entering `agree`: nothing is settled, and shared sliders start at the median (AG1)."""
    changes: Changes = {}
    for slider in room.sliders(round_id):
        if room.fields.get(f.settled(round_id, slider)) is not None:
            changes[f.settled(round_id, slider)] = None
        positions = list(room.positions(slider, round_id).values())
        if positions and room.fields.get(f.consensus(round_id, slider)) is None:
            changes[f.consensus(round_id, slider)] = whole_median(positions)
    return changes


def due_step(room: RoomView, now: datetime) -> Changes:
    """The step that the proposals call for now that somebody came or went; often none (SP5).

    When two seats with a connection propose the same, or the only seat still *present* does.
    Somebody who reloads a page is not gone yet: their absence decides nothing for 30 seconds.
    """
    if room.locked or room.fields.get(f.STEPS) == "facilitator":
        return {}
    by_target: dict[tuple[Phase, str], set[str]] = {}
    for role in room.present:
        proposal = room.fields.get(f.proposal(role))
        if proposal is not None:
            by_target.setdefault((proposal["phase"], proposal["round"]), set()).add(role)
    for target, roles in by_target.items():
        if len(roles & room.online) < 2 and not (room.present == roles and room.online):
            continue
        if room.phase == "place" and room.hidden() and not _all_done(room):
            continue
        return step(room, *target, now)
    return {}


# Each handler takes the command of its own key, which no type of a dict can say.
_HANDLERS: dict[type[Command], Callable[[RoomView, Actor, Any, datetime], Changes]] = {
    Move: _move,
    Reason: _reason,
    Done: _done,
    Consensus: _consensus,
    Agree: _agree,
    About: _about,
    Step: _step,
    Help: _help,
    Lock: _lock,
}

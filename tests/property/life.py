"""The life of a room, played as the server plays it: acts in, frames out.

An act is a command of somebody, somebody who comes or goes, or a seat that is taken or freed.
Several acts may share a batch, as in the server: each is decided on the map with all before it.
"""

from collections import ChainMap
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from sessions import actors, insight, masking, rules
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
    Reason,
    Step,
)
from sessions.errors import Refusal
from sessions.fields import Changes, Fields
from sessions.insight import Insight, Parts
from sessions.room import RoomView
from sessions.werkplaats import freed
from tests.rooms import AMBITIE, EXERCISES, HUIDIG, NOW, SINCE, SLIDERS, TRIO, new_room

VIEWERS = (*(actors.seat(role) for role in TRIO), actors.observer, actors.facilitator)
ROUNDS = (HUIDIG, AMBITIE)


class Ask(NamedTuple):
    """A command and who gives it."""

    actor: Actor
    command: Command


class Presence(NamedTuple):
    """A seat comes online, goes offline, or has been away for too long."""

    role: str
    what: str


class Claim(NamedTuple):
    """A free seat is taken."""

    role: str


class Release(NamedTuple):
    """A seat is freed."""

    role: str
    clear: bool


class Flush(NamedTuple):
    """What was decided so far becomes a batch of its own."""


Act = Ask | Presence | Claim | Release | Flush


class Frame(NamedTuple):
    """A stored batch: the map before it, the map after it, and what it set."""

    before: Fields
    after: Fields
    changes: Changes


class Life:
    """A room with who is there; `frames` are its batches so far."""

    def __init__(self, fields: Fields, online: Iterable[str] = TRIO) -> None:
        self.fields = fields
        self.pending: Changes = {}
        self.online = set(online)
        self.left: set[str] = set()
        self.frames: list[Frame] = []

    def ahead(self) -> RoomView:
        """What a command meets: the map with all that was decided."""
        fields: Mapping[str, Any] = ChainMap(self.pending, self.fields)
        return RoomView(fields, EXERCISES, self.online, self.online | self.left)

    def view(self) -> RoomView:
        """What anybody may see: the map as it was stored."""
        return RoomView(self.fields, EXERCISES, self.online, self.online | self.left)

    def play(self, act: Act) -> Refusal | None:
        """One act; a refusal is an answer, anything else that is raised is a failure."""
        if isinstance(act, Ask):
            try:
                self.pending.update(rules.decide(self.ahead(), act.actor, act.command, NOW))
            except Refusal as refusal:
                return refusal
        elif isinstance(act, Presence):
            self._presence(act)
        elif isinstance(act, Claim):
            if self.fields.get(f.seat(act.role)) is None:
                seat = {"name": None, "since": SINCE}
                self._write({f.seat(act.role): seat, f.token(act.role): "d" * 64})
        elif isinstance(act, Release):
            self._presence(Presence(act.role, "leave"))
            self.left.discard(act.role)
            self._write(freed(self.fields, act.role, clear=act.clear))
            self._recheck()
        else:
            self.flush()
        return None

    def _presence(self, act: Presence) -> None:
        seated = self.fields.get(f.seat(act.role)) is not None
        if act.what == "arrive" and seated:
            self.online.add(act.role)
            self.left.discard(act.role)
        elif act.what == "leave" and act.role in self.online:
            self.online.discard(act.role)
            self.left.add(act.role)
        elif act.what == "gone":
            self.left.discard(act.role)
        self._recheck()

    def _recheck(self) -> None:
        self.pending.update(rules.due_step(self.ahead(), NOW))

    def flush(self) -> None:
        changes, self.pending = self.pending, {}
        self._write(changes)

    def _write(self, changes: Changes) -> None:
        if changes:
            before = dict(self.fields)
            f.apply(self.fields, changes)
            self.frames.append(Frame(before, dict(self.fields), changes))


def view_of(actor: Actor, fields: Mapping[str, Any]) -> str:
    return masking.view_of(actor, hidden=masking.anything_hidden(fields))


def snapshot(fields: Mapping[str, Any], actor: Actor) -> Fields:
    """The map that a viewer gets when connecting now."""
    return masking.mask(fields, view_of(actor, fields))


def seen(frame: Frame, actor: Actor) -> Changes:
    """What a viewer gets of a batch, as the server makes it."""
    before, after, changes = frame
    hidden = masking.anything_hidden(before) or masking.anything_hidden(after)
    view = masking.view_of(actor, hidden=hidden)
    if hidden:
        return masking.mask_changes(before, after, changes, view)
    return masking.mask(changes, view, after)


def insight_for(room: RoomView, actor: Actor, parts: Parts | None = None) -> Insight:
    """The insight that a viewer gets now."""
    view = view_of(actor, room.fields)
    return insight.insight(room, parts or insight.parts(room), view)


roles = st.sampled_from(TRIO)
sliders = st.sampled_from((*SLIDERS, "wijk"))
points = st.sampled_from((0, 16, 33, 34, 50, 66, 67, 84, 100)) | st.integers(0, 100)
rounds = st.sampled_from((None, None, None, HUIDIG, AMBITIE))
phases = st.sampled_from(("place", "compare", "agree", "outcome"))

moves = st.builds(Move, sliders, points | st.sampled_from(("unknown", None)), rounds)
reasons = st.builds(Reason, sliders, st.none() | st.sampled_from(("", "omdat", "want")), rounds)
steps = st.builds(Step, phases, st.sampled_from((None, None, HUIDIG, AMBITIE)))
commands: st.SearchStrategy[Command] = st.one_of(
    moves,
    moves,
    moves,
    reasons,
    st.builds(Done, st.booleans(), rounds),
    st.builds(Consensus, sliders, points, rounds),
    st.builds(Agree, sliders, points | st.sampled_from(("differ", None)), rounds),
    st.builds(About, st.sampled_from(("municipality", "case")), rounds),
    steps,
    st.builds(Help, st.sampled_from((None, True, False)), st.sampled_from((None, True, False))),
    st.builds(Lock, st.booleans()),
)
people = st.sampled_from((*VIEWERS[:3], *VIEWERS))
acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(Ask, people, commands),
    st.builds(Ask, people, commands),
    st.builds(Ask, people, commands),
    st.builds(Ask, people, steps),
    st.builds(Presence, roles, st.sampled_from(("arrive", "leave", "gone"))),
    st.builds(Claim, roles),
    st.builds(Release, roles, st.booleans()),
    st.builds(Flush),
    st.builds(Flush),
)
lives = st.lists(acts, max_size=40)


@st.composite
def filled_rooms(draw: st.DrawFn) -> Fields:
    """A room somewhere in its life: any phase and round, positions, words and agreements."""
    fields = new_room(
        visibility=draw(st.sampled_from(("live", "hidden", "hidden"))),
        steps=draw(st.sampled_from(("seats", "seats", "facilitator"))),
        wijk=draw(st.booleans()),
    )
    panel = (*SLIDERS, "wijk") if fields.get(f.WIJK) else SLIDERS
    fields[f.PHASE] = draw(phases)
    fields[f.ROUND] = draw(st.sampled_from(ROUNDS))
    for round_id in ROUNDS:
        if draw(st.booleans()):
            fields[f.revealed(round_id)] = SINCE
        kinds = draw(st.lists(st.sampled_from(range(3)), min_size=3, max_size=3))
        for role, kind in zip(TRIO, kinds, strict=True):
            values = draw(st.lists(points | st.just("unknown"), min_size=6, max_size=6))
            # An empty panel, one that is half filled, or one that is done.
            for place, slider in enumerate(panel):
                if kind == 2 or (kind == 1 and place % 2):
                    fields[f.position(round_id, role, slider)] = values[place]
            if kind == 2 and draw(st.booleans()):
                fields[f.done(round_id, role)] = True
        for slider in draw(st.sets(st.sampled_from(panel))):
            fields[f.consensus(round_id, slider)] = value = draw(points)
            for role in draw(st.sets(roles)):
                fields[f.agreed(round_id, role, slider)] = draw(st.sampled_from((value, "differ")))
    return fields

"""Decisions that wait for the store: an event's, or that of all moves that came in one tick."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from server.connection import Connection
from sessions import fields as f
from sessions import rules
from sessions.actors import Actor
from sessions.commands import Move
from sessions.errors import Code, Refusal
from sessions.fields import Changes
from sessions.room import RoomView


class Waiting(Protocol):
    """A decision; made again when the room moved on under it."""

    @property
    def seats(self) -> Mapping[str, str]:
        """Who asked, by role, and the digest of their token: the seat must still be theirs."""

    @property
    def decide(self) -> Callable[[RoomView, datetime], Changes]:
        """What it changes in a room at a time; raises Refusal, and then it waits no longer."""

    @property
    def answer(self) -> Callable[[int | Refusal], None]:
        """Hears the number under which it is stored, or why it is not."""


class Asked(NamedTuple):
    """The decision on one event."""

    decide: Callable[[RoomView, datetime], Changes]
    answer: Callable[[int | Refusal], None]
    seats: Mapping[str, str] = {}


class Drag(NamedTuple):
    """The newest of some moves of one slider by one connection, and how many it stands for."""

    move: Move
    times: int


DragKey = tuple[Connection, str, str | None, bool]
"""Whose moves count as one: connection, slider, round, and whether they take it back."""
Refuse = Callable[[Connection, Drag, Refusal], None]
"""Tells a connection that its moves were refused."""


class Drags:
    """Moves that are decided together, each alone: none says anything to another.

    The receipt of a move is the frame that it comes back in, so only refusals are told; a move
    that is refused is in it no more.
    """

    __slots__ = ("_moves", "_refuse", "seats")

    def __init__(self, moves: dict[DragKey, Drag], refuse: Refuse) -> None:
        self._moves = moves
        self._refuse = refuse
        self.seats: dict[str, str] = {}

    def decide(self, view: RoomView, now: datetime) -> Changes:
        """What those change that are not refused."""
        moves = rules.Moves(view, now)
        self.seats.clear()
        changes: Changes = {}
        refused: list[tuple[DragKey, Refusal]] = []
        for key, drag in self._moves.items():
            actor, digest = key[0].actor, key[0].digest
            try:
                check_seat(view, actor, digest)
                changes.update(moves.decide(actor, drag.move))
            except Refusal as refusal:
                refused.append((key, refusal))
            else:
                self.seats[str(actor.role)] = digest
        for key, why in refused:
            self._refuse(key[0], self._moves.pop(key), why)
        return changes

    def answer(self, result: int | Refusal) -> None:
        """All of them are stored, or none is known to be."""
        if isinstance(result, Refusal):
            for (connection, *_), drag in self._moves.items():
                self._refuse(connection, drag, result)


def check_seat(view: RoomView, actor: Actor, digest: str) -> None:
    """Whether a seat is still theirs who came in with this token: perhaps it was freed (RU4)."""
    if actor.role is not None and view.fields.get(f.token(actor.role)) != digest:
        raise Refusal(Code.NOT_ALLOWED, "this seat was freed")

"""Moves that are decided together are decided as every command is."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sessions import fields as f
from sessions import rules
from sessions.actors import Actor
from sessions.commands import Move
from sessions.errors import Refusal
from sessions.fields import Changes, Fields
from tests.property.life import VIEWERS, filled_rooms, moves
from tests.rooms import NOW, view


def outcome(decide: object, *asked: object) -> Changes | tuple[str, str, str | None]:
    """What it changes, or how it is refused."""
    assert callable(decide)
    try:
        changes: Changes = decide(*asked)
    except Refusal as refusal:
        return refusal.code, refusal.detail, refusal.field
    return changes


@given(
    filled_rooms(),
    st.sampled_from(("place", "compare", "agree", "outcome")),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(VIEWERS), moves), min_size=1, max_size=6),
    st.sampled_from((0, 0.4, 1)),
)
def test_together_as_alone(
    fields: Fields, phase: str, locked: bool, asked: list[tuple[Actor, Move]], later: float
) -> None:
    """RU1: the same changes and the same refusals, whoever asks and wherever the room is."""
    fields = {**fields, f.PHASE: phase, **({f.LOCKED: True} if locked else {})}
    room, now = view(fields), NOW + timedelta(seconds=later)
    together = rules.Moves(room, now)
    for actor, move in asked:
        alone = outcome(rules.decide, room, actor, move, now)
        assert outcome(together.decide, actor, move) == alone

"""Laws on deciding and on what follows from the map."""

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sessions import actors, insight, rules
from sessions import fields as f
from sessions.commands import EVENTS, Agree, Command, Done, Move, Reason, Step
from sessions.errors import Code, Refusal
from sessions.fields import Changes, Fields
from sessions.insight import Parts
from tests.property.life import (
    VIEWERS,
    Act,
    Ask,
    Life,
    commands,
    filled_rooms,
    insight_for,
    lives,
    moves,
    people,
    points,
    reasons,
    roles,
    sliders,
)
from tests.rooms import AMBITIE, HUIDIG, NOW, TRIO, view

OWN_KINDS = {"position", "reason", "done", "agreed", "minority"}
CODES = {Code.INVALID, Code.NOT_ALLOWED, Code.LOCKED, Code.WRONG_PHASE}


def decided(fields: Fields, ask: Ask, online: set[str]) -> Changes:
    """What a command changes; a refusal changes nothing."""
    try:
        return rules.decide(view(fields, online), ask.actor, ask.command, NOW)
    except Refusal:
        return {}


def target(command: Move | Reason) -> tuple[str, str]:
    """The field that a move or a reason is for."""
    return type(command).__name__, command.slider


asks = st.builds(Ask, people, commands)


@given(filled_rooms(), asks, st.sets(roles))
def test_nobody_changes_what_is_another_seats(fields: Fields, ask: Ask, online: set[str]) -> None:
    """RU9: of another seat a command changes nothing, save that a step removes proposals."""
    for role in TRIO[:2]:
        fields[f.proposal(role)] = {"phase": "outcome", "round": HUIDIG}
    stepped = False
    changes = decided(fields, ask, online)
    if isinstance(ask.command, Step):
        stepped = f.PHASE in changes or f.ROUND in changes
    for key, value in changes.items():
        if f.kind(key) in OWN_KINDS:
            assert f.parts(key)[1] == ask.actor.role
            assert f.parts(key)[0] == fields[f.ROUND]
        if f.kind(key) == "proposal" and f.parts(key)[0] != ask.actor.role:
            assert stepped
            assert value is None
        assert f.kind(key) not in ("seat", "~token", "room", "roles", "rounds", "online")


@given(filled_rooms(), lives)
def test_only_refusals(fields: Fields, acts: list[Act]) -> None:
    """RU10: whatever people do in whatever order, a command gives changes or is refused."""
    life = Life(fields)
    for act in acts:
        refusal = life.play(act)
        assert refusal is None or refusal.code in CODES
    life.flush()
    assert None not in life.fields.values()


@given(filled_rooms(), st.lists(st.builds(Ask, people, moves | reasons | commands), max_size=12))
def test_a_refused_command_changes_nothing(fields: Fields, asked: list[Ask]) -> None:
    """RU10: deciding never touches the map, whether it refuses or not."""
    for ask in asked:
        before = dict(fields)
        decided(fields, ask, set(TRIO))
        assert fields == before


personal = st.one_of(
    moves,
    moves,
    reasons,
    st.builds(Done, st.booleans()),
    st.builds(Agree, sliders, points | st.sampled_from(("differ", None))),
)


def in_order(fields: Fields, *asked: Ask) -> Fields:
    """The map after these commands, one after the other."""
    result = dict(fields)
    for ask in asked:
        f.apply(result, decided(result, ask, set(TRIO)))
    return result


@given(filled_rooms(), st.permutations(TRIO), st.lists(personal, min_size=3, max_size=3))
def test_seats_commute(fields: Fields, seats: list[str], asked: list[Command]) -> None:
    """RU11: what three seats do about themselves gives the same map in any order of arrival."""
    one, two, three = (
        Ask(actors.seat(role), command) for role, command in zip(seats, asked, strict=True)
    )
    expected = in_order(fields, one, two, three)
    for order in permutations((one, two, three)):
        assert in_order(fields, *order) == expected


@given(filled_rooms(), roles, st.lists(moves | reasons, max_size=5, unique_by=target))
def test_fields_of_one_seat_commute(fields: Fields, role: str, asked: list[Command]) -> None:
    """RU11: a seat's positions and words on different sliders may arrive in either order."""
    forth = [Ask(actors.seat(role), command) for command in asked]
    assert in_order(fields, *forth) == in_order(fields, *reversed(forth))


@given(filled_rooms(), st.dictionaries(st.sampled_from("abcdef"), st.integers() | st.none()))
def test_batches_on_different_fields_commute(fields: Fields, changes: dict[str, Any]) -> None:
    """RM2: a batch may be split and its parts applied in any order; the map is the same."""
    whole, parts = dict(fields), dict(fields)
    f.apply(whole, changes)
    for key in sorted(changes, reverse=True):
        f.apply(parts, {key: changes[key]})
    assert parts == whole


@given(filled_rooms(), lives)
def test_partial_insight_is_whole_insight(fields: Fields, acts: list[Act]) -> None:
    """IN4: insight renewed from what changed equals insight computed from nothing."""
    life = Life(fields)
    parts: Parts | None = insight.parts(life.view())
    changed: set[str] = set()
    for number, act in enumerate(acts):
        known = len(life.frames)
        life.play(act)
        for frame in life.frames[known:]:
            changed.update(frame.changes)
        if number % 3 == 0:  # now and then, as while people drag
            parts = insight.parts(life.view(), parts, changed)
            changed.clear()
            assert parts == insight.parts(life.view())
    life.flush()
    changed.update(*(frame.changes for frame in life.frames[-1:]))
    parts = insight.parts(life.view(), parts, changed)
    for viewer in VIEWERS:
        assert insight_for(life.view(), viewer, parts) == insight_for(life.view(), viewer)


@given(filled_rooms(), st.sets(roles))
def test_insight_is_consistent(fields: Fields, online: set[str]) -> None:
    """IN1: what an insight says in one place holds in the others."""
    fields[f.VISIBILITY] = "live"
    room = view(fields, online)
    found = insight_for(room, actors.facilitator)
    panel = room.sliders()
    assert set(found.order) == {s for s, one in found.sliders.items() if one.n >= 2}
    spreads = [found.sliders[slider].spread or 0 for slider in found.order]
    assert spreads == sorted(spreads, reverse=True)
    assert set(found.sliders) <= set(panel)
    assert found.complete == all(s in found.settled for s in panel if s != "wijk")
    for slider, agreed in found.agreed.items():
        assert not set(agreed) & set(found.differ.get(slider, []))
    if room.phase == "agree":
        for slider in found.settled:
            assert online
            words = (found.agreed.get(slider, []), found.differ.get(slider, []))
            assert any(online <= set(one) for one in words)


@given(filled_rooms(), st.sampled_from((HUIDIG, AMBITIE)), st.sampled_from(("place", "agree")))
def test_a_step_arrives(fields: Fields, round_id: str, phase: Any) -> None:
    """SP1: after the facilitator's step the room is there, without proposals."""
    fields[f.proposal(TRIO[0])] = {"phase": "outcome", "round": HUIDIG}
    here = (fields[f.PHASE], fields[f.ROUND]) == (phase, round_id)
    changes = rules.decide(view(fields), actors.facilitator, Step(phase, round_id), NOW)
    f.apply(fields, changes)
    assert (fields[f.PHASE], fields[f.ROUND]) == (phase, round_id)
    assert here == (f.proposal(TRIO[0]) in fields)
    again = rules.decide(view(fields), actors.facilitator, Step(phase, round_id), NOW)
    assert again == {}


def test_asks_cover_every_command() -> None:
    """RU10: the laws above are tried with every command that there is."""
    found: set[type[Command]] = set(rules.RULES)
    assert found == set(EVENTS.values())

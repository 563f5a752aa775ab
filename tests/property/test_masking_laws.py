"""What viewers get: enough to follow the room, and nothing that is hidden from them."""

import itertools
from typing import Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from sessions import fields as f
from sessions import masking
from sessions.commands import Move, Reason, Step
from sessions.fields import Fields
from sessions.store.port import HistoryFrame
from tests.property.life import (
    ROUNDS,
    VIEWERS,
    Act,
    Ask,
    Life,
    filled_rooms,
    insight_for,
    lives,
    moves,
    people,
    reasons,
    roles,
    seen,
    snapshot,
    steps,
    view_of,
)
from tests.rooms import SLIDERS, TRIO, view


def planted(fields: Fields) -> Fields:
    """The map with words and numbers in it that can be recognised wherever they turn up.

    Position number n becomes 7000 + n and reason number n becomes `reden-n!`: out of range on
    purpose, so that nothing but a leak can bring them anywhere.
    """
    number = itertools.count()
    marked = dict(fields)
    for key in list(marked):
        if f.kind(key) == "position":
            marked[key] = 7000 + next(number)
            round_id, role, slider = f.parts(key)
            marked[f.reason(round_id, role, slider)] = f"reden-{next(number)}!"
    return marked


def secrets(fields: Fields, role: str | None) -> set[str]:
    """What of a map is hidden from a seat (or from who has none), as it would look in JSON."""
    found = set()
    for key, value in fields.items():
        if f.kind(key) in ("position", "reason"):
            round_id, owner, _ = f.parts(key)
            if masking.is_hidden(fields, round_id) and owner != role:
                found.add(str(value))
        if f.is_private(key):
            found.add(key)
    return found


def assert_nothing_leaks(sent: Any, fields: Fields, role: str | None) -> None:
    text = msgspec.json.encode(sent).decode()
    for secret in secrets(fields, role):
        assert secret not in text


@given(filled_rooms(), lives)
def test_snapshot_and_frames_give_a_later_snapshot(fields: Fields, acts: list[Act]) -> None:
    """HD3: for every viewer the first map and each frame since give the map fetched later."""
    life = Life(fields)
    maps = {viewer: snapshot(fields, viewer) for viewer in VIEWERS}
    for act in acts:
        known = len(life.frames)
        life.play(act)
        for frame in life.frames[known:]:
            for viewer in VIEWERS:
                f.apply(maps[viewer], seen(frame, viewer))
                assert maps[viewer] == snapshot(frame.after, viewer)
    life.flush()
    for viewer in VIEWERS:
        for frame in life.frames[-1:]:
            f.apply(maps[viewer], seen(frame, viewer))
        assert maps[viewer] == snapshot(life.fields, viewer)


@given(filled_rooms(), st.lists(st.builds(Ask, people, moves | reasons), max_size=6), steps)
def test_a_batch_that_moves_and_steps(fields: Fields, asked: list[Ask], step: Step) -> None:
    """HD3: moves that share a batch with the step after them arrive like any others."""
    life = Life(fields)
    maps = {viewer: snapshot(fields, viewer) for viewer in VIEWERS}
    for act in (*asked, Ask(VIEWERS[-1], step)):
        life.play(act)
    life.flush()
    for viewer in VIEWERS:
        for frame in life.frames:
            f.apply(maps[viewer], seen(frame, viewer))
        assert maps[viewer] == snapshot(life.fields, viewer)


@given(filled_rooms(), st.sets(st.sampled_from(ROUNDS)), st.sampled_from(("live", "hidden")))
def test_any_turn_between_open_and_hidden(fields: Fields, turned: set[str], to: str) -> None:
    """HD3: a frame that hides or reveals, in whatever combination, gives the later map too."""
    changes: dict[str, Any] = {f.VISIBILITY: to}
    for round_id in turned:
        key = f.revealed(round_id)
        changes[key] = None if key in fields else "2026-03-02T14:00:00.000Z"
    after = dict(fields)
    f.apply(after, changes)
    for viewer in VIEWERS:
        # One view for both maps, as for a connection that is there all the time.
        view_name = viewer.role or masking.STRANGER
        before = masking.mask(fields, view_name)
        f.apply(before, masking.mask_changes(fields, after, changes, view_name))
        assert before == masking.mask(after, view_name)


@given(filled_rooms())
def test_no_map_leaks(fields: Fields) -> None:
    """HD2: no viewer's map holds another seat's hidden position or words, or a private field."""
    fields = planted(fields)
    for viewer in VIEWERS:
        seen_map = snapshot(fields, viewer)
        assert_nothing_leaks(seen_map, fields, viewer.role)
        for key in fields:
            if f.kind(key) == "position":
                visible = key in seen_map
                stands_in = seen_map.get(f.placed(*f.parts(key)))
                assert visible != (stands_in is True)


@given(filled_rooms(), lives)
def test_no_frame_leaks(fields: Fields, acts: list[Act]) -> None:
    """HD2: no frame brings a viewer a hidden position, hidden words or a private field."""
    numbers = itertools.count()
    life = Life(planted(fields))
    for act in acts:
        # Every new value can be recognised as well; it stands for the one that was asked.
        if isinstance(act, Ask) and isinstance(act.command, Move) and act.command.value is not None:
            value: Any = 8000 + next(numbers)
            command = msgspec.structs.replace(act.command, value=value)
            life.play(Ask(act.actor, command))
        elif isinstance(act, Ask) and isinstance(act.command, Reason) and act.command.text:
            text = f"nieuw-{next(numbers)}!"
            life.play(Ask(act.actor, msgspec.structs.replace(act.command, text=text)))
        else:
            life.play(act)
    life.flush()
    for frame in life.frames:
        for viewer in VIEWERS:
            assert_nothing_leaks(seen(frame, viewer), frame.after, viewer.role)


@given(filled_rooms(), lives)
def test_no_history_leaks(fields: Fields, acts: list[Act]) -> None:
    """HD5: frames of any age, masked by the present, hold nothing that is hidden now."""
    fields = planted(fields)
    life = Life(dict(fields))
    for act in acts:
        life.play(act)
    life.flush()
    start = {
        key: f.without_words(key, value) for key, value in fields.items() if not f.is_private(key)
    }
    frames = [HistoryFrame(1, "", start)]
    for seq, frame in enumerate(life.frames, start=2):
        changes = {
            key: f.without_words(key, value)
            for key, value in frame.changes.items()
            if not f.is_private(key)
        }
        frames.append(HistoryFrame(seq, "", changes))
    for viewer in VIEWERS:
        name = view_of(viewer, life.fields)
        masked = [masking.mask(frame.set, name, life.fields) for frame in frames]
        folded: Fields = {}
        for one in masked:
            f.apply(folded, one)
            for key in one:
                if f.kind(key) in ("position", "reason"):
                    round_id, owner, _ = f.parts(key)
                    assert not masking.is_hidden(life.fields, round_id) or owner == viewer.role
        now = snapshot(life.fields, viewer)
        assert folded.keys() == now.keys()


def changed_behind(fields: Fields, role: str | None, rounds: tuple[str, ...] = ROUNDS) -> Fields:
    """The map with everything altered that is hidden from a seat, in these rounds."""
    altered = dict(fields)
    for key, value in fields.items():
        if f.kind(key) in ("position", "reason"):
            round_id, owner, _ = f.parts(key)
            if round_id in rounds and masking.is_hidden(fields, round_id) and owner != role:
                altered[key] = another(value)
    return altered


def another(value: Any) -> Any:
    """Some other value of the same kind."""
    if isinstance(value, int):
        return (value + 37) % 101
    return 50 if value == "unknown" else f"{value} anders"


@given(filled_rooms(), st.sets(roles))
def test_nothing_depends_on_what_is_hidden(fields: Fields, online: set[str]) -> None:
    """HD6: with other hidden values every viewer gets the same map and the same insight."""
    for viewer in VIEWERS:
        altered = changed_behind(fields, viewer.role)
        assert snapshot(fields, viewer) == snapshot(altered, viewer)
        there, elsewhere = view(fields, online), view(altered, online)
        assert insight_for(there, viewer) == insight_for(elsewhere, viewer)


@given(filled_rooms())
def test_insight_of_a_hidden_round(fields: Fields) -> None:
    """HD4: of a hidden round the insight holds nothing but the asker's own match."""
    room = view(fields)
    assume(room.hidden())
    whole = insight_for(view({**fields, f.VISIBILITY: "live"}), VIEWERS[0])
    for viewer in VIEWERS:
        found = insight_for(room, viewer)
        assert (found.sliders, found.order, found.agreement) == ({}, [], None)
        assert (found.agreed, found.differ, found.settled) == ({}, {}, [])
        assert (found.consensus.verdict, found.consensus.ranking) == ("incomplete", [])
        assert not found.complete
        own = {role: match for role, match in whole.seats.items() if role == viewer.role}
        assert found.seats == own


def altered_act(act: Act, round_id: str, active: str, role: str | None) -> Act:
    """The act, with other values where it is another seat's in the hidden round."""
    if not isinstance(act, Ask) or act.actor.role in (None, role) or active != round_id:
        return act
    if isinstance(act.command, Move) and act.command.value is not None:
        value = another(act.command.value)
        return Ask(act.actor, msgspec.structs.replace(act.command, value=value))
    if isinstance(act.command, Reason) and (act.command.text or "").strip():
        text = f"{act.command.text} anders"
        return Ask(act.actor, msgspec.structs.replace(act.command, text=text))
    return act


@given(
    filled_rooms(),
    lives,
    st.sampled_from(VIEWERS),
    st.sampled_from(ROUNDS),
)
def test_no_course_of_events_tells_what_is_hidden(
    fields: Fields, acts: list[Act], viewer: Any, round_id: str
) -> None:
    """HD6: as long as a round is hidden, what the others put in it changes nothing for a viewer."""
    fields[f.VISIBILITY] = "hidden"
    fields.pop(f.revealed(round_id), None)
    for key in [key for key in fields if key.startswith((f"consensus/{round_id}/", "proposal/"))]:
        del fields[key]
    one = Life(dict(fields))
    two = Life(changed_behind(fields, viewer.role, (round_id,)))
    for act in acts:
        active = one.ahead().round
        refusals = (one.play(act), two.play(altered_act(act, round_id, active, viewer.role)))
        one.flush()
        two.flush()
        if not (one.view().hidden(round_id) and two.view().hidden(round_id)):
            break
        first, second = (None if found is None else found.code for found in refusals)
        assert first == second
        assert snapshot(one.fields, viewer) == snapshot(two.fields, viewer)
        sent = [[seen(frame, viewer) for frame in life.frames] for life in (one, two)]
        assert sent[0] == sent[1]
        assert insight_for(one.view(), viewer) == insight_for(two.view(), viewer)


@given(filled_rooms(), st.sampled_from(ROUNDS))
def test_a_step_into_a_hidden_round_reveals_or_keeps_still(fields: Fields, round_id: str) -> None:
    """HD6: entering `agree` of a hidden round puts no median of hidden positions on the table."""
    fields[f.VISIBILITY] = "hidden"
    life = Life(fields)
    life.play(Ask(VIEWERS[-1], Step("agree", round_id)))
    before = set(fields)
    life.flush()
    if life.view().hidden(round_id):
        new = {key for key in life.fields if key.startswith(f"consensus/{round_id}/")} - before
        assert not new


def test_planted_marks_are_there() -> None:
    """HD2: there is something to leak: without a mask the marks of two seats are in the map."""
    placed = {f.position("huidig", role, SLIDERS[0]): 1 for role in TRIO}
    fields = planted({**placed, f.VISIBILITY: "hidden"})
    hidden = secrets(fields, TRIO[0])
    assert hidden == {"7002", "reden-3!", "7004", "reden-5!"}
    text = msgspec.json.encode(fields).decode()
    assert all(mark in text for mark in hidden)

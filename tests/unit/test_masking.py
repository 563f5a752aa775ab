"""What a viewer may see of a map, a batch and the history."""

from typing import Any

import pytest

from sessions import actors, masking
from sessions import fields as f
from sessions.fields import Fields
from tests.rooms import AMBITIE, FYSIEK, HUIDIG, SINCE, SOCIAAL, TRIO, new_room, place


def room(visibility: str = "hidden", *revealed: str) -> Fields:
    fields = new_room(visibility=visibility)
    place(fields, SOCIAAL, 11)
    place(fields, FYSIEK, 22, "unknown")
    fields[f.reason(HUIDIG, SOCIAAL, "positionering")] = "eigen woorden"
    fields[f.reason(HUIDIG, FYSIEK, "positionering")] = "andere woorden"
    for round_id in revealed:
        fields[f.revealed(round_id)] = SINCE
    return fields


@pytest.mark.parametrize(
    ("fields", "round_id", "hidden"),
    [
        (room("live"), HUIDIG, False),
        (room("hidden"), HUIDIG, True),
        (room("hidden"), AMBITIE, True),
        (room("hidden", HUIDIG), HUIDIG, False),
        (room("hidden", HUIDIG), AMBITIE, True),
        (room("live", HUIDIG), HUIDIG, False),
    ],
)
def test_is_hidden(fields: Fields, round_id: str, hidden: bool) -> None:
    """HD1: hidden is what was not revealed in a room that hides."""
    assert masking.is_hidden(fields, round_id) is hidden


@pytest.mark.parametrize(
    ("fields", "hidden"),
    [
        (room("live"), False),
        (room("hidden"), True),
        (room("hidden", HUIDIG), True),
        (room("hidden", HUIDIG, AMBITIE), False),
    ],
)
def test_anything_hidden(fields: Fields, hidden: bool) -> None:
    """HD1: as long as one round is hidden not everybody may see the same."""
    assert masking.anything_hidden(fields) is hidden


@pytest.mark.parametrize(
    ("actor", "view"),
    [
        (actors.seat(SOCIAAL), SOCIAAL),
        (actors.observer, masking.STRANGER),
        (actors.facilitator, masking.STRANGER),
    ],
)
def test_views(actor: actors.Actor, view: str) -> None:
    """HD2: while something is hidden each seat has a view of its own, and all others share one."""
    assert masking.view_of(actor, hidden=True) == view
    assert masking.view_of(actor, hidden=False) == masking.SHARED


def private_parts(fields: Fields) -> Fields:
    kinds = ("position", "placed", "reason")
    return {key: value for key, value in fields.items() if f.kind(key) in kinds}


OWN = {
    f.position(HUIDIG, SOCIAAL, "positionering"): 11,
    f.reason(HUIDIG, SOCIAAL, "positionering"): "eigen woorden",
}
OTHERS = {
    f.placed(HUIDIG, FYSIEK, "positionering"): True,
    f.placed(HUIDIG, FYSIEK, "proces-gemeente"): True,
}


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (SOCIAAL, OWN | OTHERS),
        (masking.STRANGER, {f.placed(HUIDIG, SOCIAAL, "positionering"): True} | OTHERS),
    ],
)
def test_hidden_map(view: str, expected: dict[str, Any]) -> None:
    """HD2: one's own in full; of others that a slider is handled, and not even that of words."""
    assert private_parts(masking.mask(room(), view)) == expected


@pytest.mark.parametrize("fields", [room("live"), room("hidden", HUIDIG)])
@pytest.mark.parametrize("view", [masking.SHARED, SOCIAAL, masking.STRANGER])
def test_open_map(fields: Fields, view: str) -> None:
    """HD2: what is not hidden is everybody's, save the server's own fields."""
    seen = masking.mask(fields, view)
    assert seen == {key: value for key, value in fields.items() if not key.startswith("~")}


def test_private_fields() -> None:
    """RM3: tokens and other fields of the server are in no view."""
    fields = room() | {f.EXPECTED: {SOCIAAL: "Noor"}, f.CALL: "7", f.MOVED_AT: SINCE}
    for view in (masking.SHARED, masking.STRANGER, *TRIO):
        assert not [key for key in masking.mask(fields, view) if key.startswith("~")]


@pytest.mark.parametrize(
    ("changes", "own", "stranger"),
    [
        (
            {f.position(HUIDIG, SOCIAAL, "bestuur"): 5},
            {f.position(HUIDIG, SOCIAAL, "bestuur"): 5},
            {f.placed(HUIDIG, SOCIAAL, "bestuur"): True},
        ),
        (
            {f.position(HUIDIG, SOCIAAL, "bestuur"): "unknown"},
            {f.position(HUIDIG, SOCIAAL, "bestuur"): "unknown"},
            {f.placed(HUIDIG, SOCIAAL, "bestuur"): True},
        ),
        (
            {f.position(HUIDIG, SOCIAAL, "positionering"): None},
            {f.position(HUIDIG, SOCIAAL, "positionering"): None},
            {f.placed(HUIDIG, SOCIAAL, "positionering"): None},
        ),
        (
            {f.reason(HUIDIG, SOCIAAL, "bestuur"): "x"},
            {f.reason(HUIDIG, SOCIAAL, "bestuur"): "x"},
            {},
        ),
        ({f.done(HUIDIG, SOCIAAL): True}, {f.done(HUIDIG, SOCIAAL): True}, None),
        ({f.MOVED_AT: SINCE}, {}, {}),
    ],
)
def test_batch_in_a_hidden_round(
    changes: dict[str, Any], own: dict[str, Any], stranger: dict[str, Any] | None
) -> None:
    """HD3: a batch tells the seat its own change, and others only that a slider was handled."""
    before = room()
    after = dict(before)
    f.apply(after, changes)
    assert masking.mask_changes(before, after, changes, SOCIAAL) == own
    expected = own if stranger is None else stranger
    for view in (FYSIEK, masking.STRANGER):
        assert masking.mask_changes(before, after, changes, view) == expected


def test_reveal() -> None:
    """HD3: the reveal brings all positions and words, and takes the marks away."""
    before = room()
    place(before, SOCIAAL, 90, round_id=AMBITIE)
    changes = {f.PHASE: "compare", f.revealed(HUIDIG): SINCE}
    after = before | changes
    words = {f.reason(HUIDIG, FYSIEK, "positionering"): "andere woorden"}
    positions = {
        f.position(HUIDIG, FYSIEK, "positionering"): 22,
        f.position(HUIDIG, FYSIEK, "proces-gemeente"): "unknown",
    }
    seen = masking.mask_changes(before, after, changes, masking.STRANGER)
    gone = dict.fromkeys([*OTHERS, f.placed(HUIDIG, SOCIAAL, "positionering")])
    assert seen == changes | gone | OWN | positions | words
    seen = masking.mask_changes(before, after, changes, SOCIAAL)
    assert seen == changes | dict.fromkeys(OTHERS) | OWN | positions | words


def test_placing_and_revealing_at_once() -> None:
    """HD3: a position that comes in the batch of the reveal leaves no mark behind."""
    before = room()
    changes = {f.position(HUIDIG, FYSIEK, "bestuur"): 5, f.revealed(HUIDIG): SINCE}
    after = before | changes
    for view in (SOCIAAL, FYSIEK, masking.STRANGER):
        seen = masking.mask(before, view)
        f.apply(seen, masking.mask_changes(before, after, changes, view))
        assert seen == masking.mask(after, view)


def test_history_of_a_hidden_round() -> None:
    """HD5: an old frame shows what may be seen now: hidden again or still, or revealed since."""
    frame = {
        f.position(HUIDIG, FYSIEK, "bestuur"): 5,
        f.position(HUIDIG, FYSIEK, "communicatie"): None,
        f.reason(HUIDIG, FYSIEK, "bestuur"): True,
        f.PHASE: "place",
    }
    assert masking.mask(frame, SOCIAAL, room()) == {
        f.placed(HUIDIG, FYSIEK, "bestuur"): True,
        f.placed(HUIDIG, FYSIEK, "communicatie"): None,
        f.PHASE: "place",
    }
    assert masking.mask(frame, SOCIAAL, room("hidden", HUIDIG)) == frame
    assert masking.mask(frame, FYSIEK, room()) == frame

"""What a room adds up to, in each phase."""

from typing import Any

import msgspec
import pytest

from sessions import actors, insight, masking
from sessions import fields as f
from sessions.fields import Fields
from sessions.insight import Insight
from sessions.room import RoomView
from tests.rooms import (
    AMBITIE,
    FYSIEK,
    HUIDIG,
    SLIDERS,
    SOCIAAL,
    TRIO,
    WIJKAMBTENAAR,
    new_room,
    place,
    view,
)


def room(phase: str = "compare", **settings: Any) -> Fields:
    """Spreads of 45, 5, 16, 90 and none, in panel order."""
    fields = new_room(**settings)
    fields[f.PHASE] = phase
    place(fields, WIJKAMBTENAAR, 40, 10, 60, 0, 70)
    place(fields, SOCIAAL, 60, 15, 76, 10, "unknown")
    place(fields, FYSIEK, 85, 12, "unknown", 90, None)
    return fields


def of(there: RoomView) -> Insight:
    return insight.insight(there, insight.parts(there), masking.SHARED)


def test_every_key_is_there() -> None:
    """IN1: an empty room has every key of the contract, with nothing in it."""
    assert msgspec.to_builtins(of(view(new_room()))) == {
        "round": HUIDIG,
        "sliders": {},
        "order": [],
        "agreement": None,
        "consensus": {"verdict": "incomplete", "ranking": []},
        "seats": {},
        "agreed": {},
        "differ": {},
        "settled": [],
        "complete": False,
    }


def test_spread() -> None:
    """DG1: per slider of the active round what its positions say together."""
    fields = room()
    place(fields, SOCIAAL, 1, 2, 3, 4, 5, round_id=AMBITIE)
    found = msgspec.to_builtins(of(view(fields)))
    assert found["sliders"] == {
        "positionering": {
            "n": 3,
            "spread": 45,
            "median": 60,
            "mean": 185 / 3,
            "level": "verschil",
            "apart": None,
        },
        "proces-gemeente": {
            "n": 3,
            "spread": 5,
            "median": 12,
            "mean": 37 / 3,
            "level": "eens",
            "apart": None,
        },
        "proces-bewoners": {
            "n": 2,
            "spread": 16,
            "median": 68,
            "mean": 68.0,
            "level": "eens",
            "apart": None,
        },
        "bestuur": {
            "n": 3,
            "spread": 90,
            "median": 10,
            "mean": 100 / 3,
            "level": "tegenpolen",
            "apart": FYSIEK,
        },
        "communicatie": {
            "n": 1,
            "spread": None,
            "median": 70,
            "mean": 70.0,
            "level": None,
            "apart": None,
        },
    }
    assert found["order"] == ["bestuur", "positionering", "proces-bewoners", "proces-gemeente"]
    assert found["agreement"] == 61  # 100 - 156/4


def test_wijk_is_talked_about_and_not_counted() -> None:
    """IN2: the optional slider stands in the order, and neither in agreement nor in the match."""
    fields = room(wijk=True)
    without = of(view(fields))
    fields[f.position(HUIDIG, SOCIAAL, "wijk")] = 0
    fields[f.position(HUIDIG, FYSIEK, "wijk")] = 100
    found = of(view(fields))
    assert found.order == ["wijk", *without.order]
    assert found.sliders["wijk"].spread == 100
    assert found.agreement == without.agreement == 61
    assert found.seats == without.seats


@pytest.mark.parametrize("with_wijk", [False, True])
def test_complete_without_wijk(with_wijk: bool) -> None:
    """AG6: complete is every slider but `wijk`; one that is not settled is one too many."""
    fields = room("outcome", wijk=True)
    for slider in SLIDERS:
        fields[f.settled(HUIDIG, slider)] = {"value": 50, "roles": list(TRIO)}
    if with_wijk:
        fields[f.settled(HUIDIG, "wijk")] = {"value": "differ", "roles": list(TRIO)}
    assert of(view(fields)).complete
    del fields[f.settled(HUIDIG, "bestuur")]
    assert not of(view(fields)).complete


def test_agreeing() -> None:
    """AG2: words on a value that the shared slider left do not count, until it comes back."""
    fields = room("agree")
    fields[f.consensus(HUIDIG, "bestuur")] = 60
    fields[f.agreed(HUIDIG, WIJKAMBTENAAR, "bestuur")] = 60
    fields[f.agreed(HUIDIG, SOCIAAL, "bestuur")] = 61
    fields[f.agreed(HUIDIG, FYSIEK, "communicatie")] = "differ"
    found = of(view(fields))
    assert (found.agreed, found.differ) == (
        {"bestuur": [WIJKAMBTENAAR]},
        {"communicatie": [FYSIEK]},
    )
    fields[f.consensus(HUIDIG, "bestuur")] = 61
    assert of(view(fields)).agreed == {"bestuur": [SOCIAAL]}
    fields[f.consensus(HUIDIG, "bestuur")] = 50
    assert of(view(fields)).agreed == {}


def test_settled_in_agree_is_what_holds_now() -> None:
    """AG4: in `agree` the present seats decide, whatever was written before."""
    fields = room("agree")
    fields[f.consensus(HUIDIG, "bestuur")] = 60
    fields[f.settled(HUIDIG, "communicatie")] = {"value": 1, "roles": list(TRIO)}
    for role in (WIJKAMBTENAAR, SOCIAAL):
        fields[f.agreed(HUIDIG, role, "bestuur")] = 60
    assert of(view(fields)).settled == []
    assert of(view(fields, (WIJKAMBTENAAR, SOCIAAL))).settled == ["bestuur"]
    assert of(view(fields, (WIJKAMBTENAAR, SOCIAAL), (FYSIEK,))).settled == []


@pytest.mark.parametrize("phase", ["place", "compare", "outcome"])
def test_settled_elsewhere_is_what_was_written(phase: str) -> None:
    """AG4: outside `agree` the written word holds, whoever is there and wherever sliders went."""
    fields = room(phase)
    fields[f.consensus(HUIDIG, "bestuur")] = 10
    fields[f.settled(HUIDIG, "communicatie")] = {"value": 60, "roles": [FYSIEK]}
    fields[f.settled(HUIDIG, "bestuur")] = {"value": "differ", "roles": list(TRIO)}
    fields[f.settled(AMBITIE, "positionering")] = {"value": 60, "roles": [FYSIEK]}
    assert of(view(fields, ())).settled == ["bestuur", "communicatie"]


def test_match_of_each_seat() -> None:
    """PF5: each seat that placed something has a match of its own panel."""
    fields = new_room()
    place(fields, SOCIAAL, 10, 10, 50, 50, 30)
    place(fields, FYSIEK, 100, "unknown")
    place(fields, WIJKAMBTENAAR, "unknown", "unknown")
    found = of(view(fields)).seats
    assert list(found) == [SOCIAAL, FYSIEK]
    assert found[SOCIAAL].verdict == "clear"
    assert found[SOCIAAL].ranking[0].profile == "ontwikkelend"
    assert found[FYSIEK].verdict == "incomplete"
    assert all(one.sliders is None for match in found.values() for one in match.ranking)


@pytest.mark.parametrize(
    ("phase", "verdict"),
    [
        ("place", "incomplete"),
        ("compare", "incomplete"),
        ("agree", "incomplete"),
        ("outcome", "clear"),
    ],
)
def test_middle_in_the_outcome(phase: str, verdict: str) -> None:
    """IN3: before the outcome only shared sliders count; there the middle stands in for others."""
    fields = new_room()
    fields[f.PHASE] = phase
    place(fields, SOCIAAL, 0, 10, 40, 50, 30)
    place(fields, FYSIEK, 20, 11, 60, "unknown", "unknown")
    fields[f.consensus(HUIDIG, "positionering")] = 12
    found = of(view(fields)).consensus
    assert found.verdict == verdict
    if phase == "outcome":
        sliders = found.ranking[0].sliders
        assert sliders is not None
        # 12 was shared; 10.5 is rounded up; 40 and 60; and two that one seat placed.
        assert [sliders[slider].value for slider in SLIDERS] == [12, 11, 50, 50, 30]


@pytest.mark.parametrize(
    ("phase", "explained"),
    [("place", False), ("compare", False), ("agree", False), ("outcome", True)],
)
def test_explained_in_the_outcome(phase: str, explained: bool) -> None:
    """IN5: distances per slider and the tipping point come in the outcome, for the room only."""
    fields = new_room()
    fields[f.PHASE] = phase
    for slider, value in zip(SLIDERS, (33, 10, 66, 34, 48), strict=True):
        fields[f.consensus(HUIDIG, slider)] = value
    place(fields, SOCIAAL, 33, 10, 66, 34, 48)
    found = of(view(fields))
    assert (found.consensus.tipping is not None) is explained
    assert all((one.sliders is not None) is explained for one in found.consensus.ranking)
    assert found.seats[SOCIAAL].tipping is None


@pytest.mark.parametrize("actor", [actors.seat(SOCIAAL), actors.observer, actors.facilitator])
def test_hidden_round(actor: actors.Actor) -> None:
    """HD4: while the round is hidden there is only the asker's own match, if it has one."""
    fields = room("place", visibility="hidden")
    there = view(fields)
    found = insight.insight(there, insight.parts(there), masking.view_of(actor, hidden=True))
    assert list(found.seats) == ([SOCIAAL] if actor.role else [])
    assert (found.sliders, found.order, found.agreement) == ({}, [], None)
    assert (found.agreed, found.differ, found.settled, found.complete) == ({}, {}, [], False)
    assert msgspec.to_builtins(found.consensus) == {"verdict": "incomplete", "ranking": []}


def test_revealed_round_beside_a_hidden_one() -> None:
    """HD4: only the active round's own state counts, not that of another round."""
    fields = room("compare", visibility="hidden")
    fields[f.revealed(HUIDIG)] = "2026-03-02T13:30:00.000Z"
    there = view(fields)
    found = insight.insight(there, insight.parts(there), masking.STRANGER)
    assert found.agreement == 61
    assert list(found.seats) == list(TRIO)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({f.done(HUIDIG, SOCIAAL): True}, True),
        ({f.reason(HUIDIG, SOCIAAL, "bestuur"): "x"}, True),
        ({f.position(AMBITIE, SOCIAAL, "bestuur"): 1}, True),
        ({f.MOVED_AT: "x"}, True),
        ({f.position(HUIDIG, SOCIAAL, "bestuur"): 1}, False),
        ({f.consensus(HUIDIG, "bestuur"): 1}, False),
        ({f.PHASE: "outcome"}, False),
        ({f.ROUND: AMBITIE}, False),
        ({f.WIJK: True}, False),
    ],
)
def test_parts_are_kept_where_nothing_changed(changes: dict[str, Any], same: bool) -> None:
    """IN4: what does not touch the parts leaves them as they are, and is computed for free."""
    fields = room()
    before = insight.parts(view(fields))
    f.apply(fields, changes)
    after = insight.parts(view(fields), before, changes)
    assert (after is before) is same
    assert after == insight.parts(view(fields))

"""From phase to phase: who takes a step, and what ends and begins with it."""

from typing import Any

import pytest

from sessions import actors, rules
from sessions import fields as f
from sessions.commands import Phase, Step
from sessions.errors import Code, Refusal
from sessions.fields import Changes, Fields
from tests.rooms import (
    AMBITIE,
    FYSIEK,
    HUIDIG,
    NOW,
    SINCE,
    SOCIAAL,
    TRIO,
    WIJKAMBTENAAR,
    new_room,
    place,
    view,
)

SEAT = actors.seat(SOCIAAL)
TO_COMPARE = {"phase": "compare", "round": HUIDIG}


def room(phase: str = "place", *, revealed: bool = False, **settings: Any) -> Fields:
    fields = new_room(**settings)
    fields[f.PHASE] = phase
    if revealed:
        fields[f.revealed(HUIDIG)] = "2026-03-02T12:00:00.000Z"
    return fields


def facilitate(fields: Fields, phase: Phase, round_id: str | None = None) -> Changes:
    return rules.decide(view(fields), actors.facilitator, Step(phase, round_id), NOW)


@pytest.mark.parametrize("start", ["place", "compare", "agree", "outcome"])
@pytest.mark.parametrize("phase", ["place", "compare", "agree", "outcome"])
@pytest.mark.parametrize("round_id", [HUIDIG, AMBITIE])
def test_any_phase_follows_any(start: str, phase: Phase, round_id: str) -> None:
    """SP1: the facilitator's step is taken at once, to any phase of any round."""
    fields = room(start, revealed=True)
    changes = facilitate(fields, phase, round_id)
    if (phase, round_id) == (start, HUIDIG):
        assert changes == {}
        return
    f.apply(fields, changes)
    assert (fields[f.PHASE], fields[f.ROUND]) == (phase, round_id)


def test_a_step_in_a_locked_room() -> None:
    """SP1: the lock holds the seats, not the facilitator."""
    fields = room(revealed=True)
    fields[f.LOCKED] = True
    assert facilitate(fields, "compare") == {f.PHASE: "compare"}


def test_only_what_differs_is_written() -> None:
    """SP1: a step sets the phase or the round only where it is another one."""
    fields = room("compare", revealed=True)
    fields[f.revealed(AMBITIE)] = SINCE
    assert facilitate(fields, "outcome") == {f.PHASE: "outcome"}
    assert facilitate(fields, "compare", AMBITIE) == {f.ROUND: AMBITIE}


def test_first_place_reveals_once() -> None:
    """SP7: the time of the reveal is set when the round's first `place` ends, and then stands."""
    fields = room()
    assert facilitate(fields, "compare") == {f.PHASE: "compare", f.revealed(HUIDIG): SINCE}
    again = room(revealed=True)
    assert facilitate(again, "compare") == {f.PHASE: "compare"}


def test_place_of_another_round_ends_this_one() -> None:
    """SP7: going to the `place` of another round ends this round's `place`, and begins that."""
    changes = facilitate(room(), "place", AMBITIE)
    assert changes == {f.ROUND: AMBITIE, f.revealed(HUIDIG): SINCE}


@pytest.mark.parametrize("phase", ["compare", "agree", "outcome"])
def test_a_round_that_begins_beyond_place_is_revealed(phase: Phase) -> None:
    """SP7: a round that skips its `place` is open from its first step on."""
    fields = room("compare", revealed=True)
    changes = facilitate(fields, phase, AMBITIE)
    assert changes[f.revealed(AMBITIE)] == SINCE
    assert f.revealed(HUIDIG) not in changes


def test_entering_place_reveals_nothing() -> None:
    """SP7: a round that begins with its `place` stays each seat's own."""
    assert facilitate(room("compare", revealed=True), "place", AMBITIE) == {
        f.PHASE: "place",
        f.ROUND: AMBITIE,
    }


def test_entering_agree_starts_at_the_medians() -> None:
    """AG1: sliders with positions start at the median rounded half up; others have no value."""
    fields = room("compare", revealed=True)
    place(fields, WIJKAMBTENAAR, 10, 0, "unknown", None, 99)
    place(fields, SOCIAAL, 20, 1, 70, None, 100)
    place(fields, FYSIEK, 90, "unknown", "unknown", "unknown", None)
    place(fields, FYSIEK, None, None, None, 33, None, round_id=AMBITIE)
    assert facilitate(fields, "agree") == {
        f.PHASE: "agree",
        f.consensus(HUIDIG, "positionering"): 20,
        f.consensus(HUIDIG, "proces-gemeente"): 1,
        f.consensus(HUIDIG, "proces-bewoners"): 70,
        f.consensus(HUIDIG, "communicatie"): 100,
    }


def test_entering_agree_again_keeps_the_shared_values() -> None:
    """AG1: a shared slider that has a value, 0 too, stays where it was put."""
    fields = room("compare", revealed=True)
    place(fields, SOCIAAL, 20, 30)
    fields[f.consensus(HUIDIG, "positionering")] = 0
    changes = facilitate(fields, "agree")
    assert f.consensus(HUIDIG, "positionering") not in changes
    assert changes[f.consensus(HUIDIG, "proces-gemeente")] == 30


def test_entering_agree_of_the_other_round() -> None:
    """AG1: the medians are those of the round that is entered."""
    fields = room("agree", revealed=True)
    place(fields, SOCIAAL, 20)
    place(fields, SOCIAAL, 80, round_id=AMBITIE)
    fields[f.revealed(AMBITIE)] = SINCE
    changes = facilitate(fields, "agree", AMBITIE)
    assert changes == {f.ROUND: AMBITIE, f.consensus(AMBITIE, "positionering"): 80}


def test_entering_agree_with_wijk() -> None:
    """AG1: the optional slider is agreed on where the panel has it."""
    fields = room("compare", revealed=True, wijk=True)
    place(fields, SOCIAAL, None, None, None, None, None, 70)
    assert facilitate(fields, "agree")[f.consensus(HUIDIG, "wijk")] == 70


def agreeing(**words: Any) -> Fields:
    """A room in `agree` with the shared `bestuur` at 60, and each role's word on it."""
    fields = room("agree", revealed=True)
    fields[f.consensus(HUIDIG, "bestuur")] = 60
    for role, word in words.items():
        fields[f.agreed(HUIDIG, role, "bestuur")] = word
    return fields


@pytest.mark.parametrize(
    ("words", "online", "present", "settled"),
    [
        ({}, TRIO, (), None),
        (dict.fromkeys(TRIO, 60), TRIO, (), (60, list(TRIO))),
        (dict.fromkeys(TRIO, "differ"), TRIO, (), ("differ", list(TRIO))),
        # A value counts only while it is the current one.
        (dict.fromkeys(TRIO, 59), TRIO, (), None),
        ({WIJKAMBTENAAR: 60, SOCIAAL: 60, FYSIEK: 59}, TRIO, (), None),
        # Some agree and some differ.
        ({WIJKAMBTENAAR: 60, SOCIAAL: 60, FYSIEK: "differ"}, TRIO, (), None),
        ({WIJKAMBTENAAR: 60, SOCIAAL: 60}, TRIO, (), None),
        # Who is away blocks nobody; who left a moment ago does.
        ({WIJKAMBTENAAR: 60, SOCIAAL: 60}, TRIO[:2], (), (60, [WIJKAMBTENAAR, SOCIAAL])),
        ({WIJKAMBTENAAR: 60, SOCIAAL: 60}, TRIO[:2], (FYSIEK,), None),
        ({SOCIAAL: 60}, (SOCIAAL,), (), (60, [SOCIAAL])),
        ({SOCIAAL: "differ"}, (SOCIAAL,), (), ("differ", [SOCIAAL])),
        # Who agreed and went away still stands in the result.
        (dict.fromkeys(TRIO, 60), (SOCIAAL,), (), (60, list(TRIO))),
        ({WIJKAMBTENAAR: "differ", SOCIAAL: 60}, (SOCIAAL,), (), (60, [SOCIAAL])),
        # Only seats gone for less than 30 seconds: they are present.
        ({SOCIAAL: 60}, (), (SOCIAAL,), (60, [SOCIAAL])),
        # Nobody is there: nothing is settled.
        (dict.fromkeys(TRIO, 60), (), (), None),
    ],
)
def test_settled(
    words: dict[str, Any],
    online: tuple[str, ...],
    present: tuple[str, ...],
    settled: tuple[Any, list[str]] | None,
) -> None:
    """AG3: settled is what every present seat agrees to now, or lets stand; one at least."""
    fields = agreeing(**words)
    there = view(fields, online, present)
    expected = None if settled is None else {"value": settled[0], "roles": settled[1]}
    assert there.settlement("bestuur") == expected
    # AG4: the same is written when the room leaves `agree`.
    changes = rules.decide(there, actors.facilitator, Step("outcome"), NOW)
    assert changes.get(f.settled(HUIDIG, "bestuur")) == expected
    assert (f.settled(HUIDIG, "bestuur") in changes) == (expected is not None)


def test_differ_settles_without_a_value() -> None:
    """AG3: a slider that nobody placed can still be left to differ."""
    fields = room("agree", revealed=True)
    fields[f.agreed(HUIDIG, SOCIAAL, "bestuur")] = "differ"
    assert view(fields, (SOCIAAL,)).settlement("bestuur") == {
        "value": "differ",
        "roles": [SOCIAAL],
    }
    assert view(fields, (SOCIAAL,)).settlement("communicatie") is None


def test_entering_agree_removes_what_was_settled() -> None:
    """AG4: what was written at the last leaving no longer holds once the talk goes on."""
    fields = room("outcome", revealed=True)
    fields[f.settled(HUIDIG, "bestuur")] = {"value": 60, "roles": [SOCIAAL]}
    fields[f.settled(AMBITIE, "bestuur")] = {"value": 60, "roles": [SOCIAAL]}
    assert facilitate(fields, "agree") == {
        f.PHASE: "agree",
        f.settled(HUIDIG, "bestuur"): None,
    }


def test_from_agree_to_agree_of_another_round() -> None:
    """AG4: leaving and entering in one step writes the one round and clears the other."""
    fields = agreeing(**dict.fromkeys(TRIO, 60))
    fields[f.revealed(AMBITIE)] = SINCE
    fields[f.settled(AMBITIE, "bestuur")] = {"value": 1, "roles": []}
    assert facilitate(fields, "agree", AMBITIE) == {
        f.ROUND: AMBITIE,
        f.settled(HUIDIG, "bestuur"): {"value": 60, "roles": list(TRIO)},
        f.settled(AMBITIE, "bestuur"): None,
    }


def test_a_step_clears_proposals() -> None:
    """SP6: every proposal, also of who is away, and an announced step are done with."""
    fields = room("compare", revealed=True)
    fields[f.proposal(SOCIAAL)] = {"phase": "agree", "round": HUIDIG}
    fields[f.proposal(FYSIEK)] = {"phase": "outcome", "round": HUIDIG}
    fields[f.UPCOMING] = {"phase": "agree", "round": HUIDIG, "at": SINCE}
    assert facilitate(fields, "outcome") == {
        f.PHASE: "outcome",
        f.proposal(SOCIAAL): None,
        f.proposal(FYSIEK): None,
        f.UPCOMING: None,
    }


COMPARE = Step("compare")


def propose(
    fields: Fields,
    step: Step = COMPARE,
    *,
    online: tuple[str, ...] = TRIO,
    present: tuple[str, ...] = (),
) -> Changes:
    return rules.decide(view(fields, online, present), SEAT, step, NOW)


TAKEN = {f.PHASE: "compare", f.revealed(HUIDIG): SINCE}


def test_one_of_three_proposes() -> None:
    """SP3: one seat's step is its proposal, in the open and with its round."""
    assert propose(room()) == {f.proposal(SOCIAAL): TO_COMPARE}


def test_two_propose_the_same() -> None:
    """SP3: the second online seat that proposes the same takes the step."""
    fields = room()
    fields[f.proposal(FYSIEK)] = TO_COMPARE
    assert propose(fields) == {**TAKEN, f.proposal(FYSIEK): None}


@pytest.mark.parametrize(
    "other",
    [{"phase": "agree", "round": HUIDIG}, {"phase": "compare", "round": AMBITIE}],
)
def test_two_propose_otherwise(other: dict[str, str]) -> None:
    """SP3: another phase or another round is another step."""
    fields = room()
    fields[f.proposal(FYSIEK)] = other
    assert propose(fields) == {f.proposal(SOCIAAL): TO_COMPARE}


def test_proposals_of_who_is_offline_do_not_count() -> None:
    """SP3: the two who propose must both be online."""
    fields = room()
    fields[f.proposal(FYSIEK)] = TO_COMPARE
    assert propose(fields, online=TRIO[:2]) == {f.proposal(SOCIAAL): TO_COMPARE}


def test_only_seat_online_steps_at_once() -> None:
    """SP3: who is alone needs nobody's second."""
    assert propose(room(), online=(SOCIAAL,)) == TAKEN


def test_proposing_twice_is_not_two() -> None:
    """SP3: the same seat again, from a second screen, is still one seat."""
    fields = room()
    fields[f.proposal(SOCIAAL)] = TO_COMPARE
    assert propose(fields) == {f.proposal(SOCIAAL): TO_COMPARE}


def test_another_proposal_replaces_the_first() -> None:
    """SP3: a seat proposes one step at a time."""
    fields = room()
    fields[f.proposal(SOCIAAL)] = TO_COMPARE
    changes = propose(fields, step=Step("outcome"))
    assert changes == {f.proposal(SOCIAAL): {"phase": "outcome", "round": HUIDIG}}


def test_staying_takes_the_proposal_back() -> None:
    """SP2: proposing to stay removes one's own proposal, and is nothing without one."""
    fields = room()
    assert propose(fields, step=Step("place")) == {}
    fields[f.proposal(SOCIAAL)] = TO_COMPARE
    fields[f.proposal(FYSIEK)] = {"phase": "agree", "round": HUIDIG}
    assert propose(fields, step=Step("place")) == {f.proposal(SOCIAAL): None}
    assert propose(fields, step=Step("place", HUIDIG)) == {f.proposal(SOCIAAL): None}


def test_facilitator_stays() -> None:
    """SP2: a step of the facilitator to where the room is leaves proposals alone."""
    fields = room()
    fields[f.proposal(SOCIAAL)] = TO_COMPARE
    assert facilitate(fields, "place") == {}


def hidden(*done: str) -> Fields:
    fields = room(visibility="hidden")
    for role in done:
        fields[f.done(HUIDIG, role)] = True
    return fields


def test_hidden_place_waits_for_all() -> None:
    """SP4: while somebody who is online is not done, no seat can even propose to leave."""
    for fields in (hidden(), hidden(SOCIAAL), hidden(SOCIAAL, FYSIEK)):
        with pytest.raises(Refusal) as caught:
            propose(fields)
        assert caught.value.code == Code.WRONG_PHASE


def test_hidden_place_when_all_are_done() -> None:
    """SP4: when all who are online are done, steps go as ever, and reveal."""
    fields = hidden(*TRIO)
    assert propose(fields) == {f.proposal(SOCIAAL): TO_COMPARE}
    fields[f.proposal(FYSIEK)] = TO_COMPARE
    assert propose(fields) == {**TAKEN, f.proposal(FYSIEK): None}


def test_hidden_place_does_not_wait_for_who_is_away() -> None:
    """SP4: only who is online counts, not who left, however short ago."""
    fields = hidden(SOCIAAL, FYSIEK)
    fields[f.proposal(FYSIEK)] = TO_COMPARE
    online = (SOCIAAL, FYSIEK)
    changes = propose(fields, online=online, present=(WIJKAMBTENAAR,))
    assert changes == {**TAKEN, f.proposal(FYSIEK): None}


def test_hidden_place_and_staying() -> None:
    """SP2: taking a proposal back is no step out of `place`."""
    fields = hidden()
    fields[f.proposal(SOCIAAL)] = TO_COMPARE
    assert propose(fields, step=Step("place")) == {f.proposal(SOCIAAL): None}


def test_hidden_place_and_the_facilitator() -> None:
    """SP1: the facilitator waits for nobody."""
    assert facilitate(hidden(), "compare") == TAKEN


def test_second_place_of_a_revealed_round_is_open() -> None:
    """SP4: after its reveal a round's `place` waits for nobody."""
    fields = hidden()
    fields[f.revealed(HUIDIG)] = SINCE
    assert propose(fields) == {f.proposal(SOCIAAL): TO_COMPARE}


def due(fields: Fields, online: tuple[str, ...] = TRIO, present: tuple[str, ...] = ()) -> Changes:
    return rules.due_step(view(fields, online, present), NOW)


def proposed(*roles: str, fields: Fields | None = None) -> Fields:
    fields = room() if fields is None else fields
    for role in roles:
        fields[f.proposal(role)] = TO_COMPARE
    return fields


@pytest.mark.parametrize(
    ("roles", "online", "present", "taken"),
    [
        ((), TRIO, (), False),
        ((SOCIAAL,), TRIO, (), False),
        ((SOCIAAL,), (SOCIAAL,), (), True),  # the others have gone for good
        ((SOCIAAL,), (SOCIAAL,), (FYSIEK,), False),  # somebody only reloads a page
        ((SOCIAAL, FYSIEK), (SOCIAAL, FYSIEK), (), True),
        ((SOCIAAL, FYSIEK), TRIO, (), True),  # the second came back
        ((SOCIAAL, FYSIEK), (SOCIAAL, WIJKAMBTENAAR), (), False),
        ((SOCIAAL,), (FYSIEK,), (), False),  # the proposer has gone
        ((SOCIAAL,), (), (SOCIAAL,), False),  # nobody is online
        ((SOCIAAL,), (), (), False),
    ],
)
def test_due_step(
    roles: tuple[str, ...], online: tuple[str, ...], present: tuple[str, ...], taken: bool
) -> None:
    """SP5: proposals become a step when those who came or went make them enough."""
    changes = due(proposed(*roles), online, present)
    expected = {**TAKEN, **{f.proposal(role): None for role in roles}}
    assert changes == (expected if taken else {})


def test_due_step_out_of_a_hidden_place() -> None:
    """SP4: the rule of a hidden `place` holds for steps that fall due as well."""
    both = (SOCIAAL, FYSIEK)
    assert due(proposed(*both, fields=hidden(SOCIAAL))) == {}
    assert due(proposed(*both, fields=hidden(SOCIAAL)), both) == {}
    assert due(proposed(*both, fields=hidden(*both)), both)[f.PHASE] == "compare"


def test_no_step_falls_due_in_a_locked_room() -> None:
    """SP9: a lock holds proposals too."""
    assert due(proposed(SOCIAAL, FYSIEK, fields={**room(), f.LOCKED: True})) == {}


def test_no_step_falls_due_where_the_facilitator_steps() -> None:
    """SP8: proposals from before the setting changed are left lying."""
    assert due(proposed(SOCIAAL, FYSIEK, fields=room(steps="facilitator"))) == {}


@pytest.mark.parametrize("phase", ["compare", "agree", "outcome"])
def test_no_median_of_hidden_positions(phase: Phase) -> None:
    """HD6: a round that never had its `place` is not hidden beyond it, or it keeps its medians.

    The shared slider would else start at the only hidden position, for everybody to see.
    """
    fields = room("compare", visibility="hidden")
    fields[f.ROUND] = AMBITIE
    place(fields, SOCIAAL, 37, round_id=AMBITIE)
    f.apply(fields, facilitate(fields, phase, HUIDIG))
    f.apply(fields, facilitate(fields, "agree", AMBITIE))
    assert fields[f.consensus(AMBITIE, "positionering")] == 37
    assert not view(fields).hidden()

"""What each command changes, apart from steps."""

from collections.abc import Mapping
from typing import Any

import pytest

from sessions import actors, rules
from sessions import fields as f
from sessions.actors import Actor
from sessions.commands import About, Agree, Command, Consensus, Done, Help, Lock, Move, Reason
from sessions.errors import Code, Refusal
from sessions.fields import Changes, Fields
from tests.rooms import AMBITIE, HUIDIG, NOW, SINCE, SLIDERS, SOCIAAL, new_room, place, view

SEAT = actors.seat(SOCIAAL)


def room(phase: str = "place", extra: Mapping[str, Any] | None = None) -> Fields:
    """A room with all seats taken, in a phase, with these fields as well."""
    return {**new_room(), f.PHASE: phase, **(extra or {})}


def decide(fields: Fields, command: Command, actor: Actor = SEAT) -> Changes:
    return rules.decide(view(fields), actor, command, NOW)


@pytest.mark.parametrize("value", [0, 50, 100, "unknown", None])
@pytest.mark.parametrize("phase", ["place", "compare"])
def test_move(value: Any, phase: str) -> None:
    """SL1: a move sets the mover's own position, in any of its states, and the time of moving."""
    assert decide(room(phase), Move("bestuur", value)) == {
        "position/huidig/sociaal/bestuur": value,
        "~moved_at": SINCE,
    }


def test_same_move_again() -> None:
    """SL1: a move to where the slider stands is a change like any other: it gets its receipt."""
    fields = room()
    place(fields, SOCIAAL, None, None, None, 40)
    assert decide(fields, Move("bestuur", 40))[f.position(HUIDIG, SOCIAAL, "bestuur")] == 40


def test_move_in_the_second_round() -> None:
    """RU6: a move without a round is for the active one."""
    fields = room()
    fields[f.ROUND] = AMBITIE
    assert f.position(AMBITIE, SOCIAAL, "bestuur") in decide(fields, Move("bestuur", 1))


def test_taking_a_position_back_takes_done_back() -> None:
    """SL3: done promises that every slider is handled."""
    fields = room(extra={f.done(HUIDIG, SOCIAAL): True})
    place(fields, SOCIAAL, 1, 2, 3, 4, 5)
    assert decide(fields, Move("bestuur", None))[f.done(HUIDIG, SOCIAAL)] is None


@pytest.mark.parametrize("value", [7, "unknown"])
def test_moving_keeps_done(value: Any) -> None:
    """SL3: another position is still a handled slider."""
    fields = room(extra={f.done(HUIDIG, SOCIAAL): True})
    place(fields, SOCIAAL, 1, 2, 3, 4, 5)
    assert f.done(HUIDIG, SOCIAAL) not in decide(fields, Move("bestuur", value))


def test_done_of_another_round_stays() -> None:
    """SL3: what is taken back in one round says nothing of the other."""
    fields = room(extra={f.done(AMBITIE, SOCIAAL): True})
    assert f.done(AMBITIE, SOCIAAL) not in decide(fields, Move("bestuur", None))


def test_wijk_where_it_was_asked_for() -> None:
    """SL4: the optional slider moves in a room that has it."""
    fields = new_room(wijk=True)
    assert f.position(HUIDIG, SOCIAAL, "wijk") in decide(fields, Move("wijk", 80))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Omdat het zo is", "Omdat het zo is"),
        ("  ruimte eromheen  ", "ruimte eromheen"),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("phase", ["place", "compare", "agree"])
def test_reason(text: str | None, kept: str | None, phase: str) -> None:
    """SL5: words are trimmed, and null or blank withdraws them."""
    assert decide(room(phase), Reason("bestuur", text)) == {"reason/huidig/sociaal/bestuur": kept}


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ((1, 2, 3, 4, 5), []),
        ((50, 50, 50, 50, 50), []),
        (("unknown",) * 5, []),
        ((0, 0, 0, 0, 0), []),
        ((1, 2, 3, 4, None), ["communicatie"]),
        ((None, 2, "unknown", None, 5), ["positionering", "bestuur"]),
        ((None,) * 5, list(SLIDERS)),
    ],
)
def test_done(values: tuple[Any, ...], missing: list[str]) -> None:
    """SL3: done needs a position, no choice or "weet ik niet" on every slider, and names others."""
    fields = room()
    place(fields, SOCIAAL, *values)
    if not missing:
        assert decide(fields, Done(done=True)) == {"done/huidig/sociaal": True}
        return
    with pytest.raises(Refusal) as caught:
        decide(fields, Done(done=True))
    assert (caught.value.code, caught.value.field) == (Code.INVALID, "done")
    assert caught.value.detail.endswith(", ".join(missing))


def test_done_counts_the_optional_slider() -> None:
    """SL3: where the panel has `wijk`, it has to be handled as well."""
    fields = new_room(wijk=True)
    place(fields, SOCIAAL, 1, 2, 3, 4, 5)
    with pytest.raises(Refusal, match="wijk"):
        decide(fields, Done(done=True))
    place(fields, SOCIAAL, 1, 2, 3, 4, 5, "unknown")
    assert decide(fields, Done(done=True)) == {"done/huidig/sociaal": True}


def test_not_done() -> None:
    """SL3: a seat may always take its done back."""
    assert decide(room(), Done(done=False)) == {"done/huidig/sociaal": None}


def test_done_does_not_count_others() -> None:
    """SL3: what another seat handled, or what was handled in another round, does not help."""
    fields = room()
    place(fields, "fysiek", 1, 2, 3, 4, 5)
    place(fields, SOCIAAL, 1, 2, 3, 4, 5, round_id=AMBITIE)
    with pytest.raises(Refusal) as caught:
        decide(fields, Done(done=True))
    assert caught.value.code == Code.INVALID


def test_consensus() -> None:
    """AG2: any seat moves a shared slider; agreements on it stay as they were written."""
    fields = room("agree", {f.consensus(HUIDIG, "bestuur"): 64})
    fields[f.agreed(HUIDIG, "fysiek", "bestuur")] = 64
    assert decide(fields, Consensus("bestuur", 65)) == {
        "consensus/huidig/bestuur": 65,
        "~moved_at": SINCE,
    }


@pytest.mark.parametrize("value", [64, "differ", None])
def test_agree(value: Any) -> None:
    """AG5: a seat agrees to the current value, lets the difference stand, or withdraws."""
    fields = room("agree", {f.consensus(HUIDIG, "bestuur"): 64})
    assert decide(fields, Agree("bestuur", value)) == {"agreed/huidig/sociaal/bestuur": value}


@pytest.mark.parametrize("value", [63, 65, 0])
def test_agree_to_another_value(value: int) -> None:
    """AG5: agreeing to a value that the slider has left is invalid."""
    fields = room("agree", {f.consensus(HUIDIG, "bestuur"): 64})
    with pytest.raises(Refusal) as caught:
        decide(fields, Agree("bestuur", value))
    assert (caught.value.code, caught.value.field) == (Code.INVALID, "value")


def test_differ_without_a_shared_value() -> None:
    """AG3: who has no shared value may still let the difference stand."""
    assert decide(room("agree"), Agree("bestuur", "differ")) == {
        "agreed/huidig/sociaal/bestuur": "differ"
    }


@pytest.mark.parametrize("phase", ["place", "compare", "agree", "outcome"])
@pytest.mark.parametrize("about", ["municipality", "case"])
def test_about(phase: str, about: Any) -> None:
    """RU8: what the active round is about may be said, and said otherwise, in any phase."""
    assert decide(room(phase), About(about)) == {"about/huidig": about}
    assert decide(room(phase, {"about/huidig": "case"}), About(about)) == {"about/huidig": about}


def test_lock() -> None:
    """RU5: locking and letting go set and remove one field."""
    assert decide(room(), Lock(locked=True), actors.facilitator) == {"locked": True}
    assert decide(room(extra={f.LOCKED: True}), Lock(locked=False), actors.facilitator) == {
        "locked": None
    }


CALL = {"since": "2026-03-02T12:59:00.000Z", "claimed": None}
CLAIMED = {"since": "2026-03-02T12:59:00.000Z", "claimed": "2026-03-02T12:59:30.000Z"}


@pytest.mark.parametrize(
    ("call", "command", "actor", "expected"),
    [
        (None, Help(help=True), SEAT, {"help": {"since": SINCE, "claimed": None}}),
        (None, Help(help=True), actors.facilitator, {"help": {"since": SINCE, "claimed": None}}),
        (CALL, Help(help=True), SEAT, {}),
        (CLAIMED, Help(help=True), SEAT, {}),
        (None, Help(help=False), SEAT, {}),
        (CALL, Help(help=False), SEAT, {"help": None}),
        (CLAIMED, Help(help=False), SEAT, {"help": None}),
        (CALL, Help(help=False), actors.facilitator, {"help": None}),
        (CALL, Help(claim=True), actors.facilitator, {"help": {**CALL, "claimed": SINCE}}),
        (CLAIMED, Help(claim=True), actors.facilitator, {}),
    ],
)
def test_help(
    call: dict[str, Any] | None, command: Help, actor: Actor, expected: dict[str, Any]
) -> None:
    """RU7: a call keeps its first time, is claimed once, and ended by either side."""
    fields = room() if call is None else room(extra={f.HELP: call})
    assert decide(fields, command, actor) == expected


def test_claim_without_a_call() -> None:
    """RU7: there is nothing to claim where nobody calls."""
    with pytest.raises(Refusal) as caught:
        decide(room(), Help(claim=True), actors.facilitator)
    assert (caught.value.code, caught.value.field) == (Code.INVALID, "claim")


def test_seats_do_not_claim() -> None:
    """RU7: only the facilitator says that the facilitator comes."""
    with pytest.raises(Refusal) as caught:
        decide(room(extra={f.HELP: CALL}), Help(claim=True), SEAT)
    assert caught.value.code == Code.NOT_ALLOWED


def test_deciding_changes_nothing_by_itself() -> None:
    """RM2: a decision is a proposal for a batch; the map is as it was."""
    fields = room()
    before = dict(fields)
    decide(fields, Move("bestuur", 1))
    assert fields == before

"""Who may what and when: every command, every kind of actor, every phase, locked or not."""

from itertools import product
from typing import NamedTuple

import pytest

from sessions import actors, rules
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
from sessions.errors import Code, Refusal
from sessions.fields import Fields
from tests.rooms import HUIDIG, NOW, SINCE, SOCIAAL, TRIO, new_room, place, view

PHASES: tuple[Phase, ...] = ("place", "compare", "agree", "outcome")
ACTORS = {
    "seat": actors.seat(SOCIAAL),
    "facilitator": actors.facilitator,
    "observer": actors.observer,
}
EVERYWHERE = frozenset(PHASES)


class Row(NamedTuple):
    """One line of the contract: who may ask it, in which phases, and of a seat when locked."""

    command: Command
    who: frozenset[str]
    phases: frozenset[str] = EVERYWHERE
    while_locked: bool = False


SEAT, FACILITATOR = frozenset({"seat"}), frozenset({"facilitator"})
CONTRACT = {
    "move": Row(Move("bestuur", 40), SEAT, frozenset({"place", "compare"})),
    "unknown": Row(Move("bestuur", "unknown"), SEAT, frozenset({"place", "compare"})),
    "take back": Row(Move("bestuur", None), SEAT, frozenset({"place", "compare"})),
    "reason": Row(Reason("bestuur", "x"), SEAT, frozenset({"place", "compare", "agree"})),
    "done": Row(Done(done=True), SEAT, frozenset({"place"})),
    "not done": Row(Done(done=False), SEAT, frozenset({"place"})),
    "consensus": Row(Consensus("bestuur", 40), SEAT, frozenset({"agree"})),
    "agree": Row(Agree("bestuur", 60), SEAT, frozenset({"agree"})),
    "differ": Row(Agree("bestuur", "differ"), SEAT, frozenset({"agree"})),
    "withdraw": Row(Agree("bestuur", None), SEAT, frozenset({"agree"})),
    "about": Row(About("case"), SEAT),
    "step": Row(Step("place", "ambitie"), SEAT | FACILITATOR),
    "call": Row(Help(help=True), SEAT | FACILITATOR, while_locked=True),
    "end the call": Row(Help(help=False), SEAT | FACILITATOR, while_locked=True),
    "claim": Row(Help(claim=True), FACILITATOR),
    "lock": Row(Lock(locked=True), FACILITATOR),
    "unlock": Row(Lock(locked=False), FACILITATOR),
}


def room(phase: str, *, locked: bool) -> Fields:
    """A room in which each command of the contract has something to act on."""
    fields = new_room()
    for role in TRIO:
        place(fields, role, 10, 20, 30, 60, 50)
    fields[f.consensus(HUIDIG, "bestuur")] = 60
    fields[f.HELP] = {"since": SINCE, "claimed": None}
    fields[f.PHASE] = phase
    if locked:
        fields[f.LOCKED] = True
    return fields


def code_of(fields: Fields, actor: Actor, command: Command) -> Code | None:
    """The code of the refusal, or none."""
    try:
        rules.decide(view(fields), actor, command, NOW)
    except Refusal as refusal:
        return refusal.code
    return None


def expected(row: Row, kind: str, phase: str, *, locked: bool) -> Code | None:
    if kind not in row.who:
        return Code.NOT_ALLOWED
    if locked and kind == "seat" and not row.while_locked:
        return Code.LOCKED
    return None if phase in row.phases else Code.WRONG_PHASE


@pytest.mark.parametrize("name", CONTRACT)
@pytest.mark.parametrize("kind", ACTORS)
def test_contract(name: str, kind: str) -> None:
    """RU3: in every phase, locked or not, a command is allowed or bears the contract's code."""
    row = CONTRACT[name]
    for phase, locked in product(PHASES, (False, True)):
        found = code_of(room(phase, locked=locked), ACTORS[kind], row.command)
        assert found == expected(row, kind, phase, locked=locked), (phase, locked)


INVALID: dict[str, Command] = {
    "slider of no panel": Move("wijk", 40),
    "reason on no slider": Reason("nergens", "x"),
    "shared slider of no panel": Consensus("nergens", 40),
    "word on no slider": Agree("nergens", "differ"),
    "word on another value": Agree("bestuur", 61),
    "word on a slider without a value": Agree("communicatie", 50),
    "step to no round": Step("place", "nergens"),
    "help and claim": Help(help=True, claim=True),
    "neither help nor claim": Help(),
    "claim that is false": Help(claim=False),
}


@pytest.mark.parametrize("name", INVALID)
@pytest.mark.parametrize("kind", ACTORS)
def test_invalid_comes_first(name: str, kind: str) -> None:
    """RU2: what the room does not know is invalid for everybody, in any phase, locked or not."""
    for phase, locked in product(PHASES, (False, True)):
        found = code_of(room(phase, locked=locked), ACTORS[kind], INVALID[name])
        assert found == Code.INVALID, (phase, locked)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("locked", [False, True])
def test_done_too_early_is_invalid(phase: str, locked: bool) -> None:
    """RU1: a done while a slider is not handled is invalid before it is locked or too late."""
    fields = room(phase, locked=locked)
    del fields[f.position(HUIDIG, SOCIAAL, "bestuur")]
    assert code_of(fields, actors.seat(SOCIAAL), Done(done=True)) == Code.INVALID


@pytest.mark.parametrize("name", [name for name, row in CONTRACT.items() if "seat" in row.who])
def test_freed_seat(name: str) -> None:
    """RU4: a seat that was freed may nothing, not even in a locked room or the wrong phase."""
    for phase, locked in product(PHASES, (False, True)):
        fields = room(phase, locked=locked)
        del fields[f.seat(SOCIAAL)]
        found = code_of(fields, actors.seat(SOCIAAL), CONTRACT[name].command)
        assert found == Code.NOT_ALLOWED, (phase, locked)


ROUND_COMMANDS: list[tuple[Phase, Command]] = [
    ("place", Move("bestuur", 40, "ambitie")),
    ("place", Reason("bestuur", "x", "ambitie")),
    ("place", Done(done=False, round="ambitie")),
    ("agree", Consensus("bestuur", 40, "ambitie")),
    ("agree", Agree("bestuur", 60, "ambitie")),
    ("agree", Agree("bestuur", 99, "ambitie")),
    ("place", About("case", "ambitie")),
    ("place", Move("bestuur", 40, "weg")),
    ("place", Done(done=True, round="ambitie")),
]


@pytest.mark.parametrize(("phase", "command"), ROUND_COMMANDS)
def test_other_round(phase: Phase, command: Command) -> None:
    """RU6: a command for a round that is not the active one is late, hence `wrong-phase`."""
    seat = actors.seat(SOCIAAL)
    assert code_of(room(phase, locked=False), seat, command) == Code.WRONG_PHASE
    assert code_of(room(phase, locked=True), seat, command) == Code.LOCKED


def test_own_round() -> None:
    """RU6: naming the active round is the same as naming none."""
    fields = room("place", locked=False)
    seat = actors.seat(SOCIAAL)
    named = rules.decide(view(fields), seat, Move("bestuur", 40, HUIDIG), NOW)
    assert named == rules.decide(view(fields), seat, Move("bestuur", 40), NOW)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("locked", [False, True])
def test_seats_cannot_step_where_the_facilitator_does(phase: str, locked: bool) -> None:
    """SP8: `not-allowed` for a seat, before `locked`; the facilitator steps as ever."""
    fields = room(phase, locked=locked)
    fields[f.STEPS] = "facilitator"
    step = Step("place", "ambitie")
    assert code_of(fields, actors.seat(SOCIAAL), step) == Code.NOT_ALLOWED
    assert code_of(fields, actors.facilitator, step) is None


@pytest.mark.parametrize("announced", [60, None])
@pytest.mark.parametrize("locked", [False, True])
def test_seats_cannot_announce(announced: int | None, locked: bool) -> None:
    """RU1: announcing and cancelling are the facilitator's: `not-allowed` comes before `locked`."""
    step = Step("compare", in_=announced)
    assert code_of(room("place", locked=locked), actors.seat(SOCIAAL), step) == Code.NOT_ALLOWED


def test_refusals_name_the_part() -> None:
    """RU2: a refusal for what was asked names the field of the payload."""
    found = {}
    for name, command in INVALID.items():
        with pytest.raises(Refusal) as caught:
            rules.decide(view(room("agree", locked=False)), actors.seat(SOCIAAL), command, NOW)
        found[name] = caught.value.field
    assert found == {
        "slider of no panel": "slider",
        "reason on no slider": "slider",
        "shared slider of no panel": "slider",
        "word on no slider": "slider",
        "word on another value": "value",
        "word on a slider without a value": "value",
        "step to no round": "round",
        "help and claim": "help",
        "neither help nor claim": "help",
        "claim that is false": "claim",
    }

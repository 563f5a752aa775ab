"""Each check lets a true history pass and finds the one word of it that was bent."""

from collections.abc import Callable
from typing import Any

import pytest

from sessions import fields as f
from sessions.store.port import HistoryFrame, Stored
from tests.chaos.checks import CHECKS, equal_views, verify
from tests.chaos.record import Call, Denied, Shown
from tests.chaos.tale import (
    AT,
    BESTUUR,
    CODE,
    FYSIEK,
    SETTLED,
    SOCIAAL,
    WIJKAMBTENAAR,
    Tale,
    agree,
    agreed,
    told,
)
from tests.integration.clients import TRIO

Bend = Callable[[Tale], object]


def test_what_is_true_passes() -> None:
    """A history that keeps every promise is found to."""
    assert verify(told().record) == {}


def _set_end(key: str, value: Any) -> Bend:
    def bend(tale: Tale) -> None:
        fields = {**tale.fields, key: value}
        tale.record.ended[CODE] = Stored(tale.seq, fields)

    return bend


def _set_batch(seq: int, key: str, value: Any) -> Bend:
    def bend(tale: Tale) -> None:
        tale.record.batches[CODE][seq][key] = value

    return bend


def _drop_batch_key(seq: int, key: str) -> Bend:
    def bend(tale: Tale) -> None:
        del tale.record.batches[CODE][seq][key]

    return bend


def _shown(link: int, *, whole: bool, seq: int, fields: dict[str, Any]) -> Bend:
    return lambda tale: tale.record.shown.append(Shown(link, tale.now, whole, seq, fields))


def _denied(token: str, word: str) -> Bend:
    def bend(tale: Tale) -> None:
        now = tale.now + 5
        one = Denied("sociaal 0", CODE, SOCIAAL, token, now, now + 1, word)
        tale.record.denied.append(one)

    return bend


def _accepted_ghost(tale: Tale) -> None:
    payload = {"help": True}
    help_ = {f.HELP: {"since": AT, "claimed": None}}
    tale.say(FYSIEK, "help", help_, **payload)


def _claimed_twice(tale: Tale) -> None:
    first = tale.record.calls[-1]
    tale.record.calls.append(
        Call("claim", CODE, FYSIEK, 1, first.sent, "other", answered=first.answered, status=201)
    )


def _taken_by_nobody(tale: Tale) -> None:
    tale.call("release", FYSIEK, 204)
    tale.call("claim", FYSIEK, 409)


def _late_move(tale: Tale) -> None:
    tale.batch({f.LOCKED: None})
    tale.move(WIJKAMBTENAAR, 12)


def _written_by_nobody(tale: Tale) -> None:
    tale.batch({f.LOCKED: None, f.seat(FYSIEK): None})
    tale.batch({f.proposal(FYSIEK): {"phase": "place", "round": "huidig"}})


def _settled_without(role: str) -> Bend:
    def bend(tale: Tale) -> None:
        others = [one for one in TRIO if one != role]
        tale.step("agree", **{SETTLED: None, agreed(FYSIEK): 40})
        tale.now += 10
        tale.step("outcome", **{SETTLED: {"value": 40, "roles": others}})

    return bend


def _settled_otherwise(tale: Tale) -> None:
    tale.step("agree", **{SETTLED: None})
    tale.step("outcome", **{SETTLED: {"value": 41, "roles": [SOCIAAL]}})


def _agreed_to_nothing(tale: Tale) -> None:
    tale.batch({f.LOCKED: None})
    tale.step("agree", **{SETTLED: None})
    agree(tale, SOCIAAL, 41)


def _history(tale: Tale) -> None:
    tale.record.kept[CODE][3] = HistoryFrame(4, AT, {BESTUUR[FYSIEK]: 41})


def _history_forgets(tale: Tale) -> None:
    del tale.record.kept[CODE][-4]


def _beyond(tale: Tale) -> None:
    tale.record.batches[CODE][tale.seq + 1] = {f.LOCKED: None}


BENT: dict[str, tuple[str, Bend]] = {
    "an older value came back": ("acknowledged writes survive", _set_end(BESTUUR[SOCIAAL], 40)),
    "a value is gone": ("acknowledged writes survive", _set_end(BESTUUR[FYSIEK], None)),
    "a refused value is there": ("acknowledged writes survive", _set_end(BESTUUR[FYSIEK], 70)),
    "words are gone": (
        "acknowledged writes survive",
        _set_end(f.reason("huidig", FYSIEK, "bestuur"), None),
    ),
    "what was freed is there": ("acknowledged writes survive", _set_end(agreed(FYSIEK), 40)),
    "a batch lacks a write": (
        "acknowledged writes stand in their batch",
        _drop_batch_key(3, BESTUUR[SOCIAAL]),
    ),
    "a batch has another value": (
        "acknowledged writes stand in their batch",
        _set_batch(3, BESTUUR[SOCIAAL], 41),
    ),
    "a frame goes back": ("what is shown is stored", _shown(1, whole=False, seq=3, fields={})),
    "a frame tells another value": (
        "what is shown is stored",
        _set_batch(3, BESTUUR[SOCIAAL], 41),
    ),
    "a frame tells what no batch did": (
        "what is shown is stored",
        lambda tale: tale.show(1, changes={f.LOCKED: None}),
    ),
    "a snapshot lacks something": (
        "what is shown is stored",
        _shown(1, whole=True, seq=4, fields={f.PHASE: "place"}),
    ),
    "the store lost the last batch": ("the store tells one story", _beyond),
    "the store holds something else": (
        "the store tells one story",
        _set_end(f.HELP, {"since": AT, "claimed": None}),
    ),
    "the history holds another value": ("the store tells one story", _history),
    "the history forgets a batch": ("the store tells one story", _history_forgets),
    "a move came after the step": ("nothing is stored that the rules forbid", _late_move),
    "a locked room was changed": (
        "nothing is stored that the rules forbid",
        lambda tale: tale.batch({f.about("huidig"): "case"}),
    ),
    "a free seat writes": ("nothing is stored that the rules forbid", _written_by_nobody),
    "settled without a step": (
        "nothing is stored that the rules forbid",
        lambda tale: tale.batch({SETTLED: None}),
    ),
    "agreed to what was not shared": ("agreements are about what was shared", _agreed_to_nothing),
    "settled what was not agreed": ("agreements are about what was shared", _settled_otherwise),
    "settled over somebody's head": (
        "agreements are about what was shared",
        _settled_without(WIJKAMBTENAAR),
    ),
    "two have one seat": ("one token for each seat", _claimed_twice),
    "nobody has it, and it is taken": ("one token for each seat", _taken_by_nobody),
    "who was freed goes on": ("one token for each seat", _accepted_ghost),
    "a good token is turned away": ("one token for each seat", _denied(SOCIAAL * 2, "bad-token")),
    "a room is said to be gone": ("no undeserved refusals", _denied("", "expired")),
    "a word of no contract": (
        "no undeserved refusals",
        lambda tale: tale.record.bare.append("oops"),
    ),
    "an answer of no contract": (
        "no undeserved refusals",
        lambda tale: tale.call("claim", SOCIAAL, 500),
    ),
    "something failed on the way": (
        "what was found while it ran",
        lambda tale: tale.record.problems.append("a traceback"),
    ),
}


@pytest.mark.parametrize(("check", "bend"), BENT.values(), ids=BENT)
def test_what_was_bent_is_found(check: str, bend: Bend) -> None:
    """A history with one false word is found out, by the check that is for it."""
    tale = told()
    bend(tale)
    assert CHECKS[check](tale.record) != []


def test_a_room_that_is_gone_is_found() -> None:
    """A room that the store no longer has at the end is a fault by itself."""
    tale = told()
    tale.record.ended.clear()
    assert verify(tale.record) == {"rooms survive": [f"{CODE} is gone"]}


def test_views_that_differ_are_told_apart() -> None:
    """Views must be equal in all they say; the fault names who differs, and where."""
    one = {"seq": 3, "fields": {"phase": "place"}}
    assert equal_views({"here": one, "there": {**one}}) == []
    (wrong,) = equal_views({"here": one, "there": {"seq": 3, "fields": {"phase": "agree"}}})
    assert wrong == "there differs from here: fields phase is 'agree' and not 'place'"

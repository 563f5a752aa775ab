"""Keys, batches, and what the history keeps."""

from typing import Any

import pytest

from sessions import fields as f


def test_keys() -> None:
    """RM2: keys are a kind and its parts, as in the contract."""
    assert [
        f.round_("huidig"),
        f.about("huidig"),
        f.revealed("huidig"),
        f.seat("sociaal"),
        f.online("sociaal"),
        f.position("huidig", "sociaal", "bestuur"),
        f.placed("huidig", "sociaal", "bestuur"),
        f.reason("huidig", "sociaal", "bestuur"),
        f.done("huidig", "sociaal"),
        f.consensus("huidig", "bestuur"),
        f.agreed("huidig", "sociaal", "bestuur"),
        f.settled("huidig", "bestuur"),
        f.proposal("sociaal"),
        f.question("vraag-1", "text"),
    ] == [
        "rounds/huidig",
        "about/huidig",
        "revealed/huidig",
        "seat/sociaal",
        "online/sociaal",
        "position/huidig/sociaal/bestuur",
        "placed/huidig/sociaal/bestuur",
        "reason/huidig/sociaal/bestuur",
        "done/huidig/sociaal",
        "consensus/huidig/bestuur",
        "agreed/huidig/sociaal/bestuur",
        "settled/huidig/bestuur",
        "proposal/sociaal",
        "question/vraag-1/text",
    ]
    assert f.kind("position/huidig/sociaal/bestuur") == "position"
    assert f.kind("phase") == "phase"
    assert f.parts("position/huidig/sociaal/bestuur") == ["huidig", "sociaal", "bestuur"]
    assert f.parts("phase") == []


@pytest.mark.parametrize(
    ("key", "private"),
    [
        (f.token("sociaal"), True),
        (f.WERKPLAATS, True),
        (f.MOVED_AT, True),
        (f.EXPECTED, True),
        (f.CALL, True),
        (f.PHASE, False),
        ("seat/sociaal", False),
    ],
)
def test_private(key: str, private: bool) -> None:
    """RM3: what begins with `~` is the server's alone."""
    assert f.is_private(key) is private


@pytest.mark.parametrize(
    ("key", "dragged"),
    [
        ("position/huidig/sociaal/bestuur", True),
        ("consensus/huidig/bestuur", True),
        ("placed/huidig/sociaal/bestuur", False),
        ("agreed/huidig/sociaal/bestuur", False),
        ("phase", False),
    ],
)
def test_dragged(key: str, dragged: bool) -> None:
    """HI4: only positions and shared values change many times a second."""
    assert f.is_dragged(key) is dragged


def test_apply() -> None:
    """RM2: a batch sets and removes; false, zero and empty are values, null is none."""
    fields = {"a": 1, "b": 2, "c": 3}
    f.apply(fields, {"a": None, "b": 0, "d": False, "e": "", "weg": None})
    assert fields == {"b": 0, "c": 3, "d": False, "e": ""}


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("reason/huidig/sociaal/bestuur", "omdat", True),
        ("reason/huidig/sociaal/bestuur", None, None),
        ("minority/huidig/sociaal/bestuur", "toch", True),
        ("text/assignment", "onze opdracht", True),
        ("room", {"title": "T", "municipality": "Zonnedorp", "case": "C"}, True),
        ("action/1/text", "bellen", True),
        ("action/1/who", "Noor", True),
        ("action/1/due", "2026-04-01", "2026-04-01"),
        ("action/1/slider", "bestuur", "bestuur"),
        ("action/1/agenda", True, True),
        ("question/1/text", "hoe dan", True),
        ("question/1/answered", True, True),
        ("seat/sociaal", {"name": "Noor", "since": "t"}, {"name": None, "since": "t"}),
        ("seat/sociaal", None, None),
        ("announcement", {"id": "1", "text": "over vijf", "at": "t"}, {"id": "1", "at": "t"}),
        ("timer", {"ends_at": "t", "label": "plaatsen"}, {"ends_at": "t"}),
        ("help", {"since": "t", "claimed": None}, {"since": "t", "claimed": None}),
        ("position/huidig/sociaal/bestuur", 0, 0),
        ("position/huidig/sociaal/bestuur", "unknown", "unknown"),
        ("agreed/huidig/sociaal/bestuur", "differ", "differ"),
        ("phase", "agree", "agree"),
    ],
)
def test_without_words(key: str, value: Any, kept: Any) -> None:
    """HI2: of words and names the history keeps that they were there, and no more."""
    assert f.without_words(key, value) == kept


def test_of_role() -> None:
    """RM7: the fields of a seat are found by its place in the key, not by its name anywhere."""
    keys = [
        "seat/sociaal",
        "~token/sociaal",
        "proposal/sociaal",
        "done/huidig/sociaal",
        "agreed/ambitie/sociaal/bestuur",
        "position/huidig/sociaal/bestuur",
        "position/sociaal/fysiek/sociaal",
        "done/sociaal/fysiek",
        "agreed/huidig/fysiek/sociaal",
        "seat/fysiek",
        "proposal/fysiek",
        "settled/huidig/sociaal",
        "consensus/huidig/sociaal",
    ]
    kinds = {"seat", "~token", "proposal", "done", "agreed"}
    assert f.of_role(keys, "sociaal", frozenset(kinds)) == keys[:5]
    assert f.of_role(keys, "sociaal", frozenset(kinds | {"position"})) == keys[:6]

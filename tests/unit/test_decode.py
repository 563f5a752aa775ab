"""From untrusted input to commands: what is let in, and how the rest is refused."""

import json
from typing import Any

import pytest
from msgspec import UNSET

from sessions import actors
from sessions.commands import (
    EVENTS,
    LATER,
    About,
    Agree,
    Command,
    Consensus,
    Done,
    Help,
    Lock,
    Move,
    Reason,
    Step,
)
from sessions.errors import Code, Refusal
from sessions.protocol import decode, http
from sessions.protocol.decode import Wrong
from sessions.werkplaats import Role

B = "bestuur"


@pytest.mark.parametrize(
    ("name", "payload", "command"),
    [
        ("move", {"slider": B, "value": 0}, Move(B, 0)),
        ("move", {"slider": B, "value": 100, "round": "huidig"}, Move(B, 100, "huidig")),
        ("move", {"slider": B, "value": "unknown"}, Move(B, "unknown")),
        ("move", {"slider": B, "value": None, "round": None}, Move(B, None)),
        ("reason", {"slider": B, "text": "omdat"}, Reason(B, "omdat")),
        ("reason", {"slider": B, "text": None}, Reason(B, None)),
        ("reason", {"slider": B, "text": "é" * 500}, Reason(B, "é" * 500)),
        ("reason", {"slider": B, "text": "🙂 \u2028 \u200b"}, Reason(B, "🙂 \u2028 \u200b")),
        ("done", {"done": True}, Done(done=True)),
        ("consensus", {"slider": B, "value": 64}, Consensus(B, 64)),
        ("agree", {"slider": B, "value": 64}, Agree(B, 64)),
        ("agree", {"slider": B, "value": "differ"}, Agree(B, "differ")),
        ("agree", {"slider": B, "value": None}, Agree(B, None)),
        ("phase", {"phase": "agree"}, Step("agree")),
        ("phase", {"phase": "place", "round": "ambitie"}, Step("place", "ambitie")),
        ("phase", {"phase": "place", "in": 60}, Step("place", in_=60)),
        ("phase", {"phase": "place", "in": None}, Step("place", in_=None)),
        ("help", {"help": True}, Help(help=True)),
        ("help", {"claim": True}, Help(claim=True)),
        ("about", {"about": "case", "round": "huidig"}, About("case", "huidig")),
        ("lock", {"locked": False}, Lock(locked=False)),
        ("move", {"slider": "a" * 23, "value": 1}, Move("a" * 23, 1)),
        ("move", {"slider": "9-a", "value": 1}, Move("9-a", 1)),
    ],
)
def test_accepted(name: str, payload: dict[str, Any], command: Command) -> None:
    """PR2: the payloads of the contract are the commands."""
    assert decode.event(name, [payload]) == command


def test_absent_and_null_step() -> None:
    """PR2: no `in` is a step at once; a null one cancels what was announced."""
    step = decode.event("phase", [{"phase": "place"}])
    assert isinstance(step, Step)
    assert step.in_ is UNSET


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: list[tuple[str, Any, str | None]] = [
    # Values of another type.
    ("move", {"slider": B, "value": "77"}, "value"),
    ("move", {"slider": B, "value": True}, "value"),
    ("move", {"slider": B, "value": False}, "value"),
    ("move", {"slider": B, "value": 50.5}, "value"),
    ("move", {"slider": B, "value": float("nan")}, "value"),
    ("move", {"slider": B, "value": float("inf")}, "value"),
    ("move", {"slider": B, "value": float("-inf")}, "value"),
    ("move", {"slider": B, "value": [50]}, "value"),
    ("move", {"slider": B, "value": {"value": 50}}, "value"),
    ("move", {"slider": B, "value": ""}, "value"),
    ("move", {"slider": B, "value": "Unknown"}, "value"),
    ("move", {"slider": B, "value": "differ"}, "value"),
    ("move", {"slider": B, "value": b"unknown"}, "value"),
    ("agree", {"slider": B, "value": "unknown"}, "value"),
    ("agree", {"slider": B, "value": True}, "value"),
    ("consensus", {"slider": B, "value": None}, "value"),
    ("consensus", {"slider": B, "value": "unknown"}, "value"),
    ("done", {"done": 1}, "done"),
    ("done", {"done": "true"}, "done"),
    ("done", {"done": None}, "done"),
    ("lock", {"locked": 0}, "locked"),
    ("help", {"help": "yes"}, "help"),
    ("reason", {"slider": B, "text": 5}, "text"),
    ("reason", {"slider": B, "text": ["omdat"]}, "text"),
    ("phase", {"phase": None}, "phase"),
    ("about", {"about": True}, "about"),
    # Values out of range.
    ("move", {"slider": B, "value": 101}, "value"),
    ("move", {"slider": B, "value": -1}, "value"),
    ("move", {"slider": B, "value": 2**31}, "value"),
    ("move", {"slider": B, "value": 2**64}, "value"),
    ("move", {"slider": B, "value": -(2**63) - 1}, "value"),
    ("move", {"slider": B, "value": 10**400}, "value"),
    ("consensus", {"slider": B, "value": 101}, "value"),
    ("agree", {"slider": B, "value": -1}, "value"),
    ("phase", {"phase": "begin"}, "phase"),
    ("phase", {"phase": "Place"}, "phase"),
    ("phase", {"phase": "place", "in": 0}, "in"),
    ("phase", {"phase": "place", "in": 7201}, "in"),
    ("phase", {"phase": "place", "in": "60"}, "in"),
    ("about", {"about": "gemeente"}, "about"),
    # Ids of another shape.
    ("move", {"slider": "", "value": 1}, "slider"),
    ("move", {"slider": "a" * 24, "value": 1}, "slider"),
    ("move", {"slider": "Bestuur", "value": 1}, "slider"),
    ("move", {"slider": "bestuur\n", "value": 1}, "slider"),
    ("move", {"slider": "\nbestuur", "value": 1}, "slider"),
    ("move", {"slider": "bes/tuur", "value": 1}, "slider"),
    ("move", {"slider": "bes_tuur", "value": 1}, "slider"),
    ("move", {"slider": "~token", "value": 1}, "slider"),
    ("move", {"slider": "bestuür", "value": 1}, "slider"),
    ("move", {"slider": "\uff42estuur", "value": 1}, "slider"),
    ("move", {"slider": "٣", "value": 1}, "slider"),
    ("move", {"slider": "bestuur\x00", "value": 1}, "slider"),
    ("move", {"slider": "\ud800", "value": 1}, "slider"),
    ("move", {"slider": 5, "value": 1}, "slider"),
    ("move", {"slider": None, "value": 1}, "slider"),
    ("move", {"slider": B, "value": 1, "round": "huidig\n"}, "round"),
    ("move", {"slider": B, "value": 1, "round": "../x"}, "round"),
    ("move", {"slider": B, "value": 1, "round": 1}, "round"),
    # Texts.
    ("reason", {"slider": B, "text": "x" * 501}, "text"),
    ("reason", {"slider": B, "text": "🙂" * 501}, "text"),
    ("reason", {"slider": B, "text": "een\ntwee"}, "text"),
    ("reason", {"slider": B, "text": "een\n"}, "text"),
    ("reason", {"slider": B, "text": "\t"}, "text"),
    ("reason", {"slider": B, "text": "\x00"}, "text"),
    ("reason", {"slider": B, "text": "\x7f"}, "text"),
    ("reason", {"slider": B, "text": "\x85"}, "text"),
    ("reason", {"slider": B, "text": "\x1b[31m"}, "text"),
    ("reason", {"slider": B, "text": "los \ud83d"}, "text"),
    ("reason", {"slider": B, "text": "\udc00 los"}, "text"),
    # Missing and unknown keys.
    ("move", {}, "slider"),
    ("move", {"slider": B}, "value"),
    ("move", {"value": 1}, "slider"),
    ("consensus", {"slider": B}, "value"),
    ("agree", {"slider": B}, "value"),
    ("reason", {"slider": B}, "text"),
    ("done", {}, "done"),
    ("phase", {}, "phase"),
    ("about", {}, "about"),
    ("lock", {}, "locked"),
    ("move", {"slider": B, "value": 1, "role": "sociaal"}, "role"),
    ("move", {"slider": B, "value": 1, "room": "346789"}, "room"),
    ("move", {"slider": B, "value": 1, "Round": "huidig"}, "Round"),
    ("move", {"slider": B, "value": 1, "": 1}, None),
    ("move", {"slider": B, "value": 1, "__proto__": {"admin": True}}, "__proto__"),
    ("move", {"slider": B, "value": 1, "constructor": 1}, "constructor"),
    ("move", {"slider": B, "value": 1, "__class__": 1}, "__class__"),
    ("move", {"slider": B, "value": 1, "\ud800": 1}, None),
    ("phase", {"phase": "place", "in_": 60}, "in_"),
    ("phase", {"phase": "\ud800"}, None),
    ("move", {"slider": B, "value": "\udfff"}, None),
    ("lock", {"locked": True, "rooms": "all"}, "rooms"),
    # Depth.
    ("move", {"slider": B, "value": nested(50)}, "value"),
    ("move", {"slider": B, "value": nested(100_000)}, "value"),
]


@pytest.mark.parametrize(
    ("name", "payload", "field"), HOSTILE, ids=[f"{n}-{row[0]}" for n, row in enumerate(HOSTILE)]
)
def test_hostile_payload(name: str, payload: Any, field: str | None) -> None:
    """PR2: anything but the known keys, types and ranges is invalid, and the part is named."""
    with pytest.raises(Refusal) as caught:
        decode.event(name, [payload])
    refusal = caught.value
    assert refusal.code == Code.INVALID
    if field is not None:
        assert refusal.field == field
    assert 0 < len(refusal.detail) <= 200
    json.dumps([refusal.detail, refusal.field]).encode("utf-8")


@pytest.mark.parametrize(
    "args",
    [
        [],
        [None],
        [[]],
        [[{"slider": B, "value": 1}]],
        ["bestuur"],
        [5],
        [True],
        [b"\x00"],
        [{"slider": B, "value": 1}, {}],
        [{"slider": B, "value": 1}, None],
        [nested(100_000)],
    ],
)
def test_not_one_object(args: list[Any]) -> None:
    """PR2: a payload is one object, no array, no null, not two."""
    with pytest.raises(Refusal) as caught:
        decode.event("move", args)
    assert caught.value.code == Code.INVALID


@pytest.mark.parametrize(
    "name",
    [
        "connect",
        "disconnect",
        "message",
        "connect_error",
        "*",
        "",
        "Move",
        "move\n",
        "__class__",
        "__proto__",
        "\ud800",
        "x" * 100_000,
        None,
        5,
        True,
        1.5,
        ["move"],
        {"move": 1},
        b"move",
    ],
)
def test_unknown_event(name: Any) -> None:
    """PR7: a name that is no event of the contract is invalid, reserved and strange ones too."""
    for read in (decode.event, decode.overview_event):
        with pytest.raises(Refusal) as caught:
            read(name, [{}])
        assert caught.value.code == Code.INVALID
        assert caught.value.field == "event"


def test_events_of_the_contract() -> None:
    """PR7: every event of the contract is served, or known as one of later."""
    assert EVENTS.keys() | LATER == {
        *("move", "reason", "done", "consensus", "agree", "minority", "phase", "help", "seen"),
        *("action", "question", "about", "text", "grown", "start", "plenary"),
        *("lock", "timer", "announce"),
    }
    assert not EVENTS.keys() & LATER


@pytest.mark.parametrize("name", sorted(LATER))
def test_later_event(name: str) -> None:
    """PR7: what this version does not serve is not allowed; malformed it is invalid first."""
    with pytest.raises(Refusal) as caught:
        decode.event(name, [{"id": "a"}])
    assert caught.value.code == Code.NOT_ALLOWED
    with pytest.raises(Refusal) as caught:
        decode.event(name, [])
    assert caught.value.code == Code.INVALID


@pytest.mark.parametrize(
    ("name", "payload", "command", "rooms"),
    [
        ("phase", {"phase": "agree", "rooms": "all"}, Step("agree"), None),
        ("phase", {"phase": "agree", "in": 60, "rooms": ["a"]}, Step("agree", in_=60), ["a"]),
        ("lock", {"locked": True, "rooms": ["a", "b"]}, Lock(locked=True), ["a", "b"]),
        ("help", {"claim": True, "rooms": []}, Help(claim=True), []),
        ("lock", {"locked": True, "rooms": ["a"] * 400}, Lock(locked=True), ["a"] * 400),
    ],
)
def test_overview_event(
    name: str, payload: dict[str, Any], command: Command, rooms: list[str] | None
) -> None:
    """PR2: an event of the overview is the same command, with the rooms it is for."""
    assert decode.overview_event(name, [payload]) == (command, rooms)
    assert type(decode.overview_event(name, [payload])[0]) is type(command)


@pytest.mark.parametrize(
    ("name", "payload", "field"),
    [
        ("lock", {"locked": True}, "rooms"),
        ("lock", {"locked": True, "rooms": "some"}, "rooms"),
        ("lock", {"locked": True, "rooms": None}, "rooms"),
        ("lock", {"locked": True, "rooms": [5]}, "rooms[0]"),
        ("lock", {"locked": True, "rooms": ["a"] * 401}, "rooms"),
        ("lock", {"locked": True, "rooms": "all", "room": "a"}, "room"),
    ],
)
def test_hostile_overview_event(name: str, payload: Any, field: str) -> None:
    """PR2: the rooms are a list of codes or the word `all`."""
    with pytest.raises(Refusal) as caught:
        decode.overview_event(name, [payload])
    assert (caught.value.code, caught.value.field) == (Code.INVALID, field)


@pytest.mark.parametrize("name", ["move", "done", "agree", "about", "reason", "consensus"])
def test_seats_events_are_not_the_overviews(name: str) -> None:
    """PR7: who watches rooms has the facilitator's events alone."""
    with pytest.raises(Refusal) as caught:
        decode.overview_event(name, [{}])
    assert caught.value.code == Code.INVALID


ROOM = {"municipality": "Zonnedorp"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rooms": [ROOM]}, "title"),
        ({"title": "T", "rooms": []}, "rooms"),
        ({"title": "", "rooms": [ROOM]}, "title"),
        ({"title": "T" * 121, "rooms": [ROOM]}, "title"),
        ({"title": "T\n", "rooms": [ROOM]}, "title"),
        ({"title": "T", "rooms": [ROOM] * 101}, "rooms"),
        ({"title": "T", "rooms": [{}]}, "rooms[0].municipality"),
        ({"title": "T", "rooms": [ROOM, {**ROOM, "x": 1}]}, "rooms[1].x"),
        ({"title": "T", "rooms": [{**ROOM, "expected": {"sociaal": 5}}]}, "rooms[0].expected[...]"),
        ({"title": "T", "rooms": [ROOM], "visibility": "open"}, "visibility"),
        ({"title": "T", "rooms": [ROOM], "steps": "all"}, "steps"),
        ({"title": "T", "rooms": [ROOM], "roles": []}, "roles"),
        ({"title": "T", "rooms": [ROOM], "roles": ["Sociaal"]}, "roles[0]"),
        ({"title": "T", "rooms": [ROOM], "roles": [{"id": "a"}]}, "roles[0].label"),
        ({"title": "T", "rooms": [ROOM], "rounds": []}, "rounds"),
        ({"title": "T", "rooms": [ROOM], "retention_days": 0}, "retention_days"),
        ({"title": "T", "rooms": [ROOM], "wijk": "true"}, "wijk"),
        ({"title": "T", "rooms": [ROOM], "extra": 1}, "extra"),
    ],
)
def test_hostile_body(body: Any, field: str) -> None:
    """PR6: a wrong part of a request body is named by its path."""
    with pytest.raises(Refusal) as caught:
        decode.convert(body, http.CreateWerkplaats)
    assert (caught.value.code, caught.value.field) == (Code.INVALID, field)


def test_body() -> None:
    """PR2: what a body leaves out is none, and roles may be ids or whole."""
    body = {"title": "T", "rooms": [ROOM], "roles": ["sociaal", {"id": "groen", "label": "Groen"}]}
    found = decode.convert(body, http.CreateWerkplaats)
    assert (found.visibility, found.steps, found.wijk) == (None, None, None)
    assert found.roles == ["sociaal", Role("groen", "Groen")]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Expected `int`, got `str` - at `$.value`", Wrong("value", "Expected `int`, got `str`")),
        ("Object contains unknown field `x`", Wrong("x", "Object contains unknown field")),
        (
            "Object missing required field `id` - at `$.rooms[0]`",
            Wrong("rooms[0].id", "Object missing required field"),
        ),
        ("Expected `object`, got `int`", Wrong("", "Expected `object`, got `int`")),
    ],
)
def test_wrong(message: str, expected: Wrong) -> None:
    """PR6: of an error the path to the part and the fault are kept, and nothing of the value."""
    assert decode.wrong(ValueError(message)) == expected


def test_order_of_codes() -> None:
    """PR3: the codes stand in the order in which they are looked for."""
    assert [str(code) for code in Code] == [
        "too-large",
        "too-fast",
        "invalid",
        "not-allowed",
        "locked",
        "wrong-phase",
        "unavailable",
    ]


def test_actors_have_one_name() -> None:
    """PR1: an actor is a seat by its role, or an observer or facilitator by that word."""
    names = [actors.seat("sociaal").name, actors.observer.name, actors.facilitator.name]
    assert names == ["sociaal", "observer", "facilitator"]
    assert {"observer", "facilitator"} == actors.RESERVED_ROLES

"""Whatever comes in, decoding gives a command or a refusal."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sessions.commands import EVENTS, LATER, Command
from sessions.errors import Code, Refusal
from sessions.protocol import decode, http
from sessions.protocol.overview import OVERVIEW_EVENTS

# With lone surrogates, which a JSON text can carry as escapes.
SURROGATES = st.sampled_from(("\ud800", "\udfff", "\udc00\ud800"))
texts = st.text(max_size=12) | st.lists(st.text(max_size=2) | SURROGATES, max_size=3).map("".join)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | texts
    | st.sampled_from(("bestuur", "unknown", "differ", "huidig", "place", "case", "all"))
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from((*EVENTS, *LATER, "connect", "disconnect", "message", "__proto__"))
keys = st.sampled_from(
    ("slider", "value", "round", "text", "done", "phase", "in", "help", "claim", "rooms")
)
payloads = st.dictionaries(keys | texts, json_values, max_size=4) | json_values


def check(refusal: Refusal) -> None:
    """A refusal can be sent: a code of decoding, and words that are text."""
    assert refusal.code in (Code.INVALID, Code.NOT_ALLOWED)
    msgspec.json.encode({"detail": refusal.detail, "field": refusal.field})
    assert len(refusal.detail) <= 200
    assert len(refusal.field or "") <= 200


@given(names | json_values, st.lists(payloads, max_size=2) | st.tuples(payloads).map(list))
def test_event(name: Any, args: list[Any]) -> None:
    """PR6: any name with any arguments gives a command of that name, or a refusal."""
    try:
        command = decode.event(name, args)
    except Refusal as refusal:
        check(refusal)
        return
    assert type(command) is EVENTS[name]


@given(names | json_values, st.lists(payloads, max_size=2) | st.tuples(payloads).map(list))
def test_overview_event(name: Any, args: list[Any]) -> None:
    """PR6: the same holds for the facilitator's events of the overview."""
    try:
        command, rooms = decode.overview_event(name, args)
    except Refusal as refusal:
        check(refusal)
        return
    assert name in OVERVIEW_EVENTS
    assert isinstance(command, Command)
    assert rooms is None or all(isinstance(code, str) for code in rooms)


bodies = st.dictionaries(
    st.sampled_from(("title", "rooms", "roles", "rounds", "role", "name", "municipality")) | texts,
    json_values,
    max_size=5,
)


@given(st.sampled_from((http.CreateWerkplaats, http.AddRooms, http.ClaimSeat)), bodies)
def test_body(model: type[Any], body: Any) -> None:
    """PR6: a body is read as its model, or refused."""
    try:
        found = decode.convert(body, model)
    except Refusal as refusal:
        check(refusal)
        return
    assert isinstance(found, model)


@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_commands_come_through(name: str, data: st.DataObject) -> None:
    """PR2: what decoding lets through is exactly what was sent."""
    sent = data.draw(
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                (
                    "slider",
                    "value",
                    "round",
                    "text",
                    "done",
                    "phase",
                    "about",
                    "help",
                    "claim",
                    "locked",
                ),
                scalars,
            ),
        )
    )
    try:
        command = decode.event(name, [sent])
    except Refusal:
        return
    for field, value in sent.items():
        assert getattr(command, field) == value
        assert type(getattr(command, field)) is type(value)

"""A hidden round on every wire: nobody but the seat itself has its values until the reveal."""

import json
from contextlib import ExitStack
from typing import Any

import pytest

from tests.integration.clients import SLIDERS, TRIO, Api, Listener, Member, Werkplaats

SECRET = 83
"""A value that nothing else in the room has, so that a leak can be searched for."""
WORDS = "alleen voor mijn eigen ogen"


def holds(value: Any) -> bool:
    """True when a position or a reason of the secret seat stands anywhere in a message."""
    if isinstance(value, dict):
        return any(
            (str(key).startswith(("position", "reason")) and "wijkambtenaar" in str(key))
            or holds(part)
            for key, part in value.items()
        )
    if isinstance(value, list):
        return any(holds(part) for part in value)
    return (type(value) in (int, float) and value == SECRET) or WORDS in str(value)


class HiddenRoom:
    """A hidden room in which one seat has placed and said what nobody may know yet."""

    def __init__(self, api: Api, stack: ExitStack) -> None:
        self.api = api
        self.werkplaats: Werkplaats = api.werkplaats(visibility="hidden")
        self.watcher = self.werkplaats.overview()
        self.facilitator = self.werkplaats.facilitate()
        self.w = self.werkplaats.join("wijkambtenaar")
        self.s = self.werkplaats.join("sociaal", "polling")
        self.f = self.werkplaats.join("fysiek", "upgrade")
        for one in (self.watcher, self.facilitator, self.w, self.s, self.f):
            stack.callback(one.close)
        self.w.place(dict.fromkeys(SLIDERS, SECRET))
        self.seq = self.w.ok("reason", {"slider": "bestuur", "text": WORDS})

    def strangers(self) -> list[Member]:
        """Everybody in the room but the seat itself."""
        return [self.s, self.f, self.facilitator]


@pytest.fixture
def hidden(api: Api) -> Any:
    """A hidden room with a secret, and everybody connected."""
    with ExitStack() as stack:
        yield HiddenRoom(api, stack)


def test_frames_and_snapshots_keep_the_secret(hidden: HiddenRoom) -> None:
    """Others get `placed/` for every position and nothing else, also when they come later."""
    late = hidden.werkplaats.join("fysiek")
    for member in (*hidden.strangers(), late):
        member.catch_up(hidden.seq)
        assert not any(holds(message) for _, message in member.heard)
        for slider in SLIDERS:
            assert member.fields[f"placed/huidig/wijkambtenaar/{slider}"] is True
        assert member.insight["sliders"] == {}
        assert (member.insight["order"], member.insight["agreed"]) == ([], {})
        assert member.insight["agreement"] is None
        assert member.insight["seats"] == {}
    late.close()


def test_http_keeps_the_secret(hidden: HiddenRoom) -> None:
    """State, history and the werkplaats tell strangers nothing, whatever their token."""
    room = hidden.werkplaats
    for token in (room.seat("sociaal"), room.seat("fysiek"), room.token):
        state = room.state(token)
        assert not holds(state)
        assert state["fields"]["placed/huidig/wijkambtenaar/bestuur"] is True
        history = hidden.api.get(f"rooms/{room.code}/history", token)
        assert not holds(history)
        assert any("placed/huidig/wijkambtenaar/bestuur" in one["set"] for one in history["frames"])
    werkplaats = hidden.api.get(f"werkplaatsen/{room.id}", room.token)
    assert not holds(werkplaats)
    summary = werkplaats["rooms"][room.code]
    assert summary["positions"] == {role: {} for role in TRIO}
    assert summary["progress"]["wijkambtenaar"] == len(SLIDERS)
    for path in (f"rooms/{room.code}", f"join/{room.made['join_code']}"):
        assert not holds(hidden.api.get(path))


def test_the_overview_keeps_the_secret(hidden: HiddenRoom) -> None:
    """The facilitator's overview counts what is handled and shows no value, first or later."""
    code = hidden.werkplaats.code
    hidden.watcher.until(
        lambda: hidden.watcher.rooms[code]["progress"]["wijkambtenaar"] == len(SLIDERS),
        "the progress",
    )
    second = hidden.werkplaats.overview()
    for watcher in (hidden.watcher, second):
        assert not any(holds(message) for _, message in watcher.heard)
        assert watcher.rooms[code]["hidden"] is True
    second.close()


def test_the_seat_itself_sees_its_own(hidden: HiddenRoom) -> None:
    """A second device, GET state and GET history of the same seat have its own values."""
    phone = hidden.werkplaats.join("wijkambtenaar")
    state = hidden.werkplaats.state(hidden.werkplaats.seat("wijkambtenaar"))
    key = "position/huidig/wijkambtenaar/bestuur"
    for fields in (phone.fields, hidden.w.fields, state["fields"]):
        assert fields[key] == SECRET
        assert fields["reason/huidig/wijkambtenaar/bestuur"] == WORDS
        assert not any(name.startswith("placed/huidig/wijkambtenaar") for name in fields)
    assert phone.insight["seats"].keys() == {"wijkambtenaar"}
    assert phone.insight["sliders"] == {}
    history = hidden.api.get(
        f"rooms/{hidden.werkplaats.code}/history", hidden.werkplaats.seat("wijkambtenaar")
    )
    assert any(frame["set"].get(key) == SECRET for frame in history["frames"])
    hidden.w.ok("move", {"slider": "bestuur", "value": 12})
    phone.until(lambda: phone.fields[key] == 12, "the move on the other device")
    phone.close()


def test_nothing_is_refused_with_a_secret(hidden: HiddenRoom) -> None:
    """No answer to a stranger, accepted or refused, has anything of the seat in it."""
    for event, payload in (
        ("move", {"slider": "bestuur", "value": 101}),
        ("move", {"slider": "bestuur", "value": 4, "round": "ambitie"}),
        ("done", {"done": True}),
        ("agree", {"slider": "bestuur", "value": 4}),
        ("consensus", {"slider": "bestuur", "value": 4}),
        ("phase", {"phase": "compare"}),
        ("help", {"help": True}),
    ):
        assert not holds(hidden.s.ask(event, payload))


def test_seats_leave_a_hidden_round_together(hidden: HiddenRoom) -> None:
    """Seats step out only when all who are online are done, and done asks for every slider."""
    for member in (hidden.w, hidden.s):
        assert member.refused("phase", {"phase": "compare"}) == "wrong-phase"
    assert hidden.s.refused("done", {"done": True}) == "invalid"
    hidden.s.place({**dict.fromkeys(SLIDERS, 20), "bestuur": "unknown"})
    hidden.s.ok("done", {"done": True})
    hidden.w.ok("done", {"done": True})
    # Taking a position back takes the mark along, for a slider is not handled any more.
    hidden.w.ok("move", {"slider": "bestuur", "value": None})
    hidden.w.until(lambda: "done/huidig/wijkambtenaar" not in hidden.w.fields, "the mark to go")
    hidden.w.ok("move", {"slider": "bestuur", "value": SECRET})
    hidden.w.ok("done", {"done": True})
    assert hidden.w.refused("phase", {"phase": "compare"}) == "wrong-phase"
    hidden.f.close()
    hidden.w.until(lambda: "online/fysiek" not in hidden.w.fields, "the third to leave")
    hidden.w.ok("phase", {"phase": "compare"})
    hidden.s.ok("phase", {"phase": "compare"})
    for member in (hidden.w, hidden.s, hidden.facilitator):
        _assert_revealed(member)


def test_the_facilitator_may_reveal(hidden: HiddenRoom) -> None:
    """The facilitator's step needs nobody's mark, and its frame carries all that was hidden."""
    hidden.s.place({"bestuur": 20})
    before = {id(member): len(member.heard) for member in hidden.strangers()}
    seq = hidden.facilitator.ok("phase", {"phase": "compare"})
    for member in (*hidden.strangers(), hidden.w):
        _assert_revealed(member)
    for member in hidden.strangers():
        member.catch_up(seq)
        heard = [message for event, message in member.heard[before[id(member)] :]]
        (frame,) = [one for one in heard if "revealed/huidig" in one["set"]]
        for slider in SLIDERS:
            assert frame["set"][f"position/huidig/wijkambtenaar/{slider}"] == SECRET
            assert frame["set"][f"placed/huidig/wijkambtenaar/{slider}"] is None
        assert frame["set"]["reason/huidig/wijkambtenaar/bestuur"] == WORDS
        assert frame["insight"]["sliders"]["bestuur"]["spread"] == SECRET - 20
    state = hidden.werkplaats.state(hidden.werkplaats.token)
    assert state["fields"]["position/huidig/wijkambtenaar/bestuur"] == SECRET
    history = hidden.api.get(
        f"rooms/{hidden.werkplaats.code}/history", hidden.werkplaats.seat("fysiek")
    )
    moves = [
        frame["set"].get("position/huidig/wijkambtenaar/bestuur") for frame in history["frames"]
    ]
    assert SECRET in moves
    assert WORDS not in json.dumps(history)


def test_a_revealed_round_stays_open(hidden: HiddenRoom) -> None:
    """Back in `place` the revealed round hides nothing, and the next round hides its own."""
    hidden.facilitator.ok("phase", {"phase": "compare"})
    hidden.facilitator.ok("phase", {"phase": "place"})
    hidden.w.ok("move", {"slider": "bestuur", "value": 11})
    hidden.s.until(
        lambda: hidden.s.fields.get("position/huidig/wijkambtenaar/bestuur") == 11, "the move"
    )
    seq = hidden.facilitator.ok("phase", {"phase": "place", "round": "ambitie"})
    hidden.s.catch_up(seq)
    hidden.w.place({"bestuur": 97}, "ambitie")
    hidden.s.until(lambda: "placed/ambitie/wijkambtenaar/bestuur" in hidden.s.fields, "the mark")
    assert "position/ambitie/wijkambtenaar/bestuur" not in hidden.s.fields
    assert hidden.s.fields["position/huidig/wijkambtenaar/bestuur"] == 11
    fields = hidden.werkplaats.state(hidden.werkplaats.seat("sociaal"))["fields"]
    assert 97 not in [value for value in fields.values() if type(value) is int]
    assert hidden.s.insight["sliders"] == {}


def test_a_round_that_was_never_placed_leaks_nothing(hidden: HiddenRoom) -> None:
    """Where the facilitator skips `place`, what seats set in `compare` is no median of one."""
    hidden.facilitator.ok("phase", {"phase": "compare", "round": "ambitie"})
    hidden.w.ok("move", {"slider": "bestuur", "value": 97, "round": "ambitie"})
    seq = hidden.facilitator.ok("phase", {"phase": "agree", "round": "ambitie"})
    hidden.s.catch_up(seq)
    key = "position/ambitie/wijkambtenaar/bestuur"
    shown = hidden.s.fields.get("consensus/ambitie/bestuur")
    assert key in hidden.s.fields or shown is None, "the shared slider shows a hidden position"


def _assert_revealed(member: Listener) -> None:
    assert isinstance(member, Member)
    member.until(lambda: member.fields["phase"] == "compare", "the step")
    assert member.fields["position/huidig/wijkambtenaar/bestuur"] == SECRET
    assert member.fields["reason/huidig/wijkambtenaar/bestuur"] == WORDS
    assert not any(key.startswith("placed/huidig") for key in member.fields)
    assert "revealed/huidig" in member.fields

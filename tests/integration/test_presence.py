"""Seats: taking, leaving, coming back, freeing, and who is there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.integration.clients import (
    SLIDERS,
    TRIO,
    Api,
    HandshakeRefused,
    Listener,
    Member,
    Werkplaats,
)


@pytest.fixture
def room(api: Api) -> Werkplaats:
    """A werkplaats with one room."""
    return api.werkplaats()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test opens."""
    with ExitStack() as opened:
        yield opened


def joined(room: Werkplaats, stack: ExitStack, role: str, transport: str = "websocket") -> Member:
    member = room.join(role, transport)
    stack.callback(member.close)
    return member


def refusal(room: Werkplaats, **auth: object) -> str:
    """The message with which a handshake is refused."""
    server = room.api.server
    with pytest.raises(HandshakeRefused) as caught:
        Listener(server, "/room", f"?room={room.code}", auth)
    return str(caught.value)


def test_presence_is_told_to_all(room: Werkplaats, stack: ExitStack) -> None:
    """A first connection sets `online`, the last one to go removes it, and none in between."""
    w = joined(room, stack, "wijkambtenaar")
    assert w.fields["online/wijkambtenaar"] is True
    assert "online/sociaal" not in w.fields
    laptop = joined(room, stack, "sociaal", "polling")
    w.until(lambda: w.fields.get("online/sociaal") is True, "the laptop")
    phone = joined(room, stack, "sociaal")
    laptop.close()
    fysiek = joined(room, stack, "fysiek", "upgrade")
    w.until(lambda: "online/fysiek" in w.fields, "the third")
    assert w.fields["online/sociaal"] is True
    phone.close()
    for member in (w, fysiek):
        member.until(lambda: "online/sociaal" not in member.fields, "the leaving")  # noqa: B023
    assert room.state(room.seat("sociaal"))["fields"].get("online/sociaal") is None
    history = room.api.get(f"rooms/{room.code}/history", room.token)
    assert not any(key.startswith("online") for one in history["frames"] for key in one["set"])


def test_two_devices_of_one_seat_follow_each_other(room: Werkplaats, stack: ExitStack) -> None:
    """What one device places the other shows, and both may place."""
    laptop = joined(room, stack, "sociaal", "polling")
    phone = joined(room, stack, "sociaal")
    laptop.ok("move", {"slider": "bestuur", "value": 12})
    key = "position/huidig/sociaal/bestuur"
    phone.until(lambda: phone.fields.get(key) == 12, "the move of the laptop")
    phone.ok("move", {"slider": "bestuur", "value": 88})
    laptop.until(lambda: laptop.fields.get(key) == 88, "the move of the phone")


def test_coming_back_finds_everything(room: Werkplaats, stack: ExitStack) -> None:
    """A seat that left and returns has its positions, and nobody else could take it."""
    member = joined(room, stack, "fysiek")
    member.place({"bestuur": 31, "communicatie": "unknown"})
    fields = dict(member.fields)
    member.close()
    taken = room.api.ask("POST", f"rooms/{room.code}/seats", json={"role": "fysiek"})
    assert taken.status_code == 409
    assert joined(room, stack, "fysiek").fields == fields


def test_racing_claims_have_one_winner(api: Api) -> None:
    """Of many who take one seat at the same moment exactly one gets 201, the others 409."""
    room = api.werkplaats()
    path = f"rooms/{room.code}/seats"

    def claim(number: int) -> tuple[int, dict[str, str]]:
        other = Api(api.server)
        answer = other.ask("POST", path, json={"role": TRIO[number % 3], "name": f"N{number}"})
        other.close()
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(claim, range(24)))
    assert sorted(status for status, _ in answers) == [201] * 3 + [409] * 21
    tokens = {body["role"]: body["token"] for status, body in answers if status == 201}
    assert tokens.keys() == set(TRIO)
    for role, token in tokens.items():
        assert room.state(token)["fields"][f"seat/{role}"]["name"].startswith("N")


def test_a_seat_may_free_itself(room: Werkplaats, stack: ExitStack) -> None:
    """Freeing closes every connection of the seat, voids its token and keeps its positions."""
    watching = joined(room, stack, "sociaal")
    devices = [joined(room, stack, "fysiek", "polling"), joined(room, stack, "fysiek")]
    devices[0].place(dict.fromkeys(SLIDERS, 40))
    devices[0].ok("done", {"done": True})
    devices[1].ok("phase", {"phase": "agree"})
    token = room.seat("fysiek")
    answer = room.api.ask("DELETE", f"rooms/{room.code}/seats/fysiek", token)
    assert (answer.status_code, answer.content) == (204, b"")
    for device in devices:
        device.until(lambda: device.left, "the connection to close")  # noqa: B023
    watching.until(lambda: "seat/fysiek" not in watching.fields, "the seat to be free")
    gone = ("seat/fysiek", "online/fysiek", "done/huidig/fysiek", "proposal/fysiek")
    watching.until(lambda: not watching.fields.keys() & set(gone), "the marks to go")
    assert watching.fields["position/huidig/fysiek/bestuur"] == 40
    assert refusal(room, code=room.code, token=token) == "bad-token"
    assert room.api.ask("GET", f"rooms/{room.code}/state", token).status_code == 401
    again = room.api.ask("POST", f"rooms/{room.code}/seats", json={"role": "fysiek"})
    assert again.status_code == 201
    assert again.json()["token"] != token


def test_the_facilitator_may_free_a_seat(room: Werkplaats, stack: ExitStack) -> None:
    """With `clear` the positions and reasons go too; no other seat may do it."""
    member = joined(room, stack, "fysiek")
    member.place({"bestuur": 40})
    member.ok("reason", {"slider": "bestuur", "text": "Omdat het zo is."})
    path = f"rooms/{room.code}/seats/fysiek"
    assert room.api.ask("DELETE", path, room.seat("sociaal")).status_code == 403
    assert room.api.ask("DELETE", path).status_code == 401
    assert room.api.ask("DELETE", f"{path}?clear=maybe", room.token).status_code == 400
    assert room.api.ask("DELETE", f"{path}x", room.token).status_code == 404
    assert not member.left
    assert room.api.ask("DELETE", f"{path}?clear=true", room.token).status_code == 204
    member.until(lambda: member.left, "the connection to close")
    fields = room.state(room.token)["fields"]
    assert not any("fysiek" in key for key in fields)
    assert room.api.ask("DELETE", path, room.token).status_code == 204, "free already: no change"


def test_a_freed_seat_leaves_nothing_behind(api: Api) -> None:
    """What a seat sent just before it was freed does not come back after the freeing."""
    room = api.werkplaats()
    for _ in range(12):
        token = api.ask("POST", f"rooms/{room.code}/seats", json={"role": "fysiek"}).json()["token"]
        with Member(api.server, room.code, token) as member:
            # After a batch the next one waits for its tick: all of this is decided, not stored.
            member.ok("move", {"slider": SLIDERS[0], "value": 40})
            for slider in SLIDERS[1:]:
                member.send("move", {"slider": slider, "value": 40})
            member.send("phase", {"phase": "compare", "round": "ambitie"})
            member.send("done", {"done": True})
            path = f"rooms/{room.code}/seats/fysiek?clear=true"
            assert api.ask("DELETE", path, room.token).status_code == 204
            member.until(lambda: member.left, "the connection to close")
        with room.facilitate() as facilitator:
            # What is stored after this was all decided.
            facilitator.ok("lock", {"locked": True})
            facilitator.ok("lock", {"locked": False})
            facilitator.ok("phase", {"phase": "place", "round": "huidig"})
        left = [key for key in room.state(room.token)["fields"] if "fysiek" in key]
        assert left == []


def test_handshakes_that_are_refused(room: Werkplaats) -> None:
    """A refused handshake says which of the contract's reasons it was."""
    other = room.api.werkplaats()
    token = room.seat("sociaal")
    assert refusal(room, code="zzzzzz", token=token) == "unknown-room"
    assert refusal(room, code=room.code, token="onzin") == "bad-token"
    assert refusal(room, code=room.code, token=other.seat("sociaal")) == "bad-token"
    assert refusal(room, code=other.code, token=token) == "bad-token"
    assert refusal(room, code=room.code, token=room.made["plenary_token"]) == "bad-token"


def test_a_new_facilitator_token_voids_the_old(room: Werkplaats, stack: ExitStack) -> None:
    """After renewing, connections with the old token close and it opens nothing any more."""
    inside, above = room.facilitate(), room.overview()
    stack.callback(inside.close)
    stack.callback(above.close)
    seat = joined(room, stack, "sociaal")
    answer = room.api.ask("POST", f"werkplaatsen/{room.id}/token", room.token)
    assert answer.status_code == 200
    new = answer.json()["facilitator_token"]
    for listener in (inside, above):
        listener.until(lambda: listener.left, "the connection to close")  # noqa: B023
    assert room.api.ask("GET", f"werkplaatsen/{room.id}", room.token).status_code == 401
    assert refusal(room, code=room.code, token=room.token) == "bad-token"
    assert room.api.ask("GET", f"werkplaatsen/{room.id}", new).status_code == 200
    assert not seat.left


def test_help_and_lock(room: Werkplaats, stack: ExitStack) -> None:
    """A call for help reaches the overview, its claim the room; a lock stops seats but for help."""
    seat, above = joined(room, stack, "sociaal"), room.overview()
    stack.callback(above.close)
    seat.ok("help", {"help": True})
    above.until(lambda: above.rooms[room.code]["help"], "the call")
    answer = above.ask("help", {"rooms": [room.code], "claim": True})
    assert answer["ok"] is True
    assert answer["refused"] == {}
    seat.until(lambda: (seat.fields.get("help") or {}).get("claimed"), "the claim")
    answer = above.ask("lock", {"rooms": "all", "locked": True})
    assert list(answer["rooms"]) == [room.code]
    for event, payload in (
        ("move", {"slider": "bestuur", "value": 1}),
        ("reason", {"slider": "bestuur", "text": "x"}),
        ("about", {"about": "case"}),
        ("phase", {"phase": "compare"}),
    ):
        assert seat.refused(event, payload) == "locked"
    seat.ok("help", {"help": False})
    seat.until(lambda: "help" not in seat.fields, "the call to end")
    answer = above.ask("lock", {"rooms": [room.code, "zzzzzz"], "locked": False})
    assert answer["refused"]["zzzzzz"]["code"] == "invalid"
    assert list(answer["rooms"]) == [room.code]
    seat.ok("move", {"slider": "bestuur", "value": 1})
    # Who did not ask for an answer still hears which room refused.
    above.send("help", {"rooms": [room.code], "claim": True})
    told = above.hear("refused")
    assert (told["event"], told["error"]["code"]) == ("help", "invalid")
    assert room.code in told["error"]["detail"]


def test_late_moves_are_refused(room: Werkplaats, stack: ExitStack) -> None:
    """A move for another phase or round, or of one who may not, has the code of the contract."""
    w, s, facilitator = (
        joined(room, stack, "wijkambtenaar"),
        joined(room, stack, "sociaal"),
        room.facilitate(),
    )
    stack.callback(facilitator.close)
    move = {"slider": "bestuur", "value": 30, "round": "huidig"}
    assert facilitator.refused("move", move) == "not-allowed"
    assert w.refused("lock", {"locked": True}) == "not-allowed"
    assert w.refused("consensus", {"slider": "bestuur", "value": 5}) == "wrong-phase"
    assert w.refused("move", {**move, "round": "ambitie"}) == "wrong-phase"
    assert w.refused("phase", {"phase": "compare", "round": "nergens"}) == "invalid"
    for event in ("minority", "seen", "action", "question", "text", "timer", "announce"):
        assert w.refused(event, {}) == "not-allowed"
    facilitator.ok("phase", {"phase": "outcome"})
    assert w.refused("move", move) == "wrong-phase"
    assert s.refused("done", {"done": False}) == "wrong-phase"
    facilitator.ok("phase", {"phase": "place", "round": "ambitie"})
    assert w.refused("move", move) == "wrong-phase"
    before = room.state(room.token)
    assert facilitator.ok("phase", {"phase": "place", "round": "ambitie"}) == before["seq"]
    assert room.state(room.token)["seq"] == before["seq"]


def test_steps_of_the_facilitator_alone(api: Api) -> None:
    """Where `steps` is `facilitator`, a seat's step is not allowed."""
    room = api.werkplaats(steps="facilitator")
    with room.join("sociaal") as seat:
        assert seat.refused("phase", {"phase": "compare"}) == "not-allowed"


def test_the_only_seat_steps_alone(room: Werkplaats) -> None:
    """A seat that is alone online needs nobody to confirm."""
    with room.join("sociaal") as seat:
        seat.ok("phase", {"phase": "compare"})
        seat.until(
            lambda: isinstance(seat, Member) and seat.fields["phase"] == "compare", "the step"
        )

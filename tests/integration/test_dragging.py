"""Moves that ask for no answer, as nearly all do: what stops them, and who sees what of them."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import count
from threading import Event, Thread
from typing import Any

import pytest
import websocket

from tests.integration.clients import Api
from tests.integration.drags import KEY, Drag, acks, move
from tests.integration.process import PATIENCE
from tests.integration.raw import RawPolling, RawSeat, RawWebSocket


@pytest.fixture
def drag(each_api: Api) -> Iterator[Drag]:
    """A room on each kind of server."""
    with ExitStack() as stack:
        yield Drag(each_api, stack)


def test_an_answered_move_among_others(drag: Drag) -> None:
    """An acknowledgement means that the moves before it are stored, and the last one wins."""
    raw = drag.raw()
    for start in range(0, 100, 10):
        moves = [move(start + step) for step in range(5)]
        answered = move(start + 5, ack=start), move(start + 6), move(start + 7, "communicatie")
        raw.send(*moves, *answered)
        heard: list[str] = []
        while start not in acks(heard):
            heard += raw.receive()
        state = drag.room.state(drag.room.seat("fysiek"))["fields"]
        assert state[KEY] in (start + 5, start + 6)
    drag.seen(96)
    assert drag.values() == sorted(drag.values())
    drag.other.until(
        lambda: drag.other.fields.get("position/huidig/fysiek/communicatie") == 97, "the last"
    )


@pytest.mark.parametrize(
    ("event", "payload", "code"),
    [
        ("lock", {"locked": True}, "locked"),
        ("phase", {"phase": "agree"}, "wrong-phase"),
    ],
)
def test_stopped_in_the_middle_of_a_drag(
    drag: Drag, event: str, payload: dict[str, Any], code: str
) -> None:
    """Each move after a lock or a step is refused by name, and none before it is."""
    facilitator = drag.room.facilitate()
    drag.stack.callback(facilitator.close)
    raw = RawWebSocket(drag.server)
    drag.stack.callback(raw.close)
    seat = RawSeat(raw, "/room", drag.auth)
    raw.send(*map(move, range(1, 51)))
    facilitator.ok(event, payload)
    refused = seat.refusals(*map(move, range(51, 101)))
    assert {(one["event"], one["slider"]) for one in refused} == {("move", "bestuur")}
    assert {one["error"]["code"] for one in refused} == {code}
    assert 50 <= len(refused) <= 100
    state = drag.room.state(drag.room.seat("fysiek"))["fields"]
    assert state.get(KEY) == (100 - len(refused) or None)


def test_a_freed_seat_drags_no_further(drag: Drag) -> None:
    """Moves of a seat that was freed and taken by another change nothing of the new one's."""
    raw = drag.raw()
    raw.send(*map(move, range(1, 51)))
    drag.seen(50)
    token = drag.room.token
    for _ in range(5):
        raw.send(*[move(77)] * 5)
    answer = drag.room.api.ask("DELETE", f"rooms/{drag.room.code}/seats/fysiek?clear=true", token)
    assert answer.status_code in (200, 204), answer.text
    taken = drag.room.api.ask("POST", f"rooms/{drag.room.code}/seats", json={"role": "fysiek"})
    assert taken.status_code == 201
    with suppress(OSError, websocket.WebSocketException):
        raw.send(*[move(88)] * 5)
    drag.assert_unharmed()
    state = drag.room.state(taken.json()["token"])["fields"]
    assert KEY not in state


def test_a_hidden_drag_shows_nothing_to_others(each_api: Api) -> None:
    """Not a byte that others receive tells where a hidden slider is, by any transport."""
    with ExitStack() as stack:
        drag = Drag(each_api, stack, visibility="hidden")
        auth = {"code": drag.room.code, "token": drag.room.seat("sociaal")}
        strangers = []
        for stranger in (RawWebSocket(drag.server), RawPolling(drag.server)):
            stack.callback(stranger.close)
            strangers.append(RawSeat(stranger, "/room", auth))
        raw = drag.raw()
        for value in range(40):
            raw.send(move(value), move(value, "communicatie"))
            if value % 10 == 9:
                raw.send(move(value, ack=value))
                heard: list[str] = []
                while value not in acks(heard):
                    heard += raw.receive()
        for seat in strangers:
            packets = seat.answers()
            while not any("placed/huidig/fysiek/communicatie" in one for one in packets):
                packets += seat.raw.receive()
            told = re.findall(r'"(\w+)/huidig/fysiek/\w+":([^,}]+)', "".join(packets))
            assert set(told) == {("placed", "true")}
        assert drag.other.insight["sliders"] == {}


def test_dragging_too_fast(drag: Drag) -> None:
    """Beyond the burst moves are `too-fast`, each is told, and the others count."""
    raw = RawWebSocket(drag.server)
    drag.stack.callback(raw.close)
    seat = RawSeat(raw, "/room", drag.auth)
    # Fewer too many than end the connection.
    refused = seat.refusals(*[move(number % 101) for number in range(400)])
    assert {one["error"]["code"] for one in refused} == {"too-fast"}
    assert {(one["event"], one["slider"]) for one in refused} == {("move", "bestuur")}
    assert len(refused) <= 160
    drag.other.until(lambda: KEY in drag.other.fields, "the moves that were in time")
    drag.assert_unharmed()


def test_dragging_without_end(drag: Drag) -> None:
    """Who never stops is cut off, and the others have their turn."""
    raw = drag.raw()
    over = Event()
    calls = ['42/room,["help",{"help":true}]'] * 3

    def flood() -> None:
        with suppress(websocket.WebSocketException, OSError):
            for number in count():
                if over.is_set():
                    return
                raw.send(move(number % 101), *calls)

    flooding = Thread(target=flood)
    flooding.start()
    drag.stack.callback(flooding.join)
    drag.stack.callback(raw.interrupt)
    drag.stack.callback(over.set)
    for value in range(20):
        drag.other.ok("move", {"slider": "bestuur", "value": value})
    flooding.join(PATIENCE)
    assert not flooding.is_alive(), "the flood was not ended"
    drag.other.until(lambda: "online/fysiek" not in drag.other.fields, "it to be gone")
    drag.assert_unharmed()

"""Who connects and never reads slows nobody down, and is not kept for ever."""

import json
import re
from contextlib import ExitStack, suppress
from threading import Event, Thread

import pytest
import requests
import websocket

from tests.integration.clients import SLIDERS, Api
from tests.integration.process import PATIENCE, until
from tests.integration.raw import RawSeat, RawWebSocket

ROUNDS = 60
MEGABYTE = 2**20


def connections(url: str) -> int:
    """How many connections the server says the rooms have."""
    text = requests.get(f"{url}/metrics", timeout=PATIENCE).text
    found = re.search(r'^mengpaneel_connections\{namespace="room"\} (\S+)$', text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def test_a_slow_reader_stops_nobody(each_api: Api) -> None:
    """Beside readers that never read, the others get every move, and memory stays bounded."""
    server = each_api.server
    room = each_api.werkplaats()
    with ExitStack() as stack:
        w, s = room.join("wijkambtenaar"), room.join("sociaal", "polling")
        stack.callback(w.close)
        stack.callback(s.close)
        for _ in range(5):
            raw = RawWebSocket(server)
            stack.callback(raw.close)
            raw.read_little()
            RawSeat(raw, "/room", {"code": room.code, "token": room.seat("fysiek")})
        until(lambda: connections(server.url) == 7, "all to be there")
        before = server.memory()
        key = "position/huidig/wijkambtenaar/communicatie"
        for number in range(ROUNDS):
            for slider in SLIDERS:
                w.send("reason", {"slider": slider, "text": f"{number} {'a' * 450}"})
            if number % 20 == 0:
                w.ok("move", {"slider": "communicatie", "value": number})
                s.until(lambda: s.fields.get(key) == number, "the move to come")  # noqa: B023
        assert {one["error"]["code"] for one in w.messages("refused")} <= {"too-fast"}
        w.ok("move", {"slider": "communicatie", "value": 99})
        s.until(lambda: s.fields.get(key) == 99, "the last move")
        assert not w.left
        assert not s.left
        assert server.memory() - before < 100 * MEGABYTE
        assert json.dumps(room.state(room.seat("sociaal"))["fields"][key]) == "99"


@pytest.mark.parametrize(
    "packet",
    ['40/room,{"code":"zzzzzz","token":"x"}', "43/room,1[]", "41/room,", "4nonsense", "42/room,[]"],
)
def test_a_flood_of_strangers(each_api: Api, packet: str) -> None:
    """Who was never let in and sends packets without end is cut off; the others have their turn."""
    room = each_api.werkplaats()
    over = Event()
    with ExitStack() as stack:
        seat = room.join("wijkambtenaar")
        stack.callback(seat.close)
        raw = RawWebSocket(each_api.server)
        stack.callback(raw.close)

        def flood() -> None:
            with suppress(websocket.WebSocketException, OSError):
                while not over.is_set():
                    raw.send(packet)

        flooding = Thread(target=flood)
        flooding.start()
        stack.callback(flooding.join)
        stack.callback(raw.interrupt)
        stack.callback(over.set)
        for value in range(20):
            seat.ok("move", {"slider": "bestuur", "value": value})
        flooding.join(PATIENCE)
        assert not flooding.is_alive(), "the flood was not ended"


def test_a_flood_that_is_never_read(each_api: Api) -> None:
    """While one connection floods and never reads, the others get their turn, in bounded memory."""
    server = each_api.server
    room = each_api.werkplaats()
    over = Event()
    with ExitStack() as stack:
        seats = [room.join("wijkambtenaar"), room.join("sociaal", "polling")]
        for seat in seats:
            stack.callback(seat.close)
        raw = RawWebSocket(server)
        stack.callback(raw.close)
        raw.read_little()
        flooder = RawSeat(raw, "/room", {"code": room.code, "token": room.seat("fysiek")})
        packet = '42/room,["move",{"slider":"' + "x" * 7_000 + '","value":1}]'

        def flood() -> None:
            # It ends when told to, or when the server has closed it or takes nothing any more.
            with suppress(websocket.WebSocketException, OSError):
                while not over.is_set():
                    flooder.raw.send(packet)

        before = server.memory()
        flooding = Thread(target=flood)
        flooding.start()
        stack.callback(flooding.join)
        stack.callback(raw.interrupt)
        stack.callback(over.set)
        for value in range(20):
            for member in seats:
                member.ok("move", {"slider": "bestuur", "value": value})
        for member in seats:
            key = "position/huidig/sociaal/bestuur"
            member.until(lambda: member.fields.get(key) == 19, "the last move")  # noqa: B023
            assert member.messages("refused") == []
        assert server.memory() - before < 100 * MEGABYTE

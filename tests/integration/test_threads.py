"""What only a server on plain threads can run out of."""

import resource
from collections.abc import Callable
from contextlib import ExitStack, suppress

import websocket

from tests.integration.clients import Api
from tests.integration.process import Server, until
from tests.integration.raw import RawSeat, RawWebSocket
from tests.modes import THREADING

ROOM_FOR_THREADS = 2_000 * 2**20
"""Bytes of addresses that the server may still take: stacks for some 180 threads."""
CLIENTS = 80
"""More than so many threads can serve."""


def test_no_thread_is_left(start: Callable[..., Server]) -> None:
    """Who comes when there is no thread left is sent away; the others go on, and room returns."""
    server = start(mode=THREADING)
    api = Api(server)
    with ExitStack() as stack:
        stack.callback(api.close)
        room = api.werkplaats()
        seat = room.join("sociaal")
        stack.callback(seat.close)
        auth = {"code": room.code, "token": room.seat("fysiek")}

        def come() -> RawWebSocket | None:
            with suppress(websocket.WebSocketException, OSError, AssertionError):
                raw = RawWebSocket(server)
                stack.callback(raw.close)
                RawSeat(raw, "/room", auth)
                return raw
            return None

        most = server.addresses() + ROOM_FOR_THREADS
        resource.prlimit(server.pid, resource.RLIMIT_AS, (most, most))
        came = [come() for _ in range(CLIENTS)]
        let_in = [raw for raw in came if raw is not None]
        assert 0 < len(let_in) < CLIENTS
        seat.ok("move", {"slider": "bestuur", "value": 61})
        for raw in let_in:
            raw.close()
        until(come, "room for one more")
        seat.ok("move", {"slider": "bestuur", "value": 62})
        assert not seat.left

"""A room with a seat that drags, packet by packet, on whatever kind of server."""

import json
import re
from contextlib import ExitStack
from typing import Any

from tests import modes
from tests.integration.clients import Api, Member
from tests.integration.process import Server
from tests.integration.raw import RawPolling, RawSeat, RawWebSocket

KEY = "position/huidig/fysiek/bestuur"


def is_fast(server: Server) -> bool:
    """Whether WebSockets are on the fast lane, which says why it ends a connection."""
    return server.mode == modes.FAST


def move(value: object, slider: str = "bestuur", ack: object = "") -> str:
    return f'42/room,{ack}["move",{json.dumps({"slider": slider, "value": value})}]'


class Drag:
    """A room with a seat that drags, packet by packet, and one that sees it."""

    def __init__(self, api: Api, stack: ExitStack, **settings: Any) -> None:
        self.server = api.server
        self.room = api.werkplaats(**settings)
        self.stack = stack
        self.other: Member = self.room.join("sociaal")
        stack.callback(self.other.close)
        self.auth = {"code": self.room.code, "token": self.room.seat("fysiek")}

    def raw(self, *, narrow: bool = False) -> RawWebSocket:
        """A WebSocket of the seat, let in."""
        raw = RawWebSocket(self.server, narrow=narrow)
        self.stack.callback(raw.close)
        RawSeat(raw, "/room", self.auth)
        return raw

    def polling(self) -> RawPolling:
        """The same by polling; its packets so far are fetched."""
        raw = RawPolling(self.server)
        self.stack.callback(raw.close)
        RawSeat(raw, "/room", self.auth).answers()
        return raw

    def trial(self, polling: RawPolling) -> RawWebSocket:
        """A WebSocket that the polling client has probed."""
        raw = RawWebSocket(self.server, polling.sid)
        self.stack.callback(raw.close)
        raw.send("2probe")
        assert raw.receive() == ["3probe"]
        return raw

    def seen(self, value: object) -> None:
        """The other one sees where the slider stands."""
        self.other.until(lambda: self.other.fields.get(KEY) == value, f"{value}")

    def values(self) -> list[Any]:
        """All that the other one saw of the slider, in order."""
        return [one["set"][KEY] for one in self.other.messages("frame") if KEY in one["set"]]

    def assert_unharmed(self) -> None:
        self.other.ok("move", {"slider": "bestuur", "value": 1})
        assert not self.other.left
        assert self.other.messages("refused") == []


def acks(packets: list[str]) -> list[int]:
    """The numbers of the moves that were stored, in order."""
    found = [re.match(r'43/room,(\d+)\[\{"ok":true', one) for one in packets]
    return [int(one[1]) for one in found if one]

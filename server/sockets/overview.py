"""The facilitator's requests to several rooms at once, answered room by room."""

from collections.abc import Callable
from typing import Any

from server.broadcast import Broadcast, wire_error
from server.connection import Connection
from server.hub import Hub
from sessions.errors import Code, Refusal
from sessions.protocol import decode
from sessions.protocol.messages import OverviewAnswer


class OverviewEvents:
    """Hands one command to many rooms and gathers what became of it."""

    def __init__(self, hub: Hub, broadcast: Broadcast) -> None:
        self._hub = hub
        self._broadcast = broadcast

    def handle(self, connection: Connection, event: Any, args: list[Any], ack: int | None) -> None:
        """Raises Refusal when the request itself is wrong; a room that refuses stands alone."""
        command, wanted = decode.overview_event(event, args)
        known = self._hub.facilitators.codes(connection.address)
        codes = known if wanted is None else list(dict.fromkeys(wanted))
        heard: dict[str, int | Refusal] = {}

        def settle(code: str) -> Callable[[int | Refusal], None]:
            def hear(result: int | Refusal) -> None:
                heard[code] = result
                if len(heard) == len(codes):
                    self._answer(connection, event, ack, heard)

            return hear

        if not codes:
            self._answer(connection, event, ack, heard)
        for code in codes:
            if code in known:
                self._hub.submit_to(code, connection.actor, command, settle(code))
            else:
                settle(code)(Refusal(Code.INVALID, "no room of this werkplaats", "rooms"))

    def _answer(
        self, connection: Connection, event: Any, ack: int | None, heard: dict[str, int | Refusal]
    ) -> None:
        """One acknowledgement for all rooms; without one each refusal is an event of its own."""
        refused = {code: one for code, one in heard.items() if isinstance(one, Refusal)}
        if ack is None:
            for code, one in refused.items():
                told = Refusal(one.code, f"room {code}: {one.detail}", one.field)
                self._broadcast.refuse(connection.eio_sid, connection.namespace, event, None, told)
            return
        answer = OverviewAnswer(
            ok=True,
            rooms={code: one for code, one in heard.items() if not isinstance(one, Refusal)},
            refused={code: wire_error(one) for code, one in refused.items()},
        )
        self._broadcast.acknowledge(connection.eio_sid, connection.namespace, ack, answer)

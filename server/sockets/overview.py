"""The facilitator's requests to several rooms at once, answered room by room."""

from collections.abc import Callable
from typing import Any

from server.broadcast import Broadcast, wire_error
from server.connection import Connection
from server.hub import Hub
from sessions.errors import Code, Refusal
from sessions.protocol import decode
from sessions.protocol.messages import OverviewAnswer, WireError


class OverviewEvents:
    """Hands one command to many rooms and gathers what became of it."""

    def __init__(self, hub: Hub, broadcast: Broadcast) -> None:
        self._hub = hub
        self._broadcast = broadcast

    def handle(self, connection: Connection, event: Any, args: list[Any], ack: int | None) -> None:
        """Raises Refusal when the request itself is wrong; a room that refuses stands alone."""
        command, wanted = decode.overview_event(event, args)
        known = self._hub.codes(connection.address)
        codes = known if wanted is None else list(dict.fromkeys(wanted))
        seqs: dict[str, int] = {}
        refused: dict[str, WireError] = {}
        if not codes:
            self._answer(connection, ack, seqs, refused)

        def settle(code: str) -> Callable[[int | Refusal], None]:
            def hear(result: int | Refusal) -> None:
                if isinstance(result, Refusal):
                    refused[code] = wire_error(result)
                else:
                    seqs[code] = result
                if len(seqs) + len(refused) == len(codes):
                    self._answer(connection, ack, seqs, refused)

            return hear

        for code in codes:
            if code in known:
                self._hub.submit_to(code, connection.actor, command, settle(code))
            else:
                settle(code)(Refusal(Code.INVALID, "no room of this werkplaats", "rooms"))

    def _answer(
        self,
        connection: Connection,
        ack: int | None,
        seqs: dict[str, int],
        refused: dict[str, WireError],
    ) -> None:
        if ack is not None:
            answer = OverviewAnswer(ok=True, rooms=seqs, refused=refused)
            self._broadcast.acknowledge(connection.eio_sid, connection.namespace, ack, answer)

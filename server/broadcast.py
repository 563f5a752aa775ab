"""The only module that sends over Socket.IO; what it sends is stored already.

A message is encoded once and handed to every connection that may see the same.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from engineio import packet as engineio_packet
from flask_socketio import SocketIO

from server.connection import Connection
from server.frames import text_frame
from server.packets import encode, event_packet
from sessions.errors import Refusal
from sessions.protocol.messages import Accepted, Declined, Frame, Refused, WireError

MAX_QUEUE = 500
"""A connection with more packets than this in wait reads too slowly: it is closed, comes back,
and gets a snapshot; memory stays bounded."""


class Lane(Protocol):
    """A connection whose WebSocket is written to directly."""

    def write(self, data: bytes, newest: Frame | dict[str, Any] | None = None) -> None:
        """Sends a WebSocket frame; one that holds what is `newest` may be merged with others."""


def wire_error(refusal: Refusal) -> WireError:
    """A refusal as it stands on the wire."""
    return WireError(str(refusal.code), refusal.detail, refusal.field)  # type: ignore[arg-type]


class Broadcast:
    """Sends messages, acknowledgements and refusals; never waits for a client."""

    def __init__(self, socketio: SocketIO, lanes: Mapping[str, Lane] | None = None) -> None:
        self._engine: Any = socketio.server.eio
        self._socketio = socketio
        self._lanes: Mapping[str, Lane] = {} if lanes is None else lanes

    def send(self, connections: Iterable[Connection], event: str, message: Any) -> None:
        """One message to connections of one namespace."""
        body = framed = packet = None
        # A frame of a room, or the rooms of the overview.
        newest = message if isinstance(message, Frame | dict) else None
        # A copy: a client found dead on the way takes itself out of what it is in.
        for connection in list(connections):
            if body is None:
                body = event_packet(connection.namespace, event, message)
            lane = self._lanes.get(connection.eio_sid)
            if lane is not None:
                framed = framed or text_frame(body)
                lane.write(framed, newest)
            else:
                packet = packet or self._packet(body[1:].decode())
                self._put(connection.eio_sid, packet)

    def acknowledge(self, eio_sid: str, namespace: str, ack_id: int, answer: Any) -> None:
        """The answer to an event that asked for one."""
        packet = self._packet(f"3{namespace},{ack_id}[{encode(answer).decode()}]")
        self._put(eio_sid, packet)

    def answer(
        self, eio_sid: str, namespace: str, event: Any, payload: Any, ack_id: int | None
    ) -> Callable[[int | Refusal], None]:
        """What to call once an event is decided: with the seq of the room, or the refusal."""

        def settle(result: int | Refusal) -> None:
            if ack_id is None:
                if isinstance(result, Refusal):
                    self.refuse(eio_sid, namespace, event, payload, result)
                return
            if isinstance(result, Refusal):
                told: Any = Declined(ok=False, error=wire_error(result))
            else:
                told = Accepted(ok=True, seq=result)
            self.acknowledge(eio_sid, namespace, ack_id, told)

        return settle

    def refuse(
        self, eio_sid: str, namespace: str, event: Any, payload: Any, refusal: Refusal
    ) -> None:
        """The event `refused`, for who did not ask for an acknowledgement."""
        name = event[:64] if isinstance(event, str) else ""
        slider = payload.get("slider") if isinstance(payload, dict) else None
        slider = slider[:64] if isinstance(slider, str) else None
        # Lone surrogates of the client's own making cannot be sent back.
        name, slider = _printable(name), _printable(slider) if slider is not None else None
        body = encode(Refused(name, wire_error(refusal), slider)).decode()
        self._put(eio_sid, self._packet(f'2{namespace},["refused",{body}]'))

    def close(self, connection: Connection) -> None:
        """Ends one namespace of a connection from this side."""
        sid = self._sid(connection)
        if sid is not None:
            self._socketio.server.disconnect(sid, namespace=connection.namespace)

    def _sid(self, connection: Connection) -> str | None:
        manager = self._socketio.server.manager
        sid: str | None = manager.sid_from_eio_sid(connection.eio_sid, connection.namespace)
        return sid

    def _packet(self, text: str) -> Any:
        return engineio_packet.Packet(engineio_packet.MESSAGE, data=text)

    def _put(self, eio_sid: str, packet: Any) -> None:
        found = self._engine.sockets.get(eio_sid)
        if found is None or found.closed or found.closing:
            return
        if found.queue.qsize() > MAX_QUEUE:
            found.close(wait=False, abort=True)
            return
        found.send(packet)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

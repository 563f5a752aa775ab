"""The packets of Socket.IO, before the library dispatches them.

python-socketio acknowledges an event when its handler returns, hands events on without their
id, and runs a client's event named `connect` as if it were one. Here an event is answered when
it is *stored*, in the order in which events came, and every packet that makes no sense is
refused with a typed error that harms one connection at most. So packets of kind EVENT are read
here; connecting, leaving, heartbeats and the transports stay the library's.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog
from engineio.exceptions import SocketIsClosedError
from flask_socketio import SocketIO
from socketio import packet as sio

from server import concurrency, metrics
from server.broadcast import Broadcast
from server.connection import Connection, Pace, pace_of_events
from server.heartbeat import Heartbeat
from server.hub import Hub
from server.sockets.entry import OVERVIEW, ROOM, Entry
from server.sockets.overview import OverviewEvents
from sessions.errors import Code, Refusal, StoreUnavailable
from sessions.protocol import decode
from sessions.protocol.messages import Moving

log = structlog.get_logger(__name__)

LEAVE = 0.5
"""Seconds in which a client goes by itself when it was told to."""
MOVE = f'42{ROOM},["move",'
"""How the packet of a move begins that asks for no acknowledgement: nearly all of them."""
PAUSE = 0.005
"""Seconds for which a connection that asks too fast is not read: without a pause, one that never
stops sending would leave the others no turn."""


class Wire:
    """Connections by their Engine.IO id and namespace, and what they may send."""

    def __init__(
        self,
        socketio: SocketIO,
        hub: Hub,
        entry: Entry,
        broadcast: Broadcast,
        heartbeat: Heartbeat,
    ) -> None:
        self._server: Any = socketio.server
        self._hub = hub
        self._entry = entry
        self._broadcast = broadcast
        self._overview = OverviewEvents(hub, broadcast)
        self._connections: dict[tuple[str, str], Connection] = {}
        for namespace in (ROOM, OVERVIEW):
            self._server.on("connect", self._connecting(namespace), namespace=namespace)
            self._server.on("disconnect", self._leaving(namespace), namespace=namespace)
        self._paces: dict[str, Pace] = {}
        self._heartbeat = heartbeat
        self._server.eio.on("connect", self._on_open)
        self._server.eio.on("message", self._on_message)
        self._server.eio.on("disconnect", self._on_gone)
        self._server.eio.disconnect = self._drop

    def drain(self, seconds: float) -> None:
        """Sends everybody to another worker, one after the other within so many seconds."""
        connections = list(self._connections.values())
        for connection in connections:
            if self._connections.get((connection.eio_sid, connection.namespace)) is connection:
                self._broadcast.send([connection], "moving", Moving())
                time.sleep(seconds / len(connections))
        if connections:
            time.sleep(LEAVE)
        for eio_sid in {eio_sid for eio_sid, _ in self._connections}:
            self._drop(eio_sid)

    def _connecting(self, namespace: str) -> Callable[[str, Any, Any], None]:
        def connect(sid: str, environ: Any, auth: Any = None) -> None:
            eio_sid = self._server.manager.eio_sid_from_sid(sid, namespace)
            connection = self._entry.admit(namespace, eio_sid, environ, auth)
            self._connections[eio_sid, namespace] = connection

        return connect

    def _leaving(self, namespace: str) -> Callable[..., None]:
        def disconnect(sid: str, *reason: Any) -> None:
            eio_sid = self._server.manager.eio_sid_from_sid(sid, namespace)
            connection = self._connections.pop((eio_sid, namespace), None)
            if connection is not None:
                self._leave(connection)

        return disconnect

    def _leave(self, connection: Connection) -> None:
        facilitators = self._hub.facilitators
        leave = self._hub.detach if connection.namespace == ROOM else facilitators.unwatch
        leave(connection)

    def _on_open(self, eio_sid: str, environ: Any) -> None:
        """A transport began. Of its request only what is needed later on is kept."""
        kept = {name: environ[name] for name in _KEPT if name in environ}
        self._server._handle_eio_connect(eio_sid, kept)  # noqa: SLF001  # see the module
        self._heartbeat.take(eio_sid)

    def _on_gone(self, eio_sid: str, reason: Any) -> None:
        """The transport ended: the library takes it out of every namespace."""
        self._paces.pop(eio_sid, None)
        self._server._handle_eio_disconnect(eio_sid, reason)  # noqa: SLF001  # see the module

    def _drop(self, eio_sid: str) -> None:
        """Ends a connection that broke the transport's rules, at once.

        The library's own way waits until the client has read everything, which may be never.
        """
        found = self._server.eio.sockets.pop(eio_sid, None)
        environ = self._server.environ.get(eio_sid, {})
        if found is not None:
            found.close(wait=False, reason=self._server.eio.reason.SERVER_DISCONNECT)
            # The transport reads on until a packet is refused to it like this.
            found.receive = _closed
            concurrency.hang_up(environ)

    def take_move(self, eio_sid: str, packet: str | bytes) -> bool:
        """Takes a packet if it is a move in good order; must not wait, and says no where it might.

        What is not taken here goes to `_on_message`, which has the last word on it.
        """
        connection = self._connections.get((eio_sid, ROOM))
        if (
            connection is None
            or isinstance(packet, bytes)
            or not packet.startswith(MOVE)
            or not packet.endswith("]")
            or len(packet) > decode.MAX_EVENT
        ):
            return False
        move = decode.move(packet[len(MOVE) : -1])
        return move is not None and connection.moves.fits() and self._hub.drag(connection, move)

    def _on_message(self, eio_sid: str, data: Any) -> None:
        try:
            self._dispatch(eio_sid, data)
        except Exception:
            log.exception("packet_failed")

    def _dispatch(self, eio_sid: str, data: Any) -> None:
        if eio_sid not in self._server.eio.sockets:
            time.sleep(PAUSE)
            return  # It is gone: what it sent before that is nobody's any more.
        try:
            packet = sio.Packet(encoded_packet=data) if data and isinstance(data, str) else None
        except Exception:  # noqa: BLE001  # whatever the parser meets, the packet is malformed
            packet = None
        is_event = packet is not None and packet.packet_type in (sio.EVENT, sio.BINARY_EVENT)
        if not (is_event or self._in_time(eio_sid)):
            return
        if isinstance(data, bytes):
            return  # The attachment of an event that was refused for having one.
        if packet is None or packet.packet_type not in _KNOWN:
            self._malformed(eio_sid)
        elif packet.packet_type == sio.CONNECT:
            self._connect(eio_sid, packet)
        elif packet.packet_type in (sio.EVENT, sio.BINARY_EVENT):
            self._on_event(eio_sid, packet, len(data))
        elif packet.packet_type == sio.DISCONNECT:
            self._server._handle_disconnect(  # noqa: SLF001  # see the module
                eio_sid, packet.namespace, self._server.reason.CLIENT_DISCONNECT
            )
        # An ACK answers nothing: this server asks for none.

    def _in_time(self, eio_sid: str) -> bool:
        """False for packets beside events that come too fast: they are not read."""
        pace = self._paces.setdefault(eio_sid, pace_of_events())
        if pace.take():
            return True
        self._slow_down(eio_sid, pace)
        return False

    def _slow_down(self, eio_sid: str, pace: Pace) -> None:
        time.sleep(PAUSE)
        if pace.floods:
            self._drop(eio_sid)

    def _connect(self, eio_sid: str, packet: Any) -> None:
        """The library's own handshake; the first message goes out once the client knows."""
        namespace = packet.namespace or "/"
        if (eio_sid, namespace) in self._connections:
            self._malformed(eio_sid)  # It is connected already.
            return
        self._server._handle_connect(  # noqa: SLF001  # see the module
            eio_sid, packet.namespace, packet.data
        )
        connection = self._connections.get((eio_sid, namespace))
        if connection is not None:
            facilitators = self._hub.facilitators
            enter = self._hub.attach if namespace == ROOM else facilitators.watch
            enter(connection)
            if self._connections.get((eio_sid, namespace)) is not connection:
                # It left while it came in, when there was nothing yet to take away.
                self._leave(connection)

    def _malformed(self, eio_sid: str) -> None:
        """Not a packet of Socket.IO: answered where the client is."""
        refusal = Refusal(Code.INVALID, "this is not a Socket.IO packet")
        known = [self._connections.get((eio_sid, namespace)) for namespace in (ROOM, OVERVIEW)]
        for connection in known:
            if connection is not None:
                self._broadcast.refuse(eio_sid, connection.namespace, "", None, refusal)
                return

    def _on_event(self, eio_sid: str, packet: Any, size: int) -> None:
        namespace = packet.namespace or "/"
        connection = self._connections.get((eio_sid, namespace))
        if connection is None:
            self._in_time(eio_sid)
            return  # Never let in, or gone by now: nobody to answer.
        data = packet.data if isinstance(packet.data, list) and packet.data else [None]
        event, args = data[0], data[1:]
        payload = args[0] if args else None
        answer = self._broadcast.answer(eio_sid, namespace, event, payload, packet.id)
        try:
            self._check(connection, packet, size)
            if namespace == OVERVIEW:
                self._overview.handle(connection, event, args, packet.id)
            else:
                command = decode.event(event, args)
                metrics.EVENTS.labels(event=event).inc()
                self._hub.submit(connection, command, answer)
        except Refusal as refusal:
            metrics.REFUSED.labels(code=str(refusal.code)).inc()
            answer(refusal)
        except StoreUnavailable as error:
            log.warning("store_unavailable", detail=str(error))
            answer(Refusal(Code.UNAVAILABLE, "the store does not answer"))
        except Exception:
            log.exception("event_failed", namespace=namespace)
            answer(Refusal(Code.UNAVAILABLE, "something went wrong on the server"))

    def _check(self, connection: Connection, packet: Any, size: int) -> None:
        """What is wrong before anybody reads the payload (PR3, PR4)."""
        event = packet.data[0] if isinstance(packet.data, list) and packet.data else None
        pace = connection.pace(event)
        in_time = pace.take()
        if not in_time:
            self._slow_down(connection.eio_sid, pace)
        if size > decode.MAX_EVENT:
            raise Refusal(Code.TOO_LARGE, f"an event has at most {decode.MAX_EVENT} characters")
        if not in_time:
            raise Refusal(Code.TOO_FAST, "slow down")
        if packet.packet_type == sio.BINARY_EVENT:
            raise Refusal(Code.INVALID, "an event carries no binary data")


def _closed(packet: object) -> None:
    raise SocketIsClosedError


_KNOWN = (sio.CONNECT, sio.DISCONNECT, sio.EVENT, sio.ACK, sio.BINARY_EVENT)

_KEPT = ("REMOTE_ADDR", "HTTP_UPGRADE", "werkzeug.socket")
"""What of a request's environment is looked at after its first message."""

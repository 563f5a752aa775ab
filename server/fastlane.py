"""The hot path of a WebSocket: moves go straight to the hub, frames straight to the socket.

Engine.IO and Socket.IO keep the handshake, polling, namespaces and every rare event. Once a
connection is a WebSocket it is read in callbacks of eventlet's hub, without a green thread of its
own. A packet that is a move is taken there and then; any other goes the stock path in a green
thread, and while one is there the later ones of that connection wait, so that all stay in order.

What the kernel does not take is kept, within bounds; of frames only the newest value per field.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from socket import SHUT_WR
from typing import Any

import structlog
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import NOOP, Packet
from flask_socketio import SocketIO

from server.frames import Reader, Received, close_frame, text_frame
from server.packets import event_packet
from server.reactor import StartResponse, Watched, later, soon, take_over
from sessions.protocol.messages import Frame

RECEIVE = 65_536
"""So many bytes are read at a time."""
WAITING = 64
"""A connection with so many packets in wait is not read until some are dealt with."""
MAX_BACKLOG = 256 * 1024
"""A client that leaves so many bytes unread is closed; it comes back and gets a snapshot."""
FAREWELL = 5.0
"""Seconds in which a client that is told goodbye can read it."""
MAX_LANES = 20_000

PROBE, PROBED, UPGRADE = "2probe", "3probe", "5"
"""How a polling client tries a WebSocket, what it hears, and how it then moves over."""

log = structlog.get_logger(__name__)

Take = Callable[[str, Received], bool]
"""Takes a packet of a connection if it is one for the hot path; must not wait."""


class Lanes:
    """The WebSockets on the fast lane, by the Engine.IO id of their connection."""

    def __init__(self) -> None:
        self.by_sid: dict[str, Lane] = {}
        self.take: Take = lambda sid, packet: False

    def serve(self, socketio: SocketIO, take: Take) -> None:
        """Every WebSocket from now on; `take` is offered each packet first."""
        self.take = take
        socketio.server.eio._async["websocket"] = self._entrance  # noqa: SLF001  # the only way in

    def _entrance(self, handler: Any, engine: Any) -> Callable[..., Iterable[bytes]]:
        """What the library calls for a WebSocket's handshake, of a new client or a polling one."""
        found = handler.__self__  # The library's socket: its own way of handling is not used.

        def enter(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            if len(self.by_sid) >= MAX_LANES:
                status = HTTPStatus.SERVICE_UNAVAILABLE
                start_response(f"{status.value} {status.phrase}", [("Content-Length", "0")])
                return []
            return take_over(
                environ, start_response, lambda watched: Lane(self, found, watched).begin()
            )

        return enter

    def open(self, found: Any, lane: "Lane") -> None:
        self.by_sid[found.sid] = lane

    def forget(self, found: Any) -> None:
        """The connection is closed."""
        self.by_sid.pop(found.sid, None)
        if found.server.sockets.get(found.sid) is found:
            del found.server.sockets[found.sid]


class Lane:
    """One WebSocket, in the place of the library's own reading and writing threads."""

    __slots__ = (
        "_backlog",
        "_ending",
        "_inbox",
        "_lanes",
        "_late",
        "_open",
        "_probes",
        "_reader",
        "_socket",
        "_take",
        "_watched",
    )

    def __init__(self, lanes: "Lanes", found: Any, watched: Watched) -> None:
        self._lanes = lanes
        self._socket = found
        self._watched = watched
        self._reader = Reader(found.server.max_http_buffer_size)
        self._inbox: list[Received | None] = []
        """What goes the stock path, in order; the first is being dealt with. None: the end."""
        self._take: Take = lanes.take
        self._backlog: bytearray | None = None
        self._late: Frame | None = None
        self._probes = self._open = self._ending = False

    # The beginning

    def begin(self) -> None:
        """Takes the place of the library's threads, at once or after a client's probe."""
        if self._socket.connected:
            self._socket.upgrading = True
            self._take = self._probed
        else:
            self._socket.connected = True
            self._opened()
        self._watched.on_readable(self._readable)

    def _probed(self, sid: str, packet: Received) -> bool:
        """A polling client tries whether a WebSocket gets through; until then polling goes on."""
        if packet == PROBE and not self._probes:
            self._probes = True
            self.write(text_frame(PROBED.encode()))
            self._socket.queue.put(Packet(NOOP))  # Ends the request that waits for packets.
        elif packet == UPGRADE and self._probes and not self._socket.upgraded:
            self._opened()
        else:
            self._say_goodbye()
        return True

    def _opened(self) -> None:
        self._open = True
        found, queue = self._socket, self._socket.queue
        found.upgraded, found.upgrading = True, False
        found.queue = _NOTHING_WAITS
        found.send, found.close = self.send, self.close
        self._take = self._lanes.take
        self._lanes.open(found, self)
        while not queue.empty():
            packet = queue.get(block=False)
            if packet is not None:
                self.write(_framed(packet))

    # Reading

    def _readable(self, number: int) -> None:
        try:
            data = self._watched.socket.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if self._ending:
            if not data:
                self._hang_up()
            return
        if not data:
            self._lost()
            return
        for packet in self._reader.feed(data):
            if self._inbox or not self._take(self._socket.sid, packet):
                self._put(packet)
        if self._reader.reply:
            reply, self._reader.reply = self._reader.reply, b""
            self.write(reply)
        if self._reader.ended:
            self._lost()
        elif len(self._inbox) >= WAITING:
            self._watched.on_readable(None)

    def _lost(self) -> None:
        """Nothing more comes in; what came in before is dealt with first."""
        self._watched.on_readable(None)
        self._put(None)

    def _put(self, packet: Received | None) -> None:
        self._inbox.append(packet)
        if len(self._inbox) == 1:
            soon(self._work)

    def _work(self) -> None:
        """Deals with what goes the stock path, in a green thread."""
        while self._inbox and not self._ending:
            packet = self._inbox[0]
            if packet is None:
                self._gone()
            elif self._receive(packet):
                del self._inbox[0]
                self._read_on()
            else:
                self.close(abort=True, reason=self._socket.server.reason.TRANSPORT_CLOSE)
        self._inbox.clear()

    def _read_on(self) -> None:
        """Where reading was stopped because too much waited."""
        if not self._watched.reading and len(self._inbox) < WAITING and None not in self._inbox:
            self._watched.on_readable(self._readable)

    def _receive(self, packet: Received) -> bool:
        """False where the connection cannot go on."""
        try:
            self._socket.receive(Packet(encoded_packet=packet))
        except UnknownPacketError:
            return True
        except (SocketIsClosedError, ValueError):
            return False
        except Exception:
            log.exception("packet_failed")
            return False
        return True

    # Writing

    def send(self, packet: Any) -> None:
        """A packet of Engine.IO, in the library's own way; raises where the socket is closed."""
        if self._socket.check_ping_timeout():
            self.write(_framed(packet))

    def write(self, data: bytes, frame: Frame | None = None) -> None:
        """Sends a WebSocket frame; one that holds a `frame` of a room may be merged with others."""
        if self._ending:
            return
        if self._backlog is None:
            self._push(data)
        elif frame is not None:
            self._late = frame if self._late is None else _merged(self._late, frame)
        else:
            self._append(data)

    def _push(self, data: bytes) -> None:
        try:
            sent = self._watched.socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lost()
            return
        if sent < len(data):
            self._backlog = bytearray(data[sent:])
            self._watched.on_writable(self._writable)

    def _append(self, data: bytes) -> None:
        """Behind what waits already; who lets too much wait is lost."""
        assert self._backlog is not None
        late, self._late = self._late, None
        if late is not None:
            self._backlog += _frame_of(late)
        self._backlog += data
        if len(self._backlog) > MAX_BACKLOG:
            self._lost()

    def _writable(self, number: int) -> None:
        assert self._backlog is not None
        try:
            del self._backlog[: self._watched.socket.send(self._backlog)]
        except BlockingIOError:
            return
        except OSError:
            self._backlog.clear()
            self._lost()
        if self._backlog:
            return
        self._backlog = None
        self._watched.on_writable(None)
        late, self._late = self._late, None
        if self._ending:
            self._said_all()
        elif late is not None:
            self._push(_frame_of(late))

    # The end

    def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:  # noqa: FBT001, FBT002  # the library's own signature
        """Ends the connection from this side, in the library's own way."""
        found = self._socket
        type(found).close(found, wait=False, abort=abort, reason=reason)
        self._lanes.forget(found)
        self._say_goodbye()

    def _say_goodbye(self) -> None:
        if self._ending:
            return
        if self._backlog is None:
            self._push(close_frame())
        else:
            self._append(close_frame())
        self._ending = True
        if self._backlog is None:
            self._said_all()
        # What still comes in is read and forgotten: the client's own goodbye comes last.
        self._watched.on_readable(self._readable)
        later(FAREWELL, self._hang_up)

    def _said_all(self) -> None:
        with suppress(OSError):
            self._watched.socket.shutdown(SHUT_WR)

    def _gone(self) -> None:
        """The client is not there any more: nothing can be said to it."""
        self._ending = True
        if self._open:
            self.close(abort=True, reason=self._socket.server.reason.TRANSPORT_CLOSE)
        self._hang_up()

    def _hang_up(self) -> None:
        self._ending = True
        self._watched.close()
        if self._open:
            for name in ("send", "close", "schedule_ping"):
                self._socket.__dict__.pop(name, None)
        else:
            self._socket.upgrading = False  # It goes on polling.


class _NothingWaits:
    """In the place of a queue of packets: on the fast lane there is none."""

    def put(self, packet: Any) -> None:
        """The library's mark for the end."""

    def qsize(self) -> int:
        return 0


_NOTHING_WAITS = _NothingWaits()


def _framed(packet: Packet) -> bytes:
    return text_frame(packet.encode().encode())


def _frame_of(frame: Frame) -> bytes:
    return text_frame(event_packet("/room", "frame", frame))


def _merged(earlier: Frame, later: Frame) -> Frame:
    """Two frames as one: the newest value of each field, and the newest insight."""
    return Frame(later.seq, earlier.set | later.set, later.insight or earlier.insight)

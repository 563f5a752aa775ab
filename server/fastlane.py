"""The hot path of a WebSocket: moves go straight to the hub, frames straight to the socket.

Engine.IO and Socket.IO keep the handshake, polling, namespaces and every rare event. Once a
connection is a WebSocket it is read in callbacks of eventlet's hub, without a green thread of its
own. A packet that is a move is taken there and then; any other goes the stock path in a green
thread, and while one is there the later ones of that connection wait, so that all stay in order.

What the kernel does not take is kept, within bounds; of frames only the newest value per field,
of the overview's updates only the newest summary per room.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from queue import Empty
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

RECEIVE, RECEIVE_SLOWLY = 65_536, 4_096
"""So many bytes are read at a time; of a client that makes reading slow, fewer: the others wait."""
WAITING = 64
"""A connection with so many packets in wait is not read until some are dealt with."""
MAX_BACKLOG = 2 * 1024 * 1024
"""A client that leaves so many bytes unread is closed; it comes back and gets a snapshot. An
overview of four hundred rooms, which comes first, is more than half a megabyte."""
FAREWELL, MAX_IGNORED = 5.0, 4 * 1024 * 1024
"""Seconds in which a client that is told goodbye can read it, and bytes that it may still send."""
MAX_LANES = 20_000
PROBING = 10.0
"""Seconds in which a polling client that tries a WebSocket moves over, or goes on polling."""

PROBE, PROBED, UPGRADE = "2probe", "3probe", "5"
"""How a polling client tries a WebSocket, what it hears, and how it then moves over."""

log = structlog.get_logger(__name__)

Newest = Frame | dict[str, Any]
"""Of which the newest counts: a room's frame, by field; the overview's `rooms`, by room."""
Take = Callable[[str, Received], bool]
"""Takes a packet of a connection if it is one for the hot path; must not wait."""


class Lanes:
    """The WebSockets on the fast lane, by the Engine.IO id of their connection."""

    def __init__(self) -> None:
        self.by_sid: dict[str, Lane] = {}
        self.sockets = 0
        """How many there are, with those that are tried and those that are told goodbye."""
        self.take: Take = lambda sid, packet: False

    def serve(self, socketio: SocketIO, take: Take) -> None:
        """Every WebSocket from now on; `take` is offered each packet first."""
        self.take = take
        socketio.server.eio._async["websocket"] = self._entrance  # noqa: SLF001  # the only way in

    def _entrance(self, handler: Any, engine: Any) -> Callable[..., Iterable[bytes]]:
        """What the library calls for a WebSocket's handshake, of a new client or a polling one."""
        found = handler.__self__  # The library's socket: its own way of handling is not used.

        def enter(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            # A list would be taken for packets to a polling client.
            try:
                if self.sockets >= MAX_LANES:
                    status = HTTPStatus.SERVICE_UNAVAILABLE
                    start_response(f"{status.value} {status.phrase}", [("Content-Length", "0")])
                    return ()
                return tuple(
                    take_over(
                        environ, start_response, lambda watched: Lane(self, found, watched).begin()
                    )
                )
            finally:
                if not found.connected:
                    # It did not come in: the library has it already, and would wait for it.
                    found.close(wait=False, abort=True)
                    self.forget(found)

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
        "_deaf",
        "_ending",
        "_ignored",
        "_inbox",
        "_lanes",
        "_late",
        "_mute",
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
        self._late: dict[type, Any] = {}
        """What is merged while the backlog waits, by its kind."""
        self._probes = self._open = False
        self._deaf = False
        """Nothing more is taken in."""
        self._mute = False
        """Nothing more is said."""
        self._ending = False
        """Both, and what waits is dropped."""
        self._ignored = 0
        """So many bytes came after the end."""

    # The beginning

    def begin(self) -> None:
        """Takes the place of the library's threads, at once or after a client's probe."""
        self._lanes.sockets += 1
        if self._socket.connected:
            self._socket.upgrading = True
            self._take = self._probed
            later(PROBING, self._probed_long_enough)
        else:
            self._socket.connected = True
            self._opened()
        self._watched.on_readable(self._readable)

    def _probed(self, sid: str, packet: Received) -> bool:
        """A polling client tries whether a WebSocket gets through; until then polling goes on."""
        found, queue = self._socket, self._socket.queue
        if found.upgraded or found.closed or found.closing:
            self._say_goodbye()
        elif packet == PROBE and not self._probes:
            self._probes = True
            self.write(text_frame(PROBED.encode()))
            queue.put(Packet(NOOP))  # Ends the request that waits for packets.
        elif packet == UPGRADE and self._probes:
            self._opened()
            queue.put(Packet(NOOP))  # Likewise, of a client that did not wait for its end.
        else:
            self._say_goodbye()
        return True

    def _probed_long_enough(self) -> None:
        if not self._open:
            self._hang_up()

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
            data = self._watched.socket.recv(RECEIVE_SLOWLY if self._reader.slow else RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if self._ending:
            self._ignored += len(data)
            if not data or self._ignored > MAX_IGNORED:
                self._hang_up()
        elif not data:
            self._lost()
        elif not self._deaf:  # The hub may call once more after it was told not to.
            try:
                self._hear(data)
            except Exception:
                log.exception("packet_failed")
                self._lost()

    def _hear(self, data: bytes) -> None:
        for packet in self._reader.feed(data):
            if self._inbox or not self._take(self._socket.sid, packet):
                self._put(packet)
        if self._reader.reply:
            reply, self._reader.reply = self._reader.reply, b""
            self.write(reply)
        if self._reader.ended:
            self._mute = True
            self._lost()
        elif len(self._inbox) >= WAITING:
            self._watched.on_readable(None)

    def _lost(self) -> None:
        """Nothing more comes in; what came in before is dealt with first."""
        if not self._deaf:
            self._deaf = True
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
        stopped = not (self._deaf or self._watched.reading)
        if stopped and len(self._inbox) < WAITING:
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

    def write(self, data: bytes, newest: Newest | None = None) -> None:
        """Sends a WebSocket frame; one that holds what is `newest` may be merged with others."""
        if self._mute:
            return
        if self._backlog is None:
            try:
                sent = self._watched.socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._cut()
                return
            if sent < len(data):
                self._backlog = bytearray(data[sent:])
                self._watched.on_writable(self._writable)
        elif newest is not None:
            earlier = self._late.get(type(newest))
            self._late[type(newest)] = newest if earlier is None else _merged(earlier, newest)
        else:
            self._append(data)

    def _append(self, data: bytes) -> None:
        """Behind what waits already; who lets too much wait is lost."""
        assert self._backlog is not None
        if len(self._backlog) > MAX_BACKLOG:
            self._cut()
            return
        self._backlog += self._merged_late()
        self._backlog += data

    def _merged_late(self) -> bytes:
        """What was merged, to be sent now."""
        late, self._late = self._late, {}
        return b"".join(text_frame(_packet_of(newest)) for newest in late.values())

    def _writable(self, number: int) -> None:
        if self._backlog is None:
            return  # The hub may call once more after it was told not to.
        try:
            del self._backlog[: self._watched.socket.send(self._backlog)]
        except BlockingIOError:
            return
        except OSError:
            self._cut()
            return
        if self._backlog:
            return
        self._backlog = None
        self._watched.on_writable(None)
        late = self._merged_late()
        if late and not self._mute:
            self.write(late)
        elif self._ending:
            self._said_all()

    def _cut(self) -> None:
        """Nothing can be said to the client any more."""
        self._mute = True
        self._backlog, self._late = None, {}
        self._watched.on_writable(None)
        if self._ending:
            self._hang_up()
        else:
            self._lost()

    # The end

    def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:  # noqa: FBT001, FBT002  # the library's own signature
        """Ends the connection from this side, in the library's own way."""
        self._leave(abort=abort, reason=reason)
        self._say_goodbye()

    def _leave(self, *, abort: bool, reason: Any) -> None:
        found = self._socket
        type(found).close(found, wait=False, abort=abort, reason=reason)
        self._lanes.forget(found)

    def _gone(self) -> None:
        """Nothing comes in any more, and what came in is dealt with."""
        if self._open:
            self._leave(abort=True, reason=self._socket.server.reason.TRANSPORT_CLOSE)
        if self._reader.ended:
            self._say_goodbye()
        else:
            self._hang_up()

    def _say_goodbye(self) -> None:
        if self._ending:
            return
        self.write(close_frame())  # Where the client's own was answered, nothing more is said.
        self._end()
        if self._backlog is None:
            self._said_all()
        # What still comes in is read and forgotten: the client's own goodbye comes last.
        self._watched.on_readable(self._readable)
        later(FAREWELL, self._hang_up)

    def _said_all(self) -> None:
        with suppress(OSError):
            self._watched.socket.shutdown(SHUT_WR)

    def _end(self) -> None:
        if self._ending:
            return
        self._deaf = self._mute = self._ending = True
        if not self._open:
            self._socket.upgrading = False  # It goes on polling.

    def _hang_up(self) -> None:
        if self._watched.closed:
            return
        self._end()
        self._watched.close()
        self._lanes.sockets -= 1
        self._backlog, self._late = None, {}
        # Nothing here holds on to itself: memory is free without the collector's help.
        self._take = self._lanes.take
        if self._open:
            for name in ("send", "close", "schedule_ping"):
                self._socket.__dict__.pop(name, None)


class _NothingWaits:
    """In the place of a queue of packets: on the fast lane there is none."""

    def put(self, packet: Any) -> None:
        """The library's mark for the end."""

    def get(self, *, block: bool) -> Any:
        """What a request asks that still waited when the client moved over."""
        raise Empty

    def task_done(self) -> None:
        """Likewise."""

    def qsize(self) -> int:
        return 0


_NOTHING_WAITS = _NothingWaits()


def _framed(packet: Packet) -> bytes:
    return text_frame(packet.encode().encode())


def _packet_of(newest: Newest) -> bytes:
    if isinstance(newest, Frame):
        return event_packet("/room", "frame", newest)
    return event_packet("/overview", "rooms", newest)


def _merged(earlier: Any, later: Any) -> Newest:
    """Two of a kind as one: the newest of each field or room, and the newest insight."""
    if isinstance(later, Frame):
        return Frame(later.seq, earlier.set | later.set, later.insight or earlier.insight)
    merged: dict[str, Any] = earlier | later
    return merged

"""Clients that send whatever they like, packet by packet, over a WebSocket or by polling."""

import json
import socket
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol

import requests
import websocket

from tests.integration.clients import new_address
from tests.integration.process import PATIENCE, Server

SEPARATOR = "\x1e"
NARROW = (
    (socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536),
    (socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096),
)


class Raw(Protocol):
    """What both transports offer: packets of Engine.IO out and in."""

    def send(self, *packets: str) -> None:
        """Sends packets in this order."""

    def receive(self) -> list[str]:
        """The next packets that came, at least one; none when the connection has ended."""

    def close(self) -> None:
        """Goes away without a word."""


class RawWebSocket:
    """A WebSocket of our own."""

    def __init__(self, server: Server, sid: str = "", *, narrow: bool = False) -> None:
        """With the id of a polling client: its trial, which has yet to be a connection.

        A `narrow` one leaves the kernels hardly any room for what is not read.
        """
        url = server.url.replace("http", "ws", 1)
        self.socket = websocket.create_connection(
            f"{url}/socket.io/?EIO=4&transport=websocket{f'&sid={sid}' if sid else ''}",
            timeout=PATIENCE,
            header={"X-Forwarded-For": new_address()},
            sockopt=NARROW if narrow else (),
        )
        if sid:
            return
        opened = self.receive()
        if not opened:
            self.close()
            raise ConnectionError("the connection ended before it began")
        assert opened[0].startswith("0{")

    def send(self, *packets: str) -> None:
        for packet in packets:
            self.socket.send(packet)

    def send_bytes(self, data: bytes) -> None:
        """Sends a binary frame."""
        self.socket.send_binary(data)

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are: frames of the test's own making."""
        assert self.socket.sock is not None
        self.socket.sock.sendall(data)

    def receive_raw(self) -> tuple[int, bytes] | None:
        """The kind and the body of the next frame, whatever it is; none after the last."""
        try:
            opcode, body = self.socket.recv_data(control_frame=True)
        except websocket.WebSocketTimeoutException:
            raise
        except (websocket.WebSocketException, OSError):
            return None
        return opcode, bytes(body)

    def goodbye(self) -> int | None:
        """The code with which the server ends the connection; none where it just ends."""
        while True:
            found = self.receive_raw()
            if found is None:
                return None
            if found[0] == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(found[1][:2])

    def receive(self) -> list[str]:
        end = monotonic() + PATIENCE
        while True:
            assert monotonic() < end, "waited in vain for a packet"
            try:
                packet = self.socket.recv()
            except websocket.WebSocketTimeoutException:
                raise
            except (websocket.WebSocketException, OSError):
                return []
            if packet == "2":
                self.send("3")
            elif packet:
                assert isinstance(packet, str)
                return [packet]
            else:
                return []

    def read_little(self) -> None:
        """Leaves little room for what is not read."""
        assert self.socket.sock is not None
        self.socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)

    def interrupt(self) -> None:
        """Ends the connection under a thread that may still be sending."""
        if self.socket.sock is not None:
            with suppress(OSError):
                self.socket.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.socket.shutdown()


class RawPolling:
    """HTTP requests of our own."""

    def __init__(self, server: Server) -> None:
        self.session = requests.Session()
        self.session.headers["X-Forwarded-For"] = new_address()
        self.url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        opened = self.session.get(self.url, timeout=PATIENCE)
        self.sid: str = json.loads(opened.text[1:])["sid"]
        self.url += f"&sid={self.sid}"

    def send(self, *packets: str) -> None:
        # A payload has at most sixteen packets.
        for first in range(0, len(packets), 16):
            body = SEPARATOR.join(packets[first : first + 16]).encode("utf-8", "surrogatepass")
            self.session.post(self.url, data=body, timeout=PATIENCE)

    def post(self, body: bytes) -> None:
        """Posts what may get no answer before the next heartbeat, and does not wait for one."""
        with suppress(requests.RequestException):
            self.session.post(self.url, data=body, timeout=(PATIENCE, 0.2))

    def receive(self) -> list[str]:
        end = monotonic() + PATIENCE
        while True:
            assert monotonic() < end, "waited in vain for a packet"
            answer = self.session.get(self.url, timeout=PATIENCE)
            if answer.status_code != 200:
                return []
            packets = answer.text.split(SEPARATOR)
            if "2" in packets:
                self.send("3")
            found = [packet for packet in packets if packet not in ("2", "6")]
            if found:
                return found

    def close(self) -> None:
        self.session.close()


def open_raw(server: Server, transport: str) -> RawWebSocket | RawPolling:
    """A raw client on one of the two transports."""
    return RawWebSocket(server) if transport == "websocket" else RawPolling(server)


class RawSeat:
    """A raw client that has joined a namespace with a proper handshake."""

    def __init__(self, raw: Raw, namespace: str, auth: dict[str, Any]) -> None:
        self.raw = raw
        self.namespace = namespace
        self._fences = 10**6
        raw.send(f"40{namespace},{json.dumps(auth)}")
        self.until(f"40{namespace},")

    def until(self, beginning: str) -> list[str]:
        """All packets up to one that begins so, which is the last."""
        seen: list[str] = []
        while not any(packet.startswith(beginning) for packet in seen):
            packets = self.raw.receive()
            assert packets, f"the connection ended before {beginning}: {seen}"
            seen += packets
        return seen

    def answers(self, *packets: str) -> list[str]:
        """Sends packets and answers everything that came because of them.

        Events of one connection are decided in order, so the answer to a harmless last one
        says that the others were dealt with.
        """
        self.raw.send(*packets)
        self._fences += 1
        fence = f"{self.namespace},{self._fences}"
        event = {"help": False} if self.namespace == "/room" else {"help": False, "rooms": []}
        self.raw.send(f"42{fence}{json.dumps(['help', event])}")
        return self.until(f"43{fence}[")[:-1]

    def refusals(self, *packets: str) -> list[dict[str, Any]]:
        """The events `refused` and the acknowledgements that came of packets."""
        found = []
        for packet in self.answers(*packets):
            kind, body = packet[:2], packet[2 + len(self.namespace) + 1 :]
            if kind == "43":
                found.append(json.loads(body[body.index("[") :])[0])
            elif kind == "42" and body.startswith('["refused"'):
                found.append(json.loads(body)[1])
        return found


def codes(refusals: Iterable[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """The code and the field of each refusal."""
    return [(one["error"]["code"], one["error"].get("field")) for one in refusals]

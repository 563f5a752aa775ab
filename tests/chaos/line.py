"""A Socket.IO connection in one thread: whoever reads it decides how long to wait."""

import json
import select
from typing import Any, NamedTuple

import websocket

from tests.integration.clients import new_address

PATIENCE = 3.0
"""Seconds after which a handshake is given up."""


class Ended(Exception):
    """The connection is no more."""


class Denied(Exception):
    """The handshake was refused; the text is the word of the contract."""


class Heard(NamedTuple):
    """An event, or the answer to one (`ack` is its number)."""

    event: str
    body: Any
    ack: int | None = None


class Line:
    """One namespace over one WebSocket."""

    def __init__(self, port: int, namespace: str, query: str, auth: dict[str, Any]) -> None:
        self._namespace = namespace
        try:
            self._socket = websocket.create_connection(
                f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket{query}",
                timeout=PATIENCE,
                header={"X-Forwarded-For": new_address()},
            )
        except (websocket.WebSocketException, OSError) as error:
            raise Ended(str(error)) from None
        try:
            self._send(f"40{namespace},{json.dumps(auth)}")
            while not (packet := self._receive()).startswith("40"):
                if packet.startswith("44"):
                    raise Denied(json.loads(packet.partition(",")[2])["message"])
        except BaseException:
            self.close()
            raise

    def _send(self, packet: str) -> None:
        try:
            self._socket.send(packet)
        except (websocket.WebSocketException, OSError) as error:
            raise Ended(str(error)) from None

    def _receive(self) -> str:
        try:
            packet = self._socket.recv()
        except (websocket.WebSocketException, OSError) as error:
            raise Ended(str(error)) from None
        if not packet or not isinstance(packet, str) or packet.startswith("41"):
            raise Ended("the server has closed it")
        if packet == "2":
            self._send("3")
        return packet

    def send(self, event: str, payload: Any, ack: int | None = None) -> None:
        """An event, with a number where an answer is wanted."""
        number = "" if ack is None else ack
        self._send(f"42{self._namespace},{number}{json.dumps([event, payload])}")

    def read(self, timeout: float) -> Heard | None:
        """The next that comes within so many seconds; raises Ended."""
        sock = self._socket.sock
        if sock is None:
            raise Ended("closed")
        try:
            ready = select.select([sock], [], [], timeout)[0]
        except (OSError, ValueError) as error:
            raise Ended(str(error)) from None
        if not ready:
            return None
        packet = self._receive()
        body = packet.partition(",")[2]
        if packet.startswith("42"):
            event, *args = json.loads(body)
            return Heard(event, args[0] if args else None)
        if packet.startswith("43"):
            number, _, rest = body.partition("[")
            return Heard("", json.loads(f"[{rest}")[0], int(number))
        return None

    def close(self) -> None:
        """Goes away without a word."""
        self._socket.shutdown()

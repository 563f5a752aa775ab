"""Below Engine.IO: bytes that are no WebSocket harm the connection that they come by alone."""

import secrets
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep
from urllib.parse import urlsplit

import pytest

from tests.integration.clients import Api, Werkplaats, new_address
from tests.integration.process import PATIENCE, Server, until
from tests.integration.raw import RawSeat, RawWebSocket

MASK = b"\x00\x00\x00\x00"
HEARTBEATS = 45.0
"""Seconds until the server knows that a client answers no heartbeat."""

HANDSHAKES: dict[str, dict[str, str | None]] = {
    "no key": {"Sec-WebSocket-Key": None},
    "a key that is none": {"Sec-WebSocket-Key": "key"},
    "no version": {"Sec-WebSocket-Version": None},
    "a version of old": {"Sec-WebSocket-Version": "8"},
    "no upgrade": {"Connection": "close"},
    "another protocol": {"Upgrade": "h2c"},
}
FRAMES = {
    "a reserved bit": b"\xf1\x80" + MASK,
    "a kind that is none": b"\x83\x80" + MASK,
    "no mask": b"\x81\x01x",
    "a control frame that is too long": b"\x89\xfe\x00\x80" + MASK + b"x" * 128,
    "a control frame in parts": b"\x09\x80" + MASK,
    "the rest of nothing": b"\x80\x80" + MASK,
    "a text that is none": b"\x81\x82" + MASK + b"\xff\xfe",
    "half a reason to close": b"\x88\x81" + MASK + b"\x03",
    "a reason to close that is none": b"\x88\x82" + MASK + b"\x27\x0f",
    "a length beyond all measure": b"\x81\xff" + b"\xff" * 8 + MASK + b"x",
    "ten gigabytes to come": b"\x81\xff" + (10**10).to_bytes(8) + MASK + b"x" * 100,
    "half a frame": b"\x81",
}


@contextmanager
def dialled(server: Server, **changed: str | None) -> Iterator[socket.socket]:
    """A connection that has asked for a WebSocket, its header changed so."""
    there = urlsplit(server.url)
    headers = {
        "Host": there.netloc,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "X-Forwarded-For": new_address(),
        **changed,
    }
    lines = [f"{name}: {value}\r\n" for name, value in headers.items() if value is not None]
    request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" + "".join(lines) + "\r\n"
    with socket.create_connection((there.hostname, there.port), PATIENCE) as client:
        client.sendall(request.encode())
        yield client


def everything(client: socket.socket) -> bytes:
    """All that comes until the other side ends it."""
    found = b""
    with suppress(ConnectionError):
        while chunk := client.recv(4_096):
            found += chunk
    return found


@pytest.fixture
def room(each_api: Api) -> Iterator[Werkplaats]:
    """A room whose seat moves on when the test is over, at a server that holds nothing back."""
    room = each_api.werkplaats()
    with room.join("sociaal") as seat:
        before = each_api.server.files()
        yield room
        until(lambda: each_api.server.files() <= before, "every file to be closed")
        seat.ok("move", {"slider": "bestuur", "value": 61})


@pytest.mark.parametrize("name", HANDSHAKES)
def test_handshakes_that_are_none(room: Werkplaats, name: str) -> None:
    """Who asks for a WebSocket in the wrong way is refused or forgiven, without a fault of ours."""
    with dialled(room.api.server, **HANDSHAKES[name]) as client:
        client.shutdown(socket.SHUT_WR)
        answer = everything(client)
    assert answer.split(b" ")[1][:1] in (b"1", b"4"), answer


@pytest.mark.parametrize("name", FRAMES)
def test_frames_that_are_none(room: Werkplaats, name: str) -> None:
    """A frame that breaks the rules, or never comes to its end, ends with its connection."""
    with dialled(room.api.server) as client:
        assert client.recv(4_096).startswith(b"HTTP/1.1 101")
        client.sendall(FRAMES[name])
        client.shutdown(socket.SHUT_WR)
        everything(client)


@pytest.mark.slow
def test_who_has_gone_without_a_word_is_let_go(room: Werkplaats) -> None:
    """Clients that answer no heartbeat are closed, and their sockets with them."""
    server = room.api.server
    mute = [RawWebSocket(server) for _ in range(3)]
    RawSeat(mute[0], "/room", {"code": room.code, "token": room.seat("fysiek")})
    many = server.files()
    sleep(HEARTBEATS)
    until(lambda: server.files() <= many - len(mute), "their end")
    for one in mute:
        one.close()

"""Every municipality of the country loses its worker at once, and is back soon."""

import json
import re
import secrets
import socket
from contextlib import ExitStack, suppress
from threading import Event, Thread
from time import monotonic, sleep

import pytest
import requests
import websocket

from tests.integration.clients import TRIO, new_address
from tests.integration.process import PATIENCE, until
from tests.integration.workers import Workers
from tests.redis_servers import RedisServer

pytestmark = pytest.mark.slow

ROOMS = 342
CLIENTS = 3 * ROOMS
WITHIN = 10.0
"""Seconds within which all are back: what users were promised, not what is measured."""


class Seat:
    """A browser, as far as coming back goes: client/src/live/connection.ts has the same waits."""

    def __init__(self, workers: Workers, code: str, token: str) -> None:
        self._workers = workers
        self._auth = json.dumps({"code": code, "token": token})
        self.live = False
        self.back_at = 0.0
        self.ended = Event()
        self._socket: websocket.WebSocket | None = None
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        attempts = 0
        while not self.ended.is_set():
            with suppress(OSError, websocket.WebSocketException):
                self._connect()
                attempts = 0
                while self._socket is not None and (packet := self._socket.recv()):
                    if packet == "2":
                        self._socket.send("3")
            self.live = False
            wait = min(5.0, 0.4 * 2**attempts) * (0.5 + secrets.randbelow(1000) / 1000)
            attempts += 1
            self.ended.wait(wait)

    def _connect(self) -> None:
        """To the first worker that lives, as a load balancer would."""
        worker = next(one for one in self._workers.all if one.alive)
        url = worker.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        header = {"X-Forwarded-For": new_address()}
        self._socket = websocket.create_connection(url, timeout=60, header=header)
        self._socket.recv()
        self._socket.send(f"40/room,{self._auth}")
        while '["snapshot"' not in str(self._socket.recv()):
            pass
        self.back_at = monotonic()
        self.live = True

    def leave(self) -> None:
        """Goes, also while it waits for a word of the server."""
        self.ended.set()
        if self._socket is not None and self._socket.sock is not None:
            with suppress(OSError):
                self._socket.sock.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        self._thread.join()
        if self._socket is not None:
            self._socket.shutdown()


def leave(seats: list[Seat]) -> None:
    """All go, and then all are waited for."""
    for seat in seats:
        seat.leave()
    for seat in seats:
        seat.join()


def reads(url: str) -> int:
    """How many rooms a worker has read from the store."""
    text = requests.get(f"{url}/metrics", timeout=PATIENCE).text
    found = re.search(r"^mengpaneel_room_reads_total (\S+)$", text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def test_everybody_comes_back_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """1,026 clients are back within ten seconds, and the store is asked per room."""
    folder = tmp_path_factory.mktemp("storm")
    with ExitStack() as stack:
        redis = RedisServer(folder / "redis").start()
        stack.callback(redis.end)
        workers = stack.enter_context(Workers(folder, redis.url, redis.url))
        rooms = [{"municipality": f"Gemeente {number}"} for number in range(ROOMS)]
        made = [workers.werkplaats(*rooms[start : start + 100]) for start in range(0, ROOMS, 100)]
        seats: list[Seat] = []
        stack.callback(leave, seats)
        for werkplaats in made:
            for code in werkplaats.codes:
                tokens = [werkplaats.seat(role, code) for role in TRIO]
                seats.extend(Seat(workers, code, token) for token in tokens)
        assert len(seats) == CLIENTS
        until(lambda: all(seat.live for seat in seats), "everybody to be there")
        before = reads(workers[1].url)
        workers[0].kill()
        lost = monotonic()
        sleep(0.5)
        until(lambda: all(seat.live for seat in seats), "everybody to be back")
        took = max(seat.back_at for seat in seats) - lost
        read = reads(workers[1].url) - before
        print(f"{CLIENTS} clients were back in {took:.1f} s; {read} rooms were read")  # noqa: T201
        assert took < WITHIN
        assert read <= 4 * ROOMS

"""Opens rooms and takes their seats through the public HTTP API, as facilitators and people do."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

from scripts.benchmark.plans import TRIO, Person, Watcher, seats_of
from scripts.benchmark.processes import PATIENCE, BenchmarkError

PER_CALL, PER_WERKPLAATS = 100, 400
"""Rooms, as the contract limits them."""
_SOCKET = "/socket.io/?EIO=4&transport=websocket"
JSON = dict[str, Any]


class Api:
    """The HTTP API of a server, over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def close(self) -> None:
        self._connection.close()

    def post(self, path: str, body: JSON, token: str = "") -> Any:
        """The answer to a POST, which must be 200 or 201."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._connection.request("POST", path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status not in (200, 201):
            raise BenchmarkError(f"POST {path} answered {answer.status}: {text}")
        return json.loads(text)


class Opened:
    """Rooms with all their seats taken, and who is to connect to them."""

    def __init__(self, api: Api, rooms: int, people: int) -> None:
        self.people: list[Person] = []
        self.watchers: list[Watcher] = []
        self._api = api
        self._seats = seats_of(people)
        for first in range(0, rooms, PER_WERKPLAATS):
            codes = self._werkplaats(first, min(PER_WERKPLAATS, rooms - first))
            for number, code in enumerate(codes, first):
                self._fill(number, code, people)

    def _werkplaats(self, first: int, count: int) -> list[str]:
        """Makes one with so many rooms; their codes."""
        named = [{"municipality": f"Gemeente {first + n + 1}"} for n in range(count)]
        body: JSON = {"title": "Meting", "rooms": named[:PER_CALL]}
        if not set(self._seats) <= set(TRIO):
            body["roles"] = [{"id": seat, "label": seat} for seat in self._seats]
        made = self._api.post("/api/v1/werkplaatsen", body)
        werkplaats, token = made["id"], made["facilitator_token"]
        codes = [room["code"] for room in made["rooms"]]
        for start in range(PER_CALL, count, PER_CALL):
            more = {"rooms": named[start : start + PER_CALL]}
            added = self._api.post(f"/api/v1/werkplaatsen/{werkplaats}/rooms", more, token)
            codes += [room["code"] for room in added["rooms"]]
        hello = f"40/overview,{json.dumps({'werkplaats': werkplaats, 'token': token})}"
        self.watchers.append(Watcher(f"{_SOCKET}&werkplaats={quote(werkplaats)}", hello))
        return codes

    def _fill(self, number: int, code: str, people: int) -> None:
        hellos = [self._take(code, seat) for seat in self._seats]
        for place in range(people):
            seat = place % len(self._seats)
            path = f"{_SOCKET}&room={code}"
            self.people.append(Person(number, self._seats[seat], path, hellos[seat]))

    def _take(self, code: str, seat: str) -> str:
        """Takes a seat; how its connections introduce themselves."""
        token = self._api.post(f"/api/v1/rooms/{code}/seats", {"role": seat})["token"]
        return f"40/room,{json.dumps({'code': code, 'token': token})}"

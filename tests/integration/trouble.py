"""Seats that drag through whatever happens, and what must be true afterwards."""

from contextlib import ExitStack
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import requests
import socketio.exceptions

from tests.integration.clients import SLIDERS, TRIO, HandshakeRefused, Member, Werkplaats
from tests.integration.process import PATIENCE, until
from tests.integration.workers import Workers

GROWTH = 60 * 1024 * 1024
"""So much a worker may grow in memory, in bytes, over a test."""


class Roamer:
    """A seat that drags without end, and goes on at another worker when its connection ends."""

    def __init__(self, workers: Workers, werkplaats: Werkplaats, role: str, place: int) -> None:
        self._workers = workers
        self._code, self._token = werkplaats.code, werkplaats.seat(role)
        self._role = role
        self._place = place
        self.accepted: dict[str, int] = {}
        """Per key the number of the last move of which a server said `ok`."""
        self.sent: dict[str, list[int]] = {}
        """Per key the values in the order in which they were sent."""
        self.codes: list[str] = []
        """What became of each move: `ok`, the code of the refusal, or `lost`."""
        self.moves = 0
        self.longest = 0.0
        """Seconds between two moves that were acknowledged, at the most."""
        self.member = self._connect()
        self._stop = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _connect(self) -> Member:
        end = monotonic() + 3 * PATIENCE
        while True:
            try:
                return Member(self._workers.doors[self._place], self._code, self._token)
            except (HandshakeRefused, socketio.exceptions.SocketIOError, OSError) as error:
                found = str(error)
            assert found not in ("bad-token", "unknown-room", "expired"), found
            assert monotonic() < end, "no worker lets it in"
            self._place = (self._place + 1) % len(self._workers.all)
            sleep(0.1)

    def _run(self) -> None:
        number = 0
        stored_at = monotonic()
        while not self._stop.is_set():
            number += 1
            if self.member.left or self.member.messages("moving"):
                self.member.close()
                self._place = (self._place + 1) % len(self._workers.all)
                self.member = self._connect()
            self.codes.append(self._move(SLIDERS[number % len(SLIDERS)], number * 7 % 101))
            if self.codes[-1] == "ok":
                self.moves += 1
                self.longest = max(self.longest, monotonic() - stored_at)
                stored_at = monotonic()
            sleep(0.01)

    def _move(self, slider: str, value: int) -> str:
        key = f"position/huidig/{self._role}/{slider}"
        values = self.sent.setdefault(key, [])
        values.append(value)
        payload = {"slider": slider, "value": value, "round": "huidig"}
        try:
            answer = self.member.ask("move", payload)
        except (socketio.exceptions.SocketIOError, OSError):
            return "lost"
        except AssertionError:
            self.member.close()  # No answer, and no end: somewhere the way is blocked.
            return "lost"
        if answer["ok"]:
            self.accepted[key] = len(values) - 1
            return "ok"
        return str(answer["error"]["code"])

    def end(self) -> None:
        """Stops dragging, and leaves."""
        self._stop.set()
        self._thread.join()
        self.member.close()


class Trouble:
    """A trio that drags, spread over the workers, and what must be true at the end."""

    def __init__(self, workers: Workers, stack: ExitStack) -> None:
        self.workers = workers
        self.werkplaats = workers.werkplaats()
        self._memory = [worker.memory() for worker in workers.all]
        count = len(workers.all)
        self.roamers = []
        for place, role in enumerate(TRIO):
            self.roamers.append(Roamer(workers, self.werkplaats, role, place % count))
            stack.callback(self.roamers[-1].end)
        self.go_on()

    def go_on(self, moves: int = 8) -> None:
        """Waits until every seat has made so many more moves that are stored."""
        wanted = [roamer.moves + moves for roamer in self.roamers]

        def enough() -> bool:
            found = zip(self.roamers, wanted, strict=True)
            return all(roamer.moves >= number for roamer, number in found)

        until(enough, "every seat to go on")

    def codes(self) -> set[str]:
        return {code for roamer in self.roamers for code in roamer.codes}

    def check(self) -> None:
        """Nothing acknowledged was lost, and every view of every worker is the same.

        Tells the figures of `docs/faults.md` to who asks for them (`pytest -rP`).
        """
        self.go_on()
        for roamer in self.roamers:
            roamer.end()
        assert self.codes() <= {"ok", "unavailable", "lost"}
        moves = sum(roamer.moves for roamer in self.roamers)
        longest = max(roamer.longest for roamer in self.roamers)
        print(f"{moves} moves acknowledged, the longest wait for one {longest:.1f} s")  # noqa: T201
        token = self.werkplaats.seat("sociaal")
        for worker in self.workers.all:
            until(lambda worker=worker: ready(worker.url) == 200, "readiness")  # type: ignore[misc]
        state = until(lambda: self._shared(token), "the workers to tell the same")
        for roamer in self.roamers:
            for key, place in roamer.accepted.items():
                assert state["fields"][key] in roamer.sent[key][place:], key
        for worker, memory in zip(self.workers.all, self._memory, strict=True):
            assert worker.memory() < memory + GROWTH

    def _shared(self, token: str) -> Any:
        """The state of the room, once every worker tells the same."""
        path = f"rooms/{self.werkplaats.code}/state"
        states = [{**api.get(path, token), "now": ""} for api in self.workers.apis]
        return states[0] if all(state == states[0] for state in states) else None


def ready(url: str) -> int:
    """What `/readyz` says."""
    try:
        return requests.get(f"{url}/readyz", timeout=PATIENCE).status_code
    except requests.ConnectionError:
        return 0

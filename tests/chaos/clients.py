"""Clients that come back by themselves, each time to a worker of chance, and record all."""

import threading
from contextlib import suppress
from random import Random
from time import monotonic, sleep
from typing import Any

from tests.chaos.line import Denied, Ended, Heard, Line
from tests.chaos.record import NEVER, Link, Numbers, Op, Record, Shown
from tests.chaos.record import Denied as Refusal
from tests.tcp_proxy import Proxy

SILENCE = 2.5
"""Seconds without the answer to an event after which a client comes back elsewhere."""


class Stage:
    """What all clients share: the ways to the workers, the record, and what is being played."""

    def __init__(self, seed: str, doors: list[Proxy], pace: float) -> None:
        self.seed = seed
        self.doors = doors
        self.pace = pace
        """About how many seconds lie between two events of a seat."""
        self.record = Record()
        self.numbers = Numbers()
        self.act = "play"
        """`play`; `close`: each still has a last word; `still`: nobody speaks; `over`."""

    def chance(self, name: str) -> Random:
        """The chances of one client, the same with the same seed."""
        return Random(f"{self.seed} {name}")  # noqa: S311  # to be had again, not to be secret


class Client(threading.Thread):
    """A client of a namespace; what it says is up to its kind."""

    namespace = "/room"

    def __init__(self, stage: Stage, name: str, code: str, viewer: str, token: str) -> None:
        super().__init__(name=name, daemon=True)
        self.stage = stage
        self.random = stage.chance(name)
        self.code, self.viewer, self.token = code, viewer, token
        self.line: Line | None = None
        self.link: Link | None = None
        self.seq = 0
        self.fields: dict[str, Any] = {}
        self.insight: Any = None
        self.live = False
        """Whether it has a connection and has seen what is there."""
        self.last_word = False
        """Whether its last word was accepted."""
        self._asked: dict[int, Op] = {}
        self._gone = False

    def run(self) -> None:
        try:
            attempts = 0
            while not self._over:
                if self._come():
                    attempts = 0
                    self._stay()
                    self._go()
                attempts += 1
                sleep(min(1.0, 0.1 * 2**attempts) * (0.5 + self.random.random()))
        except Exception as error:  # noqa: BLE001  # whatever it is, the run has failed
            self.stage.record.problems.append(f"{self.name} failed: {error!r}")

    @property
    def _over(self) -> bool:
        return self._gone or self.stage.act == "over"

    def leave(self) -> None:
        """Goes away, and does not come back."""
        self._gone = True

    def _come(self) -> bool:
        """Tries a worker of chance."""
        worker = self.random.randrange(len(self.stage.doors))
        sent = monotonic()
        token = self.token
        query, auth = self.handshake()
        try:
            self.line = Line(self.stage.doors[worker].port, self.namespace, query, auth)
        except Ended:
            return False
        except Denied as error:
            word = str(error)
            self.stage.record.denied.append(
                Refusal(self.name, self.code, self.viewer, token, sent, monotonic(), word)
            )
            self.turned_away(word)
            return False
        number = self.stage.numbers.link()
        self.link = Link(number, self.name, self.code, self.viewer, token, worker, NEVER)
        return True

    def _stay(self) -> None:
        speak_at = monotonic()
        try:
            while not self._over:
                now = monotonic()
                if self.live and now >= speak_at:
                    speak_at = now + self.wait()
                    self.speak()
                self._hear(max(0.0, min(0.2, speak_at - monotonic())))
                oldest = min((op.sent for op in self._asked.values()), default=NEVER)
                if monotonic() - oldest > SILENCE:
                    return
        except Ended:
            pass

    def _go(self) -> None:
        self.live = False
        self._asked.clear()
        if self.link is not None:
            self.link.closed = monotonic()
        if self.line is not None:
            self.line.close()

    def _hear(self, timeout: float) -> None:
        assert self.line is not None
        while (heard := self.line.read(timeout)) is not None:
            timeout = 0.0
            if heard.ack is not None:
                self._answered(heard.ack, heard.body)
            else:
                self.take(heard)

    def listen(self, seconds: float) -> None:
        """Hears what comes in so many seconds, and does nothing else."""
        end = monotonic() + seconds
        while monotonic() < end:
            self._hear(0.05)

    def _answered(self, number: int, body: Any) -> None:
        op = self._asked.pop(number, None)
        if op is not None:
            self.settle(op, body, monotonic())

    # What a kind of client does its own way

    def handshake(self) -> tuple[str, dict[str, Any]]:
        """The query and the credentials."""
        return f"&room={self.code}", {"code": self.code, "token": self.token}

    def turned_away(self, word: str) -> None:
        """A handshake was refused."""

    def wait(self) -> float:
        """Seconds until it speaks again."""
        return self.stage.pace * (0.4 + 1.2 * self.random.random())

    def speak(self) -> None:
        """Says something, or not."""

    def settle(self, op: Op, body: Any, now: float) -> None:
        """Notes the answer to an event."""
        if body["ok"]:
            op.seq = body["seq"]
        else:
            op.refused = body["error"]["code"]
        op.answered = now

    def take(self, heard: Heard) -> None:
        """Takes an event into what it knows."""
        body = heard.body
        if heard.event == "refused":
            self.stage.record.bare.append(body["error"]["code"])
        elif heard.event == "moving":
            raise Ended("another worker takes over")
        elif heard.event == "expired":
            now = monotonic()
            self.stage.record.denied.append(
                Refusal(self.name, self.code, self.viewer, self.token, now, now, "expired")
            )
        elif heard.event in ("snapshot", "frame"):
            self._see(body, whole=heard.event == "snapshot")

    def _see(self, body: dict[str, Any], *, whole: bool) -> None:
        assert self.link is not None
        now = monotonic()
        changes = body["fields"] if whole else body["set"]
        if self.link.opened == NEVER:
            self.link.opened = now
            self.stage.record.links.append(self.link)
        shown = Shown(self.link.number, now, whole, body["seq"], changes)
        self.stage.record.shown.append(shown)
        fields = {**({} if whole else self.fields), **changes}
        self.fields = {key: value for key, value in fields.items() if value is not None}
        self.seq = body["seq"]
        self.insight = body.get("insight") or self.insight
        self.live = True

    def say(self, event: str, payload: dict[str, Any], *, acked: bool = True) -> Op:
        """Sends an event, with or without asking for an answer."""
        assert self.line is not None
        assert self.link is not None
        op = Op(
            self.stage.numbers.op(),
            self.link.number,
            self.code,
            self.viewer,
            event,
            payload,
            monotonic(),
        )
        self.stage.record.ops.append(op)
        if acked:
            self._asked[op.order] = op
        self.line.send(event, payload, op.order if acked else None)
        return op

    def hang_up(self) -> None:
        """Ends a connection that is stuck when all is over."""
        if self.line is not None:
            with suppress(Exception):
                self.line.close()

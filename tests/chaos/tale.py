"""A run told by hand: small, and true in every word until a test bends it."""

from typing import Any

from sessions import fields as f
from sessions.fields import Changes
from sessions.store.port import HistoryFrame, Stored
from tests.chaos.record import Call, Link, Op, Record, Shown
from tests.chaos.story import public
from tests.integration.clients import TRIO
from tests.rooms import new_room

WIJKAMBTENAAR, SOCIAAL, FYSIEK = TRIO
BESTUUR = {role: f.position("huidig", role, "bestuur") for role in TRIO}
SHARED = f.consensus("huidig", "bestuur")
SETTLED = f.settled("huidig", "bestuur")


CODE = "abcdef"
AT = "2026-03-02T13:00:00.000Z"


class Tale:
    """One room and its trio, each with one connection; time goes on by one second a word."""

    def __init__(self) -> None:
        self.now = 0.0
        self.seq = 1
        self.fields = new_room()
        self.record = Record(
            began={CODE: Stored(1, dict(self.fields))},
            batches={CODE: {}},
            at={CODE: {}},
            kept={CODE: [HistoryFrame(1, AT, _wordless(public(self.fields)))]},
        )
        for number, viewer in enumerate((*TRIO, "facilitator")):
            token = viewer * 2
            if viewer != "facilitator":
                self.call("claim", viewer, 201, token)
            link = Link(number, viewer, CODE, viewer, token, 0, self.now, 10_000.0)
            self.record.links.append(link)
            self.show(number, whole=True)
        self.end()

    def _tick(self) -> float:
        self.now += 1.0
        return self.now

    def call(self, what: str, role: str, status: int, token: str = "") -> Call:
        """A request for a seat; what it changes is told by `batch`."""
        sent = self._tick()
        call = Call(what, CODE, role, 0, sent, token, answered=self._tick(), status=status)
        self.record.calls.append(call)
        return call

    def show(self, link: int, *, whole: bool = False, changes: Changes | None = None) -> None:
        """A snapshot or a frame for one connection."""
        told = public(self.fields) if changes is None else changes
        self.record.shown.append(Shown(link, self.now, whole, self.seq, told))

    def batch(self, changes: Changes) -> int:
        """Something is stored, kept in the history and shown to all."""
        self.seq += 1
        f.apply(self.fields, changes)
        self.record.batches[CODE][self.seq] = dict(changes)
        self.record.at[CODE][self.seq] = self.now
        kept = HistoryFrame(self.seq, AT, _wordless(public(changes)))
        self.record.kept[CODE].append(kept)
        for link in range(4):
            self.show(link, changes=public(changes))
        self.end()
        return self.seq

    def say(self, role: str, event: str, changes: Changes, **payload: Any) -> Op:
        """An event that is accepted, and what it changes."""
        op = self.ask(role, event, **payload)
        op.seq = self.batch(changes)
        op.answered = self._tick()
        return op

    def ask(self, role: str, event: str, **payload: Any) -> Op:
        """An event of which nobody knows what became."""
        link = (*TRIO, "facilitator").index(role)
        op = Op(len(self.record.ops), link, CODE, role, event, payload, self._tick())
        self.record.ops.append(op)
        return op

    def move(self, role: str, value: Any, slider: str = "bestuur") -> Op:
        """A slider is placed in the first round."""
        key = f.position("huidig", role, slider)
        payload = {"slider": slider, "value": value, "round": "huidig"}
        return self.say(role, "move", {key: value, f.MOVED_AT: AT}, **payload)

    def step(self, phase: str, **changes: Any) -> Op:
        """The facilitator's step."""
        told = {f.PHASE: phase, **changes}
        return self.say("facilitator", "phase", told, phase=phase, round="huidig")

    def end(self) -> None:
        """The store is as the last batch left it."""
        self.record.ended[CODE] = Stored(self.seq, dict(self.fields))


def _wordless(changes: Changes) -> Changes:
    return {key: f.without_words(key, value) for key, value in changes.items()}


def agreed(role: str) -> str:
    return f.agreed("huidig", role, "bestuur")


def agree(tale: Tale, role: str, value: Any) -> None:
    payload = {"slider": "bestuur", "value": value, "round": "huidig"}
    tale.say(role, "agree", {agreed(role): value}, **payload)


def told() -> Tale:
    """A little of everything, all of it true."""
    tale = Tale()
    for role in TRIO:
        tale.move(role, 40)
    tale.move(SOCIAAL, 60)
    lost = {"slider": "bestuur", "value": 70, "round": "huidig"}
    tale.ask(SOCIAAL, "move", **lost)
    reason = f.reason("huidig", FYSIEK, "bestuur")
    words = {"slider": "bestuur", "text": "omdat", "round": "huidig"}
    tale.say(FYSIEK, "reason", {reason: "omdat"}, **words)
    tale.step("agree", **{SHARED: 40, f.revealed("huidig"): AT})
    for role in TRIO:
        agree(tale, role, 40)
    tale.step("outcome", **{SETTLED: {"value": 40, "roles": list(TRIO)}})
    late = tale.ask(SOCIAAL, "move", **lost)
    late.refused, late.answered = "wrong-phase", tale.now + 0.5
    tale.say("facilitator", "lock", {f.LOCKED: True}, locked=True)
    tale.call("claim", SOCIAAL, 409)
    tale.batch({f.seat(FYSIEK): None, f.token(FYSIEK): None, agreed(FYSIEK): None})
    tale.call("release", FYSIEK, 204)
    tale.call("claim", FYSIEK, 201, "new")
    tale.batch({f.seat(FYSIEK): {"name": None, "since": AT}, f.token(FYSIEK): "x"})
    return tale

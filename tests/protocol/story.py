"""Builds every golden message from the real models: one story, a clock that stands still.

Both languages read `tests/golden/*.json`, so that what this server writes is what the client
can read. A file holds the name of its model in `docs/protocol.schema.json` and the message.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from server.broadcast import wire_error
from server.openroom import OpenRoom
from server.summary import info, summary
from sessions import exercise, masking, rules
from sessions import fields as f
from sessions.actors import Actor, facilitator, seat
from sessions.commands import Agree, Command, Consensus, Help, Move, Reason, Step
from sessions.errors import Code, Refusal
from sessions.protocol.http import FieldError, Problem
from sessions.protocol.messages import (
    Accepted,
    Declined,
    Expired,
    Frame,
    Moving,
    Overview,
    OverviewAnswer,
    Refused,
    Snapshot,
    You,
)
from sessions.room import stamp
from sessions.store import Stored
from sessions.werkplaats import (
    ROLE_LABELS,
    TRIO,
    Role,
    RoomRequest,
    RoundSettings,
    Werkplaats,
    room_fields,
)

BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HASH = "0123456789abcdef" * 4
"""Stands in for an exercise's content hash: its texts may change and these messages not."""
CODE = "k7m4xp"
PANEL = {
    "positionering": (20, 30, 25),
    "proces-gemeente": (15, 40, 90),
    "proces-bewoners": (70, 82, 75),
    "bestuur": (10, 20, 88),
    "communicatie": (60, 72, 78),
}
"""Positions by slider, in the order of the trio."""


class Golden(NamedTuple):
    """A message and the name of its model in the schema."""

    schema: str
    message: Any


class Room:
    """A room of invented people that lives through commands, one second each."""

    def __init__(self, visibility: str) -> None:
        self.werkplaats = Werkplaats(
            id="werkplaats-voorbeeld",
            title="Werkplaats Waterveen",
            join_code="w4t3rv",
            facilitator="",
            plenary="",
            created_at=stamp(BEGIN),
            expires_at=stamp(BEGIN + timedelta(days=90)),
            visibility=visibility,
            steps="seats",
            wijk=False,
            roles=[Role(role, ROLE_LABELS[role]) for role in TRIO],
            rounds=[
                RoundSettings("huidig", "schuifoefening", "Hoe is het nu?"),
                RoundSettings("ambitie", "schuifoefening", "Wat willen wij?"),
            ],
            rooms=[CODE],
        )
        request = RoomRequest(
            municipality="Waterveen",
            case="Een plein zonder bankjes",
            questions=["Wie beslist wat in de wijk als eerste gebeurt?"],
        )
        stored = Stored(1, room_fields(self.werkplaats, request))
        self.open = OpenRoom(CODE, stored, exercise.load())
        self.now = BEGIN
        self.changes: dict[str, Any] = {}
        self.before: dict[str, Any] = {}
        for role in TRIO:
            self.open.arrive(role)
            self._take({f.seat(role): {"name": None, "since": stamp(self.now)}})
        self._take({f.about("huidig"): "case"})

    def _take(self, changes: dict[str, Any]) -> None:
        self.now += timedelta(seconds=1)
        self.before, self.changes = dict(self.open.fields), changes
        self.open.advance(self.open.seq + 1, changes)

    def do(self, actor: Actor, command: Command) -> None:
        """A command, decided and taken."""
        self._take(rules.decide(self.open.view(), actor, command, self.now))

    def refuse(self, actor: Actor, command: Command) -> Refusal:
        """The refusal of a command that must be refused."""
        try:
            rules.decide(self.open.view(), actor, command, self.now)
        except Refusal as refusal:
            return refusal
        raise AssertionError("this command was accepted")

    def place_all(self) -> None:
        """Everybody places every slider; one does not know, one gives a reason."""
        for slider, values in PANEL.items():
            for role, value in zip(TRIO, values, strict=True):
                self.do(seat(role), Move(slider, value))
        self.do(seat("fysiek"), Move("communicatie", "unknown"))
        self.do(seat("fysiek"), Reason("bestuur", "De wethouder loopt bij ons vaak binnen."))

    def view(self, actor: Actor) -> str:
        """The view that an actor has of the room as it is now."""
        return masking.view_of(actor, hidden=self.open.hidden())

    def snapshot(self, actor: Actor) -> Golden:
        """What an actor gets after connecting."""
        view = self.view(actor)
        snapshot = Snapshot(
            self.open.seq,
            stamp(self.now),
            You(actor.name),
            self.open.shown(view),
            self.open.insight(view),
            {"schuifoefening": HASH},
        )
        return Golden("Snapshot", snapshot)

    def frame(self, actor: Actor, *, insight: bool) -> Golden:
        """What an actor gets of the last batch."""
        hidden = masking.anything_hidden(self.before)
        view = masking.view_of(actor, hidden=hidden)
        seen = masking.mask_changes(self.before, self.open.fields, self.changes, view)
        shown = self.open.insight(view) if insight else None
        return Golden("Frame", Frame(self.open.seq, seen, shown))


def _live() -> Iterator[tuple[str, Golden]]:
    room = Room("live")
    w, fysiek = seat("wijkambtenaar"), seat("fysiek")
    room.place_all()
    yield "snapshot-live", room.snapshot(w)
    room.do(w, Move("bestuur", 24))
    yield "frame-with-insight", room.frame(w, insight=True)
    room.do(w, Move("bestuur", 31))
    yield "frame-without-insight", room.frame(w, insight=False)
    refusal = room.refuse(w, Agree("bestuur", 31))
    yield "declined", Golden("Declined", Declined(ok=False, error=wire_error(refusal)))
    refusal = room.refuse(w, Move("bestuur", 40, round="ambitie"))
    yield "refused", Golden("Refused", Refused("move", wire_error(refusal), "bestuur"))
    yield "accepted", Golden("Accepted", Accepted(ok=True, seq=room.open.seq))
    room.do(fysiek, Help(help=True))
    yield "frame-help", room.frame(fysiek, insight=True)
    at_a_glance = {CODE: summary(room.open)}
    overview = Overview(stamp(room.now), info(room.werkplaats), at_a_glance)
    yield "overview", Golden("Overview", overview)
    room.do(facilitator, Step(phase="agree"))
    yield "frame-agree", room.frame(w, insight=True)
    for role in TRIO:
        room.do(seat(role), Agree("positionering", 25))
        room.do(seat(role), Agree("proces-gemeente", "differ"))
    room.do(fysiek, Consensus("bestuur", 30))
    room.do(w, Agree("bestuur", 30))
    yield "frame-agreed", room.frame(w, insight=True)
    room.do(facilitator, Step(phase="outcome"))
    yield "frame-outcome", room.frame(w, insight=True)
    yield "rooms", Golden("Rooms", {CODE: summary(room.open)})
    unknown = wire_error(Refusal(Code.INVALID, "no room of this werkplaats", "rooms"))
    answer = OverviewAnswer(ok=True, rooms={CODE: room.open.seq}, refused={"zzzzzz": unknown})
    yield "overview-answer", Golden("OverviewAnswer", answer)


def _hidden() -> Iterator[tuple[str, Golden]]:
    room = Room("hidden")
    room.place_all()
    yield "snapshot-hidden-seat", room.snapshot(seat("fysiek"))
    yield "snapshot-hidden-stranger", room.snapshot(facilitator)
    yield (
        "overview-hidden",
        Golden(
            "Overview", Overview(stamp(room.now), info(room.werkplaats), {CODE: summary(room.open)})
        ),
    )
    room.do(facilitator, Step(phase="compare"))
    yield "frame-reveal", room.frame(facilitator, insight=True)
    yield "frame-reveal-seat", room.frame(seat("fysiek"), insight=True)
    yield "snapshot-revealed", room.snapshot(facilitator)


def golden() -> dict[str, dict[str, Any]]:
    """Every golden message by the name of its file, as plain JSON values."""
    problem = Problem(
        "about:blank",
        "Bad Request",
        400,
        "rooms[0].municipality: is empty",
        [FieldError("rooms[0].municipality", "is empty")],
    )
    told = {
        **dict(_live()),
        **dict(_hidden()),
        "expired": Golden("Expired", Expired()),
        "moving": Golden("Moving", Moving()),
        "problem": Golden("Problem", problem),
    }
    return {
        name: {"schema": one.schema, "message": msgspec.to_builtins(one.message)}
        for name, one in told.items()
    }

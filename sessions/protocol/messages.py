"""What the server sends over Socket.IO."""

from typing import Any, Literal

import msgspec

from sessions.commands import Phase
from sessions.insight import Insight
from sessions.werkplaats import Role, RoundSettings


class You(msgspec.Struct, frozen=True):
    """Who the connection is: a role, `observer` or `facilitator`."""

    role: str


class Snapshot(msgspec.Struct, frozen=True):
    """A room's whole map as the viewer may see it; the exercises by their content hash."""

    seq: int
    now: str
    you: You
    fields: dict[str, Any]
    insight: Insight
    exercises: dict[str, str]


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changed: null removes a key. `insight`, when there, is whole."""

    seq: int
    set: dict[str, Any]
    insight: Insight | None = None


class WireError(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why something was refused. `field` names the part of the payload, where one is to blame."""

    code: Literal[
        "too-large",
        "too-fast",
        "invalid",
        "not-allowed",
        "locked",
        "wrong-phase",
        "unavailable",
    ]
    detail: str
    field: str | None = None


class Accepted(msgspec.Struct, frozen=True):
    """The change is stored; `seq` is the room's at that moment."""

    ok: bool
    seq: int


class Declined(msgspec.Struct, frozen=True):
    """The acknowledgement of an event that changed nothing."""

    ok: bool
    error: WireError


class Refused(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refusal of an event that did not ask for an acknowledgement."""

    event: str
    error: WireError
    slider: str | None = None


class Expired(msgspec.Struct, frozen=True):
    """The room is gone; the connection closes."""


class Moving(msgspec.Struct, frozen=True):
    """This worker is going to stop: connect again now, and another one takes over."""


class Summary(msgspec.Struct, frozen=True):
    """A room at a glance, for the facilitator; masked like everything else."""

    code: str
    municipality: str
    case: str | None
    roles: list[Role]
    phase: Phase
    round: str
    about: Literal["municipality", "case"] | None
    hidden: bool
    seats: dict[str, Literal["free", "away", "online"]]
    progress: dict[str, int]
    """Per role how many sliders of the active round are handled."""
    sliders: int
    """How many sliders the panel has."""
    done: list[str]
    insight: Insight
    """With `seats` empty: each seat's own match is the room's alone."""
    positions: dict[str, dict[str, int | Literal["unknown"]]]
    consensus: dict[str, int]
    help: dict[str, Any] | None
    locked: bool
    last_move_at: str | None


class WerkplaatsInfo(msgspec.Struct, frozen=True):
    """A werkplaats as its facilitator sees it."""

    id: str
    title: str
    join_code: str
    created_at: str
    expires_at: str
    visibility: Literal["live", "hidden"]
    steps: Literal["seats", "facilitator"]
    wijk: bool
    roles: list[Role]
    rounds: list[RoundSettings]


class Overview(msgspec.Struct, frozen=True):
    """Every room of a werkplaats, after connecting."""

    now: str
    werkplaats: WerkplaatsInfo
    rooms: dict[str, Summary]


class OverviewAnswer(msgspec.Struct, frozen=True):
    """What became of a facilitator's request, room by room."""

    ok: bool
    rooms: dict[str, int]
    refused: dict[str, WireError]

"""The bodies of the HTTP API: what it takes and what it answers."""

from typing import Annotated, Any, Literal

import msgspec

from sessions.commands import Id, Name, Title
from sessions.exercise import Content
from sessions.insight import Insight
from sessions.protocol.messages import Summary, WerkplaatsInfo
from sessions.store import HistoryFrame
from sessions.werkplaats import Role, RoomRequest, RoundSettings

Rooms = Annotated[list[RoomRequest], msgspec.Meta(min_length=1, max_length=100)]


class _Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request body: unknown keys are refused."""


class CreateWerkplaats(_Body, frozen=True):
    """A new werkplaats with its rooms; by default live, and the seats take the steps."""

    title: Title
    rooms: Rooms
    visibility: Literal["live", "hidden"] | None = None
    steps: Literal["seats", "facilitator"] | None = None
    rounds: Annotated[list[RoundSettings], msgspec.Meta(min_length=1, max_length=20)] | None = None
    roles: Annotated[list[Id | Role], msgspec.Meta(min_length=1, max_length=12)] | None = None
    wijk: bool | None = None
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None


class AddRooms(_Body, frozen=True):
    """More rooms for a werkplaats."""

    rooms: Rooms


class ClaimSeat(_Body, frozen=True):
    """A free seat to take; a name is a nickname, and never needed."""

    role: Id
    name: Name | None = None


class NewRoom(msgspec.Struct, frozen=True):
    """A room that was opened, with its code."""

    code: str
    municipality: str
    case: str | None


class NewRooms(msgspec.Struct, frozen=True):
    """The rooms that a call opened."""

    rooms: list[NewRoom]


class Created(msgspec.Struct, frozen=True):
    """A new werkplaats. The tokens are shown this once; only their digests are kept."""

    id: str
    title: str
    join_code: str
    facilitator_token: str
    plenary_token: str
    expires_at: str
    rooms: list[NewRoom]


class FacilitatorToken(msgspec.Struct, frozen=True):
    """A new token; the one before it is void."""

    facilitator_token: str


class Prepared(msgspec.Struct, frozen=True):
    """What was filled in for a room beforehand, for its facilitator alone."""

    expected: dict[str, str]
    call: str | None


class WerkplaatsState(msgspec.Struct, frozen=True):
    """A werkplaats with all its rooms, for its facilitator."""

    werkplaats: WerkplaatsInfo
    rooms: dict[str, Summary]
    prepared: dict[str, Prepared]


class RoleState(msgspec.Struct, frozen=True):
    """A role of a room and whether its seat can be taken."""

    id: str
    label: str
    free: bool


class CodeInfo(msgspec.Struct, frozen=True):
    """What a code opens: a whole werkplaats, or one room."""

    opens: Literal["werkplaats", "room"]


class JoinRoom(msgspec.Struct, frozen=True):
    """A room that one may join."""

    code: str
    municipality: str
    case: str | None
    roles: list[RoleState]


class JoinInfo(msgspec.Struct, frozen=True):
    """What the holder of a join code needs to choose a room."""

    title: str
    joining: Literal["open", "closed"]
    rooms: list[JoinRoom]


class RoomInfo(msgspec.Struct, frozen=True):
    """What the holder of a room's code may know of it: no positions."""

    code: str
    title: str
    municipality: str
    case: str | None
    visibility: Literal["live", "hidden"]
    joining: Literal["open", "closed"]
    expires_at: str
    rounds: list[RoundSettings]
    roles: list[RoleState]


class Seat(msgspec.Struct, frozen=True):
    """A seat that was taken; its token is shown this once."""

    role: str
    token: str


class RoomState(msgspec.Struct, frozen=True):
    """A room as the asker may see it now."""

    seq: int
    now: str
    fields: dict[str, Any]
    insight: Insight


class History(msgspec.Struct, frozen=True):
    """What happened in a room, masked as it is now; never anybody's words."""

    frames: list[HistoryFrame]


class DeletionReceipt(msgspec.Struct, frozen=True):
    """Proof for the files: what was deleted, and when."""

    id: str
    title: str
    deleted_at: str
    rooms: list[str]


class ExerciseContent(Content, frozen=True, kw_only=True):
    """An exercise as clients read it, with the hash that stands on every result."""

    hash: str


class Installation(msgspec.Struct, frozen=True):
    """What this installation says of itself."""

    version: str
    organisation: str
    contact: str
    privacy_contact: str
    retention_days: int
    create_key: bool
    """True when making a werkplaats asks for a key."""


class FieldError(msgspec.Struct, frozen=True):
    """One part of a request that is wrong."""

    field: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []

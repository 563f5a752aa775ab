"""A werkplaats and the rooms it opens: from a checked request to the maps to store (WP)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from sessions import fields as f
from sessions.commands import Id, Name, Text, Title
from sessions.fields import Fields
from sessions.room import stamp


class Role(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A seat that a room has to offer."""

    id: Id
    label: Title


class RoundSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A panel that the rooms fill in."""

    id: Id
    exercise: Id
    label: Title


class RoomRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A room to open. `roles` are this room's own; `expected` who comes, by role."""

    municipality: Title
    case: Name | None = None
    roles: list[Id | Role] | None = None
    questions: list[Text] | None = None
    expected: dict[str, Name] | None = None
    call: Name | None = None


class Werkplaats(msgspec.Struct, frozen=True):
    """What is kept of a werkplaats beside its rooms. Times are UTC, tokens are digests."""

    id: str
    title: str
    join_code: str
    facilitator: str
    plenary: str
    created_at: str
    expires_at: str
    visibility: str
    steps: str
    wijk: bool
    roles: list[Role]
    rounds: list[RoundSettings]
    rooms: list[str] = []
    """Codes, in the order in which the rooms were made."""


ROLE_LABELS = {
    "wijkambtenaar": "Wijkambtenaar",
    "sociaal": "Sociaal domein",
    "fysiek": "Fysiek domein",
    "veiligheid": "Veiligheid",
}
TRIO: tuple[str, ...] = ("wijkambtenaar", "sociaal", "fysiek")
DEFAULT_ROUNDS = (
    RoundSettings("huidig", "schuifoefening", "Hoe is het nu?"),
    RoundSettings("ambitie", "schuifoefening", "Wat willen wij?"),
)
MAX_ROOMS = 400


def with_label(role: str | Role) -> Role:
    """A role named by its id alone gets the label that the domain has for it (WP2)."""
    if isinstance(role, Role):
        return role
    return Role(role, ROLE_LABELS.get(role, role.capitalize()))


def expiry(now: datetime, days: int) -> str:
    return stamp(now + timedelta(days=days))


def room_fields(werkplaats: Werkplaats, request: RoomRequest) -> Fields:
    """The map of a new room: `place` of its first round, all seats free (RM1)."""
    roles = werkplaats.roles
    if request.roles is not None:
        roles = [with_label(role) for role in request.roles]
    fields: Fields = {
        f.WERKPLAATS: werkplaats.id,
        f.ROOM: {
            "title": werkplaats.title,
            "municipality": request.municipality,
            "case": request.case,
        },
        f.ROLES: [{"id": role.id, "label": role.label} for role in roles],
        f.VISIBILITY: werkplaats.visibility,
        f.STEPS: werkplaats.steps,
        f.JOINING: "open",
        f.EXPIRES_AT: werkplaats.expires_at,
        f.PHASE: "place",
        f.ROUND: werkplaats.rounds[0].id,
    }
    for order, one in enumerate(werkplaats.rounds):
        fields[f.round_(one.id)] = {
            "exercise": one.exercise,
            "label": one.label,
            "order": order,
        }
    if werkplaats.wijk:
        fields[f.WIJK] = True
    for number, text in enumerate(request.questions or (), start=1):
        fields[f.question(f"vraag-{number}", "text")] = text
    if request.expected:
        fields[f.EXPECTED] = dict(request.expected)
    if request.call:
        fields[f.CALL] = request.call
    return fields


def freed(fields: Mapping[str, object], role: str, *, clear: bool) -> Fields:
    """What freeing a seat removes: seat, token, done, agreement and proposal (RM7).

    Positions and words stay for who takes the seat next, unless `clear`.
    """
    kinds = {"seat", "~token", "done", "agreed", "proposal"}
    if clear:
        kinds |= {"position", "reason", "minority"}
    return dict.fromkeys(f.of_role(fields, role, frozenset(kinds)))


def expired(expires_at: str, now: datetime) -> bool:
    """Times in one form compare as text (WP3)."""
    return expires_at <= stamp(now)


def unique(ids: Sequence[str]) -> bool:
    return len(set(ids)) == len(ids)

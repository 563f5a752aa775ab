"""Rooms to test with: small maps that the rules understand, and who acts in them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sessions import exercise
from sessions import fields as f
from sessions import werkplaats as werkplaatsen
from sessions.fields import Fields
from sessions.room import RoomView, stamp
from sessions.werkplaats import (
    RoomRequest,
    RoundSettings,
    Werkplaats,
    room_fields,
    with_label,
)

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
SINCE = stamp(NOW)
EXERCISES = exercise.load()
SLIDERS = ("positionering", "proces-gemeente", "proces-bewoners", "bestuur", "communicatie")
TRIO: tuple[str, ...] = werkplaatsen.TRIO
WIJKAMBTENAAR, SOCIAAL, FYSIEK = TRIO
HUIDIG, AMBITIE = "huidig", "ambitie"


def werkplaats(
    id: str = "wp",
    *,
    join_code: str = "346789",
    expires_at: str = "2126-06-01T00:00:00.000Z",
    **changed: Any,
) -> Werkplaats:
    """An invented werkplaats of one trio, with two rounds."""
    settings: dict[str, Any] = {
        "title": "Werkplaats Zonnedorp",
        "facilitator": "f" * 64,
        "plenary": "e" * 64,
        "created_at": SINCE,
        "visibility": "live",
        "steps": "seats",
        "wijk": False,
        "roles": [with_label(role) for role in TRIO],
        "rounds": [
            RoundSettings(HUIDIG, "schuifoefening", "Huidig"),
            RoundSettings(AMBITIE, "schuifoefening", "Ambitie"),
        ],
    }
    settings.update(changed)
    return Werkplaats(id=id, join_code=join_code, expires_at=expires_at, **settings)


def new_room(
    seats: Sequence[str] = TRIO, *, request: RoomRequest | None = None, **settings: Any
) -> Fields:
    """The map of a new room whose `seats` are taken; `settings` as of the werkplaats."""
    fields = room_fields(werkplaats(**settings), request or RoomRequest("Zonnedorp"))
    for role in seats:
        fields[f.seat(role)] = {"name": None, "since": SINCE}
        fields[f.token(role)] = role * 2
    return fields


def view(
    fields: Fields, online: Iterable[str] = TRIO, present: Iterable[str] | None = None
) -> RoomView:
    """A room with these seats online; `present` adds those who left a moment ago."""
    return RoomView(fields, EXERCISES, online, present or ())


def place(fields: Fields, role: str, *values: int | str | None, round_id: str = HUIDIG) -> None:
    """Sets a seat's positions in panel order; None leaves a slider empty."""
    for slider, value in zip((*SLIDERS, "wijk"), values, strict=False):
        if value is not None:
            fields[f.position(round_id, role, slider)] = value


def panel(*values: int | None) -> dict[str, int]:
    """Points by slider in panel order; None leaves a slider out."""
    return {
        slider: value for slider, value in zip(SLIDERS, values, strict=True) if value is not None
    }

"""A room at a glance, as the facilitator may see it."""

from typing import Any, Literal

import msgspec

from server.openroom import OpenRoom
from sessions import fields as f
from sessions import masking
from sessions.actors import facilitator
from sessions.protocol.messages import Summary, WerkplaatsInfo
from sessions.werkplaats import Role, Werkplaats


def summary(room: OpenRoom) -> Summary:
    """The summary of a room, masked; without each seat's own match, which is the room's alone."""
    view = masking.view_of(facilitator, hidden=room.hidden())
    seen = room.view()
    hidden = seen.hidden()
    settings = room.fields[f.ROOM]
    online = room.online
    sliders = seen.sliders()
    seats: dict[str, Literal["free", "away", "online"]] = {}
    positions: dict[str, dict[str, Any]] = {}
    progress: dict[str, int] = {}
    for role in seen.roles:
        taken = room.fields.get(f.seat(role)) is not None
        seats[role] = "online" if role in online else "away" if taken else "free"
        handled = {
            slider: value
            for slider, key in f.positions(seen.round, role, sliders)
            if (value := room.fields.get(key)) is not None
        }
        progress[role] = len(handled)
        positions[role] = {} if hidden else handled
    return Summary(
        code=room.code,
        municipality=settings["municipality"],
        case=settings["case"],
        roles=[Role(role["id"], role["label"]) for role in room.fields[f.ROLES]],
        phase=seen.phase,
        round=seen.round,
        about=room.fields.get(f.about(seen.round)),
        hidden=hidden,
        seats=seats,
        progress=progress,
        sliders=len(sliders),
        done=[r for r in seen.roles if room.fields.get(f.done(seen.round, r)) is True],
        insight=msgspec.structs.replace(room.insight(view), seats={}),
        positions=positions,
        consensus=seen.consensus(),
        help=room.fields.get(f.HELP),
        locked=seen.locked,
        last_move_at=room.fields.get(f.MOVED_AT),
    )


def info(werkplaats: Werkplaats) -> WerkplaatsInfo:
    """A werkplaats without its secrets."""
    names = WerkplaatsInfo.__struct_fields__
    return WerkplaatsInfo(**{name: getattr(werkplaats, name) for name in names})

"""A werkplaats to look around in alone: three simulated colleagues, one seat left for you.

The colleagues are connections of the hub like any other, without a socket: the same rules, the
same store, the same frames. The municipality is invented.
"""

import time
from typing import NamedTuple

from server import concurrency
from server.connection import Connection
from server.hub import Hub, utc_now
from sessions import fields as f
from sessions.actors import seat
from sessions.commands import Agree, Command, Done, Move, Reason, Step
from sessions.errors import Refusal
from sessions.room import RoomView, hashed, new_code, new_token, stamp
from sessions.store import Rejected, Store
from sessions.werkplaats import (
    DEFAULT_ROUNDS,
    TRIO,
    RoomRequest,
    Werkplaats,
    expiry,
    room_fields,
    with_label,
)

BEAT = 0.4
"""Seconds between two small moves of a colleague."""
STRIDE = 5
YOURS = "veiligheid"


class Plan(NamedTuple):
    """Where a colleague wants each slider, per round, and what they say with one of them."""

    now: tuple[int, ...]
    wanted: tuple[int, ...]
    slider: str
    reason: str


PLANS = {
    "wijkambtenaar": Plan(
        (30, 25, 75, 40, 70),
        (65, 60, 85, 55, 80),
        "proces-bewoners",
        "In de Molenbuurt bellen bewoners mij rechtstreeks.",
    ),
    "sociaal": Plan(
        (45, 30, 60, 45, 30),
        (70, 65, 75, 60, 75),
        "communicatie",
        "Ik hoor vaak pas achteraf wat er in de wijk is gezegd.",
    ),
    "fysiek": Plan(
        (40, 35, 20, 50, 55),
        (55, 70, 70, 50, 70),
        "proces-bewoners",
        "Het plan voor de speelplek lag er al voordat we met bewoners spraken.",
    ),
}


class Links(NamedTuple):
    """Where to look, behind the address of the server."""

    room: str
    facilitator: str


def start(hub: Hub, store: Store) -> Links:
    """Opens the werkplaats and sets the colleagues to work."""
    now = utc_now()
    token = new_token()
    werkplaats = Werkplaats(
        id=new_token()[:22],
        title="Proefwerkplaats",
        join_code=new_code(),
        facilitator=hashed(token),
        plenary=hashed(new_token()),
        created_at=stamp(now),
        expires_at=expiry(now, 1),
        visibility="live",
        steps="seats",
        wijk=False,
        roles=[with_label(role) for role in (*TRIO, YOURS)],
        rounds=list(DEFAULT_ROUNDS),
    )
    code = new_code()
    request = RoomRequest("Waterveen", "speelplekken of parkeerplekken in de Molenbuurt")
    store.create(werkplaats, {code: room_fields(werkplaats, request)}, stamp(now))
    concurrency.spawn(lambda: _work(hub, code), "demo")
    return Links(f"/kamer/{code}", f"/begeleider/{werkplaats.id}#{token}")


def _work(hub: Hub, code: str) -> None:
    colleagues = {}
    for role in PLANS:
        token = hub.claim(code, role, None)
        if isinstance(token, Rejected):
            return
        colleagues[role] = Connection(f"demo-{role}", "/room", seat(role), code, hashed(token))
        hub.attach(colleagues[role])
    beat = 0
    while (room := hub.rooms.open(code)) is not None:
        role = list(PLANS)[beat % len(PLANS)]
        command = wish(room.view(), role)
        if command is not None:
            hub.submit(colleagues[role], command, _whatever)
        beat += 1
        time.sleep(BEAT)


def _whatever(result: int | Refusal) -> None:
    """A colleague does not mind: the next beat looks at the room anew."""


def wish(room: RoomView, role: str) -> Command | None:
    """What a colleague does next in a room as it is; often nothing."""
    if (confirmed := _confirm(room, role)) is not None:
        return confirmed
    if room.phase == "place":
        return _place(room, role)
    if room.phase == "agree":
        return _agree(room, role)
    return None


def _confirm(room: RoomView, role: str) -> Command | None:
    """The wijkambtenaar goes along with what you propose."""
    proposal = room.fields.get(f.proposal(YOURS))
    if role != "wijkambtenaar" or proposal is None:
        return None
    return Step(proposal["phase"], proposal["round"])


def _place(room: RoomView, role: str) -> Command | None:
    """One slider at a time, in small strides; then a reason, then done."""
    plan = PLANS[role]
    targets = plan.wanted if room.round == "ambitie" else plan.now
    for slider, target in zip(room.sliders(), targets, strict=False):
        value = room.value(role, slider)
        if value is None:
            return Move(slider, 50)
        if isinstance(value, int) and value != target:
            stride = max(-STRIDE, min(STRIDE, target - value))
            return Move(slider, value + stride)
    if room.fields.get(f.done(room.round, role)) is not None:
        return None
    if room.round == "huidig" and room.fields.get(f.reason(room.round, role, plan.slider)) is None:
        return Reason(plan.slider, plan.reason)
    return Done(done=True)


def _agree(room: RoomView, role: str) -> Command | None:
    """Follows your word on a slider, or the room's where you are not there."""
    for slider in room.sliders():
        shared = room.fields.get(f.consensus(room.round, slider))
        if shared is None:
            continue
        own = room.fields.get(f.agreed(room.round, role, slider))
        yours = room.fields.get(f.agreed(room.round, YOURS, slider))
        wanted = yours if YOURS in room.present else shared
        if wanted is not None and wanted in (shared, "differ") and own != wanted:
            return Agree(slider, wanted)
    return None

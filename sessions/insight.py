"""What a room adds up to: everything that is derived from the map, never stored (IN).

The costly part (spread per slider, match per seat) is kept as `Parts` and computed anew only
for the sliders and seats that changed; the result equals the whole by construction, and a law
test proves it (IN4).
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from sessions import disagreement, profiles
from sessions import fields as f
from sessions.disagreement import SliderInsight
from sessions.profiles import Match
from sessions.room import RoomView


class Insight(msgspec.Struct, frozen=True):
    """The insight of a room's active round; every key is always there (IN1)."""

    round: str
    sliders: dict[str, SliderInsight]
    order: list[str]
    """Talking order: widest spread first."""
    agreement: int | None
    consensus: Match
    seats: dict[str, Match]
    """Each seat's own match: for the room itself, never for the overview."""
    agreed: dict[str, list[str]]
    """Per slider the seats whose agreement counts now."""
    differ: dict[str, list[str]]
    settled: list[str]
    complete: bool


class Parts(msgspec.Struct, frozen=True):
    """The derived parts of one round that are worth keeping between two batches."""

    round: str
    explained: bool
    sliders: dict[str, SliderInsight]
    seats: dict[str, Match]
    consensus: Match
    agreed: dict[str, list[str]]
    differ: dict[str, list[str]]


class _Touched(NamedTuple):
    """What of a round must be computed anew."""

    sliders: Collection[str]
    roles: Collection[str]
    shared: bool
    words: bool


_STRUCTURE = frozenset({"rounds", f.ROLES, f.WIJK, f.ROUND, f.PHASE})


def parts(room: RoomView, previous: Parts | None = None, changed: Iterable[str] = ()) -> Parts:
    """The parts of the active round; with `previous`, only what `changed` keys touch anew (IN4)."""
    explained = room.phase == "outcome"
    changed = list(changed)
    if (
        previous is None
        or previous.round != room.round
        or previous.explained != explained
        or any(f.kind(key) in _STRUCTURE for key in changed)
    ):
        everything = _Touched(room.sliders(), room.roles, shared=True, words=True)
        return _renewed(room, None, everything, explained=explained)
    touched = _touched(room, changed)
    if not any(touched):
        return previous
    return _renewed(room, previous, touched, explained=explained)


def _touched(room: RoomView, changed: Iterable[str]) -> _Touched:
    """The sliders and seats that keys touch, whether the shared panel, and what was agreed on."""
    active = room.round
    sliders: set[str] = set()
    roles: set[str] = set()
    shared = words = moved = False
    for key in changed:
        head, *rest = key.split("/")
        if not rest or rest[0] != active:
            continue
        if head == "position":
            roles.add(rest[1])
            sliders.add(rest[2])
            moved = True
        elif head == "consensus":
            # An agreement counts only while it names the value that is shared (AG2).
            shared = words = True
        elif head == "agreed":
            words = True
    # Where nothing is shared, the outcome shows the middle of the positions.
    return _Touched(sliders, roles, shared or (moved and room.phase == "outcome"), words)


def _renewed(
    room: RoomView, previous: Parts | None, touched: _Touched, *, explained: bool
) -> Parts:
    exercise = room.exercise()
    placed = room.placed()
    found: dict[str, SliderInsight] = {}
    for slider in room.sliders():
        if previous is None or slider in touched.sliders:
            values = {role: panel[slider] for role, panel in placed.items() if slider in panel}
            one = disagreement.of_slider(values)
        else:
            one = previous.sliders.get(slider)
        if one is not None:
            found[slider] = one
    seats: dict[str, Match] = {}
    for role, panel in placed.items():
        if not panel:
            continue
        if previous is None or role in touched.roles:
            seats[role] = profiles.match(exercise, panel)
        else:
            seats[role] = previous.seats[role]
    if previous is None or touched.shared:
        consensus = profiles.match(exercise, shared_panel(room), explain=explained)
    else:
        consensus = previous.consensus
    if previous is None or touched.words:
        agreed, differ = _words(room)
    else:
        agreed, differ = previous.agreed, previous.differ
    return Parts(room.round, explained, found, seats, consensus, agreed, differ)


def shared_panel(room: RoomView) -> dict[str, int]:
    """The panel that the room's match is made for (IN3).

    The shared sliders; in the outcome, a slider that was never shared stands at the middle of
    the positions (a room may skip `agree`), and the screen says that it was not agreed.
    """
    panel = room.consensus()
    if room.phase == "outcome":
        for slider in room.sliders():
            if slider not in panel and (positions := room.positions(slider)):
                panel[slider] = disagreement.whole_median(list(positions.values()))
    return panel


def insight(room: RoomView, derived: Parts, view: str) -> Insight:
    """The insight that a view may have; of a hidden round only the asker's own match (HD4)."""
    if room.hidden():
        own = {role: match for role, match in derived.seats.items() if role == view}
        return Insight(
            round=room.round,
            sliders={},
            order=[],
            agreement=None,
            consensus=profiles.EMPTY,
            seats=own,
            agreed={},
            differ={},
            settled=[],
            complete=False,
        )
    order = disagreement.talking_order(derived.sliders)
    counted = room.exercise().scored
    settled = _settled(room)
    return Insight(
        round=room.round,
        sliders=derived.sliders,
        order=order,
        agreement=disagreement.agreement(
            {slider: derived.sliders[slider] for slider in counted if slider in derived.sliders}
        ),
        consensus=derived.consensus,
        seats=derived.seats,
        agreed=derived.agreed,
        differ=derived.differ,
        settled=settled,
        complete=all(slider in settled for slider in counted),
    )


def _words(room: RoomView) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Per slider who agrees to its current value, and who lets the difference stand (AG2)."""
    agreed: dict[str, list[str]] = {}
    differ: dict[str, list[str]] = {}
    for slider in room.sliders():
        value = room.fields.get(f.consensus(room.round, slider))
        if value is not None and (roles := room.agreeing(slider, value)):
            agreed[slider] = roles
        if roles := room.agreeing(slider, "differ"):
            differ[slider] = roles
    return agreed, differ


def _settled(room: RoomView) -> list[str]:
    """In `agree` what holds now, else what was written when the room left it (AG4)."""
    if room.phase == "agree":
        return [slider for slider in room.sliders() if room.settlement(slider) is not None]
    return [
        slider
        for slider in room.sliders()
        if room.fields.get(f.settled(room.round, slider)) is not None
    ]

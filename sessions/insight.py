"""What a room adds up to: everything that is derived from the map, never stored (IN).

The costly part (spread per slider, match per seat) is kept as `Parts` and computed anew only
for the sliders and seats that changed; the result equals the whole by construction, and a law
test proves it (IN4).
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any

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
    order: list[str]
    agreement: int | None
    seats: dict[str, Match]
    consensus: Match
    agreed: dict[str, list[str]]
    differ: dict[str, list[str]]
    settled: list[str]
    """What was written when the room left `agree`."""


class _Touched:
    """What of a round must be computed anew."""

    def __init__(self, room: RoomView, changed: Iterable[str]) -> None:
        self.sliders: set[str] = set()
        self.roles: set[str] = set()
        self.everything = self.shared = self.words = self.settled = False
        active = room.round
        for key in changed:
            head, *rest = f.split(key)
            if head in _STRUCTURE:
                self.everything = True
            elif rest and rest[0] == active:
                self._add(head, rest)
        # Where nothing is shared, the outcome shows the middle of the positions.
        self.shared = self.shared or (bool(self.sliders) and room.phase == "outcome")

    def _add(self, head: str, rest: list[str]) -> None:
        if head == "position":
            self.roles.add(rest[1])
            self.sliders.add(rest[2])
        elif head == "consensus":
            # An agreement counts only while it names the value that is shared (AG2).
            self.shared = self.words = True
        elif head == "agreed":
            self.words = True
        elif head == "settled":
            self.settled = True

    @property
    def nothing(self) -> bool:
        return not (self.sliders or self.shared or self.words or self.settled)


_STRUCTURE = frozenset({"rounds", f.ROLES, f.WIJK, f.ROUND, f.PHASE})


def parts(room: RoomView, previous: Parts | None = None, changed: Iterable[str] = ()) -> Parts:
    """The parts of the active round; with `previous`, only what `changed` keys touch anew (IN4)."""
    touched = _Touched(room, changed)
    explained = room.phase == "outcome"
    if (
        previous is None
        or touched.everything
        or previous.round != room.round
        or previous.explained != explained
    ):
        return _all(room, explained=explained)
    return previous if touched.nothing else _renewed(room, previous, touched)


def _all(room: RoomView, *, explained: bool) -> Parts:
    placed = room.placed()
    sliders = _compared(room, placed)
    agreed, differ = _words(room)
    return Parts(
        round=room.round,
        explained=explained,
        sliders=sliders,
        order=disagreement.talking_order(sliders),
        agreement=_agreement(room, sliders),
        seats=_matched(room, placed),
        consensus=_shared_match(room, explained=explained),
        agreed=agreed,
        differ=differ,
        settled=_written(room),
    )


def _renewed(room: RoomView, previous: Parts, touched: _Touched) -> Parts:
    changes: dict[str, Any] = {}
    if touched.sliders:
        placed = room.placed()
        sliders = _compared(room, placed, previous.sliders, touched.sliders)
        changes = {
            "sliders": sliders,
            "order": disagreement.talking_order(sliders),
            "agreement": _agreement(room, sliders),
            "seats": _matched(room, placed, previous.seats, touched.roles),
        }
    if touched.shared:
        changes["consensus"] = _shared_match(room, explained=previous.explained)
    if touched.words:
        changes["agreed"], changes["differ"] = _words(room)
    if touched.settled:
        changes["settled"] = _written(room)
    return msgspec.structs.replace(previous, **changes)


Placed = Mapping[str, Mapping[str, int]]
"""The placed positions: slider and points by role."""


def _compared(
    room: RoomView,
    placed: Placed,
    previous: Mapping[str, SliderInsight] | None = None,
    touched: Container[str] = (),
) -> dict[str, SliderInsight]:
    found: dict[str, SliderInsight] = {}
    for slider in room.sliders():
        if previous is None or slider in touched:
            values = {role: panel[slider] for role, panel in placed.items() if slider in panel}
            one = disagreement.of_slider(values)
        else:
            one = previous.get(slider)
        if one is not None:
            found[slider] = one
    return found


def _matched(
    room: RoomView,
    placed: Placed,
    previous: Mapping[str, Match] | None = None,
    touched: Container[str] = (),
) -> dict[str, Match]:
    exercise = room.exercise()
    return {
        role: profiles.match(exercise, panel)
        if previous is None or role in touched
        else previous[role]
        for role, panel in placed.items()
        if panel
    }


def _shared_match(room: RoomView, *, explained: bool) -> Match:
    return profiles.match(room.exercise(), shared_panel(room), explain=explained)


def _agreement(room: RoomView, sliders: Mapping[str, SliderInsight]) -> int | None:
    scored = room.exercise().scored
    return disagreement.agreement({one: sliders[one] for one in scored if one in sliders})


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
    settled = _settled_now(room) if room.phase == "agree" else derived.settled
    return Insight(
        round=room.round,
        sliders=derived.sliders,
        order=derived.order,
        agreement=derived.agreement,
        consensus=derived.consensus,
        seats=derived.seats,
        agreed=derived.agreed,
        differ=derived.differ,
        settled=settled,
        complete=all(slider in settled for slider in room.exercise().scored),
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


def _settled_now(room: RoomView) -> list[str]:
    """In `agree`, what holds now: that depends on who is there (AG3)."""
    return [slider for slider in room.sliders() if room.settlement(slider) is not None]


def _written(room: RoomView) -> list[str]:
    """What was written to be settled when the room left `agree` (AG4)."""
    return [
        slider
        for slider in room.sliders()
        if room.fields.get(f.settled(room.round, slider)) is not None
    ]

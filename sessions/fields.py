"""The keys of a room's flat map: how they are built, read and kept from others.

A room is `key -> JSON value`; a key is a kind and its parts, joined by `/`
(`position/huidig/sociaal/bestuur`). Keys that begin with `~` are private to the server.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from sys import intern
from typing import Any, ParamSpec, cast

Value = Any
"""A JSON value; None never stands in a map, it removes a key."""
Fields = dict[str, Value]
Changes = dict[str, Value]
"""What a batch sets; None removes a key."""

ROOM = "room"
ROLES = "roles"
VISIBILITY = "visibility"
STEPS = "steps"
JOINING = "joining"
EXPIRES_AT = "expires_at"
PHASE = "phase"
ROUND = "round"
WIJK = "wijk"
LOCKED = "locked"
HELP = "help"
UPCOMING = "upcoming"

WERKPLAATS = "~werkplaats"
MOVED_AT = "~moved_at"
EXPECTED = "~expected"
CALL = "~call"

DRAGGED = ("position", "consensus")
"""Kinds that change many times a second while somebody drags."""
_DRAGGED = tuple(f"{one}/" for one in DRAGGED)
PRIVATE = "~"
"""How a key begins that only the server may know (RM3)."""
_DRAGGED_OR_PRIVATE = (*_DRAGGED, PRIVATE)


P = ParamSpec("P")


def _key(make: Callable[P, str]) -> Callable[P, str]:
    """Gives the same string every time, that which stands in the maps (see `shared`).

    Then a look into a map compares no letters, and a thousand rooms share one set of keys.
    """

    @lru_cache(8192)
    def key(*args: P.args, **kwargs: P.kwargs) -> str:
        return intern(make(*args, **kwargs))

    return cast("Callable[P, str]", key)


def shared(fields: Mapping[str, Value]) -> Fields:
    """A map as it was read, with the keys that all maps share."""
    return {intern(key): value for key, value in fields.items()}


@_key
def round_(round_id: str) -> str:
    return f"rounds/{round_id}"


@_key
def about(round_id: str) -> str:
    return f"about/{round_id}"


@_key
def revealed(round_id: str) -> str:
    return f"revealed/{round_id}"


@_key
def seat(role: str) -> str:
    return f"seat/{role}"


@_key
def online(role: str) -> str:
    return f"online/{role}"


@_key
def position(round_id: str, role: str, slider: str) -> str:
    return f"position/{round_id}/{role}/{slider}"


@_key
def placed(round_id: str, role: str, slider: str) -> str:
    return f"placed/{round_id}/{role}/{slider}"


@_key
def reason(round_id: str, role: str, slider: str) -> str:
    return f"reason/{round_id}/{role}/{slider}"


@_key
def done(round_id: str, role: str) -> str:
    return f"done/{round_id}/{role}"


@_key
def consensus(round_id: str, slider: str) -> str:
    return f"consensus/{round_id}/{slider}"


@_key
def agreed(round_id: str, role: str, slider: str) -> str:
    return f"agreed/{round_id}/{role}/{slider}"


@_key
def settled(round_id: str, slider: str) -> str:
    return f"settled/{round_id}/{slider}"


@_key
def proposal(role: str) -> str:
    return f"proposal/{role}"


@_key
def question(question_id: str, part: str) -> str:
    return f"question/{question_id}/{part}"


@_key
def token(role: str) -> str:
    """The SHA-256 of the token of a seat: private, never on the wire (RM6)."""
    return f"~token/{role}"


@lru_cache(4096)
def positions(round_id: str, role: str, sliders: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The sliders of a seat's panel, each with the key of its position; asked for all the time."""
    return tuple((slider, position(round_id, role, slider)) for slider in sliders)


@lru_cache(4096)
def split(key: str) -> tuple[str, ...]:
    """A key's kind and its parts."""
    return tuple(key.split("/"))


def kind(key: str) -> str:
    """The first part of a key: `position` of `position/huidig/sociaal/bestuur`."""
    return key.partition("/")[0]


def parts(key: str) -> list[str]:
    """A key's parts after its kind."""
    return key.split("/")[1:]


def is_private(key: str) -> bool:
    """True for what only the server may know (RM3)."""
    return key.startswith(PRIVATE)


def is_dragged(key: str) -> bool:
    """True for a value that may change many times a second (HI4)."""
    return key.startswith(_DRAGGED)


def only_dragged(keys: Iterable[str]) -> bool:
    """True when all of it may change many times a second, or is nobody's to see."""
    for key in keys:  # noqa: SIM110  # a generator takes twice as long, for every batch
        if not key.startswith(_DRAGGED_OR_PRIVATE):
            return False
    return True


def of_role(fields: Iterable[str], role: str, kinds: frozenset[str]) -> list[str]:
    """The keys of `kinds` in which `role` is the seat, in any round."""
    found = []
    for key in fields:
        head, *rest = key.split("/")
        if head not in kinds:
            continue
        place = 0 if head in ("proposal", "seat", "~token") else 1
        if len(rest) > place and rest[place] == role:
            found.append(key)
    return found


def apply(fields: Fields, changes: Mapping[str, Value]) -> None:
    """Sets and removes in place: a batch takes effect as a whole (RM2)."""
    for key, value in changes.items():
        if value is None:
            fields.pop(key, None)
        else:
            fields[key] = value


_TEXT_KINDS = frozenset({"reason", "minority", "text", ROOM})
_TEXT_PARTS = frozenset({"text", "who"})


@lru_cache(4096)
def holds_words(key: str) -> bool:
    """True for a value that somebody wrote."""
    head, *rest = key.split("/")
    return head in _TEXT_KINDS or (head in ("action", "question") and rest[-1] in _TEXT_PARTS)


def without_words(key: str, value: Value) -> Value:
    """What the history keeps of a value: never what somebody wrote or is called (HI2)."""
    if value is None:
        return None
    if holds_words(key):
        return True
    head = kind(key)
    if head == "seat":
        return {"name": None, "since": value["since"]}
    if head in ("announcement", "timer"):
        return {part: v for part, v in value.items() if part not in ("text", "label")}
    return value

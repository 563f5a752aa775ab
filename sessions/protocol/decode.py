"""From untrusted input to typed commands, or a refusal that names the field."""

import re
from typing import Any, NamedTuple, TypeVar

import msgspec

from sessions.commands import EVENTS, LATER, Command, Move
from sessions.errors import Code, Refusal
from sessions.protocol.overview import OVERVIEW_EVENTS

T = TypeVar("T")

MAX_EVENT = 8_192
"""The longest event, in characters of its packet (PR4)."""

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_NAMED = re.compile(r"field `(?P<field>[^`]*)`")


class Wrong(NamedTuple):
    """Which part of an input is wrong, and in what way."""

    field: str
    detail: str


def wrong(error: Exception) -> Wrong:
    """Reads a msgspec error: the path to the part, and what it should be."""
    found = _AT.match(str(error))
    what, path = (found["what"], found["path"] or "") if found else (str(error), "")
    named = _NAMED.search(what)
    if named:
        path = f"{path}.{named['field']}" if path else named["field"]
        what = _NAMED.sub("field", what)
    if "regex" in what:
        what = "Holds characters that are not allowed here, or is too long"
    return Wrong(path[:200], what[:200])


def convert(value: Any, into: type[T]) -> T:
    """A value as a strict model; Refusal `invalid` names the field (PR6)."""
    try:
        return msgspec.convert(value, type=into, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        field, detail = wrong(error)
        raise Refusal(Code.INVALID, detail, field or None) from None
    except UnicodeEncodeError:
        raise Refusal(Code.INVALID, "holds a lone surrogate, which is no text") from None


def event(name: Any, args: list[Any]) -> Command:
    """The command of an event of `/room`; `invalid`, or `not-allowed` for a later one (PR7)."""
    return convert(_payload(name, args, EVENTS), EVENTS[name])


_move = msgspec.json.Decoder(Move).decode


def move(payload: str) -> Move | None:
    """The command of a `move` as it stands in its packet, or none where `event` must judge it.

    What it answers is what `event` would: it is only quicker, and says nothing of errors.
    """
    try:
        return _move(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def overview_event(name: Any, args: list[Any]) -> tuple[Command, list[str] | None]:
    """The command of an event of `/overview` and the rooms it is for (none: all)."""
    request = convert(_payload(name, args, OVERVIEW_EVENTS), OVERVIEW_EVENTS[name])
    rooms = request.rooms
    base = EVENTS[name]
    parts = {field: getattr(request, field) for field in base.__struct_fields__}
    return base(**parts), rooms if isinstance(rooms, list) else None


def _payload(name: Any, args: list[Any], known: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(name, str) or (name not in known and name not in LATER):
        raise Refusal(Code.INVALID, "there is no such event", "event")
    if len(args) != 1 or not isinstance(args[0], dict):
        raise Refusal(Code.INVALID, "the payload must be one object")
    if name not in known:
        raise Refusal(Code.NOT_ALLOWED, "this event is not in this version")
    return args[0]

"""A copy of all that a store keeps, as JSON lines: a back-up, and the way to another store (ST15).

    {"form": "mengpaneel", "version": 1, "at": time}
    {"kind": "werkplaats", "id": …, "rooms": [code, …], …}
    {"kind": "room", "code": …, "seq": …, "fields": {…}, "history": [[seq, at, key, slot, value]]}
    {"kind": "end", "werkplaatsen": 1, "rooms": 1}

A werkplaats is followed by its rooms in their order. By the last line a copy that was cut off is
known. Whatever changes in this form raises its version.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, BinaryIO, Literal, NamedTuple

import msgspec

from sessions.errors import CopyError
from sessions.fields import Fields
from sessions.store.port import HistoryRow, Saved, SavedRoom, Source, Time
from sessions.werkplaats import Werkplaats

VERSION = 1
BEGINNING = b'{"form":"mengpaneel",'
"""By this a file is known as a copy."""
LONGEST = 64 * 1024 * 1024
"""Bytes of a line; a room with a full history has less than a tenth of that."""

_Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Counts(NamedTuple):
    """How much a copy holds."""

    werkplaatsen: int
    rooms: int


class _AnyHeader(msgspec.Struct, frozen=True):
    """The first line, as far as it is the same in every version."""

    form: Literal["mengpaneel"]
    version: Annotated[int, msgspec.Meta(ge=1)]


class _Header(_AnyHeader, frozen=True, forbid_unknown_fields=True):
    at: Time


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """One of the lines after the first."""


class _Werkplaats(_Line, Werkplaats, frozen=True, kw_only=True, tag="werkplaats"):
    """Has whatever a werkplaats has; named here is what is looked at more closely."""

    id: _Code
    join_code: _Code
    created_at: Time
    expires_at: Time
    rooms: list[_Code]

    def __post_init__(self) -> None:
        datetime.fromisoformat(self.created_at)
        datetime.fromisoformat(self.expires_at)


class _Room(_Line, frozen=True, tag="room"):
    code: _Code
    seq: _Count
    fields: Fields
    history: list[HistoryRow]

    def __post_init__(self) -> None:
        if any(key.startswith("#") or value is None for key, value in self.fields.items()):
            raise ValueError("Such a field cannot be")
        if any(not 1 <= row.seq <= self.seq or row.slot < 1 for row in self.history):
            raise ValueError("The history is not that of this seq")


class _End(_Line, frozen=True, tag="end"):
    werkplaatsen: _Count
    rooms: _Count


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Werkplaats | _Room | _End).decode


def write(source: Source, at: str, put: Callable[[bytes], object]) -> Counts:
    """Puts a copy of everything, line by line; one werkplaats at a time is held in memory."""
    werkplaatsen = rooms = 0
    put(_encode(_Header("mengpaneel", VERSION, at)) + b"\n")
    for id in source.ids():
        saved = source.save(id)
        if saved is None:
            continue
        put(_encode(_Werkplaats(**msgspec.structs.asdict(saved.werkplaats))) + b"\n")
        for room in saved.rooms:
            put(_encode(_Room(*room)) + b"\n")
        werkplaatsen += 1
        rooms += len(saved.rooms)
    put(_encode(_End(werkplaatsen, rooms)) + b"\n")
    return Counts(werkplaatsen, rooms)


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, one of which may be anything."""
    while line := file.readline(LONGEST):
        yield line


def read(lines: Iterable[bytes]) -> Iterator[Saved]:
    """The werkplaatsen of a copy, one at a time; CopyError where something is wrong with it.

    Only at the end it is known that a copy is whole: read it once before anything is done.
    """
    reader = _Reader(lines)
    reader.header()
    werkplaatsen = rooms = 0
    while not isinstance(line := reader.next(), _End):
        if isinstance(line, _Room):
            raise reader.wrong("a room that is not of the werkplaats before it")
        werkplaats = Werkplaats(**msgspec.structs.asdict(line))
        reader.once(("id", line.id), ("join code", line.join_code))
        yield Saved(werkplaats, [reader.room(code) for code in line.rooms])
        werkplaatsen += 1
        rooms += len(line.rooms)
    if line != _End(werkplaatsen, rooms):
        raise reader.wrong(f"it counts otherwise than {werkplaatsen} werkplaatsen, {rooms} rooms")
    reader.nothing()


class _Reader:
    """Reads line by line, and knows at which."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._number = 0
        self._seen: set[tuple[str, str]] = set()

    def wrong(self, why: object) -> CopyError:
        # One line of plain text, whatever of the file the reason repeats.
        plain = "".join(char if char.isprintable() else "?" for char in str(why))
        return CopyError(f"the copy is damaged at line {self._number}: {plain}")

    def _take(self) -> bytes:
        self._number += 1
        return next(self._lines, b"")

    def header(self) -> None:
        line = self._take()
        try:
            version = msgspec.json.decode(line, type=_AnyHeader).version
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise CopyError("line 1: this is no copy that Mengpaneel made") from None
        if version > VERSION:
            raise CopyError(
                f"line 1: the copy was made by a newer version of Mengpaneel (form {version}, "
                f"this one knows {VERSION}): use that version"
            )
        self._decoded(line, msgspec.json.Decoder(_Header).decode)

    def next(self) -> _Werkplaats | _Room | _End:
        line: _Werkplaats | _Room | _End = self._decoded(self._take(), _decode)
        return line

    def _decoded(self, line: bytes, decode: Callable[[bytes], Any]) -> Any:
        try:
            return decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            if not line.endswith(b"\n"):
                raise CopyError(f"the copy is cut off at line {self._number}") from None
            raise self.wrong(error) from None

    def room(self, code: str) -> SavedRoom:
        found = self.next()
        if not isinstance(found, _Room) or found.code != code:
            raise self.wrong("another room is missing before it")
        self.once(("room code", code))
        return SavedRoom(found.code, found.seq, found.fields, found.history)

    def once(self, *names: tuple[str, str]) -> None:
        """What may not stand in a copy twice."""
        for name in names:
            if name in self._seen:
                raise self.wrong(f"its {name[0]} stands in the copy already")
            self._seen.add(name)

    def nothing(self) -> None:
        if self._take():
            raise self.wrong("something stands behind the end")

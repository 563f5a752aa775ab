"""The store's port and its law; every store passes one contract suite (`tests/contract`).

Law for every method: what it answers is durable when it returns (it survives the end of any
process: ST1), it takes effect as a whole or not at all, and where the store does not confirm it
raises StoreUnavailable: the change is then *not known* to be stored, and asking again is safe
(ST11).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import msgspec

from sessions.fields import Changes, Fields
from sessions.werkplaats import Werkplaats


class Rejected(StrEnum):
    """Why a store did not do what was asked; nothing changed."""

    STALE = "stale"
    """Decided under a phase, round, lock or seq that has gone: decide again (ST4)."""
    GONE = "gone"
    """There is no such room any more (ST5)."""
    TAKEN = "taken"
    """Somebody else has the seat (ST7)."""


class Stored(NamedTuple):
    """A room as it is kept: its map (private keys too) and the number of its last batch."""

    seq: int
    fields: Fields


class Batch(msgspec.Struct, frozen=True):
    """Changes to one room, and the state they were decided under."""

    changes: Changes
    at: str
    phase: str
    round: str
    locked: bool
    seq: int | None = None
    """Set for a step: nothing at all may have come in between."""


class HistoryFrame(msgspec.Struct, frozen=True):
    """One batch of the history: without words, drags thinned to one a second (HI2, HI4)."""

    seq: int
    at: str
    set: dict[str, Any]


class Receipt(msgspec.Struct, frozen=True):
    """What was deleted: a werkplaats and the codes of its rooms, which now mean nothing."""

    id: str
    rooms: list[str]


class CodeTaken(Exception):
    """A code is in use already: make another and ask again (ST3)."""


class Store(Protocol):
    """Keeps werkplaatsen and rooms."""

    def create(self, werkplaats: Werkplaats, rooms: Mapping[str, Fields], at: str) -> None:
        """Keeps a new werkplaats and its rooms, seq 1 each (ST2); CodeTaken changes nothing."""

    def werkplaats(self, werkplaats_id: str) -> Werkplaats | None:
        """The werkplaats, its room codes in order; none when unknown (ST10)."""

    def by_join_code(self, join_code: str) -> Werkplaats | None:
        """The werkplaats that a join code invites to."""

    def change(self, werkplaats_id: str, changes: Mapping[str, Any]) -> Werkplaats | None:
        """Replaces named attributes of a werkplaats; answers the new one, none when unknown."""

    def add_rooms(
        self, werkplaats_id: str, rooms: Mapping[str, Fields], at: str
    ) -> Werkplaats | None:
        """Adds rooms at the end; none when the werkplaats is unknown; CodeTaken as in create."""

    def delete(self, werkplaats_id: str) -> Receipt | None:
        """Removes every trace of a werkplaats (ST8); none when it was gone already."""

    def purge(self, now: str) -> list[Receipt]:
        """Deletes every werkplaats that expired at or before `now` (WP3)."""

    def room(self, code: str) -> Stored | None:
        """A room, none when unknown."""

    def rooms(self, codes: Sequence[str]) -> dict[str, Stored]:
        """Many rooms in one round trip; unknown codes are left out."""

    def history(self, code: str, since: int, limit: int) -> list[HistoryFrame]:
        """At most `limit` frames with a seq above `since`, in order; empty when unknown.

        Applied to an empty map in order they give the room's public map, words apart (HI1). A
        dragged value may be missing where the same key changed again within the same second.
        """

    def apply(self, batches: Mapping[str, Batch]) -> dict[str, int | Rejected]:
        """Applies one batch per room, many rooms at once; answers each room's new seq.

        Each room is atomic by itself: STALE where phase, round or lock (for a step: seq) are not
        those of the batch, GONE where the room is unknown; the other rooms are applied (ST6).
        """

    def claim(
        self, code: str, role: str, seat: Mapping[str, Any], token: str, at: str
    ) -> int | Rejected:
        """Takes a free seat and keeps its token's digest in one write; TAKEN or GONE otherwise."""

    def release(
        self, code: str, role: str, *, clear: bool, at: str
    ) -> tuple[int, Changes] | Rejected:
        """Frees a seat (`werkplaats.freed`) and answers what that removed.

        Free already: no change, the present seq and nothing removed.
        """

    def tidy(self) -> None:
        """Finishes what deleting and withdrawing still owe; asked every few seconds.

        Cheap when nothing is owed, and never raises.
        """

    def ping(self) -> None:
        """Returns when the store can be reached and written; else raises StoreUnavailable."""

    def close(self) -> None:
        """Lets go of everything; nothing may be asked afterwards."""

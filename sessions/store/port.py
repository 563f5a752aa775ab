"""The store's port and its law; every store passes one contract suite (`tests/contract`).

Law for every method: what it answers is durable when it returns (it survives the end of any
process: ST1), it takes effect as a whole or not at all, and where the store does not confirm it
raises StoreUnavailable: the change is then *not known* to be stored, and asking again is safe
(ST11).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec

from sessions.fields import Changes, Fields
from sessions.werkplaats import Werkplaats

LEASE = 15.0
"""Seconds after which a seat that nobody renews is no longer online (ST14)."""


Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$(?!\n)")]
"""A time, where it is decoded (RM8)."""
Whole = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
"""A number that every store keeps as it is."""


class Rejected(StrEnum):
    """Why a store did not do what was asked; nothing changed."""

    STALE = "stale"
    """Decided under a phase, round, lock, seat or seq that has gone: decide again (ST4)."""
    GONE = "gone"
    """There is no such room any more (ST5)."""
    TAKEN = "taken"
    """Somebody else has the seat (ST7)."""
    UNKNOWN = "unknown"
    """The part of the store that holds the room did not confirm: perhaps something did (ST11)."""


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
    seats: Mapping[str, str] = {}
    """Who asked, by role: the digest of the token that their seat must still have."""


class HistoryFrame(msgspec.Struct, frozen=True):
    """One batch of the history: without words, drags thinned to one a second (HI2, HI4)."""

    seq: int
    at: str
    set: dict[str, Any]


class Receipt(msgspec.Struct, frozen=True):
    """What was deleted: a werkplaats and the codes of its rooms, which now mean nothing."""

    id: str
    rooms: list[str]


class HistoryRow(NamedTuple):
    """One value in the history of a room, as it is kept; `slot` decides what replaces it (HI4)."""

    seq: int
    at: Time
    key: str
    slot: Whole
    value: Any


class SavedRoom(NamedTuple):
    """Everything of a room, as it goes into a copy."""

    code: str
    seq: int
    fields: Fields
    history: list[HistoryRow]


class Saved(NamedTuple):
    """Everything of a werkplaats, its rooms in order, as it goes into a copy."""

    werkplaats: Werkplaats
    rooms: list[SavedRoom]


class CodeTaken(Exception):
    """A code is in use already: make another and ask again (ST3)."""


# What another process at the same store did, or may have done.


class Applied(NamedTuple):
    """A batch was applied to a room that is watched (ST13).

    `mine`: by this very store. Of those not all are told, for their answer said the same.
    """

    code: str
    seq: int
    changes: Changes
    mine: bool


class Online(NamedTuple):
    """Who is online in a room that is watched, at other processes (ST14)."""

    code: str
    roles: frozenset[str]


class Gone(NamedTuple):
    """A room that is watched was deleted."""

    code: str


class Changed(NamedTuple):
    """A werkplaats that is watched was changed, got rooms or was deleted."""

    werkplaats: str


class Summaries(NamedTuple):
    """What others tell of rooms of a watched werkplaats: seq and summary, as JSON, by code."""

    werkplaats: str
    rooms: dict[str, tuple[int, bytes]]


class Missed(NamedTuple):
    """News of a room's code or a werkplaats's id may have been lost; None: of anything (ST13)."""

    place: str | None


News = Applied | Online | Gone | Changed | Summaries | Missed


class Store(Protocol):
    """Keeps werkplaatsen and rooms."""

    shared: bool
    """True where other processes may be at the same rooms at the same time."""

    def create(self, werkplaats: Werkplaats, rooms: Mapping[str, Fields], at: str) -> None:
        """Keeps a new werkplaats and its rooms, seq 1 each (ST2); CodeTaken changes nothing."""

    def werkplaats(self, werkplaats_id: str) -> Werkplaats | None:
        """The werkplaats, its room codes in order; none when unknown (ST10)."""

    def by_join_code(self, join_code: str) -> Werkplaats | None:
        """The werkplaats that a join code invites to."""

    def change(self, werkplaats_id: str, changes: Mapping[str, Any]) -> Werkplaats | None:
        """Replaces named attributes, its id, codes and rooms aside; none when it is unknown."""

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

        Each room is atomic by itself: STALE where phase, round, lock or the token of a seat (for
        a step: seq) are not those of the batch, GONE where the room is unknown, UNKNOWN where a
        part of the store does not confirm; the other rooms are applied (ST6). No batch is carried
        out once it was given up, or after a newer one of this store (ST12).
        """

    def applying(self, batches: Mapping[str, Batch]) -> Iterator[dict[str, int | Rejected]]:
        """Likewise, and answers for some rooms before others are done.

        Where it raises, what it did not answer for is not known to be stored.
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

    # Beside others at the same store. A store that is never shared has nobody to tell.

    def watch_room(self, code: str) -> None:
        """From now on `news` tells what happens to a room (ST13); undone by as many `unwatch`."""

    def unwatch_room(self, code: str) -> None:
        """No longer listens to a room; never raises."""

    def watch_werkplaats(self, werkplaats_id: str) -> None:
        """From now on `news` tells of a werkplaats, and what others `tell` of its rooms."""

    def unwatch_werkplaats(self, werkplaats_id: str) -> None:
        """No longer listens to a werkplaats; never raises."""

    def news(self, timeout: float) -> list[News]:
        """What happened to what is watched; waits at most so many seconds for something.

        Never raises: where news was lost, `Missed` says so.
        """

    def online(self, seats: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
        """Renews which seats are online here, by room, for LEASE seconds (ST14).

        No roles for a room take its leases away. Answers who is online at others in these rooms.
        """

    def present(self, codes: Sequence[str]) -> dict[str, frozenset[str]]:
        """Who is online anywhere, by room, this process included."""

    def followed(self, werkplaats_ids: Sequence[str]) -> frozenset[str]:
        """Those of the werkplaatsen that others watch: only for them `tell` is worth its while."""

    def tell(self, werkplaats_id: str, rooms: Mapping[str, tuple[int, bytes]]) -> None:
        """Hands seq and summary of rooms to whoever watches the werkplaats; kept nowhere."""

    def restore(self, saved: Saved) -> None:
        """Keeps a werkplaats out of a copy, all or nothing; CodeTaken changes nothing (ST15)."""

    def tidy(self) -> None:
        """Finishes what deleting and withdrawing still owe; asked every few seconds.

        Cheap when nothing is owed, and never raises.
        """

    def ping(self) -> None:
        """Returns when the store can be reached and written; else raises StoreUnavailable."""

    def close(self) -> None:
        """Lets go of everything; nothing may be asked afterwards."""


class Source(Protocol):
    """What a copy is made from (ST15)."""

    def ids(self) -> list[str]:
        """The id of every werkplaats, and perhaps of some that are being made or deleted."""

    def save(self, werkplaats_id: str) -> Saved | None:
        """Everything of a werkplaats; none when it is gone by now.

        Each room is as it was at one moment: its map, its seq and its history agree.
        """

    def close(self) -> None:
        """Lets go of everything; nothing may be asked afterwards."""

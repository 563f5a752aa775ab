"""What is recorded of a chaotic run: everything anybody did, was answered and was shown."""

from itertools import count
from typing import Any

import msgspec

from sessions.fields import Changes
from sessions.store.port import HistoryFrame, Stored

NEVER = float("inf")
"""The time of an answer that did not come."""


class Link(msgspec.Struct):
    """A connection to a room, from its first snapshot on."""

    number: int
    client: str
    code: str
    viewer: str
    """A role, or `facilitator`."""
    token: str
    worker: int
    opened: float
    closed: float = NEVER


class Op(msgspec.Struct):
    """An event of a connection. Without a `seq` and a refusal nobody knows what became of it."""

    order: int
    """Rises with every event; those of one link went out in this order."""
    link: int
    code: str
    viewer: str
    event: str
    payload: dict[str, Any]
    sent: float
    answered: float = NEVER
    seq: int | None = None
    refused: str = ""

    @property
    def unknown(self) -> bool:
        """Whether it may have happened or not."""
        return self.seq is None and self.refused in ("", "unavailable")


class Call(msgspec.Struct):
    """A request for a seat over HTTP; status 0 is no answer."""

    what: str
    """`claim` or `release`."""
    code: str
    role: str
    worker: int
    sent: float
    token: str = ""
    """The token that was asked with, or for a claim the one that was given."""
    clear: bool = False
    answered: float = NEVER
    status: int = 0

    @property
    def unknown(self) -> bool:
        return self.status in (0, 500, 503)

    @property
    def done(self) -> bool:
        return self.status in (201, 204)


class Shown(msgspec.Struct):
    """A snapshot or a frame as a connection saw it."""

    link: int
    at: float
    whole: bool
    seq: int
    fields: Changes


class Denied(msgspec.Struct):
    """A handshake that was refused, or a room that was said to be gone."""

    client: str
    code: str
    viewer: str
    token: str
    sent: float
    answered: float
    word: str


class Fault(msgspec.Struct):
    """Something that was done to the world."""

    what: str
    began: float
    ended: float = NEVER


class Record(msgspec.Struct):
    """A whole run. Lists grow from many threads, each entry by one."""

    links: list[Link] = []
    ops: list[Op] = []
    calls: list[Call] = []
    shown: list[Shown] = []
    denied: list[Denied] = []
    bare: list[str] = []
    """The codes of refusals that nobody had asked to hear."""
    faults: list[Fault] = []
    problems: list[str] = []
    """What was found wrong while it ran."""
    began: dict[str, Stored] = {}
    """Each room before anything was done to it."""
    batches: dict[str, dict[int, Changes]] = {}
    """What a bystander at Redis itself heard of each room, by seq."""
    at: dict[str, dict[int, float]] = {}
    """When it heard that."""
    kept: dict[str, list[HistoryFrame]] = {}
    """The history of each room as the store tells it at the end."""
    ended: dict[str, Stored] = {}
    """Each room in the store at the end."""


class Numbers:
    """Numbers that rise, for many threads."""

    def __init__(self) -> None:
        self._links = count()
        self._ops = count()

    def link(self) -> int:
        return next(self._links)

    def op(self) -> int:
        return next(self._ops)

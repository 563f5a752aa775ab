"""What one may ask of a room: one strict struct for every event (PR2).

These are the payloads of the wire as well: names, types and ranges stand here once. A payload
with an unknown key, a value out of range or of another type is `invalid` and changes nothing.
"""

from typing import Annotated, Literal

import msgspec

# `$` alone would let a trailing newline through.
Id = Annotated[
    str,
    msgspec.Meta(pattern=r"^[a-z0-9-]{1,23}$(?!\n)", description="[a-z0-9-]{1,23}"),
]
Points = Annotated[int, msgspec.Meta(ge=0, le=100)]

PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]*$(?!\n)"
"""No control characters and no lone surrogates."""
Text = Annotated[str, msgspec.Meta(max_length=500, pattern=PRINTABLE)]
Name = Annotated[str, msgspec.Meta(max_length=120, pattern=PRINTABLE)]

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=PRINTABLE)]

Phase = Literal["place", "compare", "agree", "outcome"]


class Command(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request of one connection; who asks is never part of it (PR1)."""


class Move(Command, frozen=True):
    """Places a seat's own slider; null takes the position back."""

    slider: Id
    value: Points | Literal["unknown"] | None
    round: Id | None = None


class Reason(Command, frozen=True):
    """A seat's own words with its position; null or blank withdraws them."""

    slider: Id
    text: Text | None
    round: Id | None = None


class Done(Command, frozen=True):
    """A seat has placed all it wants to place."""

    done: bool
    round: Id | None = None


class Consensus(Command, frozen=True):
    """Moves a shared slider."""

    slider: Id
    value: Points
    round: Id | None = None


class Agree(Command, frozen=True):
    """A seat's word on a shared slider: its current value, "differ", or null to withdraw."""

    slider: Id
    value: Points | Literal["differ"] | None
    round: Id | None = None


class Step(Command, frozen=True, rename={"in_": "in"}):
    """Where the room should go next."""

    phase: Phase
    round: Id | None = None
    in_: Annotated[int, msgspec.Meta(ge=1, le=7200)] | msgspec.UnsetType | None = msgspec.UNSET


class Help(Command, frozen=True):
    """A call to the facilitator (`help`), or the facilitator's answer (`claim`)."""

    help: bool | None = None
    claim: bool | None = None


class About(Command, frozen=True):
    """Whether the round is about the municipality or the trio's own case."""

    about: Literal["municipality", "case"]
    round: Id | None = None


class Lock(Command, frozen=True):
    """The facilitator holds the room still, or lets it go."""

    locked: bool


EVENTS: dict[str, type[Command]] = {
    "move": Move,
    "reason": Reason,
    "done": Done,
    "consensus": Consensus,
    "agree": Agree,
    "phase": Step,
    "help": Help,
    "about": About,
    "lock": Lock,
}
"""The events of the namespace `/room` and the command that each carries."""

LATER = frozenset(
    {
        "minority",
        "seen",
        "action",
        "question",
        "text",
        "grown",
        "start",
        "plenary",
        "timer",
        "announce",
    }
)
"""Events of the contract that this version answers with `not-allowed`."""

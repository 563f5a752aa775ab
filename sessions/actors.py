"""Who asks and who looks: always taken from a connection, never from a payload (PR1)."""

from typing import Literal, NamedTuple

OBSERVER = "observer"
FACILITATOR = "facilitator"
RESERVED_ROLES = frozenset({OBSERVER, FACILITATOR})
"""Names that no role of a room may have: `you.role` must tell the three apart."""


class Actor(NamedTuple):
    """A seat of a room (with its role), an observer, or the facilitator."""

    kind: Literal["seat", "observer", "facilitator"]
    role: str | None = None

    @property
    def name(self) -> str:
        """As in `you.role` on the wire."""
        return self.role or self.kind


def seat(role: str) -> Actor:
    return Actor("seat", role)


observer = Actor("observer")
facilitator = Actor("facilitator")

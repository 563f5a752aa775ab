"""Typed views on a room's flat map: what it is, where it is, who sits in it (RM)."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sessions import fields as f
from sessions import masking
from sessions.commands import Phase
from sessions.exercise import Exercise

CODE_LETTERS = "346789abcdefghjkmnpqrstuvwxyz"
"""29 letters and digits: the alphabet without i, l, o, and the digits without 0, 1, 2, 5."""
CODE_LENGTH = 6
GRACE_SECONDS = 30
"""So long after its last connection a seat still counts as present (AG3)."""
UNKNOWN = "unknown"


class RoomView:
    """A room at one moment: its map, its exercises and who is there. Reads, never changes.

    `fields` may be any mapping in which a missing and a removed key both give None.
    `online` are the seats with a connection; `present` also those gone for less than 30 s.
    """

    __slots__ = ("exercises", "fields", "online", "present")

    def __init__(
        self,
        fields: Mapping[str, Any],
        exercises: Mapping[str, Exercise],
        online: Iterable[str] = (),
        present: Iterable[str] = (),
    ) -> None:
        self.fields = fields
        self.exercises = exercises
        self.online = frozenset(online)
        self.present = self.online.union(present) if present else self.online

    @property
    def phase(self) -> Phase:
        phase: Phase = self.fields[f.PHASE]
        return phase

    @property
    def round(self) -> str:
        round_id: str = self.fields[f.ROUND]
        return round_id

    @property
    def locked(self) -> bool:
        return self.fields.get(f.LOCKED) is True

    @property
    def roles(self) -> list[str]:
        """The ids of this room's roles, in order."""
        return [role["id"] for role in self.fields[f.ROLES]]

    @property
    def seated(self) -> list[str]:
        """The roles whose seat is taken."""
        return [role for role in self.roles if self.fields.get(f.seat(role)) is not None]

    @property
    def rounds(self) -> list[str]:
        """The ids of the rounds in their order; needs a map that can be walked through."""
        found = masking.rounds(self.fields)
        return sorted(found, key=lambda one: int(self.fields[f.round_(one)].get("order", 0)))

    def exercise(self, round_id: str | None = None) -> Exercise:
        """The exercise of a round (the active one by default)."""
        settings = self.fields[f.round_(round_id or self.round)]
        return self.exercises[settings["exercise"]]

    def sliders(self, round_id: str | None = None) -> tuple[str, ...]:
        """The sliders of a round's panel, in order (SL4)."""
        return self.exercise(round_id).sliders(optional=self.fields.get(f.WIJK) is True)

    def hidden(self, round_id: str | None = None) -> bool:
        """True while a round's positions are each seat's own (HD1)."""
        return masking.is_hidden(self.fields, round_id or self.round)

    def value(self, role: str, slider: str, round_id: str | None = None) -> int | str | None:
        """A seat's position: 0-100, `"unknown"`, or none when not yet filled in (SL1)."""
        found: int | str | None = self.fields.get(f.position(round_id or self.round, role, slider))
        return found

    def positions(self, slider: str, round_id: str | None = None) -> dict[str, int]:
        """The placed positions on a slider, by role; "weet ik niet" counts nowhere (SL2)."""
        found: dict[str, int] = {}
        for role in self.roles:
            value = self.value(role, slider, round_id)
            if isinstance(value, int):
                found[role] = value
        return found

    def placed(self, round_id: str | None = None) -> dict[str, dict[str, int]]:
        """Every seat's own panel: its placed positions by slider."""
        active = round_id or self.round
        sliders = self.sliders(active)
        found: dict[str, dict[str, int]] = {}
        for role in self.roles:
            panel = found[role] = {}
            for slider, key in f.positions(active, role, sliders):
                value = self.fields.get(key)
                if isinstance(value, int):
                    panel[slider] = value
        return found

    def consensus(self, round_id: str | None = None) -> dict[str, int]:
        """The shared sliders that have a value, by slider."""
        active = round_id or self.round
        found: dict[str, int] = {}
        for slider in self.sliders(active):
            value = self.fields.get(f.consensus(active, slider))
            if value is not None:
                found[slider] = value
        return found

    def unhandled(self, role: str) -> list[str]:
        """The sliders on which a seat said nothing yet, not even "weet ik niet" (SL3)."""
        return [slider for slider in self.sliders() if self.value(role, slider) is None]

    def agreeing(self, slider: str, choice: int | str, round_id: str | None = None) -> list[str]:
        """The seats whose word on a slider is exactly `choice`: a value, or "differ" (AG2)."""
        active = round_id or self.round
        return [
            role for role in self.roles if self.fields.get(f.agreed(active, role, slider)) == choice
        ]

    def settlement(self, slider: str) -> dict[str, Any] | None:
        """How a slider is settled now: `{"value", "roles"}`, or none (AG3)."""
        if not self.present:
            return None
        current = self.fields.get(f.consensus(self.round, slider))
        for choice in (current, "differ"):
            if choice is None:
                continue
            roles = self.agreeing(slider, choice)
            if self.present.issubset(roles):
                return {"value": choice, "roles": roles}
        return None


def new_code() -> str:
    """A room's or werkplaats's code: an invitation to type over, not a secret (RM4)."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def new_token() -> str:
    """A secret of 256 random bits in 43 URL-safe characters (RM5)."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What is kept of a token: SHA-256, from which it cannot be found again (RM6)."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def matches(token: str, digest: str | None) -> bool:
    """True when a token belongs to a kept digest; takes the same time either way."""
    return digest is not None and secrets.compare_digest(hashed(token), digest)


@lru_cache(16)
def stamp(moment: datetime) -> str:
    """A time as it stands on the wire: UTC, milliseconds, `Z` (RM8)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

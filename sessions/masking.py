"""What a viewer may see of a room's map (HD).

While a round is hidden, a position or a reason reaches nobody but the seat's own connections;
others get `placed/...`. Keys of the server alone reach nobody. Everything that leaves the
server, on any wire, passes through here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sessions import fields as f
from sessions.actors import Actor
from sessions.fields import Changes, Fields

SHARED = "*"
"""The view of everybody, while nothing is hidden."""
STRANGER = ""
"""The view of who has no seat (observer, facilitator), while something is hidden."""

_HIDDEN_KINDS = frozenset({"position", "reason"})


def is_hidden(fields: Mapping[str, Any], round_id: str) -> bool:
    """True while the positions of a round are each seat's own (HD1)."""
    return fields.get(f.VISIBILITY) == "hidden" and fields.get(f.revealed(round_id)) is None


def rounds(fields: Iterable[str]) -> list[str]:
    """The ids of a room's rounds."""
    return [f.parts(key)[0] for key in fields if f.kind(key) == "rounds"]


def view_of(actor: Actor, *, hidden: bool) -> str:
    """Which view an actor shares: one encoding of a frame serves all who share one."""
    if not hidden:
        return SHARED
    return actor.role if actor.role is not None else STRANGER


def anything_hidden(fields: Mapping[str, Any]) -> bool:
    """True when not everybody may see the same."""
    return fields.get(f.VISIBILITY) == "hidden" and any(
        is_hidden(fields, round_id) for round_id in rounds(fields)
    )


def public(fields: Mapping[str, Any]) -> Fields:
    """The part of `fields` that everybody may see, where nothing of the room is hidden."""
    return {key: value for key, value in fields.items() if key[0] != f.PRIVATE}


def mask(fields: Mapping[str, Any], view: str, state: Mapping[str, Any] | None = None) -> Fields:
    """The part of `fields` that a view may see, by what is hidden in `state` now (HD2).

    `fields` may be a whole map or a batch of an older time (HD5), with None for what it removed.
    """
    now = fields if state is None else state
    seen: Fields = {}
    hidden: dict[str, bool] = {}
    for key, value in fields.items():
        if f.is_private(key):
            continue
        head, *rest = key.split("/")
        if head in _HIDDEN_KINDS:
            round_id = rest[0]
            if round_id not in hidden:
                hidden[round_id] = is_hidden(now, round_id)
            if hidden[round_id] and rest[1] != view:
                if head == "position":
                    seen[f.placed(*rest)] = None if value is None else True
                continue
        seen[key] = value
    return seen


def mask_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], changes: Changes, view: str
) -> Changes:
    """What a view learns from a batch: its map before and this give its map after (HD3).

    A reveal brings along what was hidden of the round, and takes the `placed/` marks away.
    """
    seen = mask(changes, view, after)
    if f.VISIBILITY in changes or any(f.kind(key) == "revealed" for key in changes):
        turned = {
            round_id
            for round_id in rounds(after)
            if is_hidden(before, round_id) != is_hidden(after, round_id)
        }
        old = mask(_of_rounds(before, turned), view, before)
        new = mask(_of_rounds(after, turned), view, after)
        seen.update({key: None for key in old if key not in new})
        seen.update(new)
    return seen


def _of_rounds(fields: Mapping[str, Any], wanted: set[str]) -> Fields:
    return {
        key: value
        for key, value in fields.items()
        if f.kind(key) in _HIDDEN_KINDS and f.parts(key)[0] in wanted
    }

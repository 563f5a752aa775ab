"""The wire as JSON Schema, for other languages and for the generated types."""

from typing import Any

import msgspec

from sessions.commands import EVENTS
from sessions.protocol import http, messages
from sessions.protocol.overview import OVERVIEW_EVENTS

BODIES: tuple[type, ...] = (
    http.CreateWerkplaats,
    http.AddRooms,
    http.ClaimSeat,
    http.NewRooms,
    http.Created,
    http.FacilitatorToken,
    http.WerkplaatsState,
    http.JoinInfo,
    http.RoomInfo,
    http.Seat,
    http.RoomState,
    http.History,
    http.DeletionReceipt,
    http.ExerciseContent,
    http.Installation,
    http.CodeInfo,
    http.Problem,
)

# The events by name, so that a client's types know which payload goes with which.
RoomEvents = msgspec.defstruct("RoomEvents", list(EVENTS.items()))
OverviewEvents = msgspec.defstruct("OverviewEvents", list(OVERVIEW_EVENTS.items()))
RoomMessages = msgspec.defstruct(
    "RoomMessages",
    [
        ("snapshot", messages.Snapshot),
        ("frame", messages.Frame),
        ("refused", messages.Refused),
        ("expired", messages.Expired),
        ("moving", messages.Moving),
    ],
)
OverviewMessages = msgspec.defstruct(
    "OverviewMessages",
    [
        ("overview", messages.Overview),
        ("rooms", dict[str, messages.Summary]),
        ("moving", messages.Moving),
    ],
)
Acknowledgements = msgspec.defstruct(
    "Acknowledgements",
    [
        ("accepted", messages.Accepted),
        ("declined", messages.Declined),
        ("overview", messages.OverviewAnswer),
    ],
)


def schema() -> dict[str, Any]:
    """One JSON Schema document with every model of the wire under `$defs`."""
    types = (*BODIES, RoomEvents, OverviewEvents, RoomMessages, OverviewMessages, Acknowledgements)
    _, components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "mengpaneel-protocol",
        "title": "Mengpaneel wire protocol, version 1",
        "$defs": dict(sorted(components.items())),
    }

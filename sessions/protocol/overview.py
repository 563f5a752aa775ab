"""What a facilitator may ask of several rooms at once: the same commands, with the rooms."""

from typing import Annotated, Literal

import msgspec

from sessions.commands import PRINTABLE, Help, Lock, Step
from sessions.werkplaats import MAX_ROOMS

Code = Annotated[str, msgspec.Meta(max_length=64, pattern=PRINTABLE)]
Rooms = Annotated[list[Code], msgspec.Meta(max_length=MAX_ROOMS)] | Literal["all"]


class OverviewStep(Step, frozen=True, kw_only=True):
    """A step of several rooms."""

    rooms: Rooms


class OverviewHelp(Help, frozen=True, kw_only=True):
    """An answer to several calls for help."""

    rooms: Rooms


class OverviewLock(Lock, frozen=True, kw_only=True):
    """Holds several rooms still, or lets them go."""

    rooms: Rooms


OVERVIEW_EVENTS: dict[str, type[OverviewStep | OverviewHelp | OverviewLock]] = {
    "phase": OverviewStep,
    "help": OverviewHelp,
    "lock": OverviewLock,
}
